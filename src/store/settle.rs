//! One transaction over people and jobs: what a worker found out, and what follows.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::open::DedupeKey;
use super::rows::{self, Millis, millis};
use super::{Change, Settlement, StepNote, StoreError, jobs, people, sql};
use crate::ledger::{Keys, Ledger};
use crate::model::{Act, JobState, NewJob, PersonId};

/// Load the people, let `edit` change them, write them and the rest.
pub(super) fn write<R>(
    conn: &Connection,
    key: &DedupeKey,
    keys: &Keys,
    now: Timestamp,
    edit: impl FnOnce(&mut Ledger) -> (Change, R),
) -> Result<R, StoreError> {
    let loaded = if keys.is_empty() { Vec::new() } else { people::load(conn, keys)? };
    let recent = keys.recent.map(|since| people::recent(conn, since)).transpose()?.unwrap_or_default();
    let waiting = if keys.waiting { people::waiting(conn, &loaded)? } else { Vec::new() };
    let mut ledger = Ledger::new(loaded).with(people::forgotten(conn, key, keys)?, recent).with_waiting(waiting);
    let (change, answer) = edit(&mut ledger);
    let new = people::save(conn, ledger.into_changed())?;
    for note in &change.steps {
        add_step(conn, note)?;
    }
    for settlement in change.settlements {
        settle(conn, &settlement, now)?;
        for off in &settlement.off {
            jobs::call_off(conn, off, now)?;
        }
        add_jobs(conn, settlement.then, &new, now)?;
    }
    for key in &change.superseded {
        jobs::supersede(conn, key, now)?;
    }
    for revive in &change.revive {
        jobs::revive(conn, revive, now)?;
    }
    for (key, value) in &change.remember {
        conn.prepare_cached(sql::SET_META)?.execute(params![key, rows::json(value)?.into_bytes()])?;
    }
    add_jobs(conn, change.enqueue, &new, now)?;
    for act in change.acts {
        record(conn, &of_stored(act, &new), now)?;
    }
    Ok(answer)
}

/// The same act, about the row as it was stored.
fn of_stored(act: Act, new: &HashMap<PersonId, PersonId>) -> Act {
    let is_meant = |(unstored, _): &(&PersonId, &PersonId)| act.subject == format!("person {unstored}");
    match new.iter().find(is_meant) {
        Some((_, stored)) => Act { subject: format!("person {stored}"), ..act },
        None => act,
    }
}

/// Note what somebody did by hand.
pub(super) fn record(conn: &Connection, act: &Act, now: Timestamp) -> Result<(), StoreError> {
    let params = params![Millis::from(now), act.who, act.what, act.subject, act.detail];
    conn.prepare_cached(sql::ADD_ACT)?.execute(params)?;
    Ok(())
}

fn add_step(conn: &Connection, note: &StepNote) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(sql::NOTE_STEP)?;
    held(statement.execute(params![note.job.0, note.fence, rows::json(&note.step)?])?)
}

fn settle(conn: &Connection, end: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let due = (end.state == JobState::Ready).then(|| end.due_at.unwrap_or(now));
    let finished = (end.state != JobState::Ready).then(|| Millis::from(now));
    let mut statement = conn.prepare_cached(sql::SETTLE)?;
    held(statement.execute(params![
        end.job.0,
        end.fence,
        end.state.as_str(),
        end.reason,
        millis(due),
        end.attempts,
        millis(end.outage_since),
        finished,
    ])?)?;
    let attempt = params![end.job.0, Millis::from(end.started_at), Millis::from(now), end.outcome, end.reason];
    conn.prepare_cached(sql::ADD_ATTEMPT)?.execute(attempt)?;
    Ok(())
}

/// A job that is not running under this fence any more belongs to somebody else.
fn held(changed: usize) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

fn add_jobs(
    conn: &Connection,
    list: Vec<NewJob>,
    new: &HashMap<PersonId, PersonId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for mut job in list {
        if let Some(person) = job.person.filter(|person| person.0 < 0) {
            let stored = new.get(&person).copied();
            job.person = Some(stored.ok_or_else(|| {
                StoreError::Failed(format!("the job {} is about a person that is not in the ledger", job.key))
            })?);
        }
        jobs::add(conn, &job, now)?;
    }
    Ok(())
}
