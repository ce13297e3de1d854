//! Requests that wait to be stored: many in one transaction, each with an answer of its own.

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::accept::Incoming;
use super::op::{caught, in_savepoint};
use super::{Accepted, StoreError};

/// Up to so many callers are woken by the writer itself.
const FEW: usize = 4;

/// What a caller is told. It gets its memory back, too, so that the writer has nothing to clear away.
pub(super) type Told = (Result<Accepted, StoreError>, Incoming);

/// One waiting request. Unlike other operations it can be run again after a rollback, so that a batch needs no
/// savepoint as long as nothing fails: the undo that savepoints keep is half of the writer's work.
pub(super) struct Request {
    incoming: Incoming,
    result: Result<Accepted, StoreError>,
    sender: oneshot::Sender<Told>,
}

impl Request {
    /// A request, and where its answer comes.
    pub(super) fn new(incoming: Incoming) -> (Self, oneshot::Receiver<Told>) {
        let (sender, receiver) = oneshot::channel();
        (Self { incoming, result: Err(StoreError::Closed), sender }, receiver)
    }

    /// Bytes it will take.
    pub(super) fn bytes(&self) -> usize {
        self.incoming.bytes()
    }

    /// Store it. After `false` the transaction may hold half of it.
    pub(super) fn store(&mut self, conn: &Connection) -> bool {
        self.result = caught(|| self.incoming.accept(conn));
        self.result.is_ok()
    }

    /// Store it, or leave no trace of it.
    pub(super) fn store_alone(&mut self, conn: &Connection) {
        self.result = in_savepoint(conn, |conn| self.incoming.accept(conn));
    }

    fn answer(self) {
        // A caller that has gone away needs no answer.
        let _ = self.sender.send((self.result, self.incoming));
    }
}

/// Wakes the callers. Many at once are woken by a task of their own runtime: woken from outside, each one costs
/// the writer a call of the system.
pub(super) struct Answers(mpsc::UnboundedSender<Vec<Request>>);

impl Answers {
    /// Start the task.
    pub(super) fn start(runtime: &Handle) -> Self {
        let (sender, mut batches) = mpsc::unbounded_channel::<Vec<Request>>();
        runtime.spawn(async move {
            while let Some(batch) = batches.recv().await {
                batch.into_iter().for_each(Request::answer);
            }
        });
        Self(sender)
    }

    /// Tell all callers of a batch, once it is known whether the transaction was committed.
    pub(super) fn give(&self, mut batch: Vec<Request>, committed: &Result<(), StoreError>) {
        if let Err(error) = committed {
            for request in &mut batch {
                request.result = Err(error.clone());
            }
        }
        let rest = if batch.len() > FEW { self.0.send(batch) } else { Err(mpsc::error::SendError(batch)) };
        // The runtime that opened the store may be gone, and the store still be in use.
        if let Err(mpsc::error::SendError(batch)) = rest {
            batch.into_iter().for_each(Request::answer);
        }
    }
}
