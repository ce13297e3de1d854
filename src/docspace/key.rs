//! The API key in use.

use jiff::Timestamp;

use super::answer::{lacking, misshapen, needed};
use super::call;
use super::client::Client;
use super::error::Error;
use super::wire;

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

impl Client {
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
}
