//! Bring an account to what the rules say of a mover: its type, groups and rooms. Only what we let it into is taken back.

use crate::docspace::{Account, Error as PortalError, Group};
use crate::model::{Grant, GrantKind, JobState, Outcome, Update, UserType, kind};
use crate::store::JobFilter;

use super::existing::TERMINATED;
use super::membership::{Places, Tally, definite};
use super::{Run, Stop, grants, membership, touching};

/// What became of the job; the detail is its note.
const UPDATED: &str = "updated";
/// What is said of a person who has no account to be changed.
pub const NOBODY: &str = "nothing to change: the portal has no account of this person";
/// Why an update waits for an onboarding that waits for a person.
pub const NOT_YET: &str = "the person is not onboarded yet: see to that job first, then release this one; or cancel it";
/// Steps that changed something: their details are the note.
const CHANGES: [&str; 6] = ["retyped", "type_left", "grouped", "shared", "room_warning", "taken_back"];

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let params: Update = run.params()?;
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == UPDATED) {
        // It was done, and then the end of the job could not be stored.
        return Ok(Outcome::done(step.detail.clone()));
    }
    let Some(account) = touching::account(run).await? else { return nobody(run).await };
    if account.status == TERMINATED {
        return Ok(Outcome::done("left alone: the account is disabled"));
    }
    if let Some(barrier) = touching::barrier(run, &account).await? {
        return Ok(Outcome::done(format!("nothing was changed: {}", barrier.why(&account.id))));
    }
    let named = match &params.groups {
        Some(names) => Some(membership::groups(run, names).await?),
        None => None,
    };
    let mut tally = Tally::default();
    let (account, waiting) = retype(run, &params, account, &mut tally).await?;
    let is_guest = account.user_type == UserType::Guest;
    let groups = named.filter(|_| !is_guest);
    let unwanted = |grant: &&Grant| is_unwanted(grant, &params, groups.as_deref());
    let unwanted: Vec<_> = run.person.grants.iter().filter(unwanted).cloned().collect();
    let rooms = params.rooms.as_deref().unwrap_or_default();
    let places = Places { groups: groups.unwrap_or_default(), rooms, culture: None };
    membership::let_in(run, &account, &places, &mut tally).await?;
    grants::take_back(run, &account, &unwanted, &mut tally).await?;
    look_again(run, &account, &places.groups, &unwanted, &mut tally).await?;
    match waiting {
        // A seat is waited for when all the rest is done.
        Some(stop) => Err(stop),
        None => finish(run, &tally).await,
    }
}

/// Whether a grant is none that the rule speaks for any more.
fn is_unwanted(grant: &Grant, params: &Update, groups: Option<&[Group]>) -> bool {
    match grant.kind {
        GrantKind::Group => groups.is_some_and(|groups| groups.iter().all(|group| group.id != grant.id)),
        GrantKind::Room => params.rooms.as_ref().is_some_and(|rooms| rooms.iter().all(|room| room.id != grant.id)),
    }
}

/// Nobody to be changed, unless somebody is still to be onboarded, by what was known before the move.
async fn nobody(run: &Run<'_>) -> Result<Outcome, Stop> {
    let waiting = JobFilter {
        kind: Some(kind::ONBOARD.to_owned()),
        person: Some(run.person.id),
        states: vec![JobState::Held],
        ..JobFilter::default()
    };
    if run.app.store.jobs(waiting).await?.is_empty() {
        return Ok(Outcome::done(NOBODY));
    }
    Err(Stop::held(NOT_YET))
}

