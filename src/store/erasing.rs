//! Erasing what is kept about a person: the part of the contract.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::writer::Message;
use super::{Erase, Erased, Store, StoreError, answer, erase, sql};
use crate::ledger::Keys;
use crate::model::{Delivery, DeliveryId, Job, Person};

impl Store {
    /// Erase what is kept about one human being, in one durable transaction: the rows of the ledger become empty and are
    /// marked as forgotten, with keyed hashes of what they were known by; open jobs are cancelled, all of their jobs
    /// lose event data, reasons and the details of steps; the deliveries lose headers and body and keep their dedupe
    /// keys. `who` stands in the audit.
    ///
    /// In the store's files nothing is left of it after [`Store::scrub`].
    ///
    /// # Errors
    /// [`StoreError::Underway`] while one of the jobs runs or one of the deliveries is to be read: nothing was written.
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn forget(&self, erase: Erase, who: &str, now: Timestamp) -> Result<Erased, StoreError> {
        let (key, who) = (self.shared.key, who.to_owned());
        self.run(true, move |conn| erase::forget(conn, &key, &erase, &who, now)).await
    }

    /// Write the whole store anew and empty its log, so that nothing of what was erased is left in its files: what rows
    /// leave behind is overwritten, but not the gaps in pages whose rows were moved. Takes about as long as copying the
    /// file, and needs twice its size; meanwhile nothing can be stored, and requests wait or are answered 503.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another program does not let go of the store; [`StoreError::Closed`];
    /// [`StoreError::Failed`]. It stays due: [`Store::is_scrub_due`].
    pub async fn scrub(&self) -> Result<(), StoreError> {
        let (sender, waiting) = oneshot::channel();
        self.shared.queue.send(Message::Scrub(sender)).await.map_err(|_| StoreError::Closed)?;
        answer(waiting).await?;
        self.run(true, |conn| {
            conn.prepare_cached(sql::SET_META)?.execute(rusqlite::params![erase::SCRUB_DUE, b"false"])?;
            Ok(())
        })
        .await
    }

    /// Whether something was erased since the last [`Store::scrub`] that went well.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn is_scrub_due(&self) -> Result<bool, StoreError> {
        Ok(self.recall(erase::SCRUB_DUE).await?.unwrap_or(false))
    }

    /// Everybody that `keys` name, and the rows that were given up to those named by number.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn alike(&self, keys: Keys) -> Result<Vec<Person>, StoreError> {
        self.shared.readers.read(move |conn| erase::alike(conn, keys)).await
    }

    /// Those whose employment was told to end, or whose account was deleted, by then; nobody who is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn leavers(&self, until: Timestamp) -> Result<Vec<Person>, StoreError> {
        self.shared.readers.read(move |conn| erase::leavers(conn, until)).await
    }

    /// Jobs of the people that `keys` number, and those of others whose event names one of `keys` by more than an address.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn jobs_about(&self, keys: Keys) -> Result<Vec<Job>, StoreError> {
        self.shared.readers.read(move |conn| erase::jobs_about(conn, &keys)).await
    }

    /// At most so many deliveries after this one that still have their bodies, by id.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn bodies(&self, after: DeliveryId, most: u32) -> Result<Vec<Delivery>, StoreError> {
        self.shared.readers.read(move |conn| erase::bodies(conn, after, most)).await
    }
}
