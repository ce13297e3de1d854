//! How the worker makes way for the intake: what is accepted can wait, senders cannot.

use std::time::Duration;

use crate::store::Store;

/// Most deliveries processed in one transaction.
const BATCH: usize = 64;
/// The same in a rush: the store writes for one at a time.
const BATCH_IN_RUSH: usize = 16;
/// More requests than these waiting for the store are a rush.
const RUSH: usize = 8;
/// In a rush the worker rests for so many times as long as it worked; and at most how long.
const REST: u32 = 9;
const LONGEST_REST: Duration = Duration::from_millis(100);

/// How many deliveries to claim now.
pub(super) fn batch(store: &Store) -> usize {
    if store.waiting() > RUSH { BATCH_IN_RUSH } else { BATCH }
}

/// How long to rest after so much work while there is more to do.
pub(super) fn rest_after(work: Duration, store: &Store) -> Duration {
    if store.waiting() > RUSH { (work * REST).min(LONGEST_REST) } else { Duration::ZERO }
}
