//! What happened, for people and metrics.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::Serialize;

use super::{DeliveryFilter, DeliverySummary, JobFilter, Stats, StoreError, jobs, rows, sql};
use crate::model::{Attempt, Delivery, DeliveryId, Job, JobId, Recorded, Timestamp};

/// A list with the conditions that were asked for. The conditions are fixed texts; data only ever gets bound.
struct Select {
    text: String,
    values: Vec<Value>,
}

impl Select {
    fn new(start: &str) -> Self {
        Self { text: start.to_owned(), values: Vec::new() }
    }

    fn when(&mut self, condition: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.text.push_str(condition);
            self.values.push(value.into());
        }
    }

    fn among<T: Serialize>(&mut self, condition: &'static str, list: &[T]) -> Result<(), StoreError> {
        if !list.is_empty() {
            self.when(condition, Some(rows::json(list)?));
        }
        Ok(())
    }
}

/// Jobs that match, by id.
pub(super) fn jobs(conn: &Connection, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
    let mut select = Select::new(sql::JOBS);
    select.among(" AND id IN (SELECT value FROM json_each(?))", &filter.ids)?;
    select.among(" AND state IN (SELECT value FROM json_each(?))", &filter.states)?;
    select.among(" AND key IN (SELECT value FROM json_each(?))", &filter.keys)?;
    select.when(" AND kind = ?", filter.kind.clone());
    select.when(" AND source = ?", filter.source.clone());
    select.when(" AND delivery = ?", filter.delivery.map(|id| id.0));
    select.when(" AND person = ?", filter.person.map(|id| id.0));
    select.when(" AND instr(lower(reason), ?) > 0", filter.reason.as_ref().map(|text| text.to_ascii_lowercase()));
    select.text.push_str(" ORDER BY id");
    rows::all(&mut *conn.prepare_cached(&select.text)?, params_from_iter(select.values), rows::job)
}

/// Deliveries that match, by id.
pub(super) fn deliveries(conn: &Connection, filter: &DeliveryFilter) -> Result<Vec<DeliverySummary>, StoreError> {
    let mut select = Select::new(sql::DELIVERIES);
    select.among(" AND d.id IN (SELECT value FROM json_each(?))", &filter.ids)?;
    select.among(" AND j.state IN (SELECT value FROM json_each(?))", &filter.states)?;
    select.when(" AND d.source = ?", filter.source.clone());
    select.text.push_str(" ORDER BY d.id");
    rows::all(&mut *conn.prepare_cached(&select.text)?, params_from_iter(select.values), rows::summary)
}

/// One delivery with headers and body.
pub(super) fn delivery(conn: &Connection, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    Ok(conn.prepare_cached(sql::GET_DELIVERY)?.query_row([id.0], rows::delivery).optional()?)
}

/// Attempts of a job, oldest first.
pub(super) fn attempts(conn: &Connection, job: JobId) -> Result<Vec<Attempt>, StoreError> {
    rows::all(&mut *conn.prepare_cached(sql::ATTEMPTS)?, [job.0], rows::attempt)
}

/// Counts by kind and state, and the oldest due time.
pub(super) fn stats(conn: &Connection) -> Result<Stats, StoreError> {
    let mut statement = conn.prepare_cached(sql::COUNT_JOBS)?;
    let jobs = rows::all(&mut statement, [], |row| Ok((row.get(0)?, rows::state(row, 1)?, rows::count(row, 2)?)))?;
    let mut statement = conn.prepare_cached(sql::COUNT_PLANS)?;
    let plans = rows::all(&mut statement, [], |row| Ok((row.get(0)?, rows::count(row, 1)?)))?;
    Ok(Stats { jobs, oldest_ready: jobs::next_due(conn)?, plans })
}

/// What was done by hand since then.
pub(super) fn acts(conn: &Connection, since: Timestamp) -> Result<Vec<Recorded>, StoreError> {
    rows::all(&mut *conn.prepare_cached(sql::ACTS)?, [rows::Millis::from(since)], rows::act)
}

/// What is kept under a name.
pub(super) fn kept(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(conn.prepare_cached(sql::GET_META)?.query_row([name], |row| row.get(0)).optional()?)
}
