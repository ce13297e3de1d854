//! Looking people up, listing them, disabling and deleting them.

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::account::Account;
use super::directory::OWNER;
use super::employee::{ACTIVE, Activation, EmployeeType, PENDING, StatusFlags, TERMINATED};
use super::hook::UserEvent;
use super::portal::Portal;
use super::request::{Body, Params, ids};
use super::wire::Reply;
use super::{Sandbox, Settings, seats};

pub(super) const UNKNOWN: &str = "The user could not be found";

/// `GET /people`: active people only.
pub(super) async fn list(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    let (start, count) = params.page()?;
    sandbox.change(|portal, _| {
        let active: Vec<_> = portal.directory.iter().filter(|account| account.status == ACTIVE).collect();
        let page = active.iter().skip(start).take(count).map(|account| portal.directory.full(account)).collect();
        Ok(Reply::Page(page, active.len()))
    })
}

/// `GET /people/email?email=`: any status, in any case.
pub(super) async fn by_email(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    let email = params.get("email").ok_or_else(|| Reply::bad("Incorrect email"))?;
    sandbox.change(|portal, _| found(portal, portal.directory.by_email(email)))
}

/// `GET /people/exists?email=`. Before 3.7 it reads as the user name `exists`.
pub(super) async fn exists(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    sandbox.change(|portal, _| {
        if portal.policy.is_old {
            return found(portal, portal.directory.by_name_or_id("exists"));
        }
        let email = params.get("email").ok_or_else(|| Reply::bad("Incorrect email"))?;
        Ok(Reply::Found(match portal.directory.by_email(email) {
            Some(account) => json!({ "exists": true, "status": account.status }),
            None => json!({ "exists": false }),
        }))
    })
}

