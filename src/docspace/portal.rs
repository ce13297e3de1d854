//! The calls about the portal as a whole, and the congratulation it sends.

use reqwest::header::{CONTENT_LENGTH, HeaderValue};
use serde_json::Value;

use super::answer::{lacking, needed};
use super::call;
use super::client::Client;
use super::error::Error;
use super::wire;

/// What the portal says about itself; members it does not show are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortalSettings {
    /// Version of the API server.
    pub version: Option<String>,
    /// 0 is normal operation.
    pub tenant_status: Option<i64>,
    /// Pattern that first and last names have to match.
    pub user_name_regex: Option<String>,
    /// Mail invitations left in the current 24 hours.
    pub invitation_limit: Option<i64>,
    /// GUID of the portal's owner, lower case.
    pub owner_id: Option<String>,
    /// Whether plain users are kept from making API keys and webhooks.
    pub dev_tools_limited: Option<bool>,
}

/// Who may be invited at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationSettings {
    /// Members: users, room administrators, administrators.
    pub members: bool,
    /// Guests.
    pub guests: bool,
}

impl Client {
    /// Have the portal send its congratulation. The key is a template's name in the published sample; the real
    /// server takes it for a validation key and answers 403. Goes without `Authorization`, over a connection of
    /// its own. Success does not mean that a mail went out: the server only logs failures to send.
    ///
    /// # Errors
    /// Any of [`Error`] but [`Error::Scope`]. After [`Error::Uncertain`] it may have been sent.
    pub async fn send_congratulations(&self, user_id: &str, key: &str) -> Result<(), Error> {
        let request = self
            .request(call::CONGRATULATE, &["portal", "sendcongratulations"])
            .query(&[("Userid", user_id), ("Key", key)])
            .header(CONTENT_LENGTH, HeaderValue::from_static("0"));
        self.send(call::CONGRATULATE, request).await?;
        Ok(())
    }

    /// What the portal says about itself. Needs no valid key; a valid one shows more.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn settings(&self) -> Result<PortalSettings, Error> {
        let response = self.send(call::SETTINGS, self.request(call::SETTINGS, &["settings"])).await?;
        let settings = needed(call::SETTINGS, response)?;
        let text = |name: &str| settings.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| settings.get(name).and_then(Value::as_i64);
        Ok(PortalSettings {
            version: text("version"),
            tenant_status: number("tenantStatus"),
            user_name_regex: text("userNameRegex"),
            invitation_limit: number("invitationLimit"),
            owner_id: text("ownerId").as_deref().and_then(wire::guid),
            dev_tools_limited: settings.get("limitedAccessDevToolsForUsers").and_then(Value::as_bool),
        })
    }

    /// Who may be invited at all, by the switches of the portal.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn invitation_settings(&self) -> Result<InvitationSettings, Error> {
        let call = call::INVITATIONS;
        let request = self.request(call, &["settings", "invitationsettings"]);
        let response = needed(call, self.send(call, request).await?)?;
        let switch = |name: &str| response.get(name).and_then(Value::as_bool).ok_or_else(|| lacking(call, name));
        Ok(InvitationSettings { members: switch("allowInvitingMembers")?, guests: switch("allowInvitingGuests")? })
    }

    /// Version of DocSpace, such as `3.7.2`; `None` where the portal does not show it.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn version(&self) -> Result<Option<String>, Error> {
        let request = self.request(call::VERSION, &["settings", "version", "build"]);
        let response = needed(call::VERSION, self.send(call::VERSION, request).await?)?;
        Ok(response.get("docSpace").and_then(Value::as_str).map(str::to_owned))
    }
}
