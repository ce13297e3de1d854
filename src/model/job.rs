//! Units of queued work, what became of each try, and what a finished job leaves behind.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DeliveryId, PersonId};

/// Row number of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The kinds of job this version knows. Stored as text: a kind that a later version wrote is kept and
/// shown, never claimed.
pub mod kind {
    /// Turn a delivery into events and plan what follows.
    pub const PROCESS: &str = "process";
    /// Ask a platform for what one item of a delivery leaves out, and plan what follows.
    pub const FETCH: &str = "fetch";
    /// Create and invite a person.
    pub const ONBOARD: &str = "onboard";
    /// Congratulate a person on the activated account.
    pub const CONGRATULATE: &str = "congratulate";
    /// Remind a person of an invitation not taken up yet.
    pub const REMIND: &str = "remind";
    /// Bring an account's type, groups and rooms to what the rules say.
    pub const UPDATE: &str = "update";
    /// Disable the account of somebody who has left.
    pub const DISABLE: &str = "disable";
    /// Enable the account of somebody who is back.
    pub const ENABLE: &str = "enable";
    /// Every kind above.
    pub const ALL: [&str; 8] = [PROCESS, FETCH, ONBOARD, CONGRATULATE, REMIND, UPDATE, DISABLE, ENABLE];
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for its due time and a free worker.
    Ready,
    /// Claimed under a lease.
    Running,
    /// Finished.
    Done,
    /// Waits for a person; the reason says what for.
    Held,
    /// Gave up; the reason says why.
    Dead,
    /// Taken back by hand.
    Cancelled,
}

/// The text is not a job state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a job state; the states are ready, running, done, held, dead, cancelled")]
pub struct UnknownJobState(pub String);

impl JobState {
    /// Every state, in the order of a job's life.
    pub const ALL: [Self; 6] = [Self::Ready, Self::Running, Self::Done, Self::Held, Self::Dead, Self::Cancelled];

    /// The word in tables, metrics and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Held => "held",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for JobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for JobState {
    type Err = UnknownJobState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownJobState(text.to_owned()))
    }
}

/// One thing a job did, told for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// A short stable word that code may look for, such as `intent` or `created`.
    pub name: String,
    /// A sentence; without secrets and e-mail addresses.
    pub detail: String,
}

/// One unit of queued work.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    /// Row number.
    pub id: JobId,
    /// One of [`kind`], or a word of a later version.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// Why it stands there, for people; absent while nothing is to be said.
    pub reason: Option<String>,
    /// Unique text that keeps the same work from being queued twice.
    pub key: String,
    /// The delivery it came from; absent for work ordered by hand.
    pub delivery: Option<DeliveryId>,
    /// Source of that delivery.
    pub source: Option<String>,
    /// The person it is about: jobs of one person run one at a time, in order.
    pub person: Option<PersonId>,
    /// The portal of that person.
    pub portal: Option<String>,
    /// What to do. For an action `{"params": <Onboard or Congratulate>, "event": <Event>}`; for `process` empty or
    /// `{"table": n, "item": n}` where only one item of the delivery is meant; for `fetch` `{"of": <expression of the items>,
    /// "item": n, "lane": <hash>}`: those of one lane run one at a time, in order.
    pub payload: serde_json::Value,
    /// Attempts that counted against the limit so far.
    pub attempts: u32,
    /// Since when the other side has been out of reach, while it is.
    pub outage_since: Option<Timestamp>,
    /// Not before this moment.
    pub due_at: Timestamp,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it reached done, held, dead or cancelled.
    pub finished_at: Option<Timestamp>,
    /// Grows with every claim; a settlement with an older number changes nothing.
    pub fence: i64,
    /// What it did so far, oldest first.
    pub steps: Vec<Step>,
}

impl Job {
    /// Whether a step of this name was recorded.
    #[must_use]
    pub fn has_step(&self, name: &str) -> bool {
        self.steps.iter().any(|step| step.name == name)
    }

    /// Whether a try has failed and another one is to come later than `now`. What is planned for later has not begun.
    #[must_use]
    pub fn is_between_tries(&self, now: Timestamp) -> bool {
        self.state == JobState::Ready && self.fence > 0 && self.reason.is_some() && self.due_at > now
    }
}

/// One try of a job.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The job tried.
    pub job: JobId,
    /// 1 for the first.
    pub number: i64,
    /// When the job was claimed.
    pub started_at: Timestamp,
    /// When it was settled.
    pub finished_at: Timestamp,
    /// `done`, `retry`, `held` or `dead`.
    pub outcome: String,
    /// Why, for people.
    pub reason: Option<String>,
}

/// Work to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// One of [`kind`].
    pub kind: &'static str,
    /// Unique text; a job whose key exists already is not queued again.
    pub key: String,
    /// `Ready`, or `Held` or `Dead` for a job born so.
    pub state: JobState,
    /// Reason of a job born held or dead.
    pub reason: Option<String>,
    /// The delivery it comes from.
    pub delivery: Option<DeliveryId>,
    /// The person it is about.
    pub person: Option<PersonId>,
    /// As [`Job::payload`].
    pub payload: serde_json::Value,
    /// Not before this moment; absent: at once.
    pub due_at: Option<Timestamp>,
}

/// Jobs of a person that wait, ready or held, and are not wanted any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOff {
    /// The person.
    pub person: PersonId,
    /// Of these kinds.
    pub kinds: &'static [&'static str],
    /// Only those that wait for a human being; but not what is held about another employee id than the person's, who may
    /// be somebody else of the same address.
    pub held_only: bool,
    /// Why, for people.
    pub reason: String,
}

/// What one try of a job came to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Finished; `then` is queued in the same transaction.
    Done {
        /// What it came to, for people.
        note: Option<String>,
        /// Follow-up jobs, some perhaps born held or dead.
        then: Vec<NewJob>,
        /// Waiting jobs that it makes needless, cancelled in the same transaction.
        off: Vec<CallOff>,
    },
    /// Try again later.
    Retry {
        /// Why.
        reason: String,
        /// Not before this long from now, as the other side asked; absent: back off.
        after: Option<Duration>,
        /// The other side is out of reach: uses up no attempt.
        outage: bool,
    },
    /// Wait for a person.
    Held {
        /// What for.
        reason: String,
        /// Whether the log was told already, perhaps once for many: it needs no alarm for each.
        told: bool,
    },
    /// Give up.
    Dead {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// Finished with nothing to follow.
    #[must_use]
    pub fn done(note: impl Into<String>) -> Self {
        Self::Done { note: Some(note.into()), then: Vec::new(), off: Vec::new() }
    }
}
