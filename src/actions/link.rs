//! Onboarding by a shared link: the portal gives the link, our own mail server mails it, and the account comes to be when
//! the person registers by it.

use crate::docspace::SharedLink;
use crate::ledger::Ledger;
use crate::model::{Onboard, Way};

use super::{Run, Stop, letter, once};

/// The text that is mailed unless the rule names another.
pub(super) const TEXT: &str = "invitation_link";

const WHAT: &str = "the invitation link";

/// Mail the link, once. The note for the end of the job.
pub(super) async fn invite(run: &mut Run<'_>, params: &Onboard) -> Result<String, Stop> {
    once::guard(run, WHAT).await?;
    let link = mail(run, params, true).await?;
    let mut note = "mailed an invitation link".to_owned();
    if !params.groups.is_empty() || !params.rooms.is_empty() {
        note.push_str("; the rule's groups and rooms were left out, since there is no account yet");
    }
    let now = run.app.clock.now();
    let finish = move |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.invited_at = person.invited_at.or(Some(now));
            person.intent_at = person.intent_at.or(Some(now));
            person.way = Some(Way::Link);
            person.link_expires_at = link.expires_at;
        }
    };
    run.step(true, "onboarded", note.clone(), None, finish).await?;
    Ok(note)
}

/// Mail the portal's link for the type. The caller records at once that it was sent.
pub(super) async fn mail(run: &mut Run<'_>, params: &Onboard, is_first: bool) -> Result<SharedLink, Stop> {
    let Some(link) = run.portal.shared_link(params.user_type).await? else {
        return Err(Stop::held(format!(
            "the portal gave no link for the type {}: let the owner of the API key invite people of this type and see \
             that inviting is switched on in DocSpace, then release this job; or use another mode",
            params.user_type
        )));
    };
    let language = params.culture.as_deref();
    let letter = letter::compose(run, params.text.as_deref(), TEXT, language, Some(&link)).await?;
    once::begin(run, WHAT, is_first).await?;
    let sent = letter::send(run, &letter).await;
    once::judge(run, sent, WHAT, is_first).await?;
    Ok(link)
}
