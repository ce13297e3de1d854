//! Thin payloads: each item is a job of its own, which asks the platform and then goes the way of every other item.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::queueing::{bad_item, key};
use super::{Reading, number};
use crate::app::{App, Unanswered};
use crate::config::{Config, Source};
use crate::connector::{Call, Input, MapProblem, Mapped, Thin};
use crate::fetch::FetchError;
use crate::ledger::Keys;
use crate::model::{Delivery, Job, JobState, NewJob, Outcome, Timestamp, kind};
use crate::store::StoreError;

/// What became of a question.
pub enum Asked {
    /// Answered, and what follows is planned and settled.
    Settled,
    /// Not answered.
    Failed(Outcome),
}

/// What is to be asked about a delivery.
pub(super) fn read(source: &Source, job: &Job, input: &Input<'_>) -> Result<Reading, MapProblem> {
    let (mut thin, mut bad) = source.connector.thin(input)?;
    if let (Some(table), Some(item)) = (number(job, "table"), number(job, "item")) {
        let of = source.connector.items_of(table);
        thin.retain(|thin| thin.item == item && of == Some(thin.of.as_str()));
        bad.retain(|bad| bad.table == table && bad.item == item);
    }
    Ok(Reading::Thin(thin, bad))
}

/// The jobs for the items of a thin delivery.
pub(super) fn plan(source: &Source, job: &Job, thin: Vec<Thin>, bad: Vec<Mapped>) -> Outcome {
    if let ([], [Mapped { result: Err(problem), .. }]) = (thin.as_slice(), bad.as_slice()) {
        return Outcome::Dead { reason: super::sentence(problem) };
    }
    let mut note = match (thin.len(), bad.len()) {
        (0, 0) => vec!["no event: the connector takes nothing from this delivery".to_owned()],
        (0, _) => Vec::new(),
        (1, _) => vec!["one item, taken on its own".to_owned()],
        (items, _) => vec![format!("{items} items, each taken on its own")],
    };
    if !bad.is_empty() {
        note.push(super::unreadable(bad.len()));
    }
    let told = bad.into_iter().filter_map(|bad| Some(bad_item(job, bad.table, bad.item, &bad.result.err()?)));
    let then = thin.into_iter().map(|thin| fetch_job(source, job, &thin)).chain(told).collect();
    Outcome::Done { note: Some(note.join("; ")), then, off: Vec::new() }
}

fn fetch_job(source: &Source, job: &Job, thin: &Thin) -> NewJob {
    let table = source.connector.first_table_of(&thin.of);
    // The item of a job that was born dead was asked about before, under the plain key.
    let word = if number(job, "table").is_some() { format!("fetch.{}", job.id) } else { "fetch".to_owned() };
    let lane = thin.subject.as_ref().map(|subject| lane(&source.name, subject));
    NewJob {
        kind: kind::FETCH,
        key: key(job, &word, table, thin.item),
        state: JobState::Ready,
        reason: None,
        delivery: job.delivery,
        person: None,
        payload: json!({"of": thin.of, "item": thin.item, "lane": lane, "rerun": number(job, "rerun").unwrap_or(0)}),
        due_at: None,
    }
}

/// A part of a hash is enough to keep an order, and tells nobody what was asked about.
fn lane(source: &str, subject: &str) -> String {
    hex::encode(&Sha256::digest(format!("{source}\n{subject}"))[..8])
}

/// Ask the platform about the item that `job` is for, and settle what follows in one transaction.
///
/// # Errors
/// When the store fails: nothing was settled.
pub async fn ask(app: &App, job: &Job, started_at: Timestamp) -> Result<Asked, StoreError> {
    let delivery = match job.delivery {
        Some(id) => app.store.delivery(id).await?,
        None => None,
    };
    let Some(delivery) = delivery else {
        return Ok(Asked::Failed(Outcome::Dead { reason: "its delivery is gone".to_owned() }));
    };
    let fetched = match question(&app.config, job, &delivery, started_at) {
        Err(outcome) => return Ok(Asked::Failed(outcome)),
        Ok(None) => None,
        Ok(Some(call)) => match answer(app, &delivery.source, &call).await {
            Err(outcome) => return Ok(Asked::Failed(outcome)),
            Ok(fetched) => Some(fetched),
        },
    };
    let now = app.clock.now();
    let reading = super::guarded(|| map(&app.config, job, &delivery, fetched.as_ref(), now));
    let reading = reading.unwrap_or_else(Reading::Failed);
    let mut keys = Keys { waiting: true, ..Keys::default() };
    reading.add_keys(&delivery.source, &mut keys);
    super::settle(app, vec![(job.clone(), delivery.source, reading)], keys, started_at).await?;
    Ok(Asked::Settled)
}

/// What is to be asked; `None` where the item needs no answer.
fn question(config: &Config, job: &Job, delivery: &Delivery, now: Timestamp) -> Result<Option<Call>, Outcome> {
    let dead = |reason: String| Outcome::Dead { reason };
    let (source, body) = super::sound(config, delivery).map_err(dead)?;
    let input = super::input(source, &delivery.headers, body, None, now);
    let item = number(job, "item").unwrap_or_default();
    let thin = source.connector.thin_item(&input, of(job).unwrap_or_default(), item);
    // The connector may have changed since: then there is nothing to be asked, and the mapping tells.
    let call = thin.map_err(|problem| dead(super::sentence(&problem)))?.and_then(|thin| thin.call);
    call.transpose().map_err(|problem| dead(super::sentence(&problem)))
}

pub(super) fn of(job: &Job) -> Option<&str> {
    job.payload.get("of").and_then(Json::as_str)
}

fn map(config: &Config, job: &Job, delivery: &Delivery, fetched: Option<&Json>, now: Timestamp) -> Reading {
    let (source, body) = match super::sound(config, delivery) {
        Ok(sound) => sound,
        Err(reason) => return Reading::Failed(reason),
    };
    let input = super::input(source, &delivery.headers, body, fetched, now);
    let item = number(job, "item").unwrap_or_default();
    match source.connector.map_item(&input, of(job).unwrap_or_default(), item) {
        Ok(items) => Reading::Items(items),
        Err(problem) => Reading::Failed(super::sentence(&problem)),
    }
}

/// Ask, and say what a failure means for the job.
async fn answer(app: &App, name: &str, call: &Call) -> Result<Json, Outcome> {
    let source = app.config.sources.get(name).ok_or_else(|| Outcome::Dead { reason: super::unknown_source(name) })?;
    app.ask(source, call).await.map_err(|unanswered| match unanswered {
        Unanswered::Unasked => {
            let reason = format!(
                "[sources.{name}] has no fetch table that says how to ask the platform; add it, then release this job"
            );
            Outcome::Held { reason, told: false }
        }
        Unanswered::Failed { error, trouble } => outcome(source, &error, trouble),
    })
}

fn outcome(source: &Source, error: &FetchError, trouble: Option<String>) -> Outcome {
    let mut reason = error.to_string();
    if error.needs_somebody() {
        if error.is_about_credentials() {
            reason.push_str(&source.fetch_outline.mending());
        }
        let trouble = trouble.map_or_else(String::new, |what| format!(". They cannot be read again: {what}"));
        return Outcome::Held { reason: format!("{reason}{trouble}. Then release this job"), told: false };
    }
    Outcome::Retry { reason, after: error.after(), outage: error.is_outage() }
}
