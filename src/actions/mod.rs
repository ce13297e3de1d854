//! What rules ask for. One file an action; an action looks before it acts and records each step on its job.

mod congratulate;
mod disable;
mod enable;
mod existing;
mod grants;
mod guarding;
mod identity;
mod letter;
mod link;
mod making;
mod membership;
mod onboard;
mod once;
mod remind;
mod sending;
mod touching;
mod update;

pub use congratulate::{Occasion, Prospect, preview, reconsider};
pub use disable::nobody as nobody_to_disable;
pub use existing::{State, note_found};
pub use letter::Written;
pub use membership::choose as choose_groups;
pub use onboard::is_since_intent;
pub use touching::{Barrier, is_onboarded};
pub use update::{NOBODY as NOBODY_TO_CHANGE, NOT_YET, type_left};

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::app::App;
use crate::docspace::{Account, Client, Error as PortalError};
use crate::ledger::{Keys, Ledger};
use crate::model::{Event, Job, Outcome, Person, PersonId, Step, kind};
use crate::retry::OUTAGE_LIMIT;
use crate::store::{Change, PersonFilter, StepNote, StoreError};

/// Perform a claimed action job.
///
/// # Errors
/// When the store fails in between: the job's lease runs out and it is tried again.
pub async fn perform(app: &App, job: Job) -> Result<Outcome, StoreError> {
    let outage_since = job.outage_since;
    let outcome = match Run::load(app, job).await {
        Err(stop) => Err(stop),
        Ok(mut run) => match run.job.kind.as_str() {
            kind::ONBOARD => onboard::perform(&mut run).await,
            kind::CONGRATULATE => congratulate::perform(&mut run).await,
            kind::REMIND => remind::perform(&mut run).await,
            kind::UPDATE => update::perform(&mut run).await,
            kind::DISABLE => disable::perform(&mut run).await,
            kind::ENABLE => enable::perform(&mut run).await,
            other => Err(Stop::dead(format!("this version knows no action '{other}'"))),
        },
    };
    match outcome {
        Ok(outcome) | Err(Stop::With(outcome)) => Ok(outcome),
        Err(Stop::Delay { reason, after }) => Ok(delayed(reason, after, outage_since, app.clock.now())),
        Err(Stop::Store(error)) => Err(error),
    }
}

/// A quota does not come free by our asking: it is asked after this long.
const QUOTA_WAIT: Duration = Duration::from_secs(60 * 60);

/// The portal answers, and has used up what this needs: that is waited for as long as for an outage, and then a person
/// has to see to it. Nothing is given up.
fn delayed(reason: String, after: Option<Duration>, since: Option<Timestamp>, now: Timestamp) -> Outcome {
    let limit = SignedDuration::try_from(OUTAGE_LIMIT).unwrap_or(SignedDuration::MAX);
    if since.is_some_and(|since| now.duration_since(since) >= limit) {
        let reason = format!("{reason}. It has been so for 7 days: see to it, then release this job");
        return Outcome::Held { reason, told: false };
    }
    Outcome::Retry { reason, after, outage: true }
}

/// Why an action ends before its last line.
enum Stop {
    With(Outcome),
    /// Later, when a quota or limit is free again.
    Delay {
        reason: String,
        after: Option<Duration>,
    },
    Store(StoreError),
}

impl Stop {
    fn dead(reason: impl Into<String>) -> Self {
        Self::With(Outcome::Dead { reason: reason.into() })
    }

    fn held(reason: impl Into<String>) -> Self {
        Self::With(Outcome::Held { reason: reason.into(), told: false })
    }

    /// Held, and the log has been told of it, or of others like it.
    fn told(reason: impl Into<String>) -> Self {
        Self::With(Outcome::Held { reason: reason.into(), told: true })
    }

    /// Not done yet, and to be tried again. Whoever says when answers, and is not out of reach: nothing is given up.
    fn put_off(reason: String, after: Option<Duration>) -> Self {
        match after {
            Some(_) => Self::Delay { reason, after },
            None => Self::With(Outcome::Retry { reason, after: None, outage: true }),
        }
    }

