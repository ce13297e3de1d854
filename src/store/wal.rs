//! The write-ahead log is copied into the database (checkpointed) by a thread and a connection of its own, beside
//! the writer, and stays bounded.
//!
//! While the writer never rests, such a copy never reaches the end of the log, and the log would grow for ever.
//! So when it passes [`LIMIT`], the other thread is left alone and the writer copies the small rest itself, between
//! two batches: with nothing left to copy, the next batch starts the log from its beginning.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, open};

/// Bytes of log at which the writer itself finishes the copy. The file may pass it by what is written while one
/// copy runs.
pub(super) const LIMIT: i64 = 16 * 1024 * 1024;

/// Pages of log not copied yet at which the other thread is told.
const NUDGE: i64 = 1000;

/// The thread that copies.
pub(super) struct Checkpointer {
    nudge: SyncSender<()>,
    thread: JoinHandle<()>,
    /// Held by that thread while it copies.
    copying: Arc<Mutex<()>>,
    /// Pages of log at which the writer tries to finish.
    limit: i64,
    next: i64,
}

/// What a checkpoint reports, in pages.
struct Log {
    busy: bool,
    written: i64,
    copied: i64,
}

impl Checkpointer {
    /// Start the thread.
    pub(super) fn start(path: &Path, conn: &Connection) -> Result<Self, StoreError> {
        let page: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let (nudge, nudges) = sync_channel(1);
        let path = path.to_owned();
        let copying = Arc::<Mutex<()>>::default();
        let held = Arc::clone(&copying);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || copy_when_told(&path, &nudges, &held))
            .map_err(|error| StoreError::Failed(format!("no thread could be started: {error}")))?;
        let limit = LIMIT / page.max(1);
        Ok(Self { nudge, thread, copying, limit, next: limit })
    }

    /// Look after the log; the writer calls this between batches, on its own connection.
    pub(super) fn look_after(&mut self, conn: &Connection) {
        // NOOP only reports, from shared memory.
        let Some(log) = checkpoint(conn, "PRAGMA wal_checkpoint(NOOP)") else {
            return;
        };
        if log.written < self.limit {
            self.next = self.limit;
            if log.written - log.copied >= NUDGE {
                // Full: it has been told already.
                let _ = self.nudge.try_send(());
            }
        } else if log.written >= self.next
            && let Some(log) = checkpoint(conn, PASSIVE)
            && !log.busy
        {
            // A reader of an old state can keep the log from being started anew; do not try at every batch.
            self.next = log.written + NUDGE;
        }
    }

    /// Write the whole database anew, without gaps, and empty the log, so that no old page is left in either.
    pub(super) fn rewrite(&self, conn: &Connection) -> Result<(), StoreError> {
        // The other thread would pass for a program that does not let go.
        let _alone = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        // In memory the copy could be too large.
        conn.pragma_update(None, "temp_store", "FILE")?;
        let written = conn.execute_batch("VACUUM");
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        written?;
        let is_empty = (0..TRIES).any(|_| checkpoint(conn, TRUNCATE).is_some_and(|log| !log.busy));
        if is_empty { Ok(()) } else { Err(StoreError::Locked) }
    }

    /// End the thread, then empty the log.
    pub(super) fn stop(self, conn: Option<&Connection>) {
        drop(self.nudge);
        let _ = self.thread.join();
        if let Some(conn) = conn {
            checkpoint(conn, TRUNCATE);
        }
    }
}

const PASSIVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// How often it is tried to empty the log while somebody reads from it; each time waits for a moment.
const TRIES: u32 = 2;

fn checkpoint(conn: &Connection, pragma: &str) -> Option<Log> {
    let report = conn.prepare_cached(pragma).and_then(|mut statement| {
        statement
            .query_row([], |row| Ok(Log { busy: row.get(0)?, written: row.get(1)?, copied: row.get(2)? }))
            .optional()
    });
    match report {
        Ok(log) => log,
        Err(error) => {
            tracing::warn!(error = %StoreError::from(error), "the store's log could not be copied; it grows until this works again");
            None
        }
    }
}

fn copy_when_told(path: &Path, nudges: &Receiver<()>, copying: &Mutex<()>) {
    let mut conn = None;
    while nudges.recv().is_ok() {
        let _copying = copying.lock().unwrap_or_else(PoisonError::into_inner);
        if conn.is_none() {
            conn = open::connect(path).ok();
        }
        if conn.as_ref().is_some_and(|conn| checkpoint(conn, PASSIVE).is_none()) {
            conn = None;
        }
    }
}
