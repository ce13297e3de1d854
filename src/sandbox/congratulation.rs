//! `POST /portal/sendcongratulations`.

use axum::extract::State;
use uuid::Uuid;

use super::portal::MailKind;
use super::request::Params;
use super::wire::Reply;
use super::{CONGRATULATION_KEY, Sandbox};

/// Nobody is asked for a key of the API here: `Key` is the authorization.
///
/// The real server wants a validation key that only the vendor can make, and so refuses every other with 403. The
/// sandbox takes the published sample's key, unless it is strict.
pub(super) async fn send(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    let user = params.get("Userid").ok_or_else(|| Reply::required("Userid"))?;
    let key = params.get("Key").ok_or_else(|| Reply::required("Key"))?;
    let user =
        Uuid::try_parse(user).map_err(|_| Reply::invalid("Userid", format!("The value '{user}' is not valid.")))?;
    if sandbox.inner.settings.strict || key != CONGRATULATION_KEY {
        return Err(Reply::denied());
    }
    sandbox.change(|portal, now| {
        let email = portal.directory.get(user).map(|account| account.email.clone());
        let email = email.ok_or_else(|| Reply::missing("The user could not be found"))?;
        portal.mail(&email, MailKind::Congratulation, now);
        Ok(Reply::Done)
    })
}