    fn outage(error: &PortalError) -> Self {
        Self::With(Outcome::Retry { reason: error.summary(), after: error.after(), outage: true })
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a failed call means where the action has nothing better to say: an outage is waited out, and so is a quota or
/// limit; a missing scope or a refused right waits for a person, anything else that was refused stays refused.
impl From<PortalError> for Stop {
    fn from(error: PortalError) -> Self {
        let reason = error.summary();
        match &error {
            PortalError::Refused { status: 402, .. } => Self::Delay { reason, after: Some(QUOTA_WAIT) },
            PortalError::MailLimit { .. } | PortalError::Limited { .. } | PortalError::Busy { status: 429, .. } => {
                Self::Delay { reason, after: error.after() }
            }
            PortalError::Refused { status: 403, .. } | PortalError::Scope { .. } => Self::held(reason),
            PortalError::Refused { .. } | PortalError::Reserved { .. } => Self::dead(reason),
            _ => Self::outage(&error),
        }
    }
}

/// One try of one action job.
struct Run<'a> {
    app: &'a App,
    portal: &'a Client,
    job: Job,
    event: Event,
    person: Person,
    /// The person's account, once it was read.
    account: Option<Account>,
}

impl<'a> Run<'a> {
    async fn load(app: &'a App, job: Job) -> Result<Self, Stop> {
        let event = parse(&job, "event")?;
        let id = job.person.ok_or_else(|| Stop::dead("the job names no person"))?;
        let person = app.store.person(id).await?.ok_or_else(|| Stop::dead(format!("person {id} is gone")))?;
        let Some(portal) = app.portals.get(&person.portal) else {
            return Err(Stop::held(format!(
                "the configuration has no portal '{}'; add it, then release this job",
                person.portal
            )));
        };
        let person = owner(app, person, &event).await?;
        let mut run = Self { app, portal, job, event, person, account: None };
        identity::settle(&mut run).await?;
        Ok(run)
    }

    fn params<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        parse(&self.job, "params")
    }

    /// Whether a person ordered the job: such an order says whether it is meant to act again.
    fn is_by_hand(&self) -> bool {
        self.job.payload.get("again").is_some()
    }

    /// Whether the job was ordered to act although the ledger says that it was done before.
    fn again(&self) -> bool {
        self.job.payload.get("again").and_then(Json::as_bool).unwrap_or(false)
    }

    /// Record a step, and change the person in the same transaction.
    async fn step(
        &mut self,
        durable: bool,
        name: &str,
        detail: impl Into<String>,
        user_id: Option<&str>,
        edit: impl FnOnce(&mut Ledger, PersonId) + Send + 'static,
    ) -> Result<(), Stop> {
        let now = self.app.clock.now();
        let step = Step { at: now, name: name.to_owned(), detail: detail.into() };
        self.job.steps.push(step.clone());
        let note = StepNote { job: self.job.id, fence: self.job.fence, step };
        let id = self.person.id;
        let mut keys = Keys::person(id);
        keys.user_ids.extend(user_id.map(str::to_owned));
        let change = move |ledger: &mut Ledger| {
            edit(ledger, id);
            let person = ledger.get(id).cloned();
            (Change { steps: vec![note], ..Change::default() }, person)
        };
        if let Some(person) = self.app.store.write(keys, durable, now, change).await? {
            self.person = person;
        }
        Ok(())
    }

    /// The same, unless it is recorded already.
    async fn tell_once(&mut self, name: &str, detail: String) -> Result<(), Stop> {
        let is_told = self.job.steps.iter().any(|step| step.name == name && step.detail == detail);
        if is_told { Ok(()) } else { self.tell(name, detail).await }
    }

    /// Record a step that changes nothing else and may be lost by a power failure.
    async fn tell(&mut self, name: &str, detail: impl Into<String>) -> Result<(), Stop> {
        self.step(false, name, detail, None, |_, _| ()).await
    }
}

/// Whoever has the account of the event now, if `person` has given it up to another row since the job was queued.
async fn owner(app: &App, person: Person, event: &Event) -> Result<Person, StoreError> {
    let (Some(user_id), None) = (&event.user_id, &person.user_id) else { return Ok(person) };
    let filter = PersonFilter { who: Some(user_id.clone()), ..PersonFilter::default() };
    let others = app.store.people(filter).await?;
    Ok(others
        .into_iter()
        .rfind(|other| other.portal == person.portal && other.user_id.as_ref() == Some(user_id))
        .unwrap_or(person))
}

fn parse<T: DeserializeOwned>(job: &Job, key: &str) -> Result<T, Stop> {
    let value = job.payload.get(key).cloned().unwrap_or(Json::Null);
    serde_json::from_value(value).map_err(|error| Stop::dead(format!("the job's {key} cannot be read: {error}")))
}
