//! Congratulations that were refused go on by themselves once another channel is configured.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::app::App;
use crate::ledger::Keys;
use crate::model::{Action, Channel, Congratulate, Event, Job, JobState, Person, PersonId, Step, Whom, kind};
use crate::rules;
use crate::store::{Change, JobFilter, PersonFilter, Revive, StoreError};

use super::record::{REFUSED, REVIVED, UNAVAILABLE, refused};

/// Most jobs of one transaction.
const BATCH: usize = 500;

/// Plan each held congratulation that was refused anew, with today's rules; those for which there is a channel that has
/// not refused them, or one that has other settings now, are ready again. Says how many.
///
/// # Errors
/// When the store fails; some may be ready by then.
pub async fn reconsider(app: &App) -> Result<usize, StoreError> {
    let kind = Some(kind::CONGRATULATE.to_owned());
    let held = app.store.jobs(JobFilter { kind, states: vec![JobState::Held], ..JobFilter::default() }).await?;
    let held: Vec<_> = held.into_iter().filter(was_refused).collect();
    let now = app.clock.now();
    let mut revived = 0;
    for jobs in held.chunks(BATCH) {
        let people = people(app, jobs).await?;
        let wanted = |job: &Job| revive(app, job, people.get(&job.person?)?, now);
        let revive: Vec<_> = jobs.iter().filter_map(wanted).collect();
        if revive.is_empty() {
            continue;
        }
        revived += revive.len();
        app.store.write(Keys::default(), true, now, move |_| (Change { revive, ..Change::default() }, ())).await?;
    }
    Ok(revived)
}

/// Whether the last thing recorded is a refusal.
fn was_refused(job: &Job) -> bool {
    job.steps.last().is_some_and(|step| [REFUSED, UNAVAILABLE].contains(&step.name.as_str()))
}

async fn people(app: &App, jobs: &[Job]) -> Result<BTreeMap<PersonId, Person>, StoreError> {
    let ids: Vec<_> = jobs.iter().filter_map(|job| job.person).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people = app.store.people(PersonFilter { ids, ..PersonFilter::default() }).await?;
    Ok(people.into_iter().map(|person| (person.id, person)).collect())
}

fn revive(app: &App, job: &Job, person: &Person, now: Timestamp) -> Option<Revive> {
    let read = |key: &str| job.payload.get(key).cloned();
    let event: Event = serde_json::from_value(read("event")?).ok()?;
    let before: Congratulate = serde_json::from_value(read("params")?).ok()?;
    let mut wanted = planned(app, &event, person, now)?;
    wanted.via = untried(job, &before, &wanted);
    if wanted.via.is_empty() {
        return None;
    }
    let channels: Vec<_> = wanted.via.iter().map(|channel| channel.as_str()).collect();
    let detail = format!("goes on as configured today, by {}", channels.join(", "));
    let mut payload = job.payload.clone();
    payload.as_object_mut()?.insert("params".to_owned(), json!(wanted));
    Some(Revive { job: job.id, payload, step: Step { at: now, name: REVIVED.to_owned(), detail } })
}

/// What today's rules ask for; `None` where they leave it or cannot decide.
fn planned(app: &App, event: &Event, person: &Person, now: Timestamp) -> Option<Congratulate> {
    let today = crate::schedule::today(now);
    let planned = rules::plan(&app.config.rules, event, today);
    let here = planned.into_iter().filter(|planned| planned.portal == person.portal && planned.hold.is_none());
    let wanted = here.filter_map(|planned| match planned.action {
        Action::Congratulate(wanted) => Some(wanted),
        Action::Onboard(_) | Action::Update(_) | Action::Disable(_) | Action::Enable(_) => None,
    });
    wanted.into_iter().find(|wanted| wanted.whom == Whom::EveryoneNew || person.is_ours())
}

/// The channels that may say something else than they did before.
fn untried(job: &Job, before: &Congratulate, now: &Congratulate) -> Vec<Channel> {
    let refused = refused(&job.steps);
    let is_new =
        |channel: &Channel| !refused.contains(channel) || settings(*channel, before) != settings(*channel, now);
    now.via.iter().copied().filter(is_new).collect()
}

/// The parameters that a channel's answer depends on.
fn settings(channel: Channel, params: &Congratulate) -> Json {
    match channel {
        Channel::SendCongratulations => json!(params.key),
        Channel::Letter | Channel::Smtp => Json::Null,
        Channel::Mention => json!(params.file),
        Channel::Room => json!(params.room),
        Channel::Webhook => json!(params.receiver),
    }
}
