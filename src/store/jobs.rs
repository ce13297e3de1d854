//! The queue: adding, claiming, leases, and what a person does by hand.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::rows::{self, Millis};
use super::{Claim, Claimed, Revive, StoreError, sql};
use crate::model::{CallOff, Delivery, Job, JobId, JobState, NewJob, PersonId, Plan, Step, kind};

/// Queue `job`, due at once; `None` when its key exists already.
pub(super) fn add(conn: &Connection, job: &NewJob, now: Timestamp) -> Result<Option<JobId>, StoreError> {
    if job.kind == kind::PROCESS && job.delivery.is_none() {
        // Once stored, it would make every claim fail.
        let text = format!("the process job {} names no delivery", job.key);
        return Err(StoreError::Failed(text));
    }
    let due = Millis::from(job.due_at.unwrap_or(now));
    let now = Millis::from(now);
    let finished = (job.state != JobState::Ready).then_some(now);
    let added = conn.prepare_cached(sql::ADD_JOB)?.execute(params![
        job.kind,
        job.state.as_str(),
        job.reason,
        job.key,
        job.delivery.map(|id| id.0),
        job.person.map(|id| id.0),
        rows::json(&job.payload)?,
        due,
        now,
        finished,
    ])?;
    Ok((added == 1).then(|| JobId(conn.last_insert_rowid())))
}

/// Claim what is due and not held back.
pub(super) fn claim(conn: &Connection, claim: &Claim, now: Timestamp) -> Result<Claimed, StoreError> {
    let until = later(now, claim.lease);
    let mut claimed = Claimed::default();
    ripen(conn, now)?;
    let process = [sql::READY_PROCESS, sql::EXPIRED_PROCESS];
    for id in waiting(conn, &process, &[kind::PROCESS], &[], now, claim.process)? {
        let job = take(conn, id, until)?;
        let delivery = delivery_of(conn, &job)?;
        claimed.process.push((job, delivery));
    }
    let actions: Vec<_> = kind::ALL.into_iter().filter(|kind| ![kind::PROCESS, kind::FETCH].contains(kind)).collect();
    let more = [rows::json(&actions)?, rows::json(&claim.paused)?];
    for id in waiting(conn, &[sql::READY_ACTIONS, sql::EXPIRED_ACTIONS], &actions, &more, now, claim.actions)? {
        claimed.actions.push(take(conn, id, until)?);
    }
    if claim.questions > 0 {
        claimed.actions.extend(questions(conn, claim, until, now)?);
    }
    Ok(claimed)
}

/// Questions to platforms: as many of each source as it has places left.
fn questions(conn: &Connection, claim: &Claim, until: Millis, now: Timestamp) -> Result<Vec<Job>, StoreError> {
    let places = claim.questions;
    let mut jobs = Vec::new();
    for id in waiting(conn, &[sql::EXPIRED_QUESTIONS], &[kind::FETCH], &[], now, places)? {
        jobs.push(take(conn, id, until)?);
    }
    let mut source = String::new();
    let mut next = conn.prepare_cached(sql::NEXT_ASKING)?;
    while let Some(found) = next.query_row([&source], |row| row.get::<_, String>(0)).optional()? {
        let under_way: i64 = conn.prepare_cached(sql::UNDER_WAY)?.query_row([&found], |row| row.get(0))?;
        let places = if claim.resting.contains(&found) { 0 } else { places };
        let left = i64::try_from(places).unwrap_or(i64::MAX).saturating_sub(under_way).max(0);
        let params = params![found, Millis::from(now), left];
        for id in rows::all(&mut *conn.prepare_cached(sql::READY_QUESTIONS)?, params, |row| row.get(0))? {
            jobs.push(take(conn, id, until)?);
        }
        source = found;
    }
    Ok(jobs)
}

/// Plans that become jobs at one look.
const RIPE: i64 = 200;

/// What was planned for a time that has come is queued.
fn ripen(conn: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(sql::RIPE_PLANS)?;
    let params = params![Millis::from(now), rows::json(kind::ALL)?, RIPE];
    let ripe = rows::all(&mut statement, params, |row| Ok((rows::plan(row)?, PersonId(row.get(6)?))))?;
    for (plan, person) in ripe {
        let Some(kind) = kind::ALL.into_iter().find(|kind| *kind == plan.kind) else { continue };
        let state = if plan.hold.is_some() { JobState::Held } else { JobState::Ready };
        let Plan { key, delivery, hold: reason, payload, .. } = plan;
        let mut job = NewJob { kind, key, state, reason, delivery, person: Some(person), payload, due_at: None };
        // Whatever has taken the key before: what was planned is not lost. Actions look before they act.
        while add(conn, &job, now)?.is_none() {
            job.key.push_str("/planned");
        }
        conn.prepare_cached(sql::DROP_PLAN)?.execute(params![person.0, kind])?;
    }
    Ok(())
}

