//! The rows of the ledger.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::accept::hash;
use super::open::DedupeKey;
use super::rows::{self, Millis, millis};
use super::{PersonFilter, StoreError, sql};
use crate::ledger::{Keys, Recent};
use crate::model::{EmployeeId, Person, PersonId, Waiting, Way};

/// Everybody that `keys` name.
pub(super) fn load(conn: &Connection, keys: &Keys) -> Result<Vec<Person>, StoreError> {
    let mut statement = conn.prepare_cached(sql::LOAD_PEOPLE)?;
    let lists = params![
        rows::json(&keys.people)?,
        rows::json(&keys.user_ids)?,
        rows::json(&keys.emails)?,
        rows::json(&keys.match_ids)?,
        pairs(keys.employees.iter())?,
    ];
    let people = rows::all(&mut statement, lists, rows::person)?;
    with_lists(conn, people)
}

/// Everybody that matches.
pub(super) fn list(conn: &Connection, filter: &PersonFilter) -> Result<Vec<Person>, StoreError> {
    let mut wanted = (!filter.ids.is_empty()).then(|| filter.ids.clone());
    if let Some(who) = &filter.who {
        let mut statement = conn.prepare_cached(sql::PEOPLE_NAMED)?;
        let named = rows::all(&mut statement, [who, &who.to_lowercase()], |row| row.get(0).map(PersonId))?;
        wanted = Some(match wanted {
            Some(ids) => ids.into_iter().filter(|id| named.contains(id)).collect(),
            None => named,
        });
    }
    match wanted {
        Some(ids) => load(conn, &Keys { people: ids.into_iter().collect(), ..Keys::default() }),
        None => {
            let people = rows::all(&mut *conn.prepare_cached(sql::ALL_PEOPLE)?, [], rows::person)?;
            with_lists(conn, people)
        }
    }
}

fn with_lists(conn: &Connection, mut people: Vec<Person>) -> Result<Vec<Person>, StoreError> {
    let mut employees = conn.prepare_cached(sql::EMPLOYEES)?;
    let mut addresses = conn.prepare_cached(sql::ADDRESSES)?;
    let mut plans = conn.prepare_cached(sql::PLANS)?;
    for person in &mut people {
        person.employees =
            rows::all(&mut employees, [person.id.0], |row| Ok(EmployeeId { source: row.get(0)?, id: row.get(1)? }))?;
        person.other_emails = rows::all(&mut addresses, [person.id.0], |row| row.get(0))?;
        person.plans = rows::all(&mut plans, [person.id.0], rows::plan)?;
    }
    Ok(people)
}

/// Jobs of these people that wait for a later event.
pub(super) fn waiting(conn: &Connection, people: &[Person]) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = conn.prepare_cached(sql::WAITING)?;
    let mut waiting = Vec::new();
    for person in people {
        waiting.extend(rows::all(&mut statement, [person.id.0], rows::waiting)?);
    }
    Ok(waiting)
}

/// Those of `keys` that belonged to people whose data was erased.
pub(super) fn forgotten(conn: &Connection, key: &DedupeKey, keys: &Keys) -> Result<Keys, StoreError> {
    let mut forgotten = Keys::default();
    if !conn.prepare_cached(sql::ANY_TOMBSTONE)?.query_row([], |row| row.get(0))? {
        return Ok(forgotten);
    }
    let mut statement = conn.prepare_cached(sql::FIND_TOMBSTONE)?;
    let mut is_there = |parts: [&str; 3]| -> Result<bool, StoreError> { Ok(statement.exists([hash(key, parts)?])?) };
    for id in &keys.user_ids {
        if is_there(tombstone("user_id", "", id))? {
            forgotten.user_ids.insert(id.clone());
        }
    }
    for email in &keys.emails {
        if is_there(tombstone("email", "", email))? {
            forgotten.emails.insert(email.clone());
        }
    }
    for id in &keys.match_ids {
        if is_there(tombstone("match_id", "", id))? {
            forgotten.match_ids.insert(id.clone());
        }
    }
    for employee in &keys.employees {
        if is_there(tombstone("employee", &employee.source, &employee.id))? {
            forgotten.employees.insert(employee.clone());
        }
    }
    Ok(forgotten)
}

