//! Bring a person to an account in DocSpace and invite them: once, whatever happens in between.

use jiff::SignedDuration;
use serde_json::json;

use crate::docspace::{Account, Error as PortalError};
use crate::ledger::Ledger;
use crate::model::{CallOff, JobState, NewJob, Onboard, Outcome, Person, Timestamp, UserType, Way, kind};

use super::making::{Made, make};
use super::{Run, Stop, existing, guarding, identity, link, membership, once};

/// How far the portal's clock may be behind ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How long the link of a letter can be used (`email:validinterval` of the server's configuration).
pub(super) const LINK_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The end of a job whose person has left before anything came of it.
const LEFT: &str = "not onboarded: HR has told that the person leaves";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let params: Onboard = run.params()?;
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == "onboarded") {
        // All was done, and then the end of the job could not be stored.
        return Ok(finished(run, &params, step.detail.clone()));
    }
    // The ledger has the address as last told, and keeps it from the first intent on.
    let Some(email) = run.person.email.clone().or_else(|| run.event.email.clone()) else {
        return Err(Stop::dead("the event has no e-mail address; map `email`, then rerun the delivery"));
    };
    if has_left(run) && !run.person.is_ours() {
        return Ok(Outcome::done(LEFT));
    }
    guarding::newcomer(run, &email).await?;
    let account = match look_up(run, &email).await? {
        Some(found) if run.person.invited_at.is_some() => return existing::known(run, &params, &found).await,
        None if run.person.invited_at.is_some() => {
            return Ok(Outcome::done("known: onboarded before; nothing was created or mailed"));
        }
        Some(found) if is_ours(run, &found).await? => found,
        Some(found) => return existing::known(run, &params, &found).await,
        None if run.job.has_step("created") => {
            return Err(Stop::dead(
                "the account that this job made is gone from the portal; rerun the delivery to make another",
            ));
        }
        // A link that may have been mailed is for a person to look after.
        None if has_left(run) && !once::perhaps_sent(&run.job.steps) => {
            withdraw(run, LEFT.to_owned()).await?;
            return Ok(Outcome::done(LEFT));
        }
        None if params.way() == Way::Link => {
            let note = link::invite(run, &params).await?;
            return Ok(finished(run, &params, note));
        }
        None => match make(run, &params, &email).await? {
            Made::New(account) => account,
            Made::Known(found) => return existing::known(run, &params, &found).await,
        },
    };
    confirm(run, &params, &email, account).await
}

/// Whether the end was told while this job was being worked on or was dead, so that it was not called off. Whose hire was
/// held because of an end has not left any more once a human being has released it; see [`identity::settle`].
fn has_left(run: &Run<'_>) -> bool {
    run.person.left_at.is_some() && !run.is_by_hand()
}

/// The person's account: the one on record, wherever its address has moved, else the one of the address.
async fn look_up(run: &mut Run<'_>, email: &str) -> Result<Option<Account>, Stop> {
    if let (Some(user_id), None) = (&run.person.user_id, run.person.deleted_at) {
        if let Some(account) = run.portal.account(user_id).await? {
            return Ok(Some(account));
        }
        identity::gone(run).await?;
    }
    Ok(run.portal.find_by_email(email).await?)
}

/// Whether an account found was made by us: after our recorded intent, by our key's user.
pub(super) async fn is_ours(run: &Run<'_>, account: &Account) -> Result<bool, Stop> {
    if run.job.has_step("created") {
        return Ok(true);
    }
    if !is_since_intent(&run.person, account) || identity::holder(run, account).await?.is_some() {
        return Ok(false);
    }
    let owner = run.portal.owner().await?;
    Ok(account.created_by.as_deref() == Some(owner.id.as_str()))
}

/// Whether the account came to be after we meant to make one.
#[must_use]
pub fn is_since_intent(person: &Person, account: &Account) -> bool {
    person.intent_at.zip(account.registered_at).is_some_and(|(intent, made)| made >= intent - CLOCK_SKEW)
}

/// Record the intent, unless the guard is against it: from here on an account found may be ours.
pub(super) async fn intend(run: &mut Run<'_>, detail: String) -> Result<(), Stop> {
    guarding::admit(run, "intent", detail).await
}

/// A definite refusal made no account: one found later is not ours, and the address may still be corrected.
pub(super) async fn withdraw(run: &mut Run<'_>, reason: String) -> Result<(), Stop> {
    run.step(false, "refused", reason, None, guarding::take_back).await
}

