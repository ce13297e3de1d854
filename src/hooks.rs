//! DocSpace's webhooks towards us: where they post to, which of a portal's webhooks are ours, how they have to be, and
//! how they fare.

pub mod reach;
pub mod secret;
mod triggers;

pub use triggers::trigger_names;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::config::{Config, Source};
use crate::docspace::{NewWebhook, Webhook};
use crate::model::EventKind;

/// The triggers we need: `user.created`, `user.invited`, `user.updated` and `user.deleted` (`WebhookTrigger.cs`).
pub const TRIGGERS: i64 = 1 | 2 | 4 | 8;

/// The server switches a webhook off at the first failure that comes so long after its last success, or after it was
/// made (`webhooks:trusteddayscount`, 3 days).
const TRUST: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Longest name of a webhook, in characters.
const LONGEST_NAME: usize = 50;

/// The sources that take the webhooks of `portal`: those that tell of accounts and of nothing else.
#[must_use]
pub fn sources<'c>(config: &'c Config, portal: &str) -> Vec<&'c Arc<Source>> {
    let tells = |source: &Source, users: bool| {
        let maps = |kind: EventKind| kind.is_user() == users && source.connector.fields_mapped(kind).is_some();
        EventKind::ALL.into_iter().any(maps)
    };
    let fits = |source: &&Arc<Source>| source.portal == portal && tells(source, true) && !tells(source, false);
    config.sources.values().filter(fits).collect()
}

/// Where the portal posts to; `None` without `[server] public_url`.
#[must_use]
pub fn address(config: &Config, source: &str) -> Option<Url> {
    config.server.public_url.as_ref()?.join(&format!("hooks/{source}")).ok()
}

/// Whether a webhook of the portal posts to the endpoint of `source`: to `address` where that is known, else to any
/// address that ends like ours.
#[must_use]
pub fn is_ours(hook: &Webhook, address: Option<&Url>, source: &str) -> bool {
    let Ok(uri) = Url::parse(&hook.uri) else { return false };
    match address {
        Some(address) => uri == *address,
        None => uri.path().ends_with(&format!("/hooks/{source}")),
    }
}

/// The webhooks that post to `source`, the one to keep first: that with the number `known`, which we made ourselves and
/// which may post to the source at a former address of ours, then those that are switched on, then the oldest.
#[must_use]
pub fn ours<'h>(all: &'h [Webhook], address: Option<&Url>, source: &str, known: Option<i64>) -> Vec<&'h Webhook> {
    // A portal that was set up anew counts from 1 again: the number alone says nothing.
    let is_known = |hook: &Webhook| known == Some(hook.id) && is_ours(hook, None, source);
    let mut ours: Vec<_> = all.iter().filter(|hook| is_known(hook) || is_ours(hook, address, source)).collect();
    ours.sort_by_key(|hook| (!is_known(hook), !hook.enabled, hook.id));
    ours
}

/// Under which the number of the webhook that we made is kept in the store.
#[must_use]
pub fn store_name(source: &Source) -> String {
    format!("hooks/{}/{}", source.portal, source.name)
}

/// The webhook that `source` needs: switched on, for [`TRIGGERS`] and nothing else. Of several sources of one portal
/// each needs a name of its own.
#[must_use]
pub fn wanted(source: &str, address: &Url, is_only: bool) -> NewWebhook {
    let name = if is_only { "usher".to_owned() } else { format!("usher {source}") };
    NewWebhook {
        name: name.chars().take(LONGEST_NAME).collect(),
        uri: address.to_string(),
        secret: None,
        ssl: address.scheme() == "https",
        triggers: TRIGGERS,
        enabled: true,
    }
}

/// What of `hook` is not as it has to be, in words. Its name may be any.
#[must_use]
pub fn differences(hook: &Webhook, wanted: &NewWebhook) -> Vec<&'static str> {
    let same_address = match (Url::parse(&hook.uri), Url::parse(&wanted.uri)) {
        (Ok(is), Ok(wanted)) => is == wanted,
        _ => false,
    };
    let found = [
        (!same_address, "address"),
        (hook.triggers != wanted.triggers, "triggers"),
        (hook.enabled != wanted.enabled, "switched off"),
        (hook.target_id.is_some(), "tells of one thing only"),
        (hook.ssl != wanted.ssl, "check of the certificate"),
    ];
    found.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what).collect()
}

/// How a webhook fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Nothing is known against it.
    Good,
    /// It failed after its last success, and is switched off by the next failure after the moment given.
    Failing {
        /// From when on a failure switches it off.
        disabled_from: Timestamp,
    },
    /// It is switched off: nothing is sent any more.
    Disabled,
    /// It lacks triggers, in numbers of [`TRIGGERS`].
    Deaf {
        /// Sum of the flags that are missing.
        missing: i64,
    },
    /// It tells of one thing only.
    Narrow,
}

/// What to do about `hook`, one of ours, while it fails. The portal's words are those of .NET
/// (`HttpResponseMessage.EnsureSuccessStatusCode`).
#[must_use]
pub fn advice(hook: &Webhook) -> &'static str {
    if hook.last_failure.as_deref().is_some_and(|why| why.contains("401")) {
        "Its secret is another one than ours: `usher hooks install --rotate` gives both a fresh one"
    } else {
        "Is [server] public_url reachable from the portal?"
    }
}

/// How `hook`, one of ours, fares, the worst first.
#[must_use]
pub fn health(hook: &Webhook) -> Health {
    let missing = if hook.triggers == 0 { 0 } else { TRIGGERS & !hook.triggers };
    let is_narrow = hook.target_id.as_deref().is_some_and(|target| !target.is_empty());
    match delivering(hook) {
        Health::Disabled => Health::Disabled,
        _ if missing != 0 => Health::Deaf { missing },
        _ if is_narrow => Health::Narrow,
        other => other,
    }
}

/// Whether `hook`, anybody's, delivers what it is there for.
#[must_use]
pub fn delivering(hook: &Webhook) -> Health {
    let trusted = hook.last_success_at.or(hook.created_at);
    match (hook.last_failure_at, trusted) {
        _ if !hook.enabled => Health::Disabled,
        (Some(failed), Some(trusted)) if failed > trusted => {
            Health::Failing { disabled_from: trusted.saturating_add(TRUST).unwrap_or(Timestamp::MAX) }
        }
        _ => Health::Good,
    }
}

impl Health {
    /// One word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Failing { .. } => "failing",
            Self::Disabled => "disabled",
            Self::Deaf { .. } => "deaf",
            Self::Narrow => "narrow",
        }
    }
}
