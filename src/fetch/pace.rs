//! How often a platform is asked: our own limit, and what it asks of us.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::asked::Asked;
use super::error::FetchError;
use crate::model::Clock;
use crate::retry;

/// How long a call waits here for its turn. Longer waits are for the queue, where they keep nobody else from working.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long nothing new is begun after the platform was out of reach.
const REST: SignedDuration = SignedDuration::from_secs(30);

/// The gate that every call passes.
pub(super) struct Pace {
    limiter: DefaultDirectRateLimiter,
    /// Until when the platform wants to be left alone, and the status with which it said so.
    pause: Mutex<Option<(Timestamp, u16)>>,
    /// Until when nothing new is begun, because the platform is out of reach.
    rest: Mutex<Option<Timestamp>>,
}

impl Pace {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { limiter: RateLimiter::direct(quota(per_minute)), pause: Mutex::default(), rest: Mutex::default() }
    }

    /// Wait a little for the turn of a call; what would wait longer is told how long.
    pub(super) async fn pass(&self, at: &Asked, clock: &dyn Clock) -> Result<(), FetchError> {
        let pause = *self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, status)) = pause {
            let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
            if !left.is_zero() {
                return Err(FetchError::Busy { at: at.clone(), status, after: left });
            }
        }
        let end = Instant::now() + PATIENCE;
        while let Err(not_until) = self.limiter.check() {
            let after = not_until.wait_time_from(self.limiter.clock().now());
            if Instant::now() + after > end {
                return Err(FetchError::Limited { at: at.clone(), after: after.max(Duration::from_secs(1)) });
            }
            tokio::time::sleep(after).await;
        }
        Ok(())
    }

    /// The platform has put us off or is out of reach: whoever comes meanwhile need not ask it.
    pub(super) fn note(&self, error: &FetchError, now: Timestamp) {
        if is_out_of_reach(error) {
            *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = now.saturating_add(REST).ok();
        }
        let FetchError::Busy { after, status, .. } = error else { return };
        let after = SignedDuration::try_from((*after).min(retry::AFTER_LIMIT)).unwrap_or_default();
        let until = now.saturating_add(after).unwrap_or(Timestamp::MAX);
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, *status));
    }

    /// It has answered.
    pub(super) fn go_on(&self) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it is better not to begin a call now.
    pub(super) fn is_resting(&self, now: Timestamp) -> bool {
        let pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner).map(|(until, _)| until);
        let rest = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        pause.max(rest).is_some_and(|until| until > now)
    }
}

/// An error status may be about one record alone; these are about the platform.
fn is_out_of_reach(error: &FetchError) -> bool {
    matches!(error, FetchError::Unresolved { .. } | FetchError::Unreachable { .. } | FetchError::Slow { .. })
}

/// A platform's window slides. A burst and what is refilled in the minute after it must fit in together, so a fifth is
/// given to bursts and the rest is spread evenly. The pace goes by the machine's own clock: a wait takes real time.
fn quota(per_minute: u32) -> Quota {
    let burst = NonZeroU32::new(per_minute / 5).unwrap_or(NonZeroU32::MIN);
    let steady = NonZeroU32::new(per_minute.saturating_sub(burst.get())).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(steady).allow_burst(burst)
}
