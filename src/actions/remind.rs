//! Remind a person of an invitation not taken up yet: once, unless ordered again.
//!
//! How depends on the way the person came: DocSpace mails an invitation again, to the portal or to a room; our own mail
//! server mails the shared link again. An account made by `POST /people` has no second letter: DocSpace would mail an
//! invitation whose link leads nowhere for it (`InvitationValidator.cs`), so that nothing is asked of the portal.

use crate::docspace::Account;
use crate::ledger::Ledger;
use crate::model::{Job, Onboard, Outcome, Timestamp, UserType, Way, kind};
use crate::store::JobFilter;

use super::existing::TERMINATED;
use super::onboard::expiry;
use super::sending::Sending;
use super::{Run, Stop, letter, link, once};

/// The text for accounts that DocSpace mails nothing to.
const HELP: &str = "activation_help";

const WHAT: &str = "the reminder";

/// DocSpace's word for an invited account that nobody has registered for (`EmployeeStatus.cs`).
const PENDING: i64 = 4;

const ADVICE: &str = "the account was made with its names, and DocSpace mails no second letter for such an account. The \
                      person can set a password by \"Forgot password\" on the portal's login page, which activates it; \
                      or delete the account and invite the person anew. Tell the person, then cancel this job";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == "reminded") {
        // It was sent, and then the end of the job could not be stored.
        return Ok(Outcome::done(step.detail.clone()));
    }
    if run.person.reminded_at.is_some() && !run.again() {
        return Ok(Outcome::done("known: reminded before; nothing was mailed"));
    }
    once::guard(run, WHAT).await?;
    let account = account(run).await?;
    if let Some(note) = account.as_ref().and_then(needless) {
        return Ok(Outcome::done(note));
    }
    let params = params(run).await?;
    match (run.person.way, account) {
        (Some(Way::Link), None) => by_link(run, params).await,
        (_, None) => Err(Stop::dead(
            "the account is gone from the portal, and there is nothing to remind of; invite the person anew",
        )),
        (way, Some(account)) => match way.unwrap_or_else(|| seen(&account)) {
            Way::Invited => by_invitation(run, &account).await,
            Way::Room => by_room(run, &account, params).await,
            Way::Created => by_advice(run, account, params).await,
            Way::Link => Err(Stop::held(
                "the person has registered, but not confirmed the address: DocSpace mails that letter again when it is \
                 asked for on the portal's page. Tell the person, then cancel this job",
            )),
        },
    }
}

/// The person's account as the portal has it now.
async fn account(run: &Run<'_>) -> Result<Option<Account>, Stop> {
    match (&run.person.user_id, &run.person.email) {
        (Some(user_id), _) => Ok(run.portal.account(user_id).await?),
        (None, Some(email)) => Ok(run.portal.find_by_email(email).await?),
        (None, None) => Ok(None),
    }
}

/// Why there is nothing to remind of.
fn needless(account: &Account) -> Option<&'static str> {
    match account {
        Account { status: TERMINATED, .. } => Some("known: the account is disabled; nothing was mailed"),
        account if account.is_activated() => Some("known: active; nothing was mailed"),
        _ => None,
    }
}

/// How an account came to be that nobody saw coming, by its state: who was invited has not registered.
fn seen(account: &Account) -> Way {
    match account {
        Account { status: PENDING, user_type: UserType::Guest, .. } => Way::Room,
        Account { status: PENDING, .. } => Way::Invited,
        _ => Way::Created,
    }
}

/// What the person was onboarded with: the parameters of this job, else those of the latest onboarding.
async fn params(run: &Run<'_>) -> Result<Option<Onboard>, Stop> {
    let of = |job: &Job| job.payload.get("params").cloned().and_then(|params| serde_json::from_value(params).ok());
    if let Some(params) = of(&run.job) {
        return Ok(Some(params));
    }
    let kind = Some(kind::ONBOARD.to_owned());
    let jobs = run.app.store.jobs(JobFilter { kind, person: Some(run.person.id), ..JobFilter::default() }).await?;
    Ok(jobs.iter().max_by_key(|job| job.id).and_then(of))
}

async fn by_invitation(run: &mut Run<'_>, account: &Account) -> Result<Outcome, Stop> {
    once::begin(run, WHAT, false).await?;
    let sent = Sending::of_portal(run.portal.resend_invitation(&account.id).await);
    once::judge(run, sent, WHAT, false).await?;
    let expires_at = expiry(run.app.clock.now());
    reminded(run, "the invitation was mailed again", expires_at).await
}

async fn by_room(run: &mut Run<'_>, account: &Account, params: Option<Onboard>) -> Result<Outcome, Stop> {
    let Some(room) = params.and_then(|params| params.rooms.into_iter().next()) else {
        return Err(Stop::held(
            "it is not known to which room the guest was invited: resend the invitation in the room's list of members, \
             then cancel this job",
        ));
    };
    once::begin(run, WHAT, false).await?;
    let sent = Sending::of_portal(run.portal.resend_room_invitation(&room.id, &account.id).await);
    once::judge(run, sent, WHAT, false).await?;
    let expires_at = expiry(run.app.clock.now());
    reminded(run, &format!("the invitation to room {} was mailed again", room.id), expires_at).await
}

async fn by_link(run: &mut Run<'_>, params: Option<Onboard>) -> Result<Outcome, Stop> {
    let Some(params) = params else {
        return Err(Stop::held("it is not known what the person was invited as; invite the person anew"));
    };
    let link = link::mail(run, &params, false).await?;
    reminded(run, "the invitation link was mailed again", link.expires_at).await
}

/// Our own letter, saying what the person can do; without a mail server somebody has to say so.
async fn by_advice(run: &mut Run<'_>, account: Account, params: Option<Onboard>) -> Result<Outcome, Stop> {
    if run.app.mailer.is_none() {
        return Err(Stop::held(ADVICE));
    }
    run.account = Some(account);
    let language = params.and_then(|params| params.culture);
    let letter = letter::compose(run, None, HELP, language.as_deref(), None).await?;
    once::begin(run, WHAT, false).await?;
    let sent = letter::send(run, &letter).await;
    once::judge(run, sent, WHAT, false).await?;
    let expires_at = run.person.link_expires_at;
    reminded(run, "mailed how to activate the account by \"Forgot password\"", expires_at).await
}

async fn reminded(run: &mut Run<'_>, note: &str, expires_at: Option<Timestamp>) -> Result<Outcome, Stop> {
    let now = run.app.clock.now();
    let note_it = move |ledger: &mut Ledger, id| {
        if let Some(person) = ledger.edit(id) {
            person.reminded_at = Some(now);
            person.link_expires_at = expires_at;
        }
    };
    let detail = format!("reminded: {note}");
    run.step(true, "reminded", detail.clone(), None, note_it).await?;
    Ok(Outcome::done(detail))
}
