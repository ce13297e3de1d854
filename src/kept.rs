//! What a portal has told of itself, kept for a while so that it is not asked for each person.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// One value for each portal, each with the time it was told.
#[derive(Debug)]
pub struct Kept<T> {
    by_portal: Mutex<BTreeMap<String, (Timestamp, Arc<T>)>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { by_portal: Mutex::default() }
    }
}

impl<T> Kept<T> {
    /// What the portal of this name told less than `life` before `now`.
    #[must_use]
    pub fn get(&self, portal: &str, life: SignedDuration, now: Timestamp) -> Option<Arc<T>> {
        let kept = self.by_portal.lock().unwrap_or_else(PoisonError::into_inner);
        let (told_at, value) = kept.get(portal)?;
        (now.duration_since(*told_at) < life).then(|| Arc::clone(value))
    }

    /// Keep what the portal of this name tells `now`.
    pub fn put(&self, portal: &str, value: T, now: Timestamp) -> Arc<T> {
        let value = Arc::new(value);
        let mut kept = self.by_portal.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(portal.to_owned(), (now, Arc::clone(&value)));
        value
    }
}
