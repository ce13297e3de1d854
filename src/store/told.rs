//! Secrets that platforms have told in handshakes: kept until somebody takes them. Whoever knows the address of a source can
//! post one, so they are few, and nothing is verified with them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use secrecy::{ExposeSecret, SecretString};

use super::{Store, StoreError, by_hand, erase, rows, settle, sql};
use crate::model::Act;

/// How many of the latest are kept for one source, beside the first: it is likely the platform's own, and nobody can push it
/// out by telling others.
const LATEST: u32 = 4;

/// A secret that was told in a handshake.
#[derive(Debug, Clone)]
pub struct ToldSecret {
    /// Row number.
    pub id: i64,
    /// When it was told last.
    pub at: Timestamp,
    /// The secret.
    pub secret: SecretString,
}

impl Store {
    /// Keep a secret that was told to a source. Of a source the first and the latest four are kept; the same text is kept
    /// once. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn keep_told_secret(&self, source: &str, secret: SecretString, now: Timestamp) -> Result<(), StoreError> {
        let source = source.to_owned();
        self.run(true, move |conn| {
            let secret = secret.expose_secret();
            conn.prepare_cached(sql::DROP_TOLD_SECRET)?.execute(params![source, secret])?;
            conn.prepare_cached(sql::ADD_TOLD_SECRET)?.execute(params![source, rows::Millis::from(now), secret])?;
            conn.prepare_cached(sql::TRIM_TOLD_SECRETS)?.execute(params![source, LATEST])?;
            Ok(())
        })
        .await
    }

    /// When secrets were told, oldest first, by source.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn told_secret_times(&self) -> Result<BTreeMap<String, Vec<Timestamp>>, StoreError> {
        let read = |conn: &Connection| {
            let found = rows::all(&mut *conn.prepare_cached(sql::TOLD_TIMES)?, [], rows::told_time)?;
            let mut times: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
            for (source, at) in found {
                times.entry(source).or_default().push(at);
            }
            Ok(times)
        };
        self.shared.readers.read(read).await
    }

    /// The secrets that were told to a source, oldest first. They stay until [`Store::forget_told_secrets`].
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn told_secrets(&self, source: &str) -> Result<Vec<ToldSecret>, StoreError> {
        let source = source.to_owned();
        let read = move |conn: &Connection| {
            rows::all(&mut *conn.prepare_cached(sql::TOLD_SECRETS)?, [source], rows::told_secret)
        };
        self.shared.readers.read(read).await
    }

    /// Remove secrets, by number, after they were shown or put elsewhere; `act` stands in the audit. What rows leave behind
    /// is overwritten in the file; its log may hold it until the next [`Store::scrub`], which becomes due.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; [`StoreError::Failed`].
    pub async fn forget_told_secrets(
        &self,
        ids: Vec<i64>,
        source: &str,
        who: &str,
        what: &'static str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let act = Act { subject: format!("source {source}"), ..by_hand::act(who, what) };
        self.run(true, move |conn| {
            let dropped = conn.prepare_cached(sql::FORGET_TOLD_SECRETS)?.execute([rows::json(&ids)?])?;
            conn.prepare_cached(sql::SET_META)?.execute(params![erase::SCRUB_DUE, b"true"])?;
            settle::record(conn, &Act { detail: Some(format!("{dropped} secret(s)")), ..act }, now)
        })
        .await
    }
}
