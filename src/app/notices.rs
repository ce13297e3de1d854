//! What is said once, however often it happens.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;
use tracing::warn;

use crate::guard::Limit;
use crate::model::{Channel, Timestamp};

/// After so long without another one, something is news again.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// Things that are said once.
#[derive(Debug, Default)]
pub struct Notices {
    refused: Mutex<HashSet<Channel>>,
    /// When a job was held last.
    guarded: Mutex<HashMap<Limit, Timestamp>>,
}

impl Notices {
    /// A congratulation was definitely refused by a channel: one warning for each channel, not an alarm for each
    /// person. `reason` holds nothing about a person.
    pub fn congratulation_refused(&self, channel: Channel, reason: &str) {
        if self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(channel) {
            let channel = channel.as_str();
            warn!(
                channel,
                reason, "congratulations are refused; the jobs go on to the next channel, or are held (said once)"
            );
        }
    }

    /// The guard has held a job at `now`: one warning for each limit and burst, which ends with an hour without a hold.
    pub fn guarded(&self, limit: Limit, now: Timestamp) {
        let before = self.guarded.lock().unwrap_or_else(PoisonError::into_inner).insert(limit, now);
        if before.is_none_or(|before| now.duration_since(before) >= QUIET) {
            warn!(
                limit = limit.as_str(),
                "the guard holds people back, each one a held job: `usher jobs list --state held` shows them, `usher jobs \
                 release` lets them go on (said once for a burst)"
            );
        }
    }
}
