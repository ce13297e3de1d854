//! The guard at the time of acting, so that what was planned, retried or rerun is covered too.
//!
//! The count and what uses it up are one transaction: several workers never let in one too many. Whom the guard stops is
//! one held job, whose last step is `guarded`; once a person has released it, it passes, and counts like the others.

use crate::guard::{DAY, Hold};
use crate::ledger::{Keys, Ledger, Recent};
use crate::model::{PersonId, Step};
use crate::schedule;
use crate::store::{Change, StepNote};

use super::{Run, Stop};

/// The guard has held the job; the detail is the limit.
const GUARDED: &str = "guarded";
/// Committed before an account is disabled.
pub(super) const DISABLING: &str = "disabling";

/// Go on with somebody of whom no account is known only where the guard has nothing against it yet. Nothing is asked of
/// the portal, so that a wrong mass of hires costs no calls.
pub(super) async fn newcomer(run: &mut Run<'_>, email: &str) -> Result<(), Stop> {
    let has_account = run.person.user_id.is_some() && run.person.deleted_at.is_none();
    if has_account || run.person.is_ours() || passes(run) {
        return Ok(());
    }
    let guard = &run.app.config.guard;
    let mut hold = objection(run, Some(email));
    if hold.is_none() && guard.new_people_per_day.is_some() {
        hold = guard.one_more(recent(run).await?);
    }
    let Some(hold) = hold else { return Ok(()) };
    run.tell(GUARDED, hold.limit.as_str()).await?;
    Err(held(run, hold))
}

/// Commit the intent to bring in a person, as the step `name`, and count them; or hold the job. Whoever is ours already
/// was counted before.
pub(super) async fn admit(run: &mut Run<'_>, name: &'static str, detail: String) -> Result<(), Stop> {
    let now = run.app.clock.now();
    let guard = run.app.config.guard.clone();
    let passes = passes(run);
    let email = run.person.email.as_ref().or(run.event.email.as_ref());
    let objection = objection(run, email.map(String::as_str)).filter(|_| !passes);
    decide(run, name, detail, move |ledger, id| {
        let recent = ledger.recent();
        let person = ledger.edit(id).filter(|person| !person.is_ours())?;
        let full = || guard.one_more(recent).filter(|_| !passes);
        let hold = objection.or_else(full);
        if hold.is_none() {
            person.intent_at = Some(now);
            person.admitted_at = Some(now);
        }
        hold
    })
    .await
}

/// Nothing was made after all: somebody else can be let in instead.
pub(super) fn take_back(ledger: &mut Ledger, id: PersonId) {
    if let Some(person) = ledger.edit(id)
        && person.intent_at.take().is_some()
    {
        person.admitted_at = None;
    }
}

/// Commit the intent to disable the person's account, as the step `disabling`, and count it; or hold the job. Once this
/// has passed, the same job passes again without being counted twice, unless [`not_disabled`] has taken it back.
pub(super) async fn may_disable(run: &mut Run<'_>) -> Result<(), Stop> {
    if run.job.has_step(DISABLING) && run.person.disabled_at.is_some() {
        return Ok(());
    }
    let now = run.app.clock.now();
    let guard = run.app.config.guard.clone();
    let passes = passes(run);
    decide(run, DISABLING, "about to disable the account".to_owned(), move |ledger, id| {
        let hold = guard.one_less(ledger.recent()).filter(|_| !passes);
        if let Some(person) = ledger.edit(id).filter(|_| hold.is_none()) {
            person.disabled_at = Some(now);
        }
        hold
    })
    .await
}

/// The account was definitely not disabled: it does not count.
pub(super) async fn not_disabled(run: &mut Run<'_>, reason: String) -> Result<(), Stop> {
    let forget = |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.disabled_at = None;
        }
    };
    run.step(false, "refused", reason, None, forget).await
}

/// Whether a human being has decided already: by ordering the job, or by releasing it after the guard had held it.
fn passes(run: &Run<'_>) -> bool {
    let mut since = run.job.steps.iter().skip_while(|step| step.name != GUARDED);
    run.is_by_hand() || since.any(|step| step.name == "released")
}

/// What the guard has against the person, however few others there are.
fn objection(run: &Run<'_>, email: Option<&str>) -> Option<Hold> {
    let starts_on = run.event.starts_on.as_ref().or(run.person.starts_on.as_ref());
    let today = schedule::today(run.app.clock.now());
    run.app.config.guard.newcomer(email.unwrap_or_default(), starts_on.map(String::as_str), today)
}

async fn recent(run: &Run<'_>) -> Result<Recent, Stop> {
    match run.app.clock.now().checked_sub(DAY) {
        Ok(since) => Ok(run.app.store.recent(since).await?),
        Err(_) => Ok(Recent::default()),
    }
}

/// One transaction: ask, and record either the step that was meant or that the guard holds the job.
async fn decide(
    run: &mut Run<'_>,
    name: &'static str,
    detail: String,
    ask: impl FnOnce(&mut Ledger, PersonId) -> Option<Hold> + Send + 'static,
) -> Result<(), Stop> {
    let at = run.app.clock.now();
    let (id, job, fence) = (run.person.id, run.job.id, run.job.fence);
    let keys = Keys { recent: at.checked_sub(DAY).ok(), ..Keys::person(id) };
    let change = move |ledger: &mut Ledger| {
        let hold = ask(ledger, id);
        let (name, detail) = match &hold {
            Some(hold) => (GUARDED, hold.limit.as_str().to_owned()),
            None => (name, detail),
        };
        let step = Step { at, name: name.to_owned(), detail };
        let note = StepNote { job, fence, step: step.clone() };
        let person = ledger.get(id).cloned();
        (Change { steps: vec![note], ..Change::default() }, (step, person, hold))
    };
    let (step, person, hold) = run.app.store.write(keys, true, at, change).await?;
    run.job.steps.push(step);
    if let Some(person) = person {
        run.person = person;
    }
    hold.map_or(Ok(()), |hold| Err(held(run, hold)))
}

/// The end of a job that the guard holds.
fn held(run: &Run<'_>, hold: Hold) -> Stop {
    run.app.metrics.guarded(hold.limit.as_str());
    run.app.notices.guarded(hold.limit, run.app.clock.now());
    Stop::told(hold.reason)
}
