//! Changes of one account by the administrator, or by oneself (`UserController.cs`).

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::account::Account;
use super::directory::OWNER;
use super::employee::{ACTIVE, Activation, EmployeeType, TERMINATED};
use super::group_calls::join_groups;
use super::hook::UserEvent;
use super::people::{UNKNOWN, UserIds};
use super::policy::Role;
use super::portal::{MailKind, Portal};
use super::request::{Body, ids};
use super::wire::Reply;
use super::{Sandbox, Settings, seats};

/// What `PUT /people/{id}` takes; members it would ignore are ignored.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Profile {
    first_name: Option<String>,
    last_name: Option<String>,
    location: Option<String>,
    comment: Option<String>,
    department: Option<Vec<String>>,
    disable: Option<bool>,
    is_user: Option<bool>,
}

/// `PUT /people/{id}`: of another person only `disable` and `isUser` take effect, which makes a guest of a member, or a
/// paid member of a guest. Where nothing takes effect nothing is published.
pub(super) async fn update(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(profile): Body<Profile>,
) -> Result<Reply, Reply> {
    let groups = profile.department.as_deref().map(|groups| ids("Department", groups)).transpose()?;
    sandbox.change(|portal, now| {
        let account = portal.directory.by_name_or_id(&id).ok_or_else(|| Reply::missing(UNKNOWN))?;
        let id = account.id;
        let has_changed = if id == OWNER {
            change_own(portal, &sandbox, &profile, groups)?;
            true
        } else {
            portal.policy.check_manager()?;
            let has_disabled = disable(portal, id, profile.disable, now);
            set_guest(portal, &sandbox.inner.settings, id, profile.is_user)? || has_disabled
        };
        if has_changed {
            tell(portal, id, now);
        }
        shown(portal, id)
    })
}

/// The rest of one's own profile.
fn change_own(
    portal: &mut Portal,
    sandbox: &Sandbox,
    profile: &Profile,
    groups: Option<Vec<Uuid>>,
) -> Result<(), Reply> {
    if let Some(account) = portal.directory.get_mut(OWNER) {
        let first = profile.first_name.as_ref().unwrap_or(&account.first_name).clone();
        let last = profile.last_name.as_ref().unwrap_or(&account.last_name).clone();
        if !sandbox.takes_names(&first, &last) {
            return Err(Reply::bad("Incorrect firstname or lastname"));
        }
        (account.first_name, account.last_name) = (first, last);
        account.location = profile.location.clone().or(account.location.take());
        account.notes = profile.comment.clone().or(account.notes.take());
    }
    if let Some(groups) = groups {
        portal.directory.groups.forget(OWNER);
        join_groups(portal, OWNER, &groups)?;
    }
    Ok(())
}

/// Disable somebody, or enable again, which counts no seats here. Whether it took effect.
fn disable(portal: &mut Portal, id: Uuid, disable: Option<bool>, now: Timestamp) -> bool {
    let role = portal.policy.role;
    let (Some(disable), Some(account)) = (disable, portal.directory.get_mut(id)) else {
        return false;
    };
    let is_allowed = role.is_administrator() && !account.is_owner && role.may_add(account.kind);
    if is_allowed {
        account.status = if disable { TERMINATED } else { ACTIVE };
        account.terminated_at = disable.then_some(now);
    }
    is_allowed
}

/// Make somebody a guest, or a guest a paid member. Whether it took effect.
fn set_guest(portal: &mut Portal, settings: &Settings, id: Uuid, is_user: Option<bool>) -> Result<bool, Reply> {
    let Some(account) = portal.directory.get(id) else {
        return Ok(false);
    };
    let is_guest = account.kind == EmployeeType::Guest;
    let kind = match is_user {
        Some(true) if !is_guest && account.kind != EmployeeType::DocSpaceAdmin => EmployeeType::Guest,
        Some(false) if is_guest => {
            seats::check_paid(portal, settings)?;
            EmployeeType::RoomAdmin
        }
        _ => return Ok(false),
    };
    if let Some(account) = portal.directory.get_mut(id) {
        account.kind = kind;
    }
    Ok(true)
}

/// What `PUT /people/{id}/culture` takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Culture {
    culture_name: String,
}

