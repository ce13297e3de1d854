//! What a `process` job does: delivery -> events -> people -> rules -> planned jobs.
//!
//! Reading a delivery is pure and happens outside the store; joining people and planning happen inside one
//! transaction for the whole batch, in the order of acceptance, so that the ledger decides each thing once.

mod consequences;
mod employment;
mod fetching;
mod pending;
mod planning;
mod questions;
mod queueing;
mod told;

pub use consequences::{Consequences, Follow, Origin, follow};
pub use fetching::{Asked, ask};
pub use questions::{Question, questions};
pub use queueing::queued;
pub use told::{Place, Told};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value as Json;

use self::queueing::{action_job, bad_item, planned};
use crate::app::App;
use crate::config::{Config, Source};
use crate::connector::{Input, MapProblem, Mapped, Thin};
use crate::ledger::{Keys, Ledger};
use crate::model::{Delivery, EventKind, Job, NewJob, Outcome, Timestamp, Waiting, kind};
use crate::schedule;
use crate::store::{Change, Settlement, StoreError};

/// A delivery as far as it can be read without the ledger.
enum Reading {
    Failed(String),
    Items(Vec<Mapped>),
    /// To be asked about one by one, and what could not be read.
    Thin(Vec<Thin>, Vec<Mapped>),
}

impl Reading {
    /// How many items it has.
    fn len(&self) -> usize {
        match self {
            Self::Failed(_) => 0,
            Self::Items(items) => items.len(),
            Self::Thin(thin, bad) => thin.len() + bad.len(),
        }
    }

    /// Note whom its events are about.
    fn add_keys(&self, source: &str, keys: &mut Keys) {
        let Self::Items(items) = self else { return };
        for event in items.iter().filter_map(|item| item.result.as_ref().ok()) {
            keys.add(source, event);
        }
    }
}

/// Most items of one transaction, unless one delivery alone has more: the store does nothing else meanwhile.
const ITEMS: usize = 500;

/// Run the first deliveries of a claimed batch and settle them in one transaction. How many it were.
///
/// # Errors
/// When the store fails: nothing was settled, and the same batch may be tried again.
pub async fn run(app: &App, batch: &[(Job, Delivery)], started_at: Timestamp) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let mut keys = Keys { waiting: true, ..Keys::default() };
    let mut readings = Vec::with_capacity(batch.len());
    let mut size = 0;
    for (job, delivery) in batch {
        if size >= ITEMS {
            break;
        }
        let reading = guarded(|| read(&app.config, job, delivery, now)).unwrap_or_else(Reading::Failed);
        size += reading.len();
        reading.add_keys(&delivery.source, &mut keys);
        readings.push((job.clone(), delivery.source.clone(), reading));
    }
    settle(app, readings, keys, started_at).await
}

/// Plan what follows from what was read, and settle it in one transaction. How many jobs it were.
async fn settle(
    app: &App,
    readings: Vec<(Job, String, Reading)>,
    keys: Keys,
    started_at: Timestamp,
) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let settled = readings.len();
    let config = Arc::clone(&app.config);
    let edit = move |ledger: &mut Ledger| {
        let mut superseded = Vec::new();
        let settle = |(job, source, reading): (Job, String, Reading)| {
            let outcome = guarded(|| plan(ledger, &config, &job, &source, reading, now));
            let (outcome, keys) = outcome.unwrap_or_else(|reason| (Outcome::Dead { reason }, Vec::new()));
            superseded.extend(keys);
            Settlement::of(&job, outcome, started_at, now, 0.0)
        };
        let settlements = readings.into_iter().map(settle).collect();
        (Change { settlements, superseded, ..Change::default() }, settled)
    };
    // What follows from this has no effect outside before a durable write of its own.
    app.store.write(keys, false, now, edit).await
}

/// A panic is a defect of the program, and costs one delivery: its neighbours in the batch go on.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        "the program failed on this delivery; its log says where. Retry it with a mended version".to_owned()
    })
}

fn read(config: &Config, job: &Job, delivery: &Delivery, now: Timestamp) -> Reading {
    let (source, body) = match sound(config, delivery) {
        Ok(sound) => sound,
        Err(reason) => return Reading::Failed(reason),
    };
    if source.connector.has_fetch() {
        let reading = fetching::read(source, job, &input(source, &delivery.headers, body, None, now));
        return reading.unwrap_or_else(|problem| Reading::Failed(sentence(&problem)));
    }
    match map(source, &delivery.headers, body, now) {
        Err(problem) => Reading::Failed(sentence(&problem)),
        Ok(mut items) => {
            if let (Some(table), Some(item)) = (number(job, "table"), number(job, "item")) {
                items.retain(|mapped| mapped.table == table && mapped.item == item);
            }
            Reading::Items(items)
        }
    }
}

/// The source and the body, or why nothing can be read.
fn sound<'a>(config: &'a Config, delivery: &'a Delivery) -> Result<(&'a Source, &'a [u8]), String> {
    let source = config.sources.get(&delivery.source).ok_or_else(|| unknown_source(&delivery.source))?;
    let body = delivery.body.as_deref().ok_or("the body was removed; nothing is left to process")?;
    Ok((source, body))
}

