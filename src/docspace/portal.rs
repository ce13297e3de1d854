//! The calls about the portal: its users, links, key, settings, and the congratulation.

use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, HeaderValue};
use serde_json::Value;

use super::call;
use super::client::Client;
use super::error::Error;
use super::people::{known, lacking, misshapen, needed};
use super::wire;
use crate::model::UserType;

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

/// The API key in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name in the portal.
    pub name: String,
    /// The last characters of the key, to tell keys apart.
    pub postfix: String,
    /// Its scopes; an empty list is full access.
    pub permissions: Vec<String>,
    /// When it ends; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Whether it is switched on.
    pub is_active: bool,
    /// GUID of its owner, lower case.
    pub created_by: Option<String>,
}

impl KeyInfo {
    /// Whether the key may make calls that need `scope`, such as `accounts:write`. Writing includes reading, and
    /// `*` stands for every area but not the other way round (`AuthorizationExtension.cs`).
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        let Some((area, verb)) = scope.split_once(':') else {
            return self.permissions.is_empty();
        };
        let suffices = |permission: &String| {
            permission == "*"
                || permission.split_once(':').is_some_and(|(has_area, has_verb)| {
                    (has_area == area || has_area == "*") && (has_verb == verb || has_verb == "write")
                })
        };
        self.permissions.is_empty() || self.permissions.iter().any(suffices)
    }
}

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

    /// The shared invitation link for this type, which anyone may use for 7 days. `None`: the owner of the key may
    /// not have one, which the server says with an empty text.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn invitation_link(&self, user_type: UserType) -> Result<Option<String>, Error> {
        let request = self.request(call::LINK, &["portal", "users", "invite", user_type.as_str()]);
        match needed(call::LINK, self.send(call::LINK, request).await?)? {
            Value::String(link) => Ok(Some(link).filter(|link| !link.trim().is_empty())),
            _ => Err(misshapen(call::LINK)),
        }
    }

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

    /// The key in use: scopes, end, owner. Any valid key may ask.
    ///
    /// # Errors
    /// Any of [`Error`] but [`Error::Scope`].
    pub async fn key_info(&self) -> Result<KeyInfo, Error> {
        let response = self.send(call::KEY, self.request(call::KEY, &["keys", "@self"])).await?;
        let key: wire::ApiKey =
            serde_json::from_value(needed(call::KEY, response)?).map_err(|_| misshapen(call::KEY))?;
        Ok(KeyInfo {
            name: key.name.unwrap_or_default(),
            postfix: key.key_postfix.unwrap_or_default(),
            permissions: key.permissions.unwrap_or_default(),
            expires_at: key.expires_at.as_deref().and_then(wire::moment),
            is_active: key.is_active.ok_or_else(|| lacking(call::KEY, "isActive"))?,
            created_by: key.create_by.as_ref().and_then(wire::creator),
        })
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
        })
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
