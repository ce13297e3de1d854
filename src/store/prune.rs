//! Retention: bodies go first, their dedupe keys follow. A little at a time, so that no webhook waits for it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::rows::{self, Millis};
use super::{Retention, StoreError, erase, sql};

/// Days that dedupe keys outlive the body.
const KEYS_DAYS: u32 = 30;

/// Rows looked at in one transaction.
const ROWS: i64 = 200;

/// Where a walk over the deliveries stands: time of acceptance and row of the last one seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place(i64, i64);

/// What one small step did.
pub(super) struct Swept {
    pub(super) removed: u64,
    /// Where to go on; `None` at the end.
    pub(super) next: Option<Place>,
}

fn days_before(now: Timestamp, days: u32) -> i64 {
    let span = SignedDuration::from_hours(24 * i64::from(days));
    now.as_millisecond().saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

/// Remove the headers and bodies that are past their time, of the next few deliveries after `place`.
pub(super) fn bodies(conn: &Connection, place: Place, keep: Retention, now: Timestamp) -> Result<Swept, StoreError> {
    let done = days_before(now, keep.done_days);
    let unhappy = days_before(now, keep.held_days);
    // Nothing is finished before it was accepted.
    let newest = done.max(unhappy);
    let mut statement = conn.prepare_cached(sql::OLD_DELIVERIES)?;
    let found = rows::all(&mut statement, params![place.0, place.1, newest, ROWS], |row| {
        Ok((Place(row.get(0)?, row.get(1)?), row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
    })?;
    let mut removed = 0;
    let mut drop_body = conn.prepare_cached(sql::DROP_BODY)?;
    for (Place(_, id), fate, finished) in &found {
        let past = match fate {
            0 => *finished <= done,
            1 => *finished <= unhappy,
            _ => false,
        };
        if past {
            removed += drop_body.execute(params![id, Millis::from(now)])? as u64;
        }
    }
    let full = i64::try_from(found.len()).is_ok_and(|count| count == ROWS);
    Ok(Swept { removed, next: found.last().map(|row| row.0).filter(|_| full) })
}

/// Remove what a few of the jobs tell that ended long ago.
pub(super) fn jobs(conn: &Connection, keep: Retention, now: Timestamp) -> Result<Swept, StoreError> {
    let mut statement = conn.prepare_cached(sql::OLD_JOBS)?;
    let found = rows::all(&mut statement, params![days_before(now, keep.jobs_days), ROWS], rows::job)?;
    for job in &found {
        erase::shorten(conn, job, now)?;
    }
    let full = i64::try_from(found.len()).is_ok_and(|count| count == ROWS);
    Ok(Swept { removed: found.len() as u64, next: full.then(Place::default) })
}

/// Remove the dedupe keys of some deliveries whose bodies have long been gone.
pub(super) fn keys(conn: &Connection, now: Timestamp) -> Result<Swept, StoreError> {
    let mut statement = conn.prepare_cached(sql::FORGOTTEN)?;
    let found = rows::all(&mut statement, params![days_before(now, KEYS_DAYS), ROWS], |row| row.get::<_, i64>(0))?;
    let mut removed = 0;
    for id in &found {
        removed += conn.prepare_cached(sql::DROP_KEYS)?.execute([id])? as u64;
        conn.prepare_cached(sql::KEYS_DROPPED)?.execute([id])?;
    }
    let full = i64::try_from(found.len()).is_ok_and(|count| count == ROWS);
    Ok(Swept { removed, next: full.then(Place::default) })
}