fn unknown_source(name: &str) -> String {
    format!("the configuration has no source '{name}' any more; put it back, then retry this job")
}

/// The events of a request to `source`.
///
/// # Errors
/// When the body cannot be decoded or the items are not found.
pub fn map(
    source: &Source,
    headers: &[(String, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<Mapped>, MapProblem> {
    source.connector.map(&input(source, headers, body, None, now))
}

/// What a mapping sees of a request to `source`; `fetched` is what the platform answered about it.
#[must_use]
pub fn input<'a>(
    source: &'a Source,
    headers: &'a [(String, String)],
    body: &'a [u8],
    fetched: Option<&'a Json>,
    now: Timestamp,
) -> Input<'a> {
    Input { source: &source.name, options: &source.options, headers, body, fetched, today: schedule::today(now) }
}

fn number(job: &Job, key: &str) -> Option<usize> {
    job.payload.get(key)?.as_u64()?.try_into().ok()
}

fn sentence(problem: &MapProblem) -> String {
    format!("{}: {}", problem.at, problem.what)
}

/// What a delivery comes to, and the keys of held jobs that what follows has taken the place of.
fn plan(
    ledger: &mut Ledger,
    config: &Config,
    job: &Job,
    source: &str,
    reading: Reading,
    now: Timestamp,
) -> (Outcome, Vec<String>) {
    let dead = |reason| (Outcome::Dead { reason }, Vec::new());
    let Some(source) = config.sources.get(source) else {
        return dead(unknown_source(source));
    };
    let items = match reading {
        Reading::Failed(reason) => return dead(reason),
        Reading::Thin(thin, bad) => return (fetching::plan(source, job, thin, bad), Vec::new()),
        Reading::Items(items) => items,
    };
    // A delivery of one item, and the retry of one item, live and die with the job itself.
    if let [Mapped { result: Err(problem), .. }] = items.as_slice() {
        return dead(sentence(problem));
    }
    let mut then = Vec::new();
    let mut off = Vec::new();
    let mut superseded = Vec::new();
    let mut said = Said::default();
    for Mapped { table, item, result } in items {
        match result {
            Err(problem) => {
                said.unreadable += 1;
                then.push(bad_item(job, table, item, &problem));
            }
            Ok(event) => {
                said.events.push(event.kind);
                let place = Place { delivery: job.delivery.map_or(0, |id| id.0), table, item };
                let origin = Origin { place, ..Origin::from(&**source) };
                let consequences = follow(ledger, &config.rules, origin, &event, now);
                for follow in consequences.follows {
                    let (due_at, person, may_change) = (follow.due_at, follow.person, follow.told.is_some());
                    let new = action_job(job, source, table, item, follow);
                    if let Some(due_at) = due_at {
                        said.planned.push(format!("{} at {due_at:.0}", new.kind));
                        ledger.plan(person, planned(new, due_at));
                        continue;
                    }
                    if may_change {
                        let (kind, key, payload) = (new.kind.to_owned(), new.key.clone(), new.payload.clone());
                        ledger.wait(Waiting { person, kind, key, payload });
                    }
                    then.push(new);
                }
                said.unplanned.extend(consequences.unplanned);
                off.extend(consequences.off);
                superseded.extend(consequences.superseded);
            }
        }
    }
    (Outcome::Done { note: Some(said.sentence(&then)), then, off }, superseded)
}

/// What is said of a delivery that was processed.
#[derive(Default)]
struct Said {
    events: Vec<EventKind>,
    planned: Vec<String>,
    unplanned: Vec<String>,
    /// How many items could not be read.
    unreadable: usize,
}

/// What is said of items that each are a dead job of their own.
fn unreadable(items: usize) -> String {
    format!("{items} {} could not be read", if items == 1 { "item" } else { "items" })
}

impl Said {
    fn sentence(&self, then: &[NewJob]) -> String {
        if self.events.is_empty() && then.is_empty() {
            return "no event: the connector takes nothing from this delivery".to_owned();
        }
        let names: Vec<_> = self.events.iter().map(|kind| kind.as_str()).collect();
        let mut parts = Vec::new();
        let jobs: Vec<_> = then.iter().map(|job| job.kind).filter(|kind| *kind != kind::PROCESS).collect();
        if !jobs.is_empty() {
            parts.push(jobs.join(", "));
        }
        if !self.planned.is_empty() {
            parts.push(format!("planned {}", self.planned.join(", ")));
        }
        if !self.unplanned.is_empty() {
            parts.push(format!("no longer planned: {}", self.unplanned.join(", ")));
        }
        let mut said = Vec::new();
        match (names.is_empty(), parts.is_empty()) {
            (true, _) => {}
            (false, true) => said.push(format!("{}: no rule asks for anything", names.join(", "))),
            (false, false) => said.push(format!("{} -> {}", names.join(", "), parts.join("; "))),
        }
        if self.unreadable > 0 {
            said.push(unreadable(self.unreadable));
        }
        said.join("; ")
    }
}