/// `GET /people/{id or user name}`.
pub(super) async fn by_id(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Reply, Reply> {
    sandbox.change(|portal, _| found(portal, portal.directory.by_name_or_id(&id)))
}

/// `GET /people/@self`: the key's owner.
pub(super) async fn own(State(sandbox): State<Sandbox>) -> Result<Reply, Reply> {
    sandbox.change(|portal, _| found(portal, portal.directory.get(OWNER)))
}

/// `GET /portal/users/{guid}`: the internal record, with `isActive`.
pub(super) async fn record(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Reply, Reply> {
    sandbox.change(|portal, _| {
        let account = Uuid::try_parse(&id).ok().and_then(|id| portal.directory.get(id));
        account.map(|account| Reply::Found(account.user_info())).ok_or_else(|| Reply::missing(UNKNOWN))
    })
}

fn found(portal: &Portal, account: Option<&Account>) -> Result<Reply, Reply> {
    account.map(|account| Reply::Found(portal.directory.full(account))).ok_or_else(|| Reply::missing(UNKNOWN))
}

/// `GET /people/filter`. A plain user is refused, and whoever does not administer the portal is not shown who is
/// disabled.
pub(super) async fn filter(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    filtered(&sandbox, &params, |portal, account| portal.directory.full(account))
}

/// `GET /people/simple/filter`: the same people, shown short.
pub(super) async fn simple_filter(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    filtered(&sandbox, &params, |_, account| account.employee())
}

fn filtered(sandbox: &Sandbox, params: &Params, show: impl Fn(&Portal, &Account) -> Value) -> Result<Reply, Reply> {
    let (start, count) = params.page()?;
    let status: Option<StatusFlags> = params.read("employeeStatus")?;
    let activation: Option<Activation> = params.read("activationStatus")?;
    let kind: Option<EmployeeType> = params.read("employeeType")?;
    let area: u8 = params.read("area")?.unwrap_or(0);
    let inviter: Option<Uuid> = params.read("inviterId")?;
    let group: Option<Uuid> = params.read("groupId")?;
    let by_me = params.read("invitedByMe")?.unwrap_or(false).then_some(OWNER);
    let text = params.get("filterValue").map(str::to_lowercase);
    let fits = |account: &Account| {
        status.is_none_or(|StatusFlags(flags)| account.status & flags != 0)
            && activation.is_none_or(|Activation(wanted)| account.activation & !4 == wanted)
            && kind.is_none_or(|kind| kind == EmployeeType::All || kind == account.kind)
            && (area == 0 || (area == 2) == (account.kind == EmployeeType::Guest))
            && inviter.or(by_me).is_none_or(|inviter| account.created_by == Some(inviter))
            && text.as_deref().is_none_or(|text| holds(account, text))
    };
    sandbox.change(|portal, _| {
        portal.policy.check_manager()?;
        let is_shown = |account: &Account| portal.policy.role.is_administrator() || account.status != TERMINATED;
        let is_in = |account: &Account| {
            group.is_none_or(|group| portal.directory.groups.of(account.id).any(|found| found.id == group))
        };
        let mut people: Vec<_> =
            portal.directory.iter().filter(|account| is_shown(account) && fits(account) && is_in(account)).collect();
        match params.get("sortBy").map(str::to_lowercase).as_deref() {
            Some("displayname" | "firstname") => people.sort_by_key(|account| account.display_name().to_lowercase()),
            Some("email") => people.sort_by_key(|account| account.email.to_lowercase()),
            _ => {}
        }
        if params.is_descending() {
            people.reverse();
        }
        let page = people.iter().skip(start).take(count).map(|account| show(portal, account)).collect();
        Ok(Reply::Page(page, people.len()))
    })
}

/// Whether names or address hold this lower-case text.
fn holds(account: &Account, text: &str) -> bool {
    [&account.first_name, &account.last_name, &account.user_name, &account.email]
        .iter()
        .any(|field| field.to_lowercase().contains(text))
}

/// A list of people in a body.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UserIds {
    user_ids: Vec<String>,
}

impl UserIds {
    /// The ids.
    ///
    /// # Errors
    /// 400 with the problem in `response`.
    pub(super) fn read(&self) -> Result<Vec<Uuid>, Reply> {
        ids("UserIds", &self.user_ids)
    }
}

/// `PUT /people/status/{status}`: disable, or enable again, which takes a seat. Somebody who has never registered waits
/// again. Groups and rooms stay as they are. Everybody named gets an event, changed or not, once all are changed: whom a
/// missing seat stops leaves those before changed and untold.
pub(super) async fn set_status(
    State(sandbox): State<Sandbox>,
    Path(status): Path<String>,
    Body(body): Body<UserIds>,
) -> Result<Reply, Reply> {
    let StatusFlags(status) = status.parse().map_err(|error: String| Reply::invalid("status", error))?;
    if status != ACTIVE && status != TERMINATED {
        return Err(Reply::bad("The status is not valid"));
    }
    let ids = body.read()?;
    sandbox.change(|portal, now| {
        check_disabling(portal, &ids)?;
        for id in &ids {
            set_one_status(portal, &sandbox.inner.settings, *id, status, now)?;
        }
        for id in &ids {
            portal.publish(UserEvent::Updated, *id, OWNER, now);
        }
        Ok(Reply::List(portal.directory.full_of(&ids)))
    })
}

fn set_one_status(portal: &mut Portal, settings: &Settings, id: Uuid, status: u8, now: Timestamp) -> Result<(), Reply> {
    let is_change = |account: &Account| (account.status == TERMINATED) != (status == TERMINATED);
    let Some(kind) = portal.directory.get(id).filter(|account| is_change(account)).map(|account| account.kind) else {
        return Ok(());
    };
    if status == ACTIVE {
        seats::check(portal, settings, kind)?;
    }
    if let Some(account) = portal.directory.get_mut(id) {
        let never_registered = account.first_name.is_empty() && account.last_name.is_empty();
        account.status = if status == ACTIVE && never_registered { PENDING } else { status };
        account.terminated_at = (status == TERMINATED).then_some(now);
        account.modified_at = now;
    }
    Ok(())
}

/// Nobody disables the portal's owner or oneself, and only the owner an administrator. Whoever is unknown counts as one
/// of the server's own accounts, which are spared too.
fn check_disabling(portal: &Portal, ids: &[Uuid]) -> Result<(), Reply> {
    portal.policy.check_manager()?;
    let is_spared =
        |account: &Account| account.is_owner || account.id == OWNER || !portal.policy.role.may_add(account.kind);
    if ids.iter().any(|id| portal.directory.get(*id).is_none_or(is_spared)) { Err(Reply::denied()) } else { Ok(()) }
}

/// `DELETE /people/{id}`: only who was disabled first.
pub(super) async fn remove(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Reply, Reply> {
    sandbox.change(|portal, now| {
        portal.policy.check_manager()?;
        let account = portal.directory.by_name_or_id(&id).cloned().ok_or_else(|| Reply::missing(UNKNOWN))?;
        if account.status != TERMINATED {
            return Err(Reply::out_of_turn("The user is not suspended"));
        }
        let shown = portal.directory.full(&account);
        portal.directory.remove(account.id);
        portal.rooms.forget(account.id);
        portal.publish_record(UserEvent::Deleted, account.id, account.payload(), OWNER, now);
        Ok(Reply::Found(shown))
    })
}
