//! Disable the account of somebody who has left. It stays, with its groups, rooms and documents: nothing is ever deleted.

use crate::docspace::{Account, Error as PortalError};
use crate::ledger::Ledger;
use crate::model::{CallOff, Outcome, Person, Way, kind};

use super::existing::TERMINATED;
use super::{Run, Stop, guarding, touching};

/// What became of the job; the detail is its note.
const DISABLED: &str = "disabled";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == DISABLED) {
        // It was done, and then the end of the job could not be stored.
        return Ok(finished(run, step.detail.clone()));
    }
    if is_back(run) {
        return Ok(Outcome::done("not disabled: hired again"));
    }
    let Some(account) = touching::account(run).await? else {
        return Ok(Outcome::done(nobody(&run.person)));
    };
    if account.status == TERMINATED {
        return already(run).await;
    }
    if let Some(barrier) = touching::barrier(run, &account).await? {
        return Err(Stop::held(barrier.question(&account.id, "disable it")));
    }
    guarding::may_disable(run).await?;
    if is_back(run) {
        let note = "not disabled: hired again";
        guarding::not_disabled(run, note.to_owned()).await?;
        return Ok(Outcome::done(note));
    }
    disable(run, &account).await
}

/// Whether the person was hired again since the job was planned. Where a human being has let the job go, they decided.
fn is_back(run: &Run<'_>) -> bool {
    run.person.left_at.is_none() && !run.job.has_step("released")
}

/// What is said of a person who has no account to be disabled.
#[must_use]
pub fn nobody(person: &Person) -> String {
    let mut note = "nothing to disable: the portal has no account of this person".to_owned();
    if person.way == Some(Way::Link) && person.user_id.is_none() {
        note.push_str("; but an invitation link was mailed, by which anybody can register while it is valid");
    }
    note
}

/// The account is disabled: by an earlier try of this job, or by others.
async fn already(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    if run.job.has_step(guarding::DISABLING) && run.person.disabled_at.is_some() {
        return confirmed(run).await;
    }
    Ok(finished(run, "nothing to disable: the account is disabled already".to_owned()))
}

async fn disable(run: &mut Run<'_>, account: &Account) -> Result<Outcome, Stop> {
    match run.portal.set_status(&account.id, false).await {
        // Older servers skip whom they do not want to change and say yes: only the look-up tells.
        Ok(_) => match run.portal.account(&account.id).await? {
            Some(Account { status: TERMINATED, .. }) => confirmed(run).await,
            Some(_) => {
                let reason = "DocSpace accepted the call, and the account is enabled as before";
                guarding::not_disabled(run, reason.to_owned()).await?;
                Err(Stop::held(format!("{reason}: disable it by hand in DocSpace, and cancel this job")))
            }
            None => {
                guarding::not_disabled(run, "the account is gone".to_owned()).await?;
                Ok(finished(run, "nothing to disable: the account is gone from the portal".to_owned()))
            }
        },
        Err(error @ PortalError::Refused { status: 403, .. }) => {
            guarding::not_disabled(run, error.summary()).await?;
            Err(Stop::held(format!(
                "{}: only the owner of the portal may disable an administrator, and accounts from LDAP are disabled \
                 there. Disable it by hand and cancel this job; or use a key whose owner may, and release this job",
                error.summary()
            )))
        }
        Err(error @ (PortalError::Refused { .. } | PortalError::Scope { .. })) => {
            guarding::not_disabled(run, error.summary()).await?;
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn confirmed(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let note = "disabled; the account keeps its groups, rooms and documents".to_owned();
    let now = run.app.clock.now();
    let finish = move |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.disabled_at = person.disabled_at.or(Some(now));
        }
    };
    run.step(true, DISABLED, note.clone(), None, finish).await?;
    Ok(finished(run, note))
}

/// The end. Nobody is reminded or congratulated any more, and no question about disabling is open.
fn finished(run: &Run<'_>, note: String) -> Outcome {
    let person = run.person.id;
    let off = |kinds, held_only, reason: &str| CallOff { person, kinds, held_only, reason: reason.to_owned() };
    let off = vec![
        off(&[kind::REMIND, kind::CONGRATULATE], false, "called off: the account was disabled"),
        off(&[kind::DISABLE], true, "called off: disabled by another job"),
    ];
    Outcome::Done { note: Some(note), then: Vec::new(), off }
}
