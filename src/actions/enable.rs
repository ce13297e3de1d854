//! Enable the account of somebody who was hired again: the same account, with everything in it.

use crate::docspace::Account;
use crate::ledger::Ledger;
use crate::model::Outcome;

use super::existing::TERMINATED;
use super::{Run, Stop, touching};

/// What became of the job; the detail is its note.
const ENABLED: &str = "enabled";
/// Committed before the call.
const ENABLING: &str = "enabling";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == ENABLED) {
        // It was done, and then the end of the job could not be stored.
        return Ok(Outcome::done(step.detail.clone()));
    }
    // Where a human being has let the job go, they decided.
    if run.person.left_at.is_some() && !run.job.has_step("released") {
        return Ok(Outcome::done("not enabled: HR has told that the person leaves"));
    }
    let Some(account) = touching::account(run).await? else {
        return Ok(Outcome::done("nothing to enable: the portal has no account of this person"));
    };
    if account.status != TERMINATED {
        return match run.job.has_step(ENABLING) {
            true => confirmed(run).await,
            false => Ok(Outcome::done("nothing to enable: the account is not disabled")),
        };
    }
    if let Some(barrier) = touching::barrier(run, &account).await? {
        return Err(Stop::held(barrier.question(&account.id, "enable it")));
    }
    if !run.job.has_step(ENABLING) {
        run.step(true, ENABLING, "about to enable the account", None, |_, _| ()).await?;
    }
    run.portal.set_status(&account.id, true).await?;
    match run.portal.account(&account.id).await? {
        Some(Account { status: TERMINATED, .. }) => Err(Stop::held(
            "DocSpace accepted the call, and the account is disabled as before: enable it by hand in DocSpace, and cancel \
             this job",
        )),
        Some(_) => confirmed(run).await,
        None => Ok(Outcome::done("nothing to enable: the account is gone from the portal")),
    }
}

async fn confirmed(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let note = "enabled: the account is the one of before; nothing was mailed".to_owned();
    let finish = |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.disabled_at = None;
            person.left_at = None;
            person.ends_on = None;
        }
    };
    run.step(true, ENABLED, note.clone(), None, finish).await?;
    Ok(Outcome::done(note))
}
