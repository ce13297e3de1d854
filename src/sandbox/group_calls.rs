//! `/group`: groups and their members.
//!
//! A guest, a disabled account or an id of nobody cannot be a member and is skipped silently: only the members in the
//! answer tell. A change of members publishes nothing (`GroupsController.cs`).

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Sandbox;
use super::directory::Directory;
use super::employee::{EmployeeType, TERMINATED};
use super::groups::Group;
use super::portal::Portal;
use super::request::{Body, Params, ids};
use super::wire::Reply;

/// `GroupDto`; the members only where they are asked for.
fn shown(directory: &Directory, group: &Group, with_members: bool) -> Value {
    let mut shown = json!({
        "name": group.name,
        "parent": Uuid::nil().to_string(),
        "category": Uuid::nil().to_string(),
        "id": group.id.to_string(),
        "isLDAP": false,
        "isSystem": false,
        "membersCount": group.members.len(),
    });
    if let Some(manager) = group.manager.and_then(|id| directory.get(id)) {
        shown["manager"] = directory.full(manager);
    }
    if with_members {
        shown["members"] = Value::Array(directory.full_of(&group.members));
    }
    shown
}

/// A group by the text in a path.
fn find(portal: &Portal, id: &str) -> Result<Uuid, Reply> {
    let found = Uuid::try_parse(id).ok().and_then(|id| portal.directory.groups.get(id));
    found.map(|group| group.id).ok_or_else(|| Reply::missing("The group could not be found"))
}

/// The group as the answer to a change.
fn answer(portal: &Portal, id: Uuid) -> Result<Reply, Reply> {
    let group = portal.directory.groups.get(id).ok_or_else(|| Reply::missing("The group could not be found"))?;
    Ok(Reply::Found(shown(&portal.directory, group, true)))
}

/// Whether somebody can be in a group.
fn can_be_member(directory: &Directory, id: Uuid) -> bool {
    directory.get(id).is_some_and(|account| account.kind != EmployeeType::Guest && account.status != TERMINATED)
}

fn add(portal: &mut Portal, group: Uuid, members: &[Uuid]) {
    let fit: Vec<_> = members.iter().copied().filter(|id| can_be_member(&portal.directory, *id)).collect();
    if let Some(group) = portal.directory.groups.get_mut(group) {
        fit.into_iter().for_each(|id| group.add(id));
    }
}

/// Take somebody into these groups, as `department` asks for.
///
/// # Errors
/// 404 at the first group that is not there.
pub(super) fn join_groups(portal: &mut Portal, member: Uuid, groups: &[Uuid]) -> Result<(), Reply> {
    for id in groups {
        find(portal, &id.to_string())?;
        add(portal, *id, &[member]);
    }
    Ok(())
}

fn set_manager(portal: &mut Portal, group: Uuid, manager: Option<Uuid>) {
    let manager = manager.filter(|id| can_be_member(&portal.directory, *id));
    if let (Some(group), Some(manager)) = (portal.directory.groups.get_mut(group), manager) {
        group.add(manager);
        group.manager = Some(manager);
    }
}

/// `GET /group`: sorted by name; `filterValue` is a part of the name, `userId` a member.
pub(super) async fn list(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    let (start, count) = params.page()?;
    let text = params.get("filterValue").map(str::to_lowercase);
    let member: Option<Uuid> = params.read("userId")?;
    sandbox.change(|portal, _| {
        portal.policy.check_manager()?;
        let directory = &portal.directory;
        let mut groups: Vec<_> = directory
            .groups
            .iter()
            .filter(|group| text.as_deref().is_none_or(|text| group.name.to_lowercase().contains(text)))
            .filter(|group| member.is_none_or(|member| group.members.contains(&member)))
            .collect();
        groups.sort_by_key(|group| group.name.to_lowercase());
        if params.is_descending() {
            groups.reverse();
        }
        let page = groups.iter().skip(start).take(count).map(|group| shown(directory, group, false)).collect();
        Ok(Reply::Page(page, groups.len()))
    })
}

