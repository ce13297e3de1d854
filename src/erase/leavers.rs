//! Forgetting those who left long ago, as `leavers_days` says.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tracing::debug;

use crate::app::App;
use crate::ledger::Keys;
use crate::model::{Person, PersonId};
use crate::schedule;
use crate::store::{Change, StoreError};

use super::{Traces, look_through};

/// Who stands in the audit.
const WHO: &str = "retention";
/// When this was done last, among what the store keeps.
const NAME: &str = "erase/leavers";
/// How often it is done: every time the whole store is written anew.
const EVERY: SignedDuration = SignedDuration::from_hours(23);

/// Forget those who left, or whose account was deleted, so many days ago, unless work about them is open. Says how many
/// human beings; once a day at most.
///
/// # Errors
/// When the store fails. Who was forgotten before stays so.
pub async fn leavers(app: &App) -> Result<u64, StoreError> {
    let Some(days) = app.config.retention.leavers_days else { return Ok(0) };
    let now = app.clock.now();
    let last = app.store.recall::<Timestamp>(NAME).await?;
    // A clock that was set back must not keep it from being done.
    if last.is_some_and(|last| now.duration_since(last).abs() < EVERY) {
        return Ok(0);
    }
    let until = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    let mut gone = gone(app, until).await?;
    if !gone.is_empty() {
        look_through(&app.config, &app.store, &mut gone, now).await?;
    }
    let mut forgotten = 0;
    for traces in gone {
        match app.store.forget(traces.erase(), WHO, now).await {
            Ok(_) => forgotten += 1,
            Err(StoreError::Underway(job)) => debug!(job = job.0, "somebody who left is forgotten later"),
            Err(error) => return Err(error),
        }
    }
    let change = Change { remember: vec![(NAME.to_owned(), json!(now))], ..Change::default() };
    app.store.write(Keys::default(), false, now, move |_| (change, ())).await?;
    Ok(forgotten)
}

/// Whoever has left everywhere, with nothing waiting.
async fn gone(app: &App, until: Timestamp) -> Result<Vec<Traces>, StoreError> {
    let mut gone = Vec::new();
    let mut seen: BTreeSet<PersonId> = BTreeSet::new();
    for row in app.store.leavers(until).await? {
        if seen.contains(&row.id) {
            continue;
        }
        let traces = Traces::in_ledger(&app.store, row).await?;
        seen.extend(traces.people.iter().map(|person| person.id));
        let is_over = |person: &Person| person.merged_into.is_some() || is_over(person, until);
        if traces.people.iter().all(is_over) && traces.open_jobs() == 0 {
            gone.push(traces);
        }
    }
    Ok(gone)
}

/// Whether employment or account ended by then, and nothing is planned.
fn is_over(person: &Person, until: Timestamp) -> bool {
    let invited_since = |end: Timestamp| [person.intent_at, person.invited_at].iter().flatten().any(|at| *at > end);
    let account_ended = person.deleted_at.filter(|end| !invited_since(*end));
    let is_past = [left_at(person), account_ended].into_iter().flatten().any(|end| end <= until);
    is_past && person.plans.is_empty()
}

/// When the employment was over: the end of the last day, but not before it was told.
fn left_at(person: &Person) -> Option<Timestamp> {
    let told = person.left_at?;
    let last_day = person.ends_on.as_ref().and_then(|text| schedule::date(text));
    let end = last_day.and_then(|day| day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok());
    Some(end.map_or(told, |end| told.max(end.timestamp())))
}
