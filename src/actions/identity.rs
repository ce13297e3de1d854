//! Whether the job, its event and an account found are about the person on record: the ledger may have learned more since
//! the job was queued, and a human being may have decided.

use crate::docspace::Account;
use crate::ledger::{self, Elsewhere, Keys, Ledger};
use crate::model::{EventKind, Person, Step, kind};
use crate::store::{Change, PersonFilter, StepNote};

use super::{Run, Stop};

/// A human being has said whose event it is, and the ledger knows it from now on.
const ADMITTED: &str = "admitted";

/// Go on only where what the event names is this person's. A release is the word of a human being that it is: the ledger
/// takes it over, unless by now it is known to be somebody else's.
pub(super) async fn settle(run: &mut Run<'_>) -> Result<(), Stop> {
    let Some(source) = run.job.source.clone() else { return Ok(()) };
    if run.event.kind.is_user() || (is_named(run, &source) && !is_back(run)) {
        return Ok(());
    }
    if !run.job.has_step("released") {
        return Err(Stop::held(ledger::moved(run.person.id, run.job.delivery)));
    }
    let at = run.app.clock.now();
    let (id, event) = (run.person.id, run.event.clone());
    let mut keys = Keys::person(id);
    keys.add(&source, &event);
    let step = Step { at, name: ADMITTED.to_owned(), detail: format!("the event is about person {id}") };
    let note = StepNote { job: run.job.id, fence: run.job.fence, step: step.clone() };
    let admit = move |ledger: &mut Ledger| match ledger.admit(id, &source, &event, at) {
        Ok(()) => (Change { steps: vec![note], ..Change::default() }, Ok(ledger.get(id).cloned())),
        Err(elsewhere) => (Change::default(), Err(elsewhere)),
    };
    match run.app.store.write(keys, true, at, admit).await? {
        Ok(person) => {
            run.job.steps.push(step);
            run.person = person.unwrap_or_else(|| run.person.clone());
            Ok(())
        }
        Err(Elsewhere::Employee(_)) => Err(Stop::held(ledger::moved(id, run.job.delivery))),
        Err(Elsewhere::Address(holder)) => Err(Stop::held(ledger::disputed(id, holder))),
    }
}

/// Whether the person goes by everything that the event names. An end needs no address.
fn is_named(run: &Run<'_>, source: &str) -> bool {
    let (event, person) = (&run.event, &run.person);
    let is_own = |id: &String| person.employees.iter().any(|own| own.source == source && own.id == *id);
    let is_end = matches!(event.kind, EventKind::EmployeeTerminated | EventKind::EmployeeRescinded);
    let needs_address = event.employee_id.is_none() || !is_end;
    event.employee_id.as_ref().is_none_or(is_own)
        && event.email.as_ref().is_none_or(|email| !needs_address || person.goes_by(email))
}

/// Whether the job was held because the person had left, and a human being has said that they come back.
fn is_back(run: &Run<'_>) -> bool {
    let had_left = run.person.left_at.is_some_and(|at| at <= run.job.created_at);
    run.event.kind == EventKind::EmployeeHired
        && run.job.kind == kind::ONBOARD
        && had_left
        && run.job.has_step("released")
}

/// Somebody else whom the account found belongs to on record.
pub(super) async fn holder(run: &Run<'_>, account: &Account) -> Result<Option<Person>, Stop> {
    let filter = PersonFilter { who: Some(account.id.clone()), ..PersonFilter::default() };
    let others = run.app.store.people(filter).await?;
    Ok(others.into_iter().rfind(|other| ledger::is_others(other, &run.person, &account.id)))
}

/// Go on only where the account found is nobody else's.
pub(super) async fn is_free(run: &mut Run<'_>, account: &Account) -> Result<(), Stop> {
    let Some(holder) = holder(run, account).await? else { return Ok(()) };
    let detail = format!("the address has the account {}, which is that of person {}", account.id, holder.id);
    run.tell_once("account_of", detail).await?;
    Err(Stop::held(ledger::account_of(run.person.id, holder.id)))
}

/// The account on record is gone from the portal, and no webhook has told. Who was hired again since gets another one.
pub(super) async fn gone(run: &mut Run<'_>) -> Result<(), Stop> {
    if !run.person.is_hired_again() {
        return Ok(());
    }
    let now = run.app.clock.now();
    let forget = move |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.lose_account(now);
        }
    };
    run.step(true, "gone", "the account of the former employment is gone from the portal", None, forget).await
}
