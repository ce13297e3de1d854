//! How the portal stands at the moment: what is neither its data nor its settings.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::PoisonError;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::limits::Usage;
use super::smtp_fault::SmtpFault;
use super::{Sandbox, Settings};

/// What the portal as a whole is in (`TenantStatusFilter.cs`, `PaymentFilter.cs`).
///
/// Only `GET /settings` answers in all of them, and tells the condition as `tenantStatus`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It serves.
    #[default]
    Normal,
    /// Not paid for: 402 with an empty body.
    Unpaid,
    /// Suspended, or unknown: 404 with an empty body.
    Suspended,
    /// Being restored from a backup: 403 with an empty body.
    Restoring,
}

impl Condition {
    /// What a call that was let in is answered instead; `path` is without the API's prefix.
    pub(super) fn refusal(self, method: &Method, path: &str) -> Option<StatusCode> {
        let is_open = method == Method::GET
            && (path == "/settings" || (self == Self::Unpaid && path == "/settings/version/build"));
        match self {
            Self::Normal => None,
            _ if is_open => None,
            Self::Unpaid => Some(StatusCode::PAYMENT_REQUIRED),
            Self::Suspended => Some(StatusCode::NOT_FOUND),
            Self::Restoring => Some(StatusCode::FORBIDDEN),
        }
    }

    /// `TenantStatus` of `GET /settings`; whether the portal is paid for is not part of it.
    pub(super) fn tenant_status(self) -> u8 {
        match self {
            Self::Normal | Self::Unpaid => 0,
            Self::Suspended => 1,
            Self::Restoring => 4,
        }
    }
}

/// The state behind this module.
pub(super) struct Standing {
    pub(super) condition: Condition,
    pub(super) key_is_active: bool,
    pub(super) usage: Usage,
    pub(super) smtp_faults: Vec<SmtpFault>,
    /// Host names that are resolved here; no address: the name does not resolve.
    pub(super) hosts: HashMap<String, Vec<IpAddr>>,
}

impl Standing {
    /// As the settings have it.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            condition: settings.condition,
            key_is_active: settings.key_is_active,
            usage: Usage::default(),
            smtp_faults: Vec::new(),
            hosts: HashMap::new(),
        }
    }
}

impl Sandbox {
    /// Put the portal into a condition; every call meets it until the next one is set, or a reset.
    pub fn set_condition(&self, condition: Condition) {
        self.with_standing(|standing| standing.condition = condition);
    }

    /// Resolve a host name of webhook addresses here and not by the system: to these addresses, or to none at all.
    ///
    /// Connections go to the first address, as on the real server; the same rules apply to it as to any other.
    pub fn set_host(&self, name: &str, addresses: &[IpAddr]) {
        self.with_standing(|standing| standing.hosts.insert(name.to_ascii_lowercase(), addresses.to_vec()));
    }

    /// Back to the settings; host names stay, as the webhooks that use them do.
    pub(super) fn reset_standing(&self) {
        self.with_standing(|standing| {
            let hosts = std::mem::take(&mut standing.hosts);
            *standing = Standing { hosts, ..Standing::new(&self.inner.settings) };
        });
    }

    /// Look at the standing or change it.
    pub(super) fn with_standing<T>(&self, work: impl FnOnce(&mut Standing) -> T) -> T {
        work(&mut self.inner.standing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