/// `PUT /people/{id}/culture`: only one's own.
pub(super) async fn set_culture(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Culture>,
) -> Result<Reply, Reply> {
    sandbox.change(|portal, now| {
        let id = portal.directory.by_name_or_id(&id).ok_or_else(|| Reply::missing(UNKNOWN))?.id;
        if id != OWNER {
            return Err(Reply::denied());
        }
        if let Some(account) = portal.directory.get_mut(id) {
            account.culture = Some(body.culture_name);
        }
        tell(portal, id, now);
        shown(portal, id)
    })
}

/// `PUT /people/activationstatus/{status}`: what the page of a letter calls, and what an administrator may call too.
/// Unknown ids, and people above the caller, are skipped.
pub(super) async fn set_activation(
    State(sandbox): State<Sandbox>,
    Path(status): Path<String>,
    Body(body): Body<UserIds>,
) -> Result<Reply, Reply> {
    let Activation(activation) = status.parse().map_err(|error: String| Reply::invalid("activationstatus", error))?;
    let ids = body.read()?;
    sandbox.change(|portal, now| {
        if ids.iter().any(|id| *id != OWNER) {
            portal.policy.check_manager()?;
        }
        let role = portal.policy.role;
        let is_reached = |account: &Account| account.id == OWNER || (!account.is_owner && role.may_add(account.kind));
        let reached: Vec<_> =
            ids.iter().copied().filter(|id| portal.directory.get(*id).is_some_and(is_reached)).collect();
        for id in &reached {
            if let Some(account) = portal.directory.get_mut(*id) {
                account.activation = activation;
            }
            tell(portal, *id, now);
        }
        Ok(Reply::List(portal.directory.full_of(&reached)))
    })
}

/// `PUT /people/type/{type}`: raises only; a lower type is given by another call of the server. Disabled and unknown
/// people are skipped. Everybody else named gets a letter and an event, changed or not.
pub(super) async fn set_type(
    State(sandbox): State<Sandbox>,
    Path(kind): Path<String>,
    Body(body): Body<UserIds>,
) -> Result<Reply, Reply> {
    let kind: EmployeeType = kind.parse().map_err(|error: String| Reply::invalid("type", error))?;
    let ids = body.read()?;
    sandbox.change(|portal, now| {
        portal.policy.check_adding(kind)?;
        if kind == EmployeeType::Guest && !portal.policy.invites_guests {
            return Err(Reply::denied());
        }
        let is_named = |id: &Uuid| portal.directory.get(*id).is_some_and(|account| account.status != TERMINATED);
        let named: Vec<_> = ids.iter().copied().filter(is_named).collect();
        for id in &named {
            change_type(portal, &sandbox.inner.settings, *id, kind)?;
            if let Some(email) = portal.directory.get(*id).map(|account| account.email.clone()) {
                portal.mail(&email, MailKind::Type, now);
            }
        }
        for id in &named {
            tell(portal, *id, now);
        }
        Ok(Reply::List(portal.directory.full_of(&named)))
    })
}

/// From `UserManagerWrapper.cs`, UpdateUserTypeAsync.
fn change_type(portal: &mut Portal, settings: &Settings, id: Uuid, kind: EmployeeType) -> Result<(), Reply> {
    let is_owner = portal.policy.role == Role::Owner;
    let Some(account) = portal.directory.get(id).filter(|account| !account.is_owner && account.id != OWNER) else {
        return Ok(());
    };
    let takes_seat = !account.kind.is_paid();
    match kind {
        EmployeeType::DocSpaceAdmin | EmployeeType::RoomAdmin if takes_seat => seats::check_paid(portal, settings)?,
        EmployeeType::DocSpaceAdmin => {}
        EmployeeType::RoomAdmin if is_owner => {}
        EmployeeType::User if account.kind == EmployeeType::Guest => {}
        _ => return Ok(()),
    }
    if let Some(account) = portal.directory.get_mut(id) {
        account.kind = kind;
    }
    Ok(())
}

/// Note that an account was changed by the key's owner, and tell of it.
fn tell(portal: &mut Portal, id: Uuid, now: Timestamp) {
    if let Some(account) = portal.directory.get_mut(id) {
        account.modified_at = now;
    }
    portal.publish(UserEvent::Updated, id, OWNER, now);
}

fn shown(portal: &Portal, id: Uuid) -> Result<Reply, Reply> {
    let account = portal.directory.get(id).ok_or_else(|| Reply::missing(UNKNOWN))?;
    Ok(Reply::Found(portal.directory.full(account)))
}
