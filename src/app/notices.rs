//! What is said once, however often it happens.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tracing::warn;

use crate::model::Channel;

/// Things that are said once.
#[derive(Debug, Default)]
pub struct Notices {
    refused: Mutex<HashSet<Channel>>,
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
}
