//! The keys of the API: which one a call carries, what it may do, and whether it still works.
//!
//! Every key belongs to the portal's owner (`ApiKeyManager.cs`).

use http::{HeaderMap, header};

use super::Sandbox;
use crate::model::Timestamp;

/// One more key of the same owner, beside [`super::Settings::api_key`]. It never expires.
#[derive(Clone)]
pub struct Key {
    /// The key itself, expected in `Authorization: Bearer <key>`.
    pub key: String,
    /// Its scopes, such as `*:write`; empty: all.
    pub permissions: Vec<String>,
}

/// The key a call came with.
pub(super) struct Holder<'a> {
    pub(super) key: &'a str,
    pub(super) permissions: &'a [String],
    pub(super) expires_at: Option<Timestamp>,
}

impl Sandbox {
    /// Switch [`super::Settings::api_key`] off or on, as its owner may; switched off it is a 401. Other keys go on.
    pub fn switch_key(&self, active: bool) {
        self.with_standing(|standing| standing.key_is_active = active);
    }

    /// The key of a call: exactly `Authorization: Bearer <key>`, the word in this case and one space. A bare key is
    /// none, and so is one that is expired or switched off.
    pub(super) fn holder(&self, headers: &HeaderMap) -> Option<Holder<'_>> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return None;
        };
        let given = value.as_bytes().strip_prefix(b"Bearer ")?;
        let settings = &self.inner.settings;
        if given == settings.api_key.as_bytes() {
            let is_active = self.with_standing(|standing| standing.key_is_active);
            let lives = settings.key_expires_at.is_none_or(|end| settings.clock.now() < end);
            return (is_active && lives).then_some(Holder {
                key: &settings.api_key,
                permissions: &settings.permissions,
                expires_at: settings.key_expires_at,
            });
        }
        let other = settings.extra_keys.iter().find(|other| given == other.key.as_bytes())?;
        Some(Holder { key: &other.key, permissions: &other.permissions, expires_at: None })
    }
}
