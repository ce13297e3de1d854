//! When failed work is tried again, and when it is given up. Pure: the time and the randomness come in.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::{SignedDuration, Timestamp};

/// Upper end of the first pause.
pub const BASE: Duration = Duration::from_secs(2);
/// No pause grows beyond this by itself.
pub const CAP: Duration = Duration::from_secs(15 * 60);
/// Failures after which work is given up; outages do not count.
pub const MAX_ATTEMPTS: u32 = 10;
/// How long an outage is waited out.
pub const OUTAGE_LIMIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Longest wait that the other side can impose. DocSpace's longest window is a day.
pub const AFTER_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Over how long jobs that were asked to wait for the same time are spread.
pub const SPREAD: Duration = Duration::from_secs(1);

/// Tries after which the pause stays at [`CAP`]: 2 s doubled nine times is beyond 15 min.
const PLATEAU: u32 = 10;

/// One failed try, and what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Failures that count against [`MAX_ATTEMPTS`], this one included unless it is an outage.
    pub attempts: u32,
    /// Tries in a row that failed, outages included, this one too: 1 for the first. Sets the pause.
    pub tries: u32,
    /// Not before this long from now, as the other side asked.
    pub after: Option<Duration>,
    /// The other side is out of reach: uses up no attempt.
    pub outage: bool,
    /// Since when it has been; `None` while this is the first such failure.
    pub outage_since: Option<Timestamp>,
}

/// What is to become of failed work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Try again, not before this moment.
    Due(Timestamp),
    /// Do not try again.
    GiveUp {
        /// Why, for people.
        reason: String,
    },
}

/// Decide on a failure at `now`. `jitter` is a random number from 0 to 1; others are taken as the nearer end.
///
/// The pause is `jitter` times the step of an exponential ladder ("full jitter"). Where the other side asked for a
/// wait, that is the pause, and the jitter only spreads over [`SPREAD`], so that many jobs do not come back in one
/// instant and none comes back early.
#[must_use]
pub fn next(failure: &Failure, now: Timestamp, jitter: f64) -> Next {
    if failure.outage {
        let since = failure.outage_since.unwrap_or(now);
        if now.duration_since(since) >= signed(OUTAGE_LIMIT) {
            return Next::GiveUp { reason: "the other side was out of reach for 7 days".to_owned() };
        }
    } else if failure.attempts >= MAX_ATTEMPTS {
        return Next::GiveUp { reason: format!("{} attempts failed", failure.attempts) };
    }
    let jitter = if jitter.is_nan() { 1.0 } else { jitter.clamp(0.0, 1.0) };
    // A wait of nothing, or until a moment that has passed by our clock, leaves the pause to us.
    let pause = match failure.after.filter(|after| !after.is_zero()) {
        Some(after) => after.min(AFTER_LIMIT) + SPREAD.mul_f64(jitter),
        None => step(failure.tries).mul_f64(jitter),
    };
    Next::Due(now.saturating_add(signed(pause)).unwrap_or(Timestamp::MAX))
}

/// Upper end of the pause after this many failed tries in a row: 2 s, 4 s, 8 s and so on up to 15 min.
#[must_use]
pub fn step(tries: u32) -> Duration {
    let ladder =
        ExponentialBuilder::new().with_factor(2.0).with_min_delay(BASE).with_max_delay(CAP).without_max_times();
    let place = tries.clamp(1, PLATEAU) - 1;
    ladder.build().nth(place as usize).unwrap_or(CAP)
}

/// The limits above are far below the range of the signed type.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
