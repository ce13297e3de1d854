//! `/files/rooms/{id}`: a room, the list of its members, and repeated invitations to it.

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Sandbox;
use super::directory::{Directory, OWNER};
use super::employee::{AWAITED, TERMINATED};
use super::portal::{MailKind, Portal};
use super::request::{Body, Params, ids};
use super::rooms::Room;
use super::wire::Reply;

/// `FileShare` of the room's owner: everything.
const EVERYTHING: i64 = 1;

/// The room by the text in a path.
///
/// # Errors
/// 404.
pub(super) fn find<'a>(portal: &'a Portal, id: &str) -> Result<&'a Room, Reply> {
    let found = id.parse().ok().and_then(|id| portal.rooms.get(id));
    found.ok_or_else(|| Reply::missing("The required folder was not found"))
}

/// `FileShareDto` of one user or group; nothing for an id of nobody.
pub(super) fn entry(directory: &Directory, subject: Uuid, access: i64) -> Option<Value> {
    let is_owner = subject == OWNER;
    let mut shown = json!({
        "access": access,
        "isLocked": is_owner,
        "isOwner": is_owner,
        "canEditAccess": !is_owner,
        "canEditInternal": false,
        "canEditDenyDownload": false,
        "canEditExpirationDate": false,
        "canRevoke": false,
        "subjectType": 0,
    });
    if let Some(account) = directory.get(subject) {
        shown["sharedTo"] = directory.full(account);
        shown["sharedToUser"] = directory.full(account);
    } else {
        let group = directory.groups.get(subject)?;
        shown["sharedTo"] = group.summary();
        shown["sharedToGroup"] = group.summary();
        shown["subjectType"] = json!(2);
    }
    Some(shown)
}

/// `GET /files/rooms/{id}`.
pub(super) async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Reply, Reply> {
    sandbox.change(|portal, _| {
        let room = find(portal, &id)?;
        Ok(Reply::Found(json!({
            "id": room.id,
            "title": room.title,
            "access": 0,
            "roomType": 5,
            "rootFolderType": 14,
            "filesCount": room.files.len(),
            "foldersCount": 0,
            "createdBy": portal.directory.get(OWNER).map(super::account::Account::employee),
        })))
    })
}

/// `GET /files/rooms/{id}/share`: the owner first, then members as they came. Somebody invited stands under the address.
pub(super) async fn members(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Reply, Reply> {
    let (start, count) = params.page()?;
    let text = params.get("filterValue").map(str::to_lowercase);
    sandbox.change(|portal, _| {
        let directory = &portal.directory;
        let owner = (OWNER, EVERYTHING);
        let room = find(portal, &id)?;
        let fits = |entry: &Value| {
            let name = entry["sharedTo"]["displayName"].as_str().or_else(|| entry["sharedTo"]["name"].as_str());
            text.as_deref().is_none_or(|text| name.is_some_and(|name| name.to_lowercase().contains(text)))
        };
        let entries: Vec<_> = std::iter::once(&owner)
            .chain(&room.members)
            .filter_map(|(subject, access)| entry(directory, *subject, *access))
            .filter(fits)
            .collect();
        let total = entries.len();
        Ok(Reply::Page(entries.into_iter().skip(start).take(count).collect(), total))
    })
}

/// What `POST /files/rooms/{id}/resend` takes.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Resend {
    users_ids: Vec<String>,
    resend_all: bool,
}

/// `POST /files/rooms/{id}/resend`: mail the invitation again to members who have not registered; others are skipped.
pub(super) async fn resend(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Resend>,
) -> Result<Reply, Reply> {
    let chosen = ids("UsersIds", &body.users_ids)?;
    sandbox.change(|portal, now| {
        portal.policy.check_manager()?;
        let awaited: Vec<_> = find(portal, &id)?
            .members
            .iter()
            .filter(|(id, _)| body.resend_all || chosen.contains(id))
            .filter_map(|(id, _)| portal.directory.get(*id))
            .filter(|account| account.activation & AWAITED != 0 && account.status != TERMINATED)
            .map(|account| account.email.clone())
            .collect();
        for email in awaited {
            portal.mail(&email, MailKind::Invitation, now);
        }
        Ok(Reply::Done)
    })
}

impl Sandbox {
    /// Make a room with one document in it, which belongs to the key's owner; its number.
    pub fn add_room(&self, title: &str) -> i64 {
        self.change(|portal, _| portal.rooms.create(title))
    }
}
