//! What people do by hand to jobs and deliveries, each with its record in the audit.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Store, StoreError, accept, jobs, settle};
use crate::model::{Act, DeliveryId, JobId};

/// What is done to jobs; which of them it was done to.
type Mend = fn(&Connection, &[JobId], Timestamp) -> Result<Vec<JobId>, StoreError>;

impl Store {
    /// Dead -> ready, attempts forgotten; and what waits for another try is due now, its attempts counted on. Says how many.
    /// `who` stands in the audit.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn retry(&self, jobs: Vec<JobId>, who: &str, now: Timestamp) -> Result<u64, StoreError> {
        self.mend(jobs::retry, jobs, act(who, "retry"), now).await
    }

    /// Held -> ready, with a step `released`. Says how many. `who` stands in the audit.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn release(&self, jobs: Vec<JobId>, who: &str, now: Timestamp) -> Result<u64, StoreError> {
        self.mend(jobs::release, jobs, act(who, "release"), now).await
    }

    /// Ready, held or dead -> cancelled. Says how many. `who` stands in the audit.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn cancel(&self, jobs: Vec<JobId>, who: &str, now: Timestamp) -> Result<u64, StoreError> {
        self.mend(jobs::cancel, jobs, act(who, "cancel"), now).await
    }

    /// A new process job for a stored delivery; `None` when it is unknown or its body is gone. `who` stands in the audit.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn rerun(&self, delivery: DeliveryId, who: &str, now: Timestamp) -> Result<Option<JobId>, StoreError> {
        let act = Act { subject: format!("delivery {delivery}"), ..act(who, "rerun") };
        self.run(true, move |conn| {
            let job = accept::rerun(conn, delivery, now, now)?;
            if job.is_some() {
                settle::record(conn, &act, now)?;
            }
            Ok(job)
        })
        .await
    }

    /// Where nothing was changed, nothing is recorded.
    async fn mend(&self, mend: Mend, jobs: Vec<JobId>, act: Act, now: Timestamp) -> Result<u64, StoreError> {
        self.run(true, move |conn| {
            let changed = mend(conn, &jobs, now)?;
            if !changed.is_empty() {
                let subject = subject("job", "jobs", changed.iter().map(|job| job.0));
                settle::record(conn, &Act { subject, ..act }, now)?;
            }
            Ok(changed.len() as u64)
        })
        .await
    }
}

/// An act on nothing yet.
pub(super) fn act(who: &str, what: &'static str) -> Act {
    Act { who: who.to_owned(), what, subject: String::new(), detail: None }
}

/// Numbers of rows in few words: `job 4`, `jobs 4-1953 1960`.
pub(super) fn subject(one: &str, many: &str, numbers: impl IntoIterator<Item = i64>) -> String {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_unstable();
    numbers.dedup();
    if let [number] = numbers.as_slice() {
        return format!("{one} {number}");
    }
    let mut words = vec![many.to_owned()];
    for run in numbers.chunk_by(|before, after| before + 1 == *after) {
        match run {
            [first, second] => words.extend([first.to_string(), second.to_string()]),
            [first, .., last] => words.push(format!("{first}-{last}")),
            alone => words.extend(alone.iter().map(i64::to_string)),
        }
    }
    words.join(" ")
}
