//! What goes into the store and what comes out of it, whatever database is behind.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Act, CallOff, Delivery, DeliveryId, Job, JobId, JobState, NewJob, PersonId, Step, Timestamp};

/// Why the store did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The intake channel is full: try again in a moment.
    #[error("the store is busy: too many requests are waiting to be stored")]
    Busy,
    /// The program is stopping.
    #[error("the store is closed")]
    Closed,
    /// The job was meanwhile claimed by another worker; nothing was written.
    #[error("the lease of the job was lost")]
    LeaseLost,
    /// Another program holds the database longer than is waited.
    #[error("another program keeps the store locked; end it, or try again in a moment")]
    Locked,
    /// What was to be erased is being worked on; nothing was written.
    #[error(
        "job {0} is being worked on, comes at once or waits to ask a platform again: try again in a moment; `usher jobs \
         show {0}` says when it is due, and `usher jobs cancel {0}` ends one that waits. Without a server nothing ends by \
         itself: start one first"
    )]
    Underway(JobId),
    /// The store could not be opened or written; the sentence says what to do.
    #[error("{0}")]
    Failed(String),
}

/// What became of a verified request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Stored, with one process job.
    New(DeliveryId),
    /// Known already: at least one dedupe key was.
    Seen(DeliveryId),
    /// Known already, but its process job was dead: a new one was queued.
    Restarted(DeliveryId),
}

/// What a worker wants to claim.
#[derive(Debug, Clone)]
pub struct Claim {
    /// At most so many process jobs, in accept order.
    pub process: usize,
    /// At most so many action jobs, each of another person.
    pub actions: usize,
    /// At most so many questions under way to the platform of each source. They take no place from action jobs, and those
    /// of one source none from another's: a platform that is slow or wants few calls holds up nobody else.
    pub questions: usize,
    /// Sources whose platforms are left alone for a while.
    pub resting: Vec<String>,
    /// Portals whose jobs are left alone.
    pub paused: Vec<String>,
    /// How long the lease lasts.
    pub lease: Duration,
}

/// What was claimed.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// Process jobs in accept order, each with its delivery.
    pub process: Vec<(Job, Delivery)>,
    /// Action jobs, and questions to platforms.
    pub actions: Vec<Job>,
}

/// The end of one try of a job.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The job.
    pub job: JobId,
    /// The fence it was claimed with.
    pub fence: i64,
    /// New state: ready (retry), done, held or dead.
    pub state: JobState,
    /// Why, for people.
    pub reason: Option<String>,
    /// Next due time of a retry.
    pub due_at: Option<Timestamp>,
    /// Attempts that count so far.
    pub attempts: u32,
    /// Since when the other side is out of reach.
    pub outage_since: Option<Timestamp>,
    /// When the job was claimed.
    pub started_at: Timestamp,
    /// `done`, `retry`, `held` or `dead`.
    pub outcome: &'static str,
    /// Follow-up jobs.
    pub then: Vec<NewJob>,
    /// What is called off.
    pub off: Vec<CallOff>,
}

/// One step to be noted on a running job.
#[derive(Debug, Clone)]
pub struct StepNote {
    /// The job.
    pub job: JobId,
    /// The fence it was claimed with.
    pub fence: i64,
    /// What it did.
    pub step: Step,
}

/// What is written beside the people of the ledger, in the same transaction.
///
/// Person ids below zero are those of new rows of the ledger; the store puts the real ids in, also in sentences: in reasons
/// of jobs and in subjects of acts. Jobs of rows that were given up go to those that took them over.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Steps of running jobs.
    pub steps: Vec<StepNote>,
    /// Ends of tries.
    pub settlements: Vec<Settlement>,
    /// Held jobs that go on.
    pub revive: Vec<Revive>,
    /// Values to be kept under these names; see [`crate::store::Store::recall`].
    pub remember: Vec<(String, serde_json::Value)>,
    /// Jobs ordered by hand.
    pub enqueue: Vec<NewJob>,
    /// What was done by hand, for the audit.
    pub acts: Vec<Act>,
    /// Keys of jobs that wait, held or ready, and were never begun: something else has taken their place.
    pub superseded: Vec<String>,
}

