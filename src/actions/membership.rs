//! Groups and rooms: where an account is let in, beside being made.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::docspace::{Account, Error as PortalError, Group, Invitee};
use crate::model::{Onboard, RoomGrant, UserType};

use super::{Run, Stop};

/// How long the list of groups is good for. A group that is not on it is looked for again at once.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// The ids of the groups that the rule names by id or name. Asked before anything is made or mailed, so that a typo
/// holds the job first.
pub(super) async fn groups(run: &Run<'_>, params: &Onboard) -> Result<Vec<Group>, Stop> {
    // Guests are in no group: the server leaves them out without a word.
    if params.groups.is_empty() || params.user_type == UserType::Guest {
        return Ok(Vec::new());
    }
    let now = run.app.clock.now();
    if let Some(known) = run.app.groups.get(&run.person.portal, LIFE, now)
        && let Ok(found) = choose(&known, &params.groups)
    {
        return Ok(found);
    }
    let all: Arc<Vec<Group>> = run.app.groups.put(&run.person.portal, run.portal.groups().await?, now);
    choose(&all, &params.groups).map_err(Stop::held)
}

/// The groups that a rule names by id or name, of all there are.
///
/// # Errors
/// Why the job has to wait for a person: a group that is not there, or that there are several of.
pub fn choose(all: &[Group], wanted: &[String]) -> Result<Vec<Group>, String> {
    let mut chosen: Vec<Group> = Vec::new();
    for word in wanted {
        let word = word.trim();
        let by_id = all.iter().find(|group| group.id.eq_ignore_ascii_case(word));
        let lower = word.to_lowercase();
        let named: Vec<_> = all.iter().filter(|group| group.name.trim().to_lowercase() == lower).collect();
        let group = match (by_id, named.as_slice()) {
            (Some(group), _) => group,
            (None, [group]) => *group,
            (None, []) => {
                return Err(format!(
                    "the portal has no group '{word}', so that nothing was made or mailed: make the group and release \
                     this job, or mend the rule, cancel this job and rerun the delivery"
                ));
            }
            (None, _) => {
                return Err(format!(
                    "the portal has several groups '{word}', so that nothing was made or mailed: write the group's id \
                     in the rule, cancel this job and rerun the delivery"
                ));
            }
        };
        if !chosen.contains(group) {
            chosen.push(group.clone());
        }
    }
    Ok(chosen)
}

/// Let an account into the rule's groups and rooms, mailing nothing. What was done stays done when the job is tried
/// again; what is refused is told after the rest was done. For each thing a note for the end of the job.
pub(super) async fn place(run: &mut Run<'_>, params: &Onboard, account: &Account) -> Result<Vec<String>, Stop> {
    let mut tally = Tally::default();
    if account.user_type == UserType::Guest {
        if !params.groups.is_empty() {
            tally.notes.push("a guest is in no group: the rule's groups were left out".to_owned());
        }
    } else {
        for group in groups(run, params).await? {
            join(run, &group, account, &mut tally).await?;
        }
    }
    for room in &params.rooms {
        enter(run, room, account, params.culture.as_deref(), &mut tally).await?;
    }
    if tally.refused.is_empty() {
        return Ok(tally.notes);
    }
    Err(Stop::held(format!(
        "the account is there, but {}. See to it, then release this job; or do it by hand in DocSpace and cancel this job",
        tally.refused.join("; ")
    )))
}

#[derive(Default)]
struct Tally {
    notes: Vec<String>,
    refused: Vec<String>,
}

async fn join(run: &mut Run<'_>, group: &Group, account: &Account, tally: &mut Tally) -> Result<(), Stop> {
    let Group { id, name } = group;
    if run.job.steps.iter().any(|step| step.name == "grouped" && step.detail.contains(id.as_str())) {
        tally.notes.push(format!("in the group {name}"));
        return Ok(());
    }
    match run.portal.add_to_group(id, &account.id).await {
        Ok(()) => {
            run.tell("grouped", format!("in the group {name} ({id})")).await?;
            tally.notes.push(format!("in the group {name}"));
        }
        Err(error) => {
            let error = definite(error)?;
            run.tell("group_refused", format!("{name} ({id}): {}", error.summary())).await?;
            tally.refused.push(format!("the group {name} did not take it ({})", error.summary()));
        }
    }
    Ok(())
}

async fn enter(
    run: &mut Run<'_>,
    room: &RoomGrant,
    account: &Account,
    culture: Option<&str>,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let note = note(room);
    if run.job.steps.iter().any(|step| step.name == "shared" && step.detail == note) {
        tally.notes.push(note);
        return Ok(());
    }
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == "room_warning" && step.detail.starts_with(&note))
    {
        tally.notes.push(step.detail.clone());
        return Ok(());
    }
    let invitee = Invitee::Account(account.id.clone());
    match run.portal.share_room(&room.id, &invitee, room.access, false, culture).await {
        Ok(None) => {
            run.tell("shared", note.clone()).await?;
            tally.notes.push(note);
        }
        Ok(Some(warning)) => {
            let warned = format!("{note}, but the portal warns: {warning}");
            run.tell("room_warning", warned.clone()).await?;
            tally.notes.push(warned);
        }
        Err(error) => {
            let error = definite(error)?;
            run.tell("room_refused", format!("{note}: {}", error.summary())).await?;
            tally.refused.push(format!("room {} was not shared with it ({})", room.id, error.summary()));
        }
    }
    Ok(())
}

/// What is told of a room that was shared.
pub(super) fn note(room: &RoomGrant) -> String {
    format!("in room {} ({})", room.id, room.access.as_str())
}

/// An error that another try will not change by itself; anything else ends this try.
fn definite(error: PortalError) -> Result<PortalError, Stop> {
    match &error {
        PortalError::Refused { status: 402, .. } => Err(error.into()),
        PortalError::Refused { .. } | PortalError::Scope { .. } => Ok(error),
        _ => Err(error.into()),
    }
}
