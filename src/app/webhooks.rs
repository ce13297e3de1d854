//! The portals' webhooks towards us, as they were seen last.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::Timestamp;

/// How the webhook that posts to a source fared when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookState {
    /// Whether what it should tell arrives.
    pub is_healthy: bool,
    /// What is the matter, in one word for logs.
    pub word: &'static str,
    /// From when on the portal switches it off; only where it fails.
    pub disabled_from: Option<Timestamp>,
}

/// The states by portal and source.
#[derive(Debug, Default)]
pub struct Webhooks(Mutex<BTreeMap<(String, String), WebhookState>>);

impl Webhooks {
    /// Keep what was seen; what was seen before, if anything.
    pub fn set(&self, portal: &str, source: &str, state: WebhookState) -> Option<WebhookState> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        states.insert((portal.to_owned(), source.to_owned()), state)
    }

    /// All that was seen, with the names of portal and source.
    #[must_use]
    pub fn all(&self) -> Vec<((String, String), WebhookState)> {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        states.iter().map(|(names, state)| (names.clone(), *state)).collect()
    }
}
