//! The server's limits, kept on our side so that they are not hit.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How much is asked of the portal at most. The defaults are the server's own (`RateLimiterSettings.cs`); a limit
/// of 0 is taken as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls other than GET at one time.
    pub writes: u32,
    /// GET calls at one time.
    pub reads: u32,
    /// Calls in any one minute.
    pub per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { writes: 15, reads: 50, per_minute: 1500 }
    }
}

/// The gate every call passes.
pub(super) struct Gate {
    writes: Semaphore,
    reads: Semaphore,
    rate: DefaultDirectRateLimiter,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let slots = |count: u32| Semaphore::new((count.max(1) as usize).min(Semaphore::MAX_PERMITS));
        Self {
            writes: slots(limits.writes),
            reads: slots(limits.reads),
            rate: RateLimiter::direct(quota(limits.per_minute)),
        }
    }

    /// Wait until a call may go out; the slot is free again when the permit is dropped.
    pub(super) async fn enter(&self, write: bool) -> Option<SemaphorePermit<'_>> {
        let slots = if write { &self.writes } else { &self.reads };
        // The semaphores are never closed, so that a permit always comes.
        let permit = slots.acquire().await.ok();
        self.rate.until_ready().await;
        permit
    }
}

/// The server's window slides. A burst and what is refilled in the minute after it must fit in together, so a
/// fifth is given to bursts and the rest is spread evenly.
fn quota(per_minute: u32) -> Quota {
    let burst = NonZeroU32::new(per_minute / 5).unwrap_or(NonZeroU32::MIN);
    let steady = NonZeroU32::new(per_minute.saturating_sub(burst.get())).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(steady).allow_burst(burst)
}
