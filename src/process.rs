//! What a `process` job does: delivery -> events -> people -> rules -> planned jobs.
//!
//! Reading a delivery is pure and happens outside the store; joining people and planning happen inside one
//! transaction for the whole batch, in the order of acceptance, so that the ledger decides each thing once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::config::{Config, Source};
use crate::connector::{Input, MapProblem, Mapped};
use crate::ledger::{Joined, Keys, Ledger};
use crate::model::{
    Action, CallOff, Delivery, EmployeeId, Event, EventKind, Job, JobState, NewJob, Outcome, Person, PersonId,
    Timestamp, Whom, kind,
};
use crate::rules::{self, Planned, Rule};
use crate::store::{Change, Settlement, StoreError};

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Follow {
    /// What is to be done.
    pub action: Action,
    /// The event it follows from: the mapped one, or the `user.activated` derived from it.
    pub event: Event,
    /// Whom it is about.
    pub person: PersonId,
    /// Name of the portal it is to be done at.
    pub portal: String,
    /// Why the job is to be born held.
    pub hold: Option<String>,
}

/// What one event leads to.
#[derive(Debug, Clone, Default)]
pub struct Consequences {
    /// Work to be queued.
    pub follows: Vec<Follow>,
    /// Waiting work that is not wanted any more.
    pub off: Vec<CallOff>,
}

/// What one event of `source` leads to, by the ledger and the rules. Changes only `ledger`.
pub fn follow(ledger: &mut Ledger, rules: &[Rule], source: &Source, event: &Event, now: Timestamp) -> Consequences {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut consequences = Consequences::default();
    if event.kind.is_user() {
        consequences.at_portal(ledger, &source.portal, source, event, now, |event| rules::plan(rules, event, today));
        return consequences;
    }
    let planned = rules::plan(rules, event, today);
    let mut portals = ledger.portals_of(&source.name, event);
    portals.extend(planned.iter().map(|planned| planned.portal.clone()));
    if portals.is_empty() {
        portals.insert(source.portal.clone());
    }
    for portal in portals {
        consequences.at_portal(ledger, &portal, source, event, now, |_| planned.clone());
    }
    consequences
}

impl Consequences {
    /// What the event leads to at one portal, where `plan` tells what the rules ask for.
    fn at_portal(
        &mut self,
        ledger: &mut Ledger,
        portal: &str,
        source: &Source,
        event: &Event,
        now: Timestamp,
        plan: impl Fn(&Event) -> Vec<Planned>,
    ) {
        let (person, recycled) = match ledger.join(portal, &source.name, event, now) {
            Joined::Person(person) => (person, None),
            Joined::Recycled(person, employee) => (person, Some(recycled(person, &employee))),
        };
        let mut events = vec![event.clone()];
        if event.kind.is_user() && recycled.is_none() {
            // Whether an activation is one is for the ledger to say, whoever tells of it.
            events.retain(|event| event.kind != EventKind::UserActivated);
            events.extend(ledger.observe(person, event, now));
        }
        if recycled.is_none() {
            self.off.extend(called_off(person, event));
        }
        let is_ours = ledger.get(person).is_some_and(Person::is_ours);
        for event in events {
            for planned in plan(&event).into_iter().filter(|planned| planned.portal == portal) {
                if !is_ours && matches!(&planned.action, Action::Congratulate(wanted) if wanted.whom == Whom::Onboarded)
                {
                    continue;
                }
                let hold = recycled.clone().or(planned.hold);
                let portal = portal.to_owned();
                self.follows.push(Follow { action: planned.action, event: event.clone(), person, portal, hold });
            }
        }
    }
}

fn recycled(person: PersonId, employee: &EmployeeId) -> String {
    format!(
        "the address of this event belongs to person {person} under another employee id of '{}' than {}; \
         addresses get recycled: compare the two, then release or cancel",
        employee.source, employee.id
    )
}

/// Waiting work that the event makes needless.
fn called_off(person: PersonId, event: &Event) -> Option<CallOff> {
    const OF_ACCOUNT: &[&str] = &[kind::CONGRATULATE, kind::REMIND];
    const OF_EMPLOYEE: &[&str] = &[kind::ONBOARD, kind::CONGRATULATE, kind::REMIND];
    let (kinds, why) = match event.kind {
        EventKind::UserDeleted => (OF_ACCOUNT, "the account was deleted"),
        EventKind::UserUpdated if event.status == Some(2) => (OF_ACCOUNT, "the account was disabled"),
        EventKind::EmployeeTerminated => (OF_EMPLOYEE, "the employment was terminated"),
        EventKind::EmployeeRescinded => (OF_EMPLOYEE, "the hire was rescinded"),
        _ => return None,
    };
    Some(CallOff { person, kinds, reason: format!("called off: {why}") })
}

/// A delivery as far as it can be read without the ledger.
enum Reading {
    Failed(String),
    Items(Vec<Mapped>),
}

/// Most items of one transaction, unless one delivery alone has more: the store does nothing else meanwhile.
const ITEMS: usize = 500;

