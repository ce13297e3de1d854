//! Erasing: what is kept about a person goes, numbers of rows and keyed hashes stay.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value as Json, json};

use super::accept::hash;
use super::by_hand::{act, subject};
use super::open::DedupeKey;
use super::people::{self, tombstone};
use super::rows::{self, Millis, millis};
use super::{Erase, Erased, StoreError, settle, sql};
use crate::ledger::Keys;
use crate::model::{Act, Delivery, DeliveryId, Job, JobState, Person, PersonId, Step, kind};

/// Under this name it is kept that what was erased may still lie in gaps of the file; see [`super::Store::scrub`].
pub(super) const SCRUB_DUE: &str = "scrub_due";

/// What is said of jobs whose person is forgotten.
const FORGOTTEN: &str = "forgotten";

/// Erase all of it, and note who did.
pub(super) fn forget(
    conn: &Connection,
    key: &DedupeKey,
    erase: &Erase,
    who: &str,
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let lists = params![rows::json(&erase.people)?, rows::json(&erase.jobs)?];
    let jobs = rows::all(&mut *conn.prepare_cached(sql::JOBS_OF)?, lists, rows::job)?;
    let to_be_read = [rows::json(&erase.deliveries)?];
    let to_be_read = conn.prepare_cached(sql::TO_BE_READ)?.query_row(to_be_read, rows::only_job).optional()?;
    let running = jobs.iter().find(|job| job.state == JobState::Running).map(|job| job.id);
    if let Some(job) = running.or(to_be_read) {
        return Err(StoreError::Underway(job));
    }
    let keys = Keys { people: erase.people.iter().copied().collect(), ..Keys::default() };
    let people = people::load(conn, &keys)?;
    bury(conn, key, &people, now)?;
    people::save(conn, people.into_iter().map(|person| emptied(person, now)).collect())?;
    let mut erased = Erased { jobs: jobs.len() as u64, ..Erased::default() };
    for job in jobs {
        erased.cancelled += u64::from(is_open(job.state));
        empty(conn, job, now)?;
    }
    for delivery in &erase.deliveries {
        let dropped = conn.prepare_cached(sql::DROP_BODY)?.execute(params![delivery.0, Millis::from(now)])?;
        erased.deliveries += dropped as u64;
    }
    conn.prepare_cached(sql::SET_META)?.execute(params![SCRUB_DUE, b"true"])?;
    settle::record(conn, &told(who, erase, erased), now)?;
    Ok(erased)
}

fn told(who: &str, erase: &Erase, erased: Erased) -> Act {
    let Erased { jobs, cancelled, deliveries } = erased;
    let subject = subject("person", "people", erase.people.iter().map(|id| id.0));
    let detail = Some(format!("{jobs} jobs ({cancelled} cancelled), {deliveries} deliveries"));
    Act { subject, detail, ..act(who, "forget") }
}

/// Keep hashes of what they were known by.
fn bury(conn: &Connection, key: &DedupeKey, people: &[Person], now: Timestamp) -> Result<(), StoreError> {
    let mut known = Keys::default();
    people.iter().for_each(|person| known.add_person(person));
    let mut parts = Vec::new();
    parts.extend(known.user_ids.iter().map(|id| tombstone("user_id", "", id)));
    parts.extend(known.emails.iter().map(|email| tombstone("email", "", email)));
    parts.extend(known.match_ids.iter().map(|id| tombstone("match_id", "", id)));
    parts.extend(known.employees.iter().map(|employee| tombstone("employee", &employee.source, &employee.id)));
    let mut add = conn.prepare_cached(sql::ADD_TOMBSTONE)?;
    for parts in parts {
        add.execute(params![hash(key, parts)?, Millis::from(now)])?;
    }
    Ok(())
}

/// The row without anything personal. When the guard let somebody in stays, or it would let in more than it may.
fn emptied(person: Person, now: Timestamp) -> Person {
    Person {
        admitted_at: person.admitted_at,
        disabled_at: person.disabled_at,
        merged_into: person.merged_into,
        forgotten_at: person.forgotten_at.or(Some(now)),
        ..Person::new(person.id, &person.portal, person.created_at)
    }
}

fn is_open(state: JobState) -> bool {
    matches!(state, JobState::Ready | JobState::Held | JobState::Dead)
}

/// What is to be left of a job.
struct Rest<'a> {
    state: JobState,
    reason: Option<&'a str>,
    key: String,
    finished_at: Option<Timestamp>,
    payload: Json,
}

