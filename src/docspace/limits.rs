//! The server's limits, kept on our side so that they are not hit.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::budget::{Budget, Cost, Kept};
use crate::model::Clock;

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
    /// POST and PUT calls in one day of UTC. The server's day begins with the first call; what we count too late for
    /// it is answered with 429 and a time to wait.
    pub writes_per_day: u32,
    /// Calls of each path in any 15 minutes, of the few kinds that the server calls sensitive.
    pub sensitive: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { writes: 15, reads: 50, per_minute: 1500, writes_per_day: 10_000, sensitive: 5 }
    }
}

/// How much of the limits is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The day counted, in UTC.
    pub day: Date,
    /// POST and PUT calls of the day.
    pub writes_today: u32,
    /// The sensitive calls of the last 15 minutes, by method and path, the oldest first.
    pub sensitive: Vec<(String, Vec<Timestamp>)>,
    /// Calls that wait to go out.
    pub waiting: usize,
    /// GET calls that wait for their answer.
    pub reads_running: usize,
    /// Other calls that wait for their answer.
    pub writes_running: usize,
}

impl Usage {
    /// What has to outlast a restart of the program.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept { day: self.day, writes_today: self.writes_today, sensitive: self.sensitive.clone() }
    }
}

/// The gate every call passes, in the order of arrival.
pub(super) struct Gate {
    writes: Semaphore,
    reads: Semaphore,
    /// Held by the one call that waits for the pace: whoever comes later cannot overtake it.
    turn: Mutex<()>,
    pace: DefaultDirectRateLimiter,
    budget: Budget,
    waiting: AtomicUsize,
    reads_running: AtomicUsize,
    writes_running: AtomicUsize,
}

/// A call that has passed the gate; its slot is free again when this is dropped.
pub(super) struct Passage<'a> {
    gate: &'a Gate,
    cost: Cost,
    at: Timestamp,
    _running: Counted<'a>,
    _slot: Option<SemaphorePermit<'a>>,
}

impl Passage<'_> {
    /// The call never reached the server.
    pub(super) fn unsent(self) {
        self.gate.budget.give_back(&self.cost, self.at);
    }
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let slots = |count: u32| Semaphore::new((count.max(1) as usize).min(Semaphore::MAX_PERMITS));
        Self {
            writes: slots(limits.writes),
            reads: slots(limits.reads),
            turn: Mutex::const_new(()),
            pace: RateLimiter::direct(quota(limits.per_minute)),
            budget: Budget::new(limits),
            waiting: AtomicUsize::new(0),
            reads_running: AtomicUsize::new(0),
            writes_running: AtomicUsize::new(0),
        }
    }

    /// Wait until a call may go out. What would wait for minutes or hours is not kept waiting here: it is told how
    /// long.
    pub(super) async fn enter(&self, write: bool, cost: Cost, clock: &dyn Clock) -> Result<Passage<'_>, Duration> {
        self.budget.check(&cost, clock.now())?;
        let waiting = Counted::new(&self.waiting);
        let (slots, running) =
            if write { (&self.writes, &self.writes_running) } else { (&self.reads, &self.reads_running) };
        // The semaphores are never closed, so that a permit always comes.
        let slot = slots.acquire().await.ok();
        let turn = self.turn.lock().await;
        self.pace.until_ready().await;
        // Counted when it goes out: others may have used the budget up meanwhile.
        let at = clock.now();
        self.budget.take(&cost, at)?;
        drop((turn, waiting));
        Ok(Passage { gate: self, cost, at, _running: Counted::new(running), _slot: slot })
    }

    pub(super) fn usage(&self, now: Timestamp) -> Usage {
        let Kept { day, writes_today, sensitive } = self.budget.kept(now);
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Usage {
            day,
            writes_today,
            sensitive,
            waiting: read(&self.waiting),
            reads_running: read(&self.reads_running),
            writes_running: read(&self.writes_running),
        }
    }

    pub(super) fn restore(&self, kept: Kept, now: Timestamp) {
        self.budget.restore(kept, now);
    }
}

/// One more, until it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The server's window slides. A burst and what is refilled in the minute after it must fit in together, so a
/// fifth is given to bursts and the rest is spread evenly. The pace goes by the machine's own clock: a wait takes
/// real time.
fn quota(per_minute: u32) -> Quota {
    let burst = NonZeroU32::new(per_minute / 5).unwrap_or(NonZeroU32::MIN);
    let steady = NonZeroU32::new(per_minute.saturating_sub(burst.get())).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(steady).allow_burst(burst)
}
