//! Rows of the tables as words of the model, and back.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Row, Statement};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::{DeliverySummary, StoreError, ToldSecret};
use crate::model::{
    AccountState, Attempt, Delivery, DeliveryId, Job, JobId, JobState, Person, PersonId, Plan, Recorded, Waiting, Way,
};

/// A time in a column: milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Millis(pub(super) i64);

impl From<Timestamp> for Millis {
    fn from(at: Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

impl ToSql for Millis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// An optional time for a column.
pub(super) fn millis(at: Option<Timestamp>) -> Option<Millis> {
    at.map(Millis::from)
}

struct Time(Timestamp);

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let millis = value.as_i64()?;
        Timestamp::from_millisecond(millis).map(Self).map_err(FromSqlError::other)
    }
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get::<_, Time>(column).map(|time| time.0)
}

fn maybe_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<Time>>(column).map(|time| time.map(|time| time.0))
}

/// A time of a query that has only one column.
pub(super) fn only_time(row: &Row<'_>) -> rusqlite::Result<Timestamp> {
    time(row, 0)
}

/// The source of a told secret, and when it was told.
pub(super) fn told_time(row: &Row<'_>) -> rusqlite::Result<(String, Timestamp)> {
    Ok((row.get(0)?, time(row, 1)?))
}

/// Number, time and text of a told secret.
pub(super) fn told_secret(row: &Row<'_>) -> rusqlite::Result<ToldSecret> {
    Ok(ToldSecret { id: row.get(0)?, at: time(row, 1)?, secret: SecretString::from(row.get::<_, String>(2)?) })
}

/// The number of a job, of a query that has only one column.
pub(super) fn only_job(row: &Row<'_>) -> rusqlite::Result<JobId> {
    row.get(0).map(JobId)
}

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// A count: SQLite knows no unsigned numbers.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<JobState> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error| unreadable(column, error))
}

/// A job from `job_columns!`.
pub(super) fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(row.get(0)?),
        kind: row.get(1)?,
        state: state(row, 2)?,
        reason: row.get(3)?,
        key: row.get(4)?,
        delivery: row.get::<_, Option<i64>>(5)?.map(DeliveryId),
        source: row.get(6)?,
        person: row.get::<_, Option<i64>>(7)?.map(PersonId),
        payload: from_json(row, 8)?,
        attempts: row.get(9)?,
        outage_since: maybe_time(row, 10)?,
        due_at: time(row, 11)?,
        created_at: time(row, 12)?,
        finished_at: maybe_time(row, 13)?,
        fence: row.get(14)?,
        steps: from_json(row, 15)?,
        portal: row.get(16)?,
    })
}

pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        job: JobId(row.get(0)?),
        number: row.get(1)?,
        started_at: time(row, 2)?,
        finished_at: time(row, 3)?,
        outcome: row.get(4)?,
        reason: row.get(5)?,
    })
}

pub(super) fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: DeliveryId(row.get(0)?),
        source: row.get(1)?,
        received_at: time(row, 2)?,
        headers: from_json(row, 3)?,
        body: row.get(4)?,
    })
}

pub(super) fn summary(row: &Row<'_>) -> rusqlite::Result<DeliverySummary> {
    Ok(DeliverySummary {
        id: DeliveryId(row.get(0)?),
        source: row.get(1)?,
        received_at: time(row, 2)?,
        bytes: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        state: state(row, 4)?,
        reason: row.get(5)?,
        seen_again: count(row, 6)?,
        open_items: from_json(row, 7)?,
        only_answer: row.get(8)?,
    })
}

/// How a state of an account stands in its column.
pub(super) fn account_word(state: AccountState) -> &'static str {
    match state {
        AccountState::Unknown => "unknown",
        AccountState::Pending => "pending",
        AccountState::Active => "active",
    }
}

fn account(word: &str) -> rusqlite::Result<AccountState> {
    [AccountState::Unknown, AccountState::Pending, AccountState::Active]
        .into_iter()
        .find(|state| account_word(*state) == word)
        .ok_or_else(|| unreadable(6, FromSqlError::InvalidType))
}

fn way(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Way>> {
    let Some(word) = row.get_ref(column)?.as_str_or_null().map_err(|error| unreadable(column, error))? else {
        return Ok(None);
    };
    let known = Way::ALL.into_iter().find(|way| way.as_str() == word);
    known.map(Some).ok_or_else(|| unreadable(column, FromSqlError::InvalidType))
}

/// A person from `person_columns!`, still without employee ids, further addresses and plans.
pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: PersonId(row.get(0)?),
        user_id: row.get(1)?,
        email: row.get(2)?,
        match_id: row.get(3)?,
        first_name: row.get(4)?,
        last_name: row.get(5)?,
        employees: Vec::new(),
        account: account(row.get_ref(6)?.as_str()?)?,
        hired_at: maybe_time(row, 7)?,
        intent_at: maybe_time(row, 8)?,
        invited_at: maybe_time(row, 9)?,
        activated_at: maybe_time(row, 10)?,
        congratulated_at: maybe_time(row, 11)?,
        deleted_at: maybe_time(row, 12)?,
        created_at: time(row, 13)?,
        portal: row.get(14)?,
        way: way(row, 15)?,
        link_expires_at: maybe_time(row, 16)?,
        reminded_at: maybe_time(row, 17)?,
        admitted_at: maybe_time(row, 18)?,
        disabled_at: maybe_time(row, 19)?,
        starts_on: row.get(20)?,
        ends_on: row.get(21)?,
        left_at: maybe_time(row, 22)?,
        merged_into: row.get::<_, Option<i64>>(23)?.map(PersonId),
        forgotten_at: maybe_time(row, 24)?,
        grants: from_json(row, 25)?,
        split_from: row.get::<_, Option<i64>>(26)?.map(PersonId),
        other_emails: Vec::new(),
        plans: Vec::new(),
    })
}

/// A plan without its person.
pub(super) fn plan(row: &Row<'_>) -> rusqlite::Result<Plan> {
    Ok(Plan {
        kind: row.get(0)?,
        due_at: time(row, 1)?,
        key: row.get(2)?,
        delivery: row.get::<_, Option<i64>>(3)?.map(DeliveryId),
        hold: row.get(4)?,
        payload: from_json(row, 5)?,
    })
}

/// A job that waits for a later event.
pub(super) fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting { person: PersonId(row.get(0)?), kind: row.get(1)?, key: row.get(2)?, payload: from_json(row, 3)? })
}

/// An act of the audit.
pub(super) fn act(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    Ok(Recorded {
        id: row.get(0)?,
        at: time(row, 1)?,
        who: row.get(2)?,
        what: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
    })
}

/// All rows of a bound statement.
pub(super) fn all<T>(
    statement: &mut Statement<'_>,
    params: impl rusqlite::Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    Ok(statement.query_map(params, read)?.collect::<rusqlite::Result<_>>()?)
}

/// A list for `json_each`.
pub(super) fn json<T: serde::Serialize>(list: T) -> Result<String, StoreError> {
    serde_json::to_string(&list)
        .map_err(|error| StoreError::Failed(format!("a value could not be written as JSON: {error}")))
}