/// Run the first deliveries of a claimed batch and settle them in one transaction. How many it were.
///
/// # Errors
/// When the store fails: nothing was settled, and the same batch may be tried again.
pub async fn run(app: &App, batch: &[(Job, Delivery)], started_at: Timestamp) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let mut keys = Keys::default();
    let mut readings = Vec::with_capacity(batch.len());
    let mut size = 0;
    for (job, delivery) in batch {
        if size >= ITEMS {
            break;
        }
        let reading = guarded(|| read(&app.config, job, delivery, now)).unwrap_or_else(Reading::Failed);
        if let Reading::Items(items) = &reading {
            size += items.len();
            for event in items.iter().filter_map(|item| item.result.as_ref().ok()) {
                keys.add(&delivery.source, event);
            }
        }
        readings.push((job.clone(), delivery.source.clone(), reading));
    }
    let settled = readings.len();
    let config = Arc::clone(&app.config);
    let edit = move |ledger: &mut Ledger| {
        let settle = |(job, source, reading): (Job, String, Reading)| {
            let outcome = guarded(|| plan(ledger, &config, &job, &source, reading, now));
            let outcome = outcome.unwrap_or_else(|reason| Outcome::Dead { reason });
            Settlement::of(&job, outcome, started_at, now, 0.0)
        };
        let settlements = readings.into_iter().map(settle).collect();
        (Change { settlements, ..Change::default() }, settled)
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
    let Some(source) = config.sources.get(&delivery.source) else {
        return Reading::Failed(unknown_source(&delivery.source));
    };
    let Some(body) = &delivery.body else {
        return Reading::Failed("the body was removed by retention; nothing is left to process".to_owned());
    };
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
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    source.connector.map(&Input { source: &source.name, options: &source.options, headers, body, today })
}

fn number(job: &Job, key: &str) -> Option<usize> {
    job.payload.get(key)?.as_u64()?.try_into().ok()
}

fn sentence(problem: &MapProblem) -> String {
    format!("{}: {}", problem.at, problem.what)
}

fn plan(ledger: &mut Ledger, config: &Config, job: &Job, source: &str, reading: Reading, now: Timestamp) -> Outcome {
    let items = match reading {
        Reading::Failed(reason) => return Outcome::Dead { reason },
        Reading::Items(items) => items,
    };
    let Some(source) = config.sources.get(source) else {
        return Outcome::Dead { reason: unknown_source(source) };
    };
    // A delivery of one item, and the retry of one item, live and die with the job itself.
    if let [Mapped { result: Err(problem), .. }] = items.as_slice() {
        return Outcome::Dead { reason: sentence(problem) };
    }
    let mut then = Vec::new();
    let mut off = Vec::new();
    let mut events = Vec::new();
    for Mapped { table, item, result } in items {
        match result {
            Err(problem) => then.push(bad_item(job, table, item, &problem)),
            Ok(event) => {
                events.push(event.kind);
                let consequences = follow(ledger, &config.rules, source, &event, now);
                then.extend(
                    consequences.follows.into_iter().map(|follow| action_job(job, source, table, item, follow)),
                );
                off.extend(consequences.off);
            }
        }
    }
    Outcome::Done { note: Some(tell(&events, &then)), then, off }
}

fn tell(events: &[EventKind], then: &[NewJob]) -> String {
    if events.is_empty() && then.is_empty() {
        return "no event: the connector takes nothing from this delivery".to_owned();
    }
    let names: Vec<_> = events.iter().map(|kind| kind.as_str()).collect();
    let jobs: Vec<_> = then.iter().map(|job| job.kind).collect();
    match jobs.is_empty() {
        true => format!("{}: no rule asks for anything", names.join(", ")),
        false => format!("{} -> {}", names.join(", "), jobs.join(", ")),
    }
}

/// Action + delivery + event table + item; a rerun adds its number, another portal than the source's its name.
fn key(job: &Job, word: &str, table: usize, item: usize) -> String {
    let delivery = job.delivery.map_or(0, |id| id.0);
    match number(job, "rerun") {
        Some(rerun) if rerun > 0 => format!("{word}/{delivery}/{table}/{item}/{rerun}"),
        _ => format!("{word}/{delivery}/{table}/{item}"),
    }
}

fn bad_item(job: &Job, table: usize, item: usize, problem: &MapProblem) -> NewJob {
    NewJob {
        kind: kind::PROCESS,
        key: key(job, "item", table, item),
        state: JobState::Dead,
        reason: Some(sentence(problem)),
        delivery: job.delivery,
        person: None,
        payload: json!({"table": table, "item": item, "rerun": number(job, "rerun").unwrap_or(0)}),
        due_at: None,
    }
}

fn action_job(job: &Job, source: &Source, table: usize, item: usize, follow: Follow) -> NewJob {
    let word = match follow.action.name() {
        name if follow.portal == source.portal => name.to_owned(),
        name => format!("{name}@{}", follow.portal),
    };
    NewJob {
        kind: follow.action.name(),
        key: key(job, &word, table, item),
        state: if follow.hold.is_some() { JobState::Held } else { JobState::Ready },
        reason: follow.hold,
        delivery: job.delivery,
        person: Some(follow.person),
        payload: json!({"params": follow.action.params(), "event": follow.event}),
        due_at: None,
    }
}