/// Nothing is left but what the job did and when.
fn empty(conn: &Connection, job: Job, now: Timestamp) -> Result<(), StoreError> {
    let was_open = is_open(job.state);
    // Keys of jobs that follow from no delivery may name an account.
    let key = if job.delivery.is_some() { job.key.clone() } else { format!("{}/{FORGOTTEN}/{}", job.kind, job.id) };
    let rest = Rest {
        state: if was_open { JobState::Cancelled } else { job.state },
        reason: Some(FORGOTTEN),
        key,
        finished_at: if was_open { Some(now) } else { job.finished_at },
        payload: json!({}),
    };
    leave(conn, &job, &rest, now)
}

/// Take away what a job that ended long ago tells of its person.
pub(super) fn shorten(conn: &Connection, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    let rest = Rest {
        state: job.state,
        reason: None,
        key: job.key.clone(),
        finished_at: job.finished_at,
        payload: without_event(job),
    };
    leave(conn, job, &rest, now)
}

/// The payload without event data. The account that it was about stays, as it does in the ledger: whether this job may
/// have sent something is asked of that account alone (`actions/once.rs`).
fn without_event(job: &Job) -> Json {
    let mut payload = job.payload.clone();
    if job.kind != kind::PROCESS
        && let Some(event) = payload.get_mut("event").and_then(Json::as_object_mut)
    {
        event.retain(|field, _| matches!(field.as_str(), "kind" | "user_id"));
    }
    // The messages that the event was put together from, and the short hash of what was asked about.
    if let Some(payload) = payload.as_object_mut() {
        payload.remove("told");
        payload.remove("lane");
    }
    payload
}

fn leave(conn: &Connection, job: &Job, rest: &Rest<'_>, now: Timestamp) -> Result<(), StoreError> {
    // Names and times of steps stay: they decide what may have been sent.
    let steps: Vec<_> = job.steps.iter().map(|step| Step { detail: String::new(), ..step.clone() }).collect();
    conn.prepare_cached(sql::EMPTY_JOB)?.execute(params![
        job.id.0,
        rest.state.as_str(),
        rest.reason,
        rest.key,
        millis(rest.finished_at),
        rows::json(&rest.payload)?,
        rows::json(steps)?,
        Millis::from(now),
    ])?;
    conn.prepare_cached(sql::EMPTY_ATTEMPTS)?.execute([job.id.0])?;
    Ok(())
}

/// Everybody that `keys` name, with the rows that were given up to those named by number.
pub(super) fn alike(conn: &Connection, mut keys: Keys) -> Result<Vec<Person>, StoreError> {
    let merged = [rows::json(&keys.people)?];
    let merged = rows::all(&mut *conn.prepare_cached(sql::MERGED)?, merged, |row| row.get(0).map(PersonId))?;
    keys.people.extend(merged);
    people::load(conn, &keys)
}

/// Those whose employment was told to end, or whose account was deleted, by then.
pub(super) fn leavers(conn: &Connection, until: Timestamp) -> Result<Vec<Person>, StoreError> {
    let params = [Millis::from(until)];
    let ids = rows::all(&mut *conn.prepare_cached(sql::LEAVERS)?, params, |row| row.get(0).map(PersonId))?;
    let people: BTreeSet<_> = ids.into_iter().collect();
    if people.is_empty() { Ok(Vec::new()) } else { people::load(conn, &Keys { people, ..Keys::default() }) }
}

/// Jobs of the people that `keys` number, and those of others whose event names one of `keys` by more than an address.
pub(super) fn jobs_about(conn: &Connection, keys: &Keys) -> Result<Vec<Job>, StoreError> {
    let people = rows::json(&keys.people)?;
    let own = params![people, rows::json([0_i64; 0])?];
    let mut jobs = rows::all(&mut *conn.prepare_cached(sql::JOBS_OF)?, own, rows::job)?;
    let employees: BTreeSet<_> = keys.employees.iter().map(|employee| &employee.id).collect();
    let naming = params![rows::json(&keys.user_ids)?, rows::json(&keys.match_ids)?, rows::json(employees)?, people];
    let strong = Keys { emails: BTreeSet::new(), ..keys.clone() };
    let others = rows::all(&mut *conn.prepare_cached(sql::JOBS_NAMING)?, naming, rows::job)?;
    jobs.extend(others.into_iter().filter(|job| is_named(job, &strong)));
    Ok(jobs)
}

fn is_named(job: &Job, keys: &Keys) -> bool {
    let event = job.payload.get("event").cloned().and_then(|event| serde_json::from_value(event).ok());
    event.is_some_and(|event| keys.names(job.source.as_deref().unwrap_or_default(), &event))
}

/// The next deliveries that still have their bodies, by id.
pub(super) fn bodies(conn: &Connection, after: DeliveryId, most: u32) -> Result<Vec<Delivery>, StoreError> {
    rows::all(&mut *conn.prepare_cached(sql::BODIES)?, params![after.0, most], rows::delivery)
}