/// What is hashed for something that a person was known by.
pub(super) fn tombstone<'a>(kind: &'a str, source: &'a str, value: &'a str) -> [&'a str; 3] {
    [kind, source, value]
}

/// Counts for the guard.
pub(super) fn recent(conn: &Connection, since: Timestamp) -> Result<Recent, StoreError> {
    let mut statement = conn.prepare_cached(sql::RECENT)?;
    let count = |row: &rusqlite::Row<'_>| Ok(Recent { newcomers: rows::count(row, 0)?, leavers: rows::count(row, 1)? });
    Ok(statement.query_row([Millis::from(since)], count)?)
}

/// Write the changed rows; new ones (ids below zero) get their real ids, which are handed back.
pub(super) fn save(conn: &Connection, changed: Vec<Person>) -> Result<HashMap<PersonId, PersonId>, StoreError> {
    let mut new = HashMap::new();
    for mut person in changed {
        if person.id.0 < 0 {
            let stored = write(conn, sql::ADD_PERSON, None, &person)?;
            new.insert(person.id, stored);
            person.id = stored;
        } else {
            write(conn, sql::CHANGE_PERSON, Some(person.id.0), &person)?;
        }
        conn.prepare_cached(sql::DROP_EMPLOYEES)?.execute(params![person.id.0, pairs(person.employees.iter())?])?;
        let mut add = conn.prepare_cached(sql::ADD_EMPLOYEE)?;
        for employee in &person.employees {
            add.execute(params![employee.source, employee.id, person.portal, person.id.0])?;
        }
        save_lists(conn, &person)?;
    }
    Ok(new)
}

/// Further addresses and plans.
fn save_lists(conn: &Connection, person: &Person) -> Result<(), StoreError> {
    let id = person.id.0;
    conn.prepare_cached(sql::DROP_ADDRESSES)?.execute(params![id, rows::json(&person.other_emails)?])?;
    let mut add = conn.prepare_cached(sql::ADD_ADDRESS)?;
    for email in &person.other_emails {
        add.execute(params![id, email])?;
    }
    let kinds: Vec<_> = person.plans.iter().map(|plan| &plan.kind).collect();
    conn.prepare_cached(sql::DROP_PLANS)?.execute(params![id, rows::json(kinds)?])?;
    let mut put = conn.prepare_cached(sql::PUT_PLAN)?;
    for plan in &person.plans {
        let delivery = plan.delivery.map(|id| id.0);
        let payload = rows::json(&plan.payload)?;
        put.execute(params![id, plan.kind, Millis::from(plan.due_at), plan.key, delivery, plan.hold, payload])?;
    }
    Ok(())
}

fn write(conn: &Connection, statement: &str, id: Option<i64>, person: &Person) -> Result<PersonId, StoreError> {
    conn.prepare_cached(statement)?.execute(params![
        id,
        person.user_id,
        person.email,
        person.match_id,
        person.first_name,
        person.last_name,
        rows::account_word(person.account),
        millis(person.hired_at),
        millis(person.intent_at),
        millis(person.invited_at),
        millis(person.activated_at),
        millis(person.congratulated_at),
        millis(person.deleted_at),
        Millis::from(person.created_at),
        person.portal,
        person.way.map(Way::as_str),
        millis(person.link_expires_at),
        millis(person.reminded_at),
        millis(person.admitted_at),
        millis(person.disabled_at),
        person.starts_on,
        person.ends_on,
        millis(person.left_at),
        person.merged_into.map(|id| id.0),
        millis(person.forgotten_at),
        rows::json(&person.grants)?,
        person.split_from.map(|id| id.0),
    ])?;
    Ok(PersonId(id.unwrap_or_else(|| conn.last_insert_rowid())))
}

fn pairs<'a>(employees: impl Iterator<Item = &'a EmployeeId>) -> Result<String, StoreError> {
    rows::json(employees.map(|employee| (&employee.source, &employee.id)).collect::<Vec<_>>())
}
