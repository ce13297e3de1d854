//! Reading, on connections of its own, so that no list ever waits for the writer or holds it up.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{StoreError, open};

/// Connections at most.
const READERS: u32 = 4;

/// A few connections that only read.
pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        let permits = Arc::new(Semaphore::new(READERS as usize));
        Self {
            path: path.to_owned(),
            permits,
            idle: Arc::default(),
        }
    }

    /// Run `work` on one of them, off the async threads, over one unchanging state of the store.
    pub(super) async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = kept.map_or_else(|| open::reader(&path), Ok)?;
            let state = conn.unchecked_transaction()?;
            let result = work(&state);
            drop(state);
            // A connection that failed is not used again.
            if result.is_ok() {
                idle.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(conn);
            }
            drop(permit);
            result
        });
        done.await
            .unwrap_or_else(|_| Err(StoreError::Failed("reading the store panicked".to_owned())))
    }

    /// Wait for those at work, then close all.
    pub(super) async fn close(&self) {
        let all = self.permits.acquire_many(READERS).await;
        self.permits.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        drop(all);
    }
}
