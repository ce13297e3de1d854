//! What has been called in this day and quarter of an hour, against what the server allows.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::limits::Limits;

/// The time in which the server allows few sensitive calls of one path (`RateLimiterSettings.cs`).
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The counters that have to outlast a restart of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The day counted, in UTC.
    pub day: Date,
    /// POST and PUT calls of the day.
    pub writes_today: u32,
    /// The sensitive calls of the last 15 minutes, by method and path, the oldest first.
    pub sensitive: Vec<(String, Vec<Timestamp>)>,
}

/// What one call costs.
#[derive(Debug, Clone, Default)]
pub(super) struct Cost {
    /// It counts for the day.
    pub(super) day: bool,
    /// It is sensitive: its method and path.
    pub(super) sensitive: Option<String>,
}

/// The counters and their limits.
pub(super) struct Budget {
    per_day: u32,
    per_window: usize,
    counters: Mutex<Counters>,
}

#[derive(Default)]
struct Counters {
    day: Date,
    writes: u32,
    sensitive: BTreeMap<String, Vec<Timestamp>>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            per_day: limits.writes_per_day.max(1),
            per_window: limits.sensitive.max(1) as usize,
            counters: Mutex::default(),
        }
    }

    /// How long a call has to wait, if it may not go out now.
    pub(super) fn check(&self, cost: &Cost, now: Timestamp) -> Result<(), Duration> {
        self.refusal(&self.current(now), cost, now).map_or(Ok(()), Err)
    }

    /// Count a call that goes out now, or say how long it has to wait.
    pub(super) fn take(&self, cost: &Cost, now: Timestamp) -> Result<(), Duration> {
        let mut counters = self.current(now);
        if let Some(wait) = self.refusal(&counters, cost, now) {
            return Err(wait);
        }
        if let Some(path) = &cost.sensitive {
            counters.sensitive.entry(path.clone()).or_default().push(now);
        }
        counters.writes = counters.writes.saturating_add(u32::from(cost.day));
        Ok(())
    }

    fn refusal(&self, counters: &Counters, cost: &Cost, now: Timestamp) -> Option<Duration> {
        if cost.day && counters.writes >= self.per_day {
            return Some(until_midnight(now));
        }
        let past = counters.sensitive.get(cost.sensitive.as_ref()?)?;
        // The window has room again when the oldest call that fills it has left it.
        let oldest = past.len().checked_sub(self.per_window).and_then(|index| past.get(index))?;
        Some(positive(oldest.saturating_add(WINDOW).unwrap_or(Timestamp::MAX).duration_since(now)))
    }

    /// Undo a call that was counted at this moment and never reached the server.
    pub(super) fn give_back(&self, cost: &Cost, at: Timestamp) {
        let mut counters = self.counters();
        if cost.day && counters.day == date(at) {
            counters.writes = counters.writes.saturating_sub(1);
        }
        let past = cost.sensitive.as_ref().and_then(|path| counters.sensitive.get_mut(path));
        if let Some(past) = past
            && let Some(index) = past.iter().position(|&then| then == at)
        {
            past.remove(index);
        }
    }

    pub(super) fn kept(&self, now: Timestamp) -> Kept {
        let counters = self.current(now);
        let sensitive = counters.sensitive.iter().map(|(path, past)| (path.clone(), past.clone())).collect();
        Kept { day: counters.day, writes_today: counters.writes, sensitive }
    }

    /// Join what was counted before. What is counted already stays.
    pub(super) fn restore(&self, kept: Kept, now: Timestamp) {
        let mut counters = self.current(now);
        if kept.day == counters.day {
            counters.writes = counters.writes.max(kept.writes_today);
        }
        for (path, before) in kept.sensitive {
            let past = counters.sensitive.entry(path).or_default();
            past.extend(before);
            past.sort_unstable();
            past.dedup();
        }
        counters.forget(now);
    }

    /// The counters without what has left the day and the window.
    fn current(&self, now: Timestamp) -> MutexGuard<'_, Counters> {
        let mut counters = self.counters();
        let today = date(now);
        if counters.day != today {
            counters.day = today;
            counters.writes = 0;
        }
        counters.forget(now);
        counters
    }

    /// A panic elsewhere leaves the counters whole: each is changed in one step.
    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    /// Leave out calls outside the window; one far in the future was counted before the clock was set back.
    fn forget(&mut self, now: Timestamp) {
        self.sensitive.retain(|_, past| {
            past.retain(|&then| now.duration_since(then).abs() < WINDOW);
            !past.is_empty()
        });
    }
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn until_midnight(now: Timestamp) -> Duration {
    let midnight = date(now).tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    midnight.map_or(Duration::ZERO, |midnight| positive(midnight.timestamp().duration_since(now)))
}

fn positive(wait: SignedDuration) -> Duration {
    Duration::try_from(wait).unwrap_or(Duration::ZERO)
}
