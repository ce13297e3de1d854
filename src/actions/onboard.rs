//! Create a person in DocSpace and invite them: once, whatever happens in between.

use jiff::SignedDuration;

use crate::docspace::{Account, Error as PortalError, NewAccount};
use crate::model::{AccountState, Mode, Onboard, Outcome, UserType};

use super::{Run, Stop};

/// How far the portal's clock may be behind ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let params: Onboard = run.params()?;
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == "onboarded") {
        // All was done, and then the end of the job could not be stored.
        return Ok(Outcome::done(step.detail.clone()));
    }
    if run.person.invited_at.is_some() {
        return Ok(Outcome::done("known: onboarded before; nothing was created or mailed"));
    }
    // The ledger has the address as last told, and keeps it from the first intent on.
    let Some(email) = run.person.email.clone().or_else(|| run.event.email.clone()) else {
        return Err(Stop::dead("the event has no e-mail address; map `email`, then rerun the delivery"));
    };
    let account = match look_up(run, &email).await? {
        Some(found) if is_ours(run, &found).await? => found,
        Some(found) => return known(run, &found).await,
        None if run.job.has_step("created") => {
            return Err(Stop::dead(
                "the account that this job made is gone from the portal; rerun the delivery to make another",
            ));
        }
        None => match make(run, &params, &email).await? {
            Made::New(account) => account,
            Made::Known(found) => return known(run, &found).await,
        },
    };
    confirm(run, &params, &email, account).await
}

/// The person's account: the one on record, wherever its address has moved, else the one of the address.
async fn look_up(run: &Run<'_>, email: &str) -> Result<Option<Account>, Stop> {
    if let (Some(user_id), None) = (&run.person.user_id, run.person.deleted_at)
        && let Some(account) = run.portal.account(user_id).await?
    {
        return Ok(Some(account));
    }
    Ok(run.portal.find_by_email(email).await?)
}

/// Whether an account found was made by us: after our recorded intent, by our key's user.
async fn is_ours(run: &Run<'_>, account: &Account) -> Result<bool, Stop> {
    if run.job.has_step("created") {
        return Ok(true);
    }
    let Some(intent) = run.person.intent_at else { return Ok(false) };
    let since_then = account.registered_at.is_some_and(|at| at >= intent - CLOCK_SKEW);
    if !since_then {
        return Ok(false);
    }
    let owner = run.portal.owner().await?;
    Ok(account.created_by.as_deref() == Some(owner.id.as_str()))
}

async fn known(run: &mut Run<'_>, found: &Account) -> Result<Outcome, Stop> {
    let state = if found.is_activated() { AccountState::Active } else { AccountState::Pending };
    let word = match (found.status, state) {
        (2, _) => "disabled",
        (_, AccountState::Active) => "active",
        _ => "not yet activated",
    };
    let user_id = found.id.clone();
    let detail = format!("the address has the account {user_id} already ({word}, {})", found.user_type);
    let adopt = move |ledger: &mut crate::ledger::Ledger, id| {
        ledger.adopt(id, &user_id);
        let Some(person) = ledger.edit(id) else { return };
        person.intent_at = None;
        if person.user_id.as_ref() == Some(&user_id) && person.account != AccountState::Active {
            person.account = state;
        }
    };
    run.step(false, "known", detail, Some(&found.id), adopt).await?;
    Ok(Outcome::done(format!("known: the address has an account already ({word}); nothing was created or mailed")))
}

enum Made {
    New(Account),
    Known(Account),
}

