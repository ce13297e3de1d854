//! A user, as the portal's own record shows it.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{known, lacking, misshapen};
use super::call;
use super::client::Client;
use super::error::Error;
use super::wire;

/// A user, as the portal's own record shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalUser {
    /// GUID, lower case.
    pub id: String,
    /// E-mail address, lower case; empty where the server does not show it.
    pub email: String,
    /// First name; empty before an invited person has registered.
    pub first_name: String,
    /// Last name; empty before an invited person has registered.
    pub last_name: String,
    /// 1 active, 2 terminated, 4 pending.
    pub status: i64,
    /// Flags: 1 activated, 2 pending, 4 auto-generated.
    pub activation_status: i64,
    /// Whether the e-mail address was confirmed. It does not mean that the account is enabled.
    pub is_active: bool,
    /// When the account came to be.
    pub create_date: Option<Timestamp>,
}

impl Client {
    /// The portal's own record of a user; `None` if there is none.
    ///
    /// # Errors
    /// Any of [`Error`]. An empty 404 is [`Error::Paused`]: the portal itself is gone.
    pub async fn portal_user(&self, user_id: &str) -> Result<Option<PortalUser>, Error> {
        let Some(id) = wire::guid(user_id) else {
            return Ok(None);
        };
        let request = self.request(call::PORTAL_USER, &["portal", "users", &id]);
        known(self.send(call::PORTAL_USER, request).await)?.map(portal_user).transpose()
    }
}

fn portal_user(response: Value) -> Result<PortalUser, Error> {
    let call = call::PORTAL_USER;
    if response.is_null() {
        return Err(lacking(call, "response"));
    }
    let user: wire::UserInfo = serde_json::from_value(response).map_err(|_| misshapen(call))?;
    let bit = user.activation_status.map(|flags| flags & 1 == 1);
    let is_active = user.is_active.or(bit).ok_or_else(|| lacking(call, "isActive"))?;
    Ok(PortalUser {
        id: user.id.as_deref().and_then(wire::guid).ok_or_else(|| lacking(call, "id"))?,
        status: user.status.ok_or_else(|| lacking(call, "status"))?,
        activation_status: user.activation_status.unwrap_or(i64::from(is_active)),
        is_active,
        create_date: user.create_date.as_deref().and_then(wire::moment),
        email: user.email.unwrap_or_default().to_lowercase(),
        first_name: user.first_name.unwrap_or_default(),
        last_name: user.last_name.unwrap_or_default(),
    })
}
