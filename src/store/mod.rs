//! The durable store: deliveries, jobs, attempts, people and dedupe keys. One contract; SQLite behind it.
//!
//! Writes go through one writer that puts everything waiting into one durable transaction (group
//! commit) and answers only after the commit. Only this folder contains SQL.

mod contract;

pub use contract::{
    Accepted, Change, Claim, Claimed, DeliveryFilter, DeliverySummary, JobFilter, PersonFilter, Pruned, Retention,
    Settlement, Stats, StepNote, StoreError,
};

use std::path::Path;

use crate::auth::Verified;
use crate::ledger::{Keys, Ledger};
use crate::model::{Attempt, Delivery, DeliveryId, Job, JobId, Person, PersonId, Timestamp};

/// Handle to the store; cheap to clone.
#[derive(Clone)]
pub struct Store {}

/// Held by the one `serve` of a store; released when dropped or when the process ends.
pub struct ServeLock {}

#[expect(unused_variables, reason = "stub")]
impl Store {
    /// Open (with `create`: make, mode 0600) the SQLite store at `path`, migrate it, start its writer.
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> { unimplemented!() }
    /// Become the one server of this store; `None` when another process is.
    pub fn lock(&self) -> Result<Option<ServeLock>, StoreError> { unimplemented!() }
    /// Finish what is queued and close.
    pub async fn close(&self) { unimplemented!() }
    /// Store a verified request, or recognise it. Durable when this returns.
    pub async fn accept(&self, source: &str, verified: Verified, now: Timestamp) -> Result<Accepted, StoreError> { unimplemented!() }
    /// Claim work under a lease.
    pub async fn claim(&self, claim: Claim, now: Timestamp) -> Result<Claimed, StoreError> { unimplemented!() }
    /// Lengthen the leases of running jobs.
    pub async fn extend(&self, jobs: Vec<(JobId, i64)>, until: Timestamp) -> Result<(), StoreError> { unimplemented!() }
    /// One transaction over the ledger: load the people that `keys` name, let `edit` change them and say what else
    /// is to be written, write all of it. `durable = false` may be lost by a power failure until the next durable
    /// write, never reordered after it.
    pub async fn write<R: Send + 'static>(
        &self, keys: Keys, durable: bool, now: Timestamp,
        edit: impl FnOnce(&mut Ledger) -> (Change, R) + Send + 'static,
    ) -> Result<R, StoreError> { unimplemented!() }
    /// After a restart: every running job is ready again at once.
    pub async fn recover(&self, now: Timestamp) -> Result<u64, StoreError> { unimplemented!() }
    /// Dead -> ready, attempts forgotten.
    pub async fn retry(&self, jobs: Vec<JobId>, now: Timestamp) -> Result<u64, StoreError> { unimplemented!() }
    /// Held -> ready, with a step `released`.
    pub async fn release(&self, jobs: Vec<JobId>, now: Timestamp) -> Result<u64, StoreError> { unimplemented!() }
    /// Ready, held or dead -> cancelled.
    pub async fn cancel(&self, jobs: Vec<JobId>, now: Timestamp) -> Result<u64, StoreError> { unimplemented!() }
    /// A new process job for a stored delivery; `None` when it is unknown or its body is gone.
    pub async fn rerun(&self, delivery: DeliveryId, now: Timestamp) -> Result<Option<JobId>, StoreError> { unimplemented!() }
    /// Remove bodies and dedupe keys past their time.
    pub async fn prune(&self, retention: Retention, now: Timestamp) -> Result<Pruned, StoreError> { unimplemented!() }
    /// Whether a write goes through.
    pub async fn check_writable(&self) -> Result<(), StoreError> { unimplemented!() }
    /// When the next ready job is due (past or future); `None` without one.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> { unimplemented!() }
    /// Counts for metrics.
    pub async fn stats(&self) -> Result<Stats, StoreError> { unimplemented!() }
    /// Jobs that match, by id.
    pub async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> { unimplemented!() }
    /// All attempts of a job, oldest first.
    pub async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>, StoreError> { unimplemented!() }
    /// Deliveries that match, by id.
    pub async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<DeliverySummary>, StoreError> { unimplemented!() }
    /// One delivery with headers and body.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> { unimplemented!() }
    /// People that match, by id.
    pub async fn people(&self, filter: PersonFilter) -> Result<Vec<Person>, StoreError> { unimplemented!() }
    /// One person.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> { unimplemented!() }
}
