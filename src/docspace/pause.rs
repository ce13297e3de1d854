//! Whether the portal as a whole refuses us: a small state that calls set and clear.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::error::portal_reason;

/// Time between two probes of a paused portal.
const PROBE_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// The portal refuses us as a whole: no use in calling it until a probe has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The answer that says so: 401, 402, 403 or 404.
    pub status: u16,
    /// Since when.
    pub since: Timestamp,
    /// Why, and what to do.
    pub reason: String,
    /// When to ask again.
    pub next_probe_at: Timestamp,
}

/// The state, shared by all clones of a client.
#[derive(Default)]
pub(super) struct PauseState(Mutex<Option<Pause>>);

impl PauseState {
    pub(super) fn get(&self) -> Option<Pause> {
        self.lock().clone()
    }

    /// A refusal came. A pause that stands keeps its beginning and its next probe.
    pub(super) fn set(&self, status: u16, name: &str, now: Timestamp) {
        let mut state = self.lock();
        let reason = portal_reason(status).to_owned();
        if let Some(pause) = state.as_mut() {
            pause.status = status;
            pause.reason = reason;
            return;
        }
        tracing::warn!(portal = name, status, "the portal is paused and asked again every minute: {reason}");
        *state = Some(Pause { status, since: now, reason, next_probe_at: after(now) });
    }

    /// The portal takes the key again.
    pub(super) fn clear(&self, name: &str) {
        if self.lock().take().is_some() {
            tracing::info!(portal = name, "the portal can be used again");
        }
    }

    /// A probe begins: the next one is a minute away.
    pub(super) fn probing(&self, now: Timestamp) {
        if let Some(pause) = self.lock().as_mut() {
            pause.next_probe_at = after(now);
        }
    }

    /// A panic elsewhere leaves the state whole: it is only ever replaced in one step.
    fn lock(&self) -> MutexGuard<'_, Option<Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(PROBE_EVERY).unwrap_or(Timestamp::MAX)
}
