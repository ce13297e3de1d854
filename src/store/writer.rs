//! The one thread that writes. Whatever arrived while the last commit ran is put into one transaction; answers are
//! given after its commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::open::{self, DedupeKey};
use super::wal::Checkpointer;
use super::{StoreError, failure};

/// How many operations may wait. One more `accept` is refused as busy.
const QUEUE: usize = 4096;

/// Bounds of one transaction: operations, and bytes of bodies.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Tells the caller, once it is known whether the transaction was committed.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Something to be done in a transaction, or (given an error) only to be answered.
type Work = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Answer + Send>;

/// One operation of the writer.
pub(super) struct Op {
    durable: bool,
    bytes: usize,
    work: Work,
}

/// What the writer is told.
pub(super) enum Message {
    /// Do this.
    Run(Op),
    /// Finish what is queued and end.
    Close,
}

impl Op {
    /// `work` runs once, in a savepoint of its own: what it did is undone if it fails or panics, and its neighbours
    /// are not touched. `bytes` is about what it writes.
    pub(super) fn new<R: Send + 'static>(
        durable: bool,
        bytes: usize,
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
        (
            Self {
                durable,
                bytes,
                work,
            },
            receiver,
        )
    }
}

fn in_savepoint<R>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    run(conn, "SAVEPOINT op")?;
    let result = catch_unwind(AssertUnwindSafe(|| work(conn))).unwrap_or_else(|_| {
        Err(StoreError::Failed(
            "the work on the store panicked; nothing of it was written".to_owned(),
        ))
    });
    // After the worst errors SQLite has ended the whole transaction; the batch sees that and fails.
    if result.is_err() && !conn.is_autocommit() {
        run(conn, "ROLLBACK TO op")?;
    }
    if !conn.is_autocommit() {
        run(conn, "RELEASE op")?;
    }
    result
}

fn run(conn: &Connection, statement: &'static str) -> rusqlite::Result<()> {
    conn.prepare_cached(statement)?.execute([]).map(|_| ())
}

/// Start the writer on its connection.
pub(super) fn start(
    path: &Path,
    key: DedupeKey,
    conn: Connection,
) -> Result<(mpsc::Sender<Message>, JoinHandle<()>), StoreError> {
    let (sender, messages) = mpsc::channel(QUEUE);
    let wal = Checkpointer::start(path, &conn)?;
    let writer = Writer {
        path: path.to_owned(),
        key,
        conn: Some(conn),
        durable: true,
        messages,
        next: None,
        wal,
    };
    let thread = std::thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || writer.run())
        .map_err(|error| StoreError::Failed(format!("no thread could be started: {error}")))?;
    Ok((sender, thread))
}

struct Writer {
    path: PathBuf,
    key: DedupeKey,
    /// Absent after it broke, until it could be opened again.
    conn: Option<Connection>,
    /// Whether the connection syncs at a commit.
    durable: bool,
    messages: mpsc::Receiver<Message>,
    /// Did not fit into the last batch.
    next: Option<Op>,
    wal: Checkpointer,
}

impl Writer {
    fn run(mut self) {
        while let Some(op) = self.wait() {
            self.batch(op);
            if let Some(conn) = &self.conn {
                self.wal.look_after(conn);
            }
        }
        self.wal.stop(self.conn.as_ref());
    }

    /// The next operation; `None` when all are done and no more can come.
    fn wait(&mut self) -> Option<Op> {
        if let Some(op) = self.next.take() {
            return Some(op);
        }
        loop {
            match self.messages.blocking_recv()? {
                Message::Run(op) => return Some(op),
                Message::Close => self.messages.close(),
            }
        }
    }

    /// An operation that is there already.
    fn arrived(&mut self) -> Option<Op> {
        loop {
            match self.messages.try_recv().ok()? {
                Message::Run(op) => return Some(op),
                Message::Close => self.messages.close(),
            }
        }
    }

    fn batch(&mut self, first: Op) {
        let mut durable = first.durable;
        let mut bytes = first.bytes;
        let mut ops = vec![first];
        while ops.len() < BATCH && bytes < BATCH_BYTES {
            let Some(op) = self.arrived() else { break };
            durable |= op.durable;
            bytes += op.bytes;
            ops.push(op);
        }
        let mut answers = Vec::with_capacity(ops.len());
        let written = self.write(ops, durable, bytes, &mut answers);
        if let Err(error) = &written {
            tracing::warn!(%error, requests = answers.len(), "a batch could not be written to the store");
        }
        for answer in answers {
            answer(written.clone());
        }
    }

    /// One transaction. Every operation leaves its answer, whatever happens.
    fn write(
        &mut self,
        ops: Vec<Op>,
        durable: bool,
        bytes: usize,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        let mut begun = self.begin(durable);
        for op in ops {
            begun = self.one(op, begun, answers);
        }
        // Work that came meanwhile is still in time, unless it asks for more than this transaction gives.
        let mut room = bytes;
        while begun.is_ok() && answers.len() < BATCH && room < BATCH_BYTES {
            let Some(op) = self.arrived() else { break };
            if op.durable && !durable {
                self.next = Some(op);
                break;
            }
            room += op.bytes;
            begun = self.one(op, begun, answers);
        }
        begun?;
        let committed = self
            .conn
            .as_ref()
            .map_or(Ok(()), |conn| run(conn, "COMMIT"));
        committed.map_err(|error| self.broken(error))
    }

    fn one(
        &mut self,
        op: Op,
        begun: Result<(), StoreError>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        let conn = self.conn.as_ref().filter(|_| begun.is_ok());
        let given = match (&begun, conn) {
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => Err(StoreError::Closed),
            (Ok(()), Some(conn)) => Ok(conn),
        };
        answers.push((op.work)(given));
        // SQLite ends the whole transaction by itself when it runs out of disk or memory.
        if begun.is_ok() && conn.is_some_and(Connection::is_autocommit) {
            self.conn = None;
            return Err(StoreError::Failed("the disk or the memory of the store is full or fails; nothing of this batch was written".to_owned()));
        }
        begun
    }

    fn begin(&mut self, durable: bool) -> Result<(), StoreError> {
        if let Some(conn) = &self.conn
            && has_moved(conn)
        {
            // Writing on into a file without a name would lose what we promise to keep.
            self.conn = None;
        }
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                self.durable = true;
                open::again(&self.path, &self.key)?
            }
        };
        let conn = self.conn.insert(conn);
        let sync = if durable { "FULL" } else { "NORMAL" };
        let begun = if self.durable == durable {
            Ok(())
        } else {
            conn.pragma_update(None, "synchronous", sync)
        };
        let begun = begun.and_then(|()| {
            self.durable = durable;
            run(conn, "BEGIN IMMEDIATE")
        });
        begun.map_err(|error| self.broken(error))
    }

    /// Leave the failed transaction; unless it was only a lock, the next batch gets a fresh connection.
    fn broken(&mut self, error: rusqlite::Error) -> StoreError {
        let ended = self
            .conn
            .as_ref()
            .is_some_and(|conn| conn.is_autocommit() || run(conn, "ROLLBACK").is_ok());
        if !ended || !failure::is_passing(&error) {
            self.conn = None;
        }
        error.into()
    }
}

#[cfg(unix)]
fn has_moved(conn: &Connection) -> bool {
    let mut moved = 0;
    let asked = conn.file_control(
        rusqlite::DEFAULT_NAME,
        rusqlite::FileControl::HasMoved(&mut moved),
    );
    asked.is_ok() && moved != 0
}

#[cfg(not(unix))]
fn has_moved(_: &Connection) -> bool {
    false
}
