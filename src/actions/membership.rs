//! Groups and rooms: where an account is let in, mailing nothing. Where somebody is already is left as it is.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::docspace::{Account, Error as PortalError, Group, Invitee};
use crate::model::{Grant, Onboard, RoomGrant, Step, UserType};

use super::{Run, Stop, grants};

/// How long the list of groups is good for. A group that is not on it is looked for again at once.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Where an account is to be.
#[derive(Default)]
pub(super) struct Places<'p> {
    pub(super) groups: Vec<Group>,
    pub(super) rooms: &'p [RoomGrant],
    /// Language of what DocSpace mails.
    pub(super) culture: Option<&'p str>,
}

/// What came of it: for each thing a note for the end of the job, or what was refused.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) notes: Vec<String>,
    pub(super) refused: Vec<String>,
}

/// The groups of these ids or names. Asked before anything is made or changed, so that a typo holds the job first.
pub(super) async fn groups(run: &Run<'_>, names: &[String]) -> Result<Vec<Group>, Stop> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let now = run.app.clock.now();
    if let Some(known) = run.app.groups.get(&run.person.portal, LIFE, now)
        && let Ok(found) = choose(&known, names)
    {
        return Ok(found);
    }
    let all: Arc<Vec<Group>> = run.app.groups.put(&run.person.portal, run.portal.groups().await?, now);
    choose(&all, names).map_err(Stop::held)
}

/// The groups that a hire comes into. Guests are in none: the server leaves them out without a word.
pub(super) async fn groups_of(run: &Run<'_>, params: &Onboard) -> Result<Vec<Group>, Stop> {
    match params.user_type {
        UserType::Guest => Ok(Vec::new()),
        _ => groups(run, &params.groups).await,
    }
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
                    "the portal has no group '{word}', so that nothing was done: make the group and release this job, \
                     or mend the rule, cancel this job and rerun the delivery"
                ));
            }
            (None, _) => {
                return Err(format!(
                    "the portal has several groups '{word}', so that nothing was done: write the group's id in the \
                     rule, cancel this job and rerun the delivery"
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
    let mut places = Places { groups: Vec::new(), rooms: &params.rooms, culture: params.culture.as_deref() };
    if account.user_type != UserType::Guest {
        places.groups = groups_of(run, params).await?;
    } else if !params.groups.is_empty() {
        tally.notes.push("a guest is in no group: the rule's groups were left out".to_owned());
    }
    let_in(run, account, &places, &mut tally).await?;
    if tally.refused.is_empty() {
        return Ok(tally.notes);
    }
    Err(Stop::held(format!(
        "the account is there, but {}. See to it, then release this job; or do it by hand in DocSpace and cancel this job",
        tally.refused.join("; ")
    )))
}

/// Let an account in where it is not yet.
pub(super) async fn let_in(
    run: &mut Run<'_>,
    account: &Account,
    places: &Places<'_>,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let mut missing = Vec::new();
    let mut open = Vec::new();
    for group in &places.groups {
        match account.groups.iter().any(|other| other.id == group.id) {
            true => tally.notes.push(format!("in the group {}", group.name)),
            false => missing.push(grants::of_group(group)),
        }
    }
    for room in places.rooms {
        match stands(run, account, room).await? {
            Standing::In(note) => tally.notes.push(note),
            Standing::Out => {
                missing.push(grants::of_room(&room.id));
                open.push(room);
            }
            // The room of a guest's invitation.
            Standing::Entered(note) => {
                missing.push(grants::of_room(&room.id));
                tally.notes.push(note);
            }
            Standing::Unseen(why) => tally.refused.push(why),
        }
    }
    let new = grants::note(run, &missing).await?;
    for group in places.groups.iter().filter(|group| missing.contains(&grants::of_group(group))) {
        join(run, group, account, &new, tally).await?;
    }
    for room in open {
        enter(run, room, account, places.culture, &new, tally).await?;
    }
    Ok(())
}

/// How somebody stands in a room.
enum Standing {
    /// Nothing is to be done: the note.
    In(String),
    /// It is to be shared.
    Out,
    /// It was shared by this job: the note.
    Entered(String),
    /// It cannot be told: what was refused.
    Unseen(String),
}

async fn stands(run: &Run<'_>, account: &Account, room: &RoomGrant) -> Result<Standing, Stop> {
    let note = note(room);
    if run.job.steps.iter().any(|step| step.name == "shared" && step.detail == note) {
        return Ok(Standing::Entered(note));
    }
    let warned = |step: &&Step| step.name == "room_warning" && step.detail.starts_with(&note);
    if let Some(step) = run.job.steps.iter().rfind(warned) {
        return Ok(Standing::Entered(step.detail.clone()));
    }
    // An account that this job has made was nowhere before.
    if run.job.has_step("created") {
        return Ok(Standing::Out);
    }
    let right = match run.portal.room_right(&room.id, &account.id).await {
        Ok(right) => right,
        Err(error) => return Ok(Standing::Unseen(not_shared(&room.id, &definite(error)?))),
    };
    let is_ours = run.person.grants.contains(&grants::of_room(&room.id));
    Ok(match right {
        Some(right) if right == i64::from(room.access.number()) => Standing::In(note),
        Some(_) if !is_ours => Standing::In(format!("in room {} already, with a right that others gave", room.id)),
        Some(_) | None => Standing::Out,
    })
}

async fn join(
    run: &mut Run<'_>,
    group: &Group,
    account: &Account,
    new: &[Grant],
    tally: &mut Tally,
) -> Result<(), Stop> {
    let Group { id, name } = group;
    match run.portal.add_to_group(id, &account.id).await {
        Ok(()) => {
            run.tell("grouped", format!("in the group {name} ({id})")).await?;
            tally.notes.push(format!("in the group {name}"));
        }
        Err(error) => {
            let error = definite(error)?;
            let detail = format!("{name} ({id}): {}", error.summary());
            grants::forget(run, "group_refused", detail, new.iter().find(|new| **new == grants::of_group(group)))
                .await?;
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
    new: &[Grant],
    tally: &mut Tally,
) -> Result<(), Stop> {
    let note = note(room);
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
            let detail = format!("{note}: {}", error.summary());
            grants::forget(run, "room_refused", detail, new.iter().find(|new| **new == grants::of_room(&room.id)))
                .await?;
            tally.refused.push(not_shared(&room.id, &error));
        }
    }
    Ok(())
}

/// What is told of a room that was shared.
pub(super) fn note(room: &RoomGrant) -> String {
    format!("in room {} ({})", room.id, room.access.as_str())
}

fn not_shared(room: &str, error: &PortalError) -> String {
    format!("room {room} was not shared with it ({})", error.summary())
}

/// An error that another try will not change by itself; anything else ends this try.
pub(super) fn definite(error: PortalError) -> Result<PortalError, Stop> {
    match &error {
        PortalError::Refused { status: 402, .. } => Err(error.into()),
        PortalError::Refused { .. } | PortalError::Scope { .. } => Ok(error),
        _ => Err(error.into()),
    }
}
