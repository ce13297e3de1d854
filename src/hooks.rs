//! DocSpace's webhooks towards us: where they post to, which of a portal's webhooks are ours, and how they fare.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::config::{Config, Source};
use crate::docspace::Webhook;
use crate::model::EventKind;

/// The triggers we need: `user.created`, `user.invited`, `user.updated` and `user.deleted` (`WebhookTrigger.cs`).
pub const TRIGGERS: i64 = 1 | 2 | 4 | 8;

/// The server switches a webhook off at the first failure that comes so long after its last success, or after it was
/// made (`webhooks:trusteddayscount`, 3 days).
const TRUST: SignedDuration = SignedDuration::from_hours(3 * 24);

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

/// How `hook` fares, the worst first.
#[must_use]
pub fn health(hook: &Webhook) -> Health {
    let missing = if hook.triggers == 0 { 0 } else { TRIGGERS & !hook.triggers };
    if !hook.enabled {
        return Health::Disabled;
    }
    if missing != 0 {
        return Health::Deaf { missing };
    }
    if hook.target_id.as_deref().is_some_and(|target| !target.is_empty()) {
        return Health::Narrow;
    }
    let trusted = hook.last_success_at.or(hook.created_at);
    match (hook.last_failure_at, trusted) {
        (Some(failed), Some(trusted)) if failed > trusted => {
            Health::Failing { disabled_from: trusted.saturating_add(TRUST).unwrap_or(Timestamp::MAX) }
        }
        _ => Health::Good,
    }
}