/// Give the account its type, if that is a higher one: DocSpace lowers none by this call, and would mail the person all
/// the same (`UserManagerWrapper.cs`). The account as it is then, and what to do where a paid seat is missing.
async fn retype(
    run: &mut Run<'_>,
    params: &Update,
    account: Account,
    tally: &mut Tally,
) -> Result<(Account, Option<Stop>), Stop> {
    let Some(wanted) = params.user_type.filter(|wanted| *wanted != account.user_type) else {
        return Ok((account, None));
    };
    let has = account.user_type;
    if let Some(left) = type_left(&account, wanted) {
        run.tell_once("type_left", left).await?;
        return Ok((account, None));
    }
    match run.portal.set_type(&account.id, wanted).await {
        Ok(Some(now)) if now.user_type == wanted => {
            run.tell("retyped", format!("from {has} to {wanted}")).await?;
            Ok((now, None))
        }
        Ok(now) => {
            run.tell_once("type_left", left(has, wanted, "DocSpace accepted the call and left it")).await?;
            Ok((now.unwrap_or(account), None))
        }
        Err(error @ PortalError::Refused { status: 402, .. }) => Ok((account, Some(error.into()))),
        Err(error) => {
            let error = definite(error)?;
            run.tell("type_refused", error.summary()).await?;
            tally.refused.push(format!("its type stays {has} ({})", error.summary()));
            Ok((account, None))
        }
    }
}

/// Why an account does not get another type, as a sentence; `None`: nothing is against it.
#[must_use]
pub fn type_left(account: &Account, wanted: UserType) -> Option<String> {
    let has = account.user_type;
    if wanted == has {
        return None;
    }
    if account.is_admin() {
        return Some(left(has, wanted, "an administrator's is never changed from here"));
    }
    let is_lower = rank(wanted) < rank(has);
    is_lower.then(|| left(has, wanted, "DocSpace lowers none by its API; change it in Contacts"))
}

fn left(has: UserType, wanted: UserType, why: &str) -> String {
    format!("the type stays {has}, where {wanted} was asked for: {why}")
}

/// From the least (`UserManagerWrapper.cs`).
fn rank(user_type: UserType) -> u8 {
    match user_type {
        UserType::Guest => 0,
        UserType::User => 1,
        UserType::RoomAdmin => 2,
        UserType::DocSpaceAdmin => 3,
    }
}

/// Read back what was changed: the server skips whom it does not want in a group without a word.
async fn look_again(
    run: &Run<'_>,
    before: &Account,
    wanted: &[Group],
    unwanted: &[Grant],
    tally: &mut Tally,
) -> Result<(), Stop> {
    let is_in = |account: &Account, id: &str| account.groups.iter().any(|group| group.id == id);
    let gone =
        |account: &Account| unwanted.iter().find(|grant| is_in(account, &grant.id)).map(|grant| grant.id.clone());
    let is_changed = gone(before).is_some() || wanted.iter().any(|group| !is_in(before, &group.id));
    if !is_changed || !tally.refused.is_empty() {
        return Ok(());
    }
    let Some(account) = run.portal.account(&before.id).await? else { return Ok(()) };
    if let Some(group) = wanted.iter().find(|group| !is_in(&account, &group.id)) {
        tally.refused.push(format!("the portal accepted that it is in the group {}, and it is not there", group.name));
    }
    if let Some(id) = gone(&account) {
        tally.refused.push(format!("the portal accepted that it leaves the group {id}, and it is still there"));
    }
    Ok(())
}

async fn finish(run: &mut Run<'_>, tally: &Tally) -> Result<Outcome, Stop> {
    if !tally.refused.is_empty() {
        return Err(Stop::held(format!(
            "the account was changed as far as it could be, but {}. See to it, then release this job; or do it by hand in \
             DocSpace and cancel this job",
            tally.refused.join("; ")
        )));
    }
    let changes = run.job.steps.iter().filter(|step| CHANGES.contains(&step.name.as_str()));
    let changes: Vec<_> = changes.map(|step| step.detail.clone()).collect();
    let note = if changes.is_empty() { "nothing to change".to_owned() } else { changes.join("; ") };
    run.step(true, UPDATED, note.clone(), None, |_, _| ()).await?;
    Ok(Outcome::done(note))
}
