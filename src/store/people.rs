//! The rows of the ledger.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::rows::{self, Millis, millis};
use super::{PersonFilter, StoreError, sql};
use crate::ledger::Keys;
use crate::model::{EmployeeId, Person, PersonId, Way};

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
    with_employees(conn, people)
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
            with_employees(conn, people)
        }
    }
}

fn with_employees(conn: &Connection, mut people: Vec<Person>) -> Result<Vec<Person>, StoreError> {
    let mut statement = conn.prepare_cached(sql::EMPLOYEES)?;
    for person in &mut people {
        person.employees =
            rows::all(&mut statement, [person.id.0], |row| Ok(EmployeeId { source: row.get(0)?, id: row.get(1)? }))?;
    }
    Ok(people)
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
    }
    Ok(new)
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
    ])?;
    Ok(PersonId(id.unwrap_or_else(|| conn.last_insert_rowid())))
}

fn pairs<'a>(employees: impl Iterator<Item = &'a EmployeeId>) -> Result<String, StoreError> {
    rows::json(employees.map(|employee| (&employee.source, &employee.id)).collect::<Vec<_>>())
}