/// A held job that goes on with other parameters; one that is not held any more stays as it is.
#[derive(Debug, Clone)]
pub struct Revive {
    /// The job.
    pub job: JobId,
    /// Its payload from now on.
    pub payload: serde_json::Value,
    /// The step that says why.
    pub step: Step,
}

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days that headers and body are kept after all jobs of a delivery are done or cancelled.
    pub done_days: u32,
    /// The same where a job is held or dead.
    pub held_days: u32,
    /// Days that event data, reasons and details of steps are kept of jobs that are done or cancelled.
    pub jobs_days: u32,
}

/// What `prune` removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pruned {
    /// Deliveries whose headers and body were removed.
    pub bodies: u64,
    /// Dedupe keys removed.
    pub keys: u64,
    /// Jobs whose event data, reasons and details of steps were removed.
    pub jobs: u64,
}

/// What is to be erased of one human being; see [`crate::store::Store::forget`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erase {
    /// Rows of the ledger, whose jobs go with them.
    pub people: Vec<PersonId>,
    /// Jobs of other rows that hold data of this one.
    pub jobs: Vec<JobId>,
    /// Deliveries that lose headers and body.
    pub deliveries: Vec<DeliveryId>,
}

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Erased {
    /// Jobs that lost their data.
    pub jobs: u64,
    /// Those of them that were cancelled.
    pub cancelled: u64,
    /// Deliveries that lost headers and body.
    pub deliveries: u64,
}

/// Counts for metrics.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// (kind, state, count).
    pub jobs: Vec<(String, JobState, u64)>,
    /// Due time of the oldest ready job that is due.
    pub oldest_ready: Option<Timestamp>,
    /// (kind, count) of what is planned.
    pub plans: Vec<(String, u64)>,
}

/// Which jobs; empty lists and `None` mean all.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// These ids.
    pub ids: Vec<JobId>,
    /// In one of these states.
    pub states: Vec<JobState>,
    /// Of this kind.
    pub kind: Option<String>,
    /// From this source.
    pub source: Option<String>,
    /// From this delivery.
    pub delivery: Option<DeliveryId>,
    /// About this person.
    pub person: Option<PersonId>,
    /// With one of these keys.
    pub keys: Vec<String>,
    /// With this text in the reason, whatever the case of its ASCII letters.
    pub reason: Option<String>,
}

/// Which deliveries; empty lists and `None` mean all.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// These ids.
    pub ids: Vec<DeliveryId>,
    /// To this source.
    pub source: Option<String>,
    /// Whose latest process job is in one of these states.
    pub states: Vec<JobState>,
}

/// One delivery as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct DeliverySummary {
    /// Row number.
    pub id: DeliveryId,
    /// Name of the source.
    pub source: String,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the body in bytes; `None` once removed.
    pub bytes: Option<u64>,
    /// State of its latest process job.
    pub state: JobState,
    /// Reason of that job.
    pub reason: Option<String>,
    /// How often the same delivery came again.
    pub seen_again: u64,
    /// Jobs of single items of it, made by that job, that are not done.
    pub open_items: Vec<OpenItem>,
    /// What was said of the one item that a platform was asked about; absent where there are several.
    pub only_answer: Option<String>,
}

/// Where the job of one item of a delivery stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenItem {
    /// The job.
    pub job: JobId,
    /// Its state; never done.
    pub state: JobState,
}

/// Which people; empty lists and `None` mean all.
#[derive(Debug, Clone, Default)]
pub struct PersonFilter {
    /// These ids.
    pub ids: Vec<PersonId>,
    /// With this DocSpace user id, e-mail address or employee id.
    pub who: Option<String>,
}
