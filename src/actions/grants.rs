//! What we let people into. It is recorded before the call, so that a crash in between loses none; and only this is ever
//! taken back: where somebody was before, or was put by others, is not ours.

use crate::docspace::{Account, Error as PortalError, Group};
use crate::ledger::Ledger;
use crate::model::{Grant, GrantKind, PersonId};

use super::membership::{Tally, definite};
use super::{Run, Stop};

/// Record what is about to be granted; what of it is new.
pub(super) async fn note(run: &mut Run<'_>, missing: &[Grant]) -> Result<Vec<Grant>, Stop> {
    let new: Vec<_> = missing.iter().filter(|grant| !run.person.grants.contains(grant)).cloned().collect();
    if new.is_empty() {
        return Ok(new);
    }
    let words: Vec<_> = new.iter().map(|grant| format!("{} {}", word(grant.kind), grant.id)).collect();
    let detail = format!("about to let the account into {}", words.join(", "));
    let granted = new.clone();
    let grant = move |ledger: &mut Ledger, id: PersonId| {
        if let Some(person) = ledger.edit(id) {
            person.grants.extend(granted);
        }
    };
    run.step(true, "granting", detail, None, grant).await?;
    Ok(new)
}

/// Take an account out of those grants that are not to be kept, and of nothing else. A group or room that is gone is no
/// grant any more.
pub(super) async fn take_back(
    run: &mut Run<'_>,
    account: &Account,
    unwanted: &[Grant],
    tally: &mut Tally,
) -> Result<(), Stop> {
    for grant in unwanted {
        let group = account.groups.iter().find(|group| group.id == grant.id);
        let place = match (grant.kind, group) {
            (GrantKind::Group, Some(group)) => format!("the group {}", group.name),
            (kind, _) => format!("{} {}", word(kind), grant.id),
        };
        let left = match (grant.kind, group) {
            (GrantKind::Group, None) => Ok(Some("it was not in there any more".to_owned())),
            (GrantKind::Group, Some(_)) => run.portal.remove_from_group(&grant.id, &account.id).await.map(|()| None),
            (GrantKind::Room, _) => run.portal.leave_room(&grant.id, &account.id).await,
        };
        let detail = match left {
            Ok(None) => format!("out of {place}"),
            Ok(Some(words)) => format!("out of {place}, but: {words}"),
            Err(PortalError::Refused { status: 404, .. }) => format!("out of {place}, which is gone"),
            Err(error) => {
                let error = definite(error)?;
                run.tell("not_taken_back", format!("{place}: {}", error.summary())).await?;
                tally.refused.push(format!("it could not be taken out of {place} ({})", error.summary()));
                continue;
            }
        };
        forget(run, "taken_back", detail.clone(), Some(grant)).await?;
        tally.notes.push(detail);
    }
    Ok(())
}

/// Record a step, after which this is no grant of ours.
pub(super) async fn forget(run: &mut Run<'_>, name: &str, detail: String, grant: Option<&Grant>) -> Result<(), Stop> {
    let grant = grant.cloned();
    let forget = move |ledger: &mut Ledger, id: PersonId| {
        if let Some(person) = ledger.edit(id) {
            person.grants.retain(|other| Some(other) != grant.as_ref());
        }
    };
    run.step(true, name, detail, None, forget).await
}

/// Being in this group.
pub(super) fn of_group(group: &Group) -> Grant {
    Grant { kind: GrantKind::Group, id: group.id.clone() }
}

/// Being in this room.
pub(super) fn of_room(id: &str) -> Grant {
    Grant { kind: GrantKind::Room, id: id.to_owned() }
}

fn word(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Group => "group",
        GrantKind::Room => "room",
    }
}
