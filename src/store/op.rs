//! One operation of the writer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

/// Tells the caller, once it is known whether the transaction was committed.
pub(super) type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Something to be done in a transaction, or (given an error) only to be answered.
type Work = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Answer + Send>;

/// Work that runs once.
pub(super) struct Op {
    durable: bool,
    work: Work,
}

impl Op {
    /// `work` runs once, in a savepoint of its own: what it did is undone if it fails or panics, and its neighbours
    /// are not touched.
    pub(super) fn new<R: Send + 'static>(
        durable: bool,
        work: impl FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> (Self, oneshot::Receiver<Result<R, StoreError>>) {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |conn| {
            let result = conn.and_then(|conn| in_savepoint(conn, work));
            Box::new(move |committed| {
                // A caller that has gone away needs no answer.
                let _ = sender.send(result.and_then(|value| committed.map(|()| value)));
            })
        });
        (Self { durable, work }, receiver)
    }

    /// Whether its commit has to be on the disk before the answer.
    pub(super) fn is_durable(&self) -> bool {
        self.durable
    }

    /// Do the work, or give it the reason why not.
    pub(super) fn run(self, conn: Result<&Connection, StoreError>) -> Answer {
        (self.work)(conn)
    }
}

/// Do all of `work` or nothing. After the worst errors SQLite has ended the whole transaction; `conn` shows it.
pub(super) fn in_savepoint<R>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    execute(conn, "SAVEPOINT op")?;
    let result = caught(|| work(conn));
    if result.is_err() && !conn.is_autocommit() {
        execute(conn, "ROLLBACK TO op")?;
    }
    if !conn.is_autocommit() {
        execute(conn, "RELEASE op")?;
    }
    result
}

/// A panic as an error.
pub(super) fn caught<R>(work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(StoreError::Failed("the work on the store panicked; nothing of it was written".to_owned()))
    })
}

pub(super) fn execute(conn: &Connection, statement: &'static str) -> rusqlite::Result<()> {
    conn.prepare_cached(statement)?.execute([]).map(|_| ())
}