async fn make(run: &mut Run<'_>, params: &Onboard, email: &str) -> Result<Made, Stop> {
    let first_name = run.event.first_name.clone();
    if params.mode == Mode::Create && first_name.is_none() {
        return Err(Stop::dead(
            "the event has no first name, and DocSpace creates no account without one; map `first_name`, or use \
             mode = \"invite\", then rerun the delivery",
        ));
    }
    let detail = format!("about to make a {} account ({:?})", params.user_type, params.mode).to_lowercase();
    let now = run.app.clock.now();
    let intend = move |ledger: &mut crate::ledger::Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.intent_at = person.intent_at.or(Some(now));
        }
    };
    run.step(true, "intent", detail, None, intend).await?;
    let made = match params.mode {
        Mode::Link => return Err(Stop::held("this version mails no links")),
        Mode::Invite => run.portal.invite(email, params.user_type, None).await.map(|()| None),
        Mode::Create => {
            let new = NewAccount {
                email: email.to_owned(),
                first_name: first_name.unwrap_or_default(),
                last_name: run.event.last_name.clone().unwrap_or_default(),
                user_type: params.user_type,
                culture: None,
            };
            run.portal.create(&new).await.map(Some)
        }
    };
    match made {
        Ok(Some(account)) => Ok(Made::New(account)),
        // Older servers skip what they do not like and say yes: only the look-up tells.
        Ok(None) => match run.portal.find_by_email(email).await? {
            Some(account) => Ok(Made::New(account)),
            None => Err(Stop::held(
                "DocSpace accepted the invitation but made no account: may the key's owner invite this type?",
            )),
        },
        Err(refused @ PortalError::Refused { status: 400, .. }) => after_refusal(run, email, refused).await,
        Err(refused @ (PortalError::Refused { .. } | PortalError::Scope { .. })) => Err(withdraw(run, refused).await),
        Err(error) => Err(error.into()),
    }
}

/// 400 may mean that the account exists, perhaps made by an earlier try of ours.
async fn after_refusal(run: &mut Run<'_>, email: &str, refused: PortalError) -> Result<Made, Stop> {
    match run.portal.find_by_email(email).await? {
        Some(found) if is_ours(run, &found).await? => Ok(Made::New(found)),
        Some(found) => Ok(Made::Known(found)),
        None => Err(withdraw(run, refused).await),
    }
}

/// A definite refusal made no account: one found later is not ours, and the address may still be corrected.
async fn withdraw(run: &mut Run<'_>, refused: PortalError) -> Stop {
    let forget = |ledger: &mut crate::ledger::Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.intent_at = None;
        }
    };
    match run.step(false, "refused", refused.summary(), None, forget).await {
        Ok(()) => refused.into(),
        Err(stop) => stop,
    }
}

/// Read the account back, send the invitation of the published flow, and note the end.
async fn confirm(run: &mut Run<'_>, params: &Onboard, email: &str, made: Account) -> Result<Outcome, Stop> {
    let user_id = made.id.clone();
    if !run.job.has_step("created") {
        let adopt = move |ledger: &mut crate::ledger::Ledger, id| ledger.adopt(id, &user_id);
        run.step(false, "created", format!("account {} exists", made.id), Some(&made.id), adopt).await?;
    }
    let mut note = String::from("invited");
    if params.mode == Mode::Create {
        let account = run.portal.account(&made.id).await?.ok_or_else(|| {
            let reason = "the account just made cannot be read back".to_owned();
            Stop::With(Outcome::Retry { reason, after: None, outage: false })
        })?;
        // Its address may have been changed since: inviting the old one would make a second account.
        let address = if account.email.is_empty() { email } else { account.email.as_str() };
        note = invite(run, params.user_type, account.user_type, address).await?;
    }
    let now = run.app.clock.now();
    let finish = move |ledger: &mut crate::ledger::Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.invited_at = person.invited_at.or(Some(now));
            person.intent_at = person.intent_at.or(Some(now));
        }
    };
    run.step(true, "onboarded", note.clone(), None, finish).await?;
    Ok(Outcome::done(note))
}

/// The second call of the published flow. On a real server it mails nothing for this account, and its refusal does
/// not undo the account.
async fn invite(run: &mut Run<'_>, asked: UserType, got: UserType, email: &str) -> Result<String, Stop> {
    let mut note = format!("created as {got} and invited");
    if got != asked {
        note = format!("{note}; {asked} was asked for: a paid seat was missing");
        run.tell("seat", format!("DocSpace made a {got} account where {asked} was asked for")).await?;
    }
    if run.job.has_step("invited") {
        return Ok(note);
    }
    match run.portal.invite(email, got, None).await {
        Ok(()) => run.tell("invited", format!("invited as {got}")).await?,
        Err(refused @ (PortalError::Refused { .. } | PortalError::Scope { .. })) => {
            run.tell("invite_refused", refused.summary()).await?;
            note = format!("created as {got}; the invitation call was refused, the activation letter is on its way");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(note)
}
