//! Taking in what was verified: new, seen before, or seen before and to be tried again.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::Sha256;

use super::open::DedupeKey;
use super::rows::{self, Millis};
use super::{Accepted, StoreError, jobs, sql};
use crate::auth::Verified;
use crate::model::{DeliveryId, JobId, JobState, NewJob, kind};

/// A verified request, ready to be written.
pub(super) struct Incoming {
    source: String,
    headers: String,
    body: Bytes,
    hashes: Vec<[u8; 32]>,
    may_be_news: bool,
    now: Timestamp,
}

/// How long after it was accepted the same bytes of a thin message are a repetition for certain: what a platform says of
/// one change at once comes in this time, and what is asked after it covers all of it.
const REPEATED: SignedDuration = SignedDuration::from_mins(1);

impl Incoming {
    /// The costly part, done before the writer's turn.
    pub(super) fn new(source: &str, verified: &Verified, key: &DedupeKey, now: Timestamp) -> Result<Self, StoreError> {
        let mut hashes = Vec::with_capacity(verified.keys().len());
        for dedupe in verified.keys() {
            hashes.push(hash(key, [source, &dedupe.name, &dedupe.value])?);
        }
        let (headers, body) = (rows::json(verified.headers())?, verified.body().clone());
        let may_be_news = verified.may_be_news();
        Ok(Self { source: source.to_owned(), headers, body, hashes, may_be_news, now })
    }

    /// Bytes it will take.
    pub(super) fn bytes(&self) -> usize {
        self.headers.len() + self.body.len()
    }

    /// Write it down, or recognise it.
    pub(super) fn accept(&self, conn: &Connection) -> Result<Accepted, StoreError> {
        let accepted = match self.known(conn)? {
            None => Accepted::New(self.store(conn)?),
            Some(id) if self.is_news(conn, id)? => self.follow(conn)?,
            Some(id) => self.see(conn, id)?,
        };
        let (Accepted::New(id) | Accepted::Seen(id) | Accepted::Restarted(id)) = accepted;
        let mut add = conn.prepare_cached(sql::ADD_KEY)?;
        for hash in &self.hashes {
            add.execute(params![self.source, hash, id.0, Millis::from(self.now)])?;
        }
        Ok(accepted)
    }

    /// The delivery that has one of its keys.
    pub(super) fn known(&self, conn: &Connection) -> Result<Option<DeliveryId>, StoreError> {
        let mut find = conn.prepare_cached(sql::FIND_KEY)?;
        for hash in &self.hashes {
            let known = find.query_row(params![self.source, hash], |row| row.get(0).map(DeliveryId)).optional()?;
            if known.is_some() {
                return Ok(known);
            }
        }
        Ok(None)
    }

    fn store(&self, conn: &Connection) -> Result<DeliveryId, StoreError> {
        conn.prepare_cached(sql::ADD_DELIVERY)?.execute(params![
            self.source,
            Millis::from(self.now),
            self.headers,
            &*self.body,
        ])?;
        let id = DeliveryId(conn.last_insert_rowid());
        jobs::add(conn, &process(id, 0), self.now)?;
        Ok(id)
    }

    /// Whether it says that there is something to ask for again, which was asked for before.
    fn is_news(&self, conn: &Connection, id: DeliveryId) -> Result<bool, StoreError> {
        Ok(self.may_be_news && self.now >= repeated_until(conn, id)? && latest(conn, id)? != Some(JobState::Ready))
    }

    /// A delivery like one before; the next one like it is compared with this one.
    fn follow(&self, conn: &Connection) -> Result<Accepted, StoreError> {
        let id = self.store(conn)?;
        let mut point = conn.prepare_cached(sql::MOVE_KEY)?;
        for hash in &self.hashes {
            point.execute(params![self.source, hash, id.0, Millis::from(self.now)])?;
        }
        Ok(Accepted::New(id))
    }

    fn see(&self, conn: &Connection, id: DeliveryId) -> Result<Accepted, StoreError> {
        conn.prepare_cached(sql::SEEN_AGAIN)?.execute([id.0])?;
        let due = match latest(conn, id)? {
            Some(JobState::Dead) => self.now,
            // What is asked soon tells all of it.
            Some(JobState::Ready) => return Ok(Accepted::Seen(id)),
            _ if self.may_be_news => repeated_until(conn, id)?,
            _ => return Ok(Accepted::Seen(id)),
        };
        Ok(rerun(conn, id, due, self.now)?.map_or(Accepted::Seen(id), |_| Accepted::Restarted(id)))
    }
}

/// What became of the last processing of a whole delivery.
fn latest(conn: &Connection, id: DeliveryId) -> Result<Option<JobState>, StoreError> {
    Ok(conn.prepare_cached(sql::MAIN_STATE)?.query_row([id.0], |row| rows::state(row, 0)).optional()?)
}

fn repeated_until(conn: &Connection, id: DeliveryId) -> Result<Timestamp, StoreError> {
    let received = conn.prepare_cached(sql::RECEIVED_AT)?.query_row([id.0], rows::only_time)?;
    Ok(received.saturating_add(REPEATED).unwrap_or(Timestamp::MAX))
}

/// Queue a new process job for a delivery whose body is still there.
pub(super) fn rerun(
    conn: &Connection,
    id: DeliveryId,
    due: Timestamp,
    now: Timestamp,
) -> Result<Option<JobId>, StoreError> {
    let mut has_body = conn.prepare_cached(sql::HAS_BODY)?;
    if has_body.query_row([id.0], |row| row.get(0)).optional()? != Some(true) {
        return Ok(None);
    }
    let number: i64 = conn.prepare_cached(sql::MAIN_COUNT)?.query_row([id.0], |row| row.get(0))?;
    jobs::add(conn, &NewJob { due_at: Some(due), ..process(id, number) }, now)
}

/// The process job of a whole delivery: 0 is its first, others are reruns.
fn process(delivery: DeliveryId, number: i64) -> NewJob {
    NewJob {
        kind: kind::PROCESS,
        key: format!("process/{delivery}/{number}"),
        state: JobState::Ready,
        reason: None,
        delivery: Some(delivery),
        person: None,
        due_at: None,
        payload: if number == 0 { serde_json::json!({}) } else { serde_json::json!({ "rerun": number }) },
    }
}

/// Keyed, so that a copied file does not give away personal values to a guess; with lengths, so that no two lists
/// of parts read the same.
pub(super) fn hash(key: &DedupeKey, parts: [&str; 3]) -> Result<[u8; 32], StoreError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|_| StoreError::Failed("the key of the dedupe hashes has a wrong length".to_owned()))?;
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Ok(mac.finalize().into_bytes().into())
}
