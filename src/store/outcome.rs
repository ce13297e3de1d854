//! From what a try came to, to what is written down.

use crate::model::{Job, JobState, Outcome, Timestamp};
use crate::retry::{self, Failure, Next};

use super::Settlement;

impl Settlement {
    /// The settlement of `job`, claimed at `started_at`, after `outcome`. `jitter` from 0 to 1 spreads retries.
    #[must_use]
    pub fn of(job: &Job, outcome: Outcome, started_at: Timestamp, now: Timestamp, jitter: f64) -> Self {
        let settled = Self {
            job: job.id,
            fence: job.fence,
            state: JobState::Done,
            reason: None,
            due_at: None,
            attempts: job.attempts,
            outage_since: None,
            started_at,
            outcome: "done",
            then: Vec::new(),
            off: Vec::new(),
        };
        match outcome {
            Outcome::Done { note, then, off } => {
                Self { reason: note, then, off, attempts: job.attempts + 1, ..settled }
            }
            Outcome::Held { reason, .. } => {
                Self { state: JobState::Held, reason: Some(reason), outcome: "held", ..settled }
            }
            Outcome::Dead { reason } => {
                Self { state: JobState::Dead, reason: Some(reason), outcome: "dead", ..settled }
            }
            Outcome::Retry { reason, after, outage } => {
                let attempts = if outage { job.attempts } else { job.attempts + 1 };
                let outage_since = outage.then(|| job.outage_since.unwrap_or(now));
                let tries = u32::try_from(job.fence).unwrap_or(u32::MAX);
                match retry::next(&Failure { attempts, tries, after, outage, outage_since }, now, jitter) {
                    Next::Due(due_at) => Self {
                        state: JobState::Ready,
                        reason: Some(reason),
                        due_at: Some(due_at),
                        attempts,
                        outage_since,
                        outcome: "retry",
                        ..settled
                    },
                    Next::GiveUp { reason: why } => Self {
                        state: JobState::Dead,
                        reason: Some(format!("{why}; the last try: {reason}")),
                        attempts,
                        outcome: "dead",
                        ..settled
                    },
                }
            }
        }
    }
}
