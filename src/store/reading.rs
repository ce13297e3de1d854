//! The reading half of the contract, and the way every operation takes to the writer.

use rusqlite::Connection;
use serde::de::DeserializeOwned;

use super::accept::Incoming;
use super::op::Op;
use super::writer::Message;
use super::{
    DeliveryFilter, DeliverySummary, JobFilter, PersonFilter, Stats, Store, StoreError, answer, jobs, lists, people,
    sql,
};
use crate::auth::Verified;
use crate::ledger::Recent;
use crate::model::{Attempt, Delivery, DeliveryId, Job, JobId, Person, PersonId, Recorded, Timestamp};

/// All of these fail with [`StoreError::Closed`] or [`StoreError::Failed`] only.
impl Store {
    /// Whether a write goes through.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.run(false, |conn| Ok(conn.prepare_cached(sql::TOUCH)?.execute([]).map(|_| ())?)).await
    }

    /// What was kept under `name` by [`super::Change::remember`]; `None` for a name never used, or a value of another shape.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn recall<T: DeserializeOwned + Send + 'static>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let name = name.to_owned();
        let kept = self.shared.readers.read(move |conn| lists::kept(conn, &name)).await?;
        Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Whether [`Store::accept`] would recognise this request. Nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn knows(&self, source: &str, verified: &Verified) -> Result<bool, StoreError> {
        let incoming = Incoming::new(source, verified, &self.shared.key, Timestamp::UNIX_EPOCH)?;
        self.shared.readers.read(move |conn| Ok(incoming.known(conn)?.is_some())).await
    }

    /// When the next ready job of a known kind is due, or the next plan becomes one (past or future); `None` without any.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = |conn: &Connection| Ok([jobs::next_due(conn)?, jobs::next_plan(conn)?].into_iter().flatten().min());
        self.shared.readers.read(next).await
    }

    /// Counts for metrics. `oldest_ready` is as [`Store::next_due`]: the caller knows whether it is past.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        self.shared.readers.read(lists::stats).await
    }

    /// Jobs that match, by id.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        self.shared.readers.read(move |conn| lists::jobs(conn, &filter)).await
    }

    /// All attempts of a job, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>, StoreError> {
        self.shared.readers.read(move |conn| lists::attempts(conn, job)).await
    }

    /// Deliveries that match, by id.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<DeliverySummary>, StoreError> {
        self.shared.readers.read(move |conn| lists::deliveries(conn, &filter)).await
    }

    /// One delivery with headers and body.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.shared.readers.read(move |conn| lists::delivery(conn, id)).await
    }

    /// How many people were let in and how many accounts disabled since then.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn recent(&self, since: Timestamp) -> Result<Recent, StoreError> {
        self.shared.readers.read(move |conn| people::recent(conn, since)).await
    }

    /// What was done by hand since then, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn audit(&self, since: Timestamp) -> Result<Vec<Recorded>, StoreError> {
        self.shared.readers.read(move |conn| lists::acts(conn, since)).await
    }

    /// People that match, by id.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn people(&self, filter: PersonFilter) -> Result<Vec<Person>, StoreError> {
        self.shared.readers.read(move |conn| people::list(conn, &filter)).await
    }

    /// One person.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let filter = PersonFilter { ids: vec![id], who: None };
        Ok(self.people(filter).await?.pop())
    }

    /// Hand `work` to the writer, wait for room if need be, and for the commit.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        durable: bool,
        work: impl FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (op, waiting) = Op::new(durable, work);
        self.shared.queue.send(Message::Run(op)).await.map_err(|_| StoreError::Closed)?;
        answer(waiting).await
    }
}
