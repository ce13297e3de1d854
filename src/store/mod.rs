//! The durable store: deliveries, jobs, attempts, people and dedupe keys. One contract; SQLite behind it.
//!
//! Writes go through one writer that puts everything waiting into one durable transaction (group
//! commit) and answers only after the commit. Reads have connections of their own. Only this folder contains SQL.

mod accept;
mod by_hand;
mod contract;
mod erase;
mod erasing;
mod failure;
mod intake;
mod jobs;
mod lists;
mod op;
mod open;
mod outcome;
mod people;
mod prune;
mod readers;
mod reading;
mod rows;
mod settle;
mod snapshot;
mod sql;
mod told;
mod wal;
mod writer;

pub use contract::{
    Accepted, Change, Claim, Claimed, DeliveryFilter, DeliverySummary, Erase, Erased, JobFilter, OpenItem,
    PersonFilter, Pruned, Retention, Revive, Settlement, Stats, StepNote, StoreError,
};
pub use snapshot::Snapshot;
pub use told::ToldSecret;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use crate::auth::Verified;
use crate::ledger::{Keys, Ledger};
use crate::model::{JobId, Timestamp};
use intake::Request;
use open::DedupeKey;
use readers::Readers;
use writer::Message;

/// Handle to the store; cheap to clone.
///
/// When the last one is dropped without [`Store::close`], the writer still finishes what is queued, in the background.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    key: DedupeKey,
    queue: Sender<Message>,
    /// Requests given to [`Store::accept`] and not answered yet.
    waiting: AtomicUsize,
    readers: Readers,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Held by the one `serve` of a store; released when dropped or when the process ends.
pub struct ServeLock {
    /// The lock is the system's, on this open file.
    _file: File,
}

/// One of those who wait, as long as it lives.
struct Here<'a>(&'a AtomicUsize);

impl<'a> Here<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Waiting<R> = oneshot::Receiver<Result<R, StoreError>>;

/// The writer answers everything it takes; what it never took, it never will.
async fn answer<R>(waiting: Waiting<R>) -> Result<R, StoreError> {
    waiting.await.unwrap_or(Err(StoreError::Closed))
}

impl Store {
    /// Open (with `create`: make, mode 0600) the SQLite store at `path`, migrate it, start its writer.
    ///
    /// # Errors
    /// [`StoreError::Failed`] with a sentence that names the file and says what to do.
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let runtime = Handle::current();
        let opened = tokio::task::spawn_blocking(move || {
            let (conn, key) = open::prepare(&path, create)?;
            let (queue, thread) = writer::start(&path, key, conn, &runtime)?;
            let readers = Readers::new(&path);
            let writer = Mutex::new(Some(thread));
            let shared = Shared { readers, path, key, queue, waiting: AtomicUsize::new(0), writer };
            Ok(Self { shared: Arc::new(shared) })
        });
        opened.await.unwrap_or_else(|_| Err(StoreError::Failed("opening the store panicked".to_owned())))
    }

    /// Become the one server of this store; `None` when another process is.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the lock file beside the store (`<file>.lock`) cannot be made.
    pub fn lock(&self) -> Result<Option<ServeLock>, StoreError> {
        let mut name = self.shared.path.clone().into_os_string();
        name.push(".lock");
        let shown = PathBuf::from(&name);
        let failed = |error: std::io::Error| {
            StoreError::Failed(format!("the lock file {} cannot be used: {error}", shown.display()))
        };
        let mut options = OpenOptions::new();
        let options = open::private(options.write(true).create(true).truncate(false));
        let file = options.open(&name).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ServeLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Finish what is queued and close. Whatever is asked later is refused as [`StoreError::Closed`].
    pub async fn close(&self) {
        // An error: closed already.
        let _ = self.shared.queue.send(Message::Close).await;
        self.shared.readers.close().await;
        let thread = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// Store a verified request, or recognise it. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many requests wait; [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn accept(&self, source: &str, verified: Verified, now: Timestamp) -> Result<Accepted, StoreError> {
        let incoming = accept::Incoming::new(source, &verified, &self.shared.key, now)?;
        drop(verified);
        let _here = Here::new(&self.shared.waiting);
        let (request, told) = Request::new(incoming);
        match self.shared.queue.try_send(Message::Accept(request)) {
            Ok(()) => told.await.map_or(Err(StoreError::Closed), |(result, _)| result),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Closed(_)) => Err(StoreError::Closed),
        }
    }

    /// How many requests wait to be stored at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Claim work under a lease.
    ///
    /// # Errors
    /// As [`Store::write`], but for the lease.
    pub async fn claim(&self, claim: Claim, now: Timestamp) -> Result<Claimed, StoreError> {
        self.run(false, move |conn| jobs::claim(conn, &claim, now)).await
    }

    /// Lengthen the leases of running jobs; those lost meanwhile stay lost.
    ///
    /// # Errors
    /// As [`Store::write`], but for the lease.
    pub async fn extend(&self, jobs: Vec<(JobId, i64)>, until: Timestamp) -> Result<(), StoreError> {
        self.run(false, move |conn| jobs::extend(conn, &jobs, until)).await
    }

    /// One transaction over the ledger: load the people that `keys` name, let `edit` change them and say what else
    /// is to be written, write all of it. `durable = false` may be lost by a power failure until the next durable
    /// write, never reordered after it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a step or settlement is about a job that is not running under its fence any
    /// more: nothing was written. [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn write<R: Send + 'static>(
        &self,
        keys: Keys,
        durable: bool,
        now: Timestamp,
        edit: impl FnOnce(&mut Ledger) -> (Change, R) + Send + 'static,
    ) -> Result<R, StoreError> {
        let key = self.shared.key;
        self.run(durable, move |conn| settle::write(conn, &key, &keys, now, edit)).await
    }

    /// After a restart: every running job is ready again at once. Says how many.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn recover(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.run(true, move |conn| jobs::recover(conn, now)).await
    }

    /// Remove bodies, dedupe keys and what jobs tell past their time, in many small transactions.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`]. What was removed before stays removed.
    pub async fn prune(&self, retention: Retention, now: Timestamp) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        let mut place = Some(prune::Place::default());
        while let Some(from) = place {
            let swept = self.run(false, move |conn| prune::bodies(conn, from, retention, now)).await?;
            pruned.bodies += swept.removed;
            place = swept.next;
        }
        let mut more = true;
        while more {
            let swept = self.run(false, move |conn| prune::keys(conn, now)).await?;
            pruned.keys += swept.removed;
            more = swept.next.is_some();
        }
        more = true;
        while more {
            let swept = self.run(false, move |conn| prune::jobs(conn, retention, now)).await?;
            pruned.jobs += swept.removed;
            more = swept.next.is_some();
        }
        Ok(pruned)
    }
}
