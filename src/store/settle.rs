//! One transaction over people and jobs: what a worker found out, and what follows.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::open::DedupeKey;
use super::rows::{self, Millis, millis};
use super::{Change, Settlement, StepNote, StoreError, jobs, people, sql};
use crate::ledger::{Keys, Ledger};
use crate::model::{Act, CallOff, JobState, NewJob, PersonId};

/// Load the people, let `edit` change them, write them and the rest.
pub(super) fn write<R>(
    conn: &Connection,
    key: &DedupeKey,
    keys: &Keys,
    now: Timestamp,
    edit: impl FnOnce(&mut Ledger) -> (Change, R),
) -> Result<R, StoreError> {
    let mut loaded = if keys.is_empty() { Vec::new() } else { people::load(conn, keys)? };
    let is_lacking = |id: &PersonId| !loaded.iter().any(|person| person.id == *id);
    let kept: BTreeSet<_> = loaded.iter().filter_map(|person| person.merged_into).filter(is_lacking).collect();
    if !kept.is_empty() {
        loaded.extend(people::load(conn, &Keys { people: kept, ..Keys::default() })?);
    }
    let recent = keys.recent.map(|since| people::recent(conn, since)).transpose()?.unwrap_or_default();
    let waiting = if keys.waiting { people::waiting(conn, &loaded)? } else { Vec::new() };
    let mut ledger = Ledger::new(loaded).with(people::forgotten(conn, key, keys)?, recent).with_waiting(waiting);
    let (change, answer) = edit(&mut ledger);
    let merged = ledger.merged();
    let stored = people::save(conn, ledger.into_changed())?;
    let new = Numbers { stored, merged };
    for (given, kept) in &new.merged {
        jobs::reassign(conn, *given, new.of(*kept)?)?;
    }
    for note in &change.steps {
        add_step(conn, note)?;
    }
    for settlement in change.settlements {
        settle(conn, &settlement, now)?;
        for off in &settlement.off {
            jobs::call_off(conn, &CallOff { person: new.of(off.person)?, ..off.clone() }, now)?;
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
        record(conn, &Act { subject: new.told(act.subject), ..act }, now)?;
    }
    Ok(answer)
}

/// The real numbers of rows that an edit knows by numbers below zero, and of rows that were given up.
struct Numbers {
    stored: HashMap<PersonId, PersonId>,
    merged: Vec<(PersonId, PersonId)>,
}

impl Numbers {
    /// The row that stands for the person now.
    fn of(&self, person: PersonId) -> Result<PersonId, StoreError> {
        let now = self.merged.iter().fold(person, |now, (given, kept)| if now == *given { *kept } else { now });
        if now.0 > 0 {
            return Ok(now);
        }
        let lacking = || StoreError::Failed("a job is about a person that is not in the ledger".to_owned());
        self.stored.get(&now).copied().ok_or_else(lacking)
    }

    /// A sentence with real numbers: what it says of `person -1`, or orders by `split -1`.
    fn told(&self, text: String) -> String {
        let mut parts = text.split(" -");
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            let row = number.parse().ok().and_then(|number: i64| self.of(PersonId(-number)).ok());
            match row {
                Some(row) => told.push_str(&format!(" {row}{rest}")),
                None => told.push_str(&format!(" -{part}")),
            }
        }
        told
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

fn add_jobs(conn: &Connection, list: Vec<NewJob>, new: &Numbers, now: Timestamp) -> Result<(), StoreError> {
    for mut job in list {
        job.person = job.person.map(|person| new.of(person)).transpose()?;
        job.reason = job.reason.map(|reason| new.told(reason));
        jobs::add(conn, &job, now)?;
    }
    Ok(())
}