/// `GET /group/{id}`: the members only with `includeMembers=true`.
pub(super) async fn show(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Reply, Reply> {
    let with_members = params.read("includeMembers")?.unwrap_or(false);
    sandbox.change(|portal, _| {
        portal.policy.check_manager()?;
        let id = find(portal, &id)?;
        let group = portal.directory.groups.get(id);
        Ok(group.map_or(Reply::Done, |group| Reply::Found(shown(&portal.directory, group, with_members))))
    })
}

/// `GET /group/user/{id}`: short, and empty for somebody unknown too.
pub(super) async fn of_user(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Reply, Reply> {
    let id = Uuid::try_parse(&id).map_err(|_| Reply::missing("The user could not be found"))?;
    sandbox.change(|portal, _| {
        portal.policy.check_manager()?;
        Ok(Reply::List(portal.directory.groups.of(id).map(Group::summary).collect()))
    })
}

/// What `POST /group` and `PUT /group/{id}` take.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Change {
    group_name: Option<String>,
    group_manager: Option<String>,
    members: Vec<String>,
    members_to_add: Vec<String>,
    members_to_remove: Vec<String>,
}

impl Change {
    fn manager(&self) -> Result<Option<Uuid>, Reply> {
        Ok(ids("GroupManager", self.group_manager.as_slice())?.into_iter().next())
    }
}

/// `POST /group`: names need not differ, so the same call twice makes two groups.
pub(super) async fn create(State(sandbox): State<Sandbox>, Body(body): Body<Change>) -> Result<Reply, Reply> {
    let name = body.group_name.as_deref().ok_or_else(|| Reply::required("GroupName"))?;
    let (members, manager) = (ids("Members", &body.members)?, body.manager()?);
    sandbox.change(|portal, _| {
        portal.policy.check_administrator()?;
        if name.trim().is_empty() {
            return Err(Reply::bad("The group name is empty"));
        }
        let id = portal.directory.groups.create(name);
        set_manager(portal, id, manager);
        add(portal, id, &members);
        answer(portal, id)
    })
}

/// `PUT /group/{id}`: what is left out stays; members are added first and removed afterwards.
pub(super) async fn update(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Change>,
) -> Result<Reply, Reply> {
    let (added, removed) =
        (ids("MembersToAdd", &body.members_to_add)?, ids("MembersToRemove", &body.members_to_remove)?);
    let manager = body.manager()?;
    sandbox.change(|portal, _| {
        portal.policy.check_administrator()?;
        let id = find(portal, &id)?;
        set_manager(portal, id, manager);
        add(portal, id, &added);
        if let Some(group) = portal.directory.groups.get_mut(id) {
            removed.iter().for_each(|member| group.remove(*member));
            if let Some(name) = body.group_name {
                group.name = name;
            }
        }
        answer(portal, id)
    })
}

/// What the calls about members take.
#[derive(Deserialize)]
pub(super) struct Members {
    members: Vec<String>,
}

fn change_members(
    sandbox: &Sandbox,
    id: &str,
    body: &Members,
    work: impl FnOnce(&mut Portal, Uuid, &[Uuid]) -> Result<(), Reply>,
) -> Result<Reply, Reply> {
    let members = ids("Members", &body.members)?;
    sandbox.change(|portal, _| {
        portal.policy.check_administrator()?;
        let id = find(portal, id)?;
        work(portal, id, &members)?;
        answer(portal, id)
    })
}

/// `PUT /group/{id}/members`: add.
pub(super) async fn add_members(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Members>,
) -> Result<Reply, Reply> {
    change_members(&sandbox, &id, &body, |portal, id, members| {
        add(portal, id, members);
        Ok(())
    })
}

/// `POST /group/{id}/members`: replace; 400 where none of them can be a member.
pub(super) async fn replace_members(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Members>,
) -> Result<Reply, Reply> {
    change_members(&sandbox, &id, &body, |portal, id, members| {
        if !members.iter().any(|member| can_be_member(&portal.directory, *member)) {
            return Err(Reply::bad("Members"));
        }
        if let Some(group) = portal.directory.groups.get_mut(id) {
            group.members.clear();
            group.manager = None;
        }
        add(portal, id, members);
        Ok(())
    })
}

/// `DELETE /group/{id}/members`: remove. It has a body.
pub(super) async fn remove_members(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Members>,
) -> Result<Reply, Reply> {
    change_members(&sandbox, &id, &body, |portal, id, members| {
        if let Some(group) = portal.directory.groups.get_mut(id) {
            members.iter().for_each(|member| group.remove(*member));
        }
        Ok(())
    })
}

impl Sandbox {
    /// Make an empty group; its id, a GUID.
    pub fn add_group(&self, name: &str) -> String {
        self.change(|portal, _| portal.directory.groups.create(name).to_string())
    }
}
