//! The one thread that writes. Whatever arrived while the last commit ran is put into one transaction; answers are
//! given after its commit.
//!
//! Requests come first: what the worker writes meanwhile and may lose has a transaction of its own after theirs.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::intake::{Answers, Request};
use super::op::{Answer, Op, execute};
use super::open::{self, DedupeKey};
use super::wal::Checkpointer;
use super::{StoreError, failure};

/// How many operations may wait. One more `accept` is refused as busy.
const QUEUE: usize = 4096;

/// Bounds of one transaction: operations, and bytes of bodies.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What the writer is told.
pub(super) enum Message {
    /// Store this.
    Accept(Request),
    /// Do this.
    Run(Op),
    /// Write the store anew; see [`super::Store::scrub`].
    Scrub(oneshot::Sender<Result<(), StoreError>>),
    /// Finish what is queued and end.
    Close,
}

/// What is written together.
#[derive(Default)]
struct Batch {
    requests: Vec<Request>,
    durable: Vec<Op>,
    /// Operations that need not be on the disk when they are answered.
    passing: Vec<Op>,
    scrubs: Vec<oneshot::Sender<Result<(), StoreError>>>,
    bytes: usize,
}

impl Batch {
    fn has_room(&self) -> bool {
        self.requests.len() + self.durable.len() + self.passing.len() < BATCH && self.bytes < BATCH_BYTES
    }
}

/// Start the writer on its connection; `runtime` wakes those who wait for it.
pub(super) fn start(
    path: &Path,
    key: DedupeKey,
    conn: Connection,
    runtime: &Handle,
) -> Result<(mpsc::Sender<Message>, JoinHandle<()>), StoreError> {
    let (sender, messages) = mpsc::channel(QUEUE);
    let wal = Checkpointer::start(path, &conn)?;
    let answers = Answers::start(runtime);
    let writer = Writer { path: path.to_owned(), key, conn: Some(conn), durable: true, messages, answers, wal };
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
    answers: Answers,
    wal: Checkpointer,
}

impl Writer {
    fn run(mut self) {
        while let Some(first) = self.messages.blocking_recv() {
            let mut batch = Batch::default();
            self.add(&mut batch, first);
            self.gather(&mut batch);
            if !batch.requests.is_empty() || !batch.durable.is_empty() {
                self.write_durably(&mut batch);
            }
            if !batch.passing.is_empty() {
                self.write_passing(batch.passing);
            }
            for answer in batch.scrubs {
                // A caller that has gone away needs no answer.
                let _ = answer.send(self.rewrite());
            }
            if let Some(conn) = &self.conn {
                self.wal.look_after(conn);
            }
        }
        self.wal.stop(self.conn.as_ref());
    }

    fn rewrite(&mut self) -> Result<(), StoreError> {
        self.connection()?;
        self.conn.as_ref().map_or(Ok(()), |conn| self.wal.rewrite(conn))
    }

    fn add(&mut self, batch: &mut Batch, message: Message) {
        match message {
            Message::Accept(request) => {
                batch.bytes += request.bytes();
                batch.requests.push(request);
            }
            Message::Run(op) if op.is_durable() => batch.durable.push(op),
            Message::Run(op) => batch.passing.push(op),
            Message::Scrub(answer) => batch.scrubs.push(answer),
            Message::Close => self.messages.close(),
        }
    }

    /// Add what is there already.
    fn gather(&mut self, batch: &mut Batch) {
        while batch.has_room()
            && let Ok(message) = self.messages.try_recv()
        {
            self.add(batch, message);
        }
    }

    /// One transaction that is on the disk before anybody is answered.
    fn write_durably(&mut self, batch: &mut Batch) {
        let mut answers = Vec::new();
        let stored = self.begin(true).and_then(|()| self.store(batch));
        let ops = std::mem::take(&mut batch.durable);
        let done = self.run_all(ops, stored, &mut answers);
        let written = self.commit(done);
        if let Err(error) = &written {
            let requests = batch.requests.len() + answers.len();
            tracing::warn!(%error, requests, "a batch could not be written to the store");
        }
        self.answers.give(std::mem::take(&mut batch.requests), &written);
        for answer in answers {
            answer(written.clone());
        }
    }