/// The first `limit` ids that any of the statements finds for any of the kinds. One kind at a time keeps each
/// statement on its index, in order.
fn waiting(
    conn: &Connection,
    statements: &[&str],
    kinds: &[&str],
    more: &[String],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut ids: Vec<i64> = Vec::new();
    if limit == 0 {
        return Ok(ids);
    }
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    for statement in statements {
        let mut statement = conn.prepare_cached(statement)?;
        for kind in kinds {
            let now = Millis::from(now);
            let mut params: Vec<&dyn ToSql> = vec![kind, &now, &most];
            params.extend(more.iter().map(|param| param as &dyn ToSql));
            ids.extend(rows::all(&mut statement, &*params, |row| row.get::<_, i64>(0))?);
        }
    }
    ids.sort_unstable();
    ids.truncate(limit);
    Ok(ids)
}

fn take(conn: &Connection, id: i64, until: Millis) -> Result<Job, StoreError> {
    Ok(conn.prepare_cached(sql::TAKE)?.query_row(params![id, until], rows::job)?)
}

fn delivery_of(conn: &Connection, job: &Job) -> Result<Delivery, StoreError> {
    let id = job.delivery.map(|id| id.0);
    let found = conn.prepare_cached(sql::GET_DELIVERY)?.query_row([id], rows::delivery).optional()?;
    found.ok_or_else(|| StoreError::Failed(format!("job {} has no delivery; was the store changed by hand?", job.id)))
}

fn later(now: Timestamp, by: Duration) -> Millis {
    let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Millis(now.as_millisecond().saturating_add(by))
}

/// Lengthen leases that still stand; one that was lost shows when the job is settled.
pub(super) fn extend(conn: &Connection, jobs: &[(JobId, i64)], until: Timestamp) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(sql::EXTEND)?;
    for (id, fence) in jobs {
        statement.execute(params![id.0, fence, Millis::from(until)])?;
    }
    Ok(())
}

/// Every running job is ready.
pub(super) fn recover(conn: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    Ok(conn.prepare_cached(sql::RECOVER)?.execute([Millis::from(now)])? as u64)
}

/// Dead jobs are ready, and those that wait between two tries are due; which.
pub(super) fn retry(conn: &Connection, jobs: &[JobId], now: Timestamp) -> Result<Vec<JobId>, StoreError> {
    let params = params![rows::json(jobs)?, Millis::from(now)];
    let mut changed = rows::all(&mut *conn.prepare_cached(sql::HURRY)?, params, rows::only_job)?;
    changed.extend(rows::all(&mut *conn.prepare_cached(sql::RETRY)?, params, rows::only_job)?);
    Ok(changed)
}

/// Held jobs are ready, and remember that they were let go; which.
pub(super) fn release(conn: &Connection, jobs: &[JobId], now: Timestamp) -> Result<Vec<JobId>, StoreError> {
    let step = Step { at: now, name: "released".to_owned(), detail: "Released by hand.".to_owned() };
    let params = params![rows::json(jobs)?, Millis::from(now), rows::json(step)?];
    rows::all(&mut *conn.prepare_cached(sql::RELEASE)?, params, rows::only_job)
}

/// A held job is ready with another payload.
pub(super) fn revive(conn: &Connection, revive: &Revive, now: Timestamp) -> Result<(), StoreError> {
    let params = params![revive.job.0, Millis::from(now), rows::json(&revive.payload)?, rows::json(&revive.step)?];
    conn.prepare_cached(sql::REVIVE)?.execute(params)?;
    Ok(())
}

/// What a person's jobs were waiting to do is not to be done any more.
pub(super) fn call_off(conn: &Connection, off: &CallOff, now: Timestamp) -> Result<(), StoreError> {
    let params = params![off.person.0, Millis::from(now), rows::json(off.kinds)?, off.reason];
    conn.prepare_cached(if off.held_only { sql::CALL_OFF_HELD } else { sql::CALL_OFF })?.execute(params)?;
    Ok(())
}

/// A job that waits and was never begun is not to be done any more: something else has taken its place.
pub(super) fn supersede(conn: &Connection, key: &str, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached(sql::SUPERSEDE)?.execute(params![key, Millis::from(now)])?;
    Ok(())
}

/// The jobs of a row that was given up are those of the row that took it over, in their order. One that is being worked on
/// loses its lease, because its worker has looked at a row that is no more; but not while it is sending: it would never be
/// known what became of that.
pub(super) fn reassign(conn: &Connection, given: PersonId, kept: PersonId) -> Result<(), StoreError> {
    conn.prepare_cached(sql::REASSIGN)?.execute([given.0, kept.0])?;
    conn.prepare_cached(sql::RELINK)?.execute([given.0, kept.0])?;
    Ok(())
}

/// Jobs that are not running and not finished are cancelled; which.
pub(super) fn cancel(conn: &Connection, jobs: &[JobId], now: Timestamp) -> Result<Vec<JobId>, StoreError> {
    rows::all(&mut *conn.prepare_cached(sql::CANCEL)?, params![rows::json(jobs)?, Millis::from(now)], rows::only_job)
}

/// When the next ready job of a known kind is due.
pub(super) fn next_due(conn: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = conn.prepare_cached(sql::NEXT_DUE)?;
    Ok(statement.query_row([rows::json(kind::ALL)?], rows::only_time).optional()?)
}

/// When the next plan becomes a job.
pub(super) fn next_plan(conn: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = conn.prepare_cached(sql::NEXT_PLAN)?;
    Ok(statement.query_row([rows::json(kind::ALL)?], rows::only_time).optional()?)
}