/// Read the account back, send the invitation of the published flow, let it into groups and rooms, and note the end.
async fn confirm(run: &mut Run<'_>, params: &Onboard, email: &str, made: Account) -> Result<Outcome, Stop> {
    if !run.job.has_step("created") {
        note_created(run, params, &made).await?;
    }
    let mut note = match params.way() {
        Way::Created => {
            let account = run.portal.account(&made.id).await?.ok_or_else(|| {
                let reason = "the account just made cannot be read back".to_owned();
                Stop::With(Outcome::Retry { reason, after: None, outage: false })
            })?;
            // Its address may have been changed since: inviting the old one would make a second account.
            let address = if account.email.is_empty() { email } else { account.email.as_str() };
            invite(run, params, account.user_type, address).await?
        }
        Way::Room => format!("invited as {} to a room", made.user_type),
        Way::Invited => "invited".to_owned(),
        // What became of our letter was not heard, and it has arrived.
        Way::Link => "registered by the invitation link".to_owned(),
    };
    for placed in membership::place(run, params, &made).await? {
        note = format!("{note}; {placed}");
    }
    let now = run.app.clock.now();
    let finish = move |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.invited_at = person.invited_at.or(Some(now));
            person.intent_at = person.intent_at.or(Some(now));
        }
    };
    run.step(true, "onboarded", note.clone(), None, finish).await?;
    Ok(finished(run, params, note))
}

/// The account exists, and its letter was mailed when it came to be.
async fn note_created(run: &mut Run<'_>, params: &Onboard, made: &Account) -> Result<(), Stop> {
    let way = params.way();
    let now = run.app.clock.now();
    let mailed_at = made.registered_at.unwrap_or(now).min(now);
    let user_id = made.id.clone();
    let adopt = move |ledger: &mut Ledger, id| {
        ledger.adopt(id, &user_id);
        if let Some(person) = ledger.edit(id) {
            person.way = Some(way);
            if way != Way::Link {
                person.link_expires_at = expiry(mailed_at);
            }
        }
    };
    run.step(false, "created", format!("account {} exists", made.id), Some(&made.id), adopt).await
}

/// When the link of a letter mailed at this moment ends.
pub(super) fn expiry(mailed_at: Timestamp) -> Option<Timestamp> {
    mailed_at.checked_add(LINK_LIFE).ok()
}

/// The second call of the published flow. On a real server it mails nothing for this account, and its refusal does
/// not undo the account.
async fn invite(run: &mut Run<'_>, params: &Onboard, got: UserType, email: &str) -> Result<String, Stop> {
    let asked = params.user_type;
    let mut note = format!("created as {got} and invited");
    if got != asked {
        note = format!("{note}; {asked} was asked for: a paid seat was missing");
        if !run.job.has_step("seat") {
            run.tell("seat", format!("DocSpace made a {got} account where {asked} was asked for")).await?;
        }
    }
    if run.job.has_step("invited") {
        return Ok(note);
    }
    match run.portal.invite(email, got, params.culture.as_deref()).await {
        Ok(()) => run.tell("invited", format!("invited as {got}")).await?,
        Err(refused @ (PortalError::Refused { .. } | PortalError::Scope { .. } | PortalError::MailLimit { .. })) => {
            run.tell("invite_refused", refused.summary()).await?;
            note =
                note.replace("and invited", "(the invitation call was refused, the activation letter is on its way)");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(note)
}

/// The end, with the reminder that the rule asks for. What else waits for a decision whether to bring in this person is
/// decided.
fn finished(run: &Run<'_>, params: &Onboard, note: String) -> Outcome {
    let then = params.remind_after.map(|after| NewJob {
        kind: kind::REMIND,
        key: format!("{}/{}", kind::REMIND, run.job.key),
        state: JobState::Ready,
        reason: None,
        delivery: run.job.delivery,
        person: Some(run.person.id),
        payload: json!({"params": params, "event": run.event}),
        due_at: run.app.clock.now().checked_add(after).ok(),
    });
    let reason = "called off: onboarded by another job".to_owned();
    let off = CallOff { person: run.person.id, kinds: &[kind::ONBOARD], held_only: true, reason };
    Outcome::Done { note: Some(note), then: then.into_iter().collect(), off: vec![off] }
}