    /// One transaction that may be lost with the power, until the next durable one.
    fn write_passing(&mut self, ops: Vec<Op>) {
        let mut answers = Vec::with_capacity(ops.len());
        let begun = self.begin(false);
        let done = self.run_all(ops, begun, &mut answers);
        let written = self.commit(done);
        if let Err(error) = &written {
            tracing::warn!(%error, operations = answers.len(), "work could not be written to the store");
        }
        for answer in answers {
            answer(written.clone());
        }
    }

    /// Store the requests of the batch and those that come meanwhile. If one fails, all begin again, each in a
    /// savepoint of its own.
    fn store(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let mut careful = false;
        let mut number = 0;
        loop {
            while let Some(request) = batch.requests.get_mut(number) {
                let conn = self.conn.as_ref().ok_or(StoreError::Closed)?;
                number += 1;
                if careful {
                    request.store_alone(conn);
                } else if !request.store(conn) && !conn.is_autocommit() {
                    let again = execute(conn, "ROLLBACK").and_then(|()| execute(conn, "BEGIN IMMEDIATE"));
                    again.map_err(|error| self.broken(error))?;
                    (careful, number) = (true, 0);
                }
                self.see_transaction()?;
            }
            self.gather(batch);
            if number == batch.requests.len() {
                return Ok(());
            }
        }
    }

    /// Every operation leaves its answer, whatever happens.
    fn run_all(
        &mut self,
        ops: Vec<Op>,
        mut state: Result<(), StoreError>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        for op in ops {
            let conn = state.clone().and_then(|()| self.conn.as_ref().ok_or(StoreError::Closed));
            answers.push(op.run(conn));
            state = state.and_then(|()| self.see_transaction());
        }
        state
    }

    /// SQLite ends the whole transaction by itself when it runs out of disk or memory.
    fn see_transaction(&mut self) -> Result<(), StoreError> {
        if self.conn.as_ref().is_some_and(|conn| !conn.is_autocommit()) {
            return Ok(());
        }
        self.conn = None;
        Err(StoreError::Failed(
            "the disk or the memory of the store is full or fails; nothing of this batch was written".to_owned(),
        ))
    }

    /// The connection, a fresh one if need be.
    fn connection(&mut self) -> Result<&Connection, StoreError> {
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
        Ok(self.conn.insert(conn))
    }

    fn begin(&mut self, durable: bool) -> Result<(), StoreError> {
        self.connection()?;
        let conn = self.conn.as_ref().ok_or(StoreError::Closed)?;
        let sync = if durable { "FULL" } else { "NORMAL" };
        let begun = if self.durable == durable { Ok(()) } else { conn.pragma_update(None, "synchronous", sync) };
        let begun = begun.and_then(|()| {
            self.durable = durable;
            execute(conn, "BEGIN IMMEDIATE")
        });
        begun.map_err(|error| self.broken(error))
    }

    fn commit(&mut self, done: Result<(), StoreError>) -> Result<(), StoreError> {
        done?;
        let committed = self.conn.as_ref().map_or(Ok(()), |conn| execute(conn, "COMMIT"));
        committed.map_err(|error| self.broken(error))
    }

    /// Leave the failed transaction; unless it was only a lock, the next batch gets a fresh connection.
    fn broken(&mut self, error: rusqlite::Error) -> StoreError {
        let ended = self.conn.as_ref().is_some_and(|conn| conn.is_autocommit() || execute(conn, "ROLLBACK").is_ok());
        if !ended || !failure::is_passing(&error) {
            self.conn = None;
        }
        error.into()
    }
}

#[cfg(unix)]
fn has_moved(conn: &Connection) -> bool {
    let mut moved = 0;
    let asked = conn.file_control(rusqlite::DEFAULT_NAME, rusqlite::FileControl::HasMoved(&mut moved));
    asked.is_ok() && moved != 0
}

#[cfg(not(unix))]
fn has_moved(_: &Connection) -> bool {
    false
}
