//! What the control interface shows of a sandbox.

use serde::Serialize;

use super::Sandbox;
use super::account::Account;
use super::groups::Group;
use super::portal::{Call, Mail};
use super::rooms::Room;
use crate::model::Timestamp;

/// Everything a sandbox has to tell.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The key it takes.
    pub api_key: String,
    /// The accounts without the owners of the key and of the portal, oldest first.
    pub users: Vec<User>,
    /// Letters, oldest first.
    pub mails: Vec<Mail>,
    /// Calls, oldest first.
    pub calls: Vec<Call>,
    /// Groups, oldest first.
    pub groups: Vec<GroupState>,
    /// Rooms, oldest first.
    pub rooms: Vec<RoomState>,
}

/// An account as the control interface shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// GUID.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// 1 active, 2 terminated, 4 pending.
    pub status: u8,
    /// Flags: 1 activated, 2 pending.
    pub activation_status: u8,
    /// Empty until somebody invited has registered.
    pub first_name: String,
    /// As `first_name`.
    pub last_name: String,
    /// User name.
    pub user_name: String,
    /// `User`, `Guest`, `RoomAdmin` or `DocSpaceAdmin`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Language, such as `de`, where one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub culture_name: Option<String>,
}

/// A group as the control interface shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupState {
    /// GUID.
    pub id: String,
    /// Name.
    pub name: String,
    /// GUIDs of its members.
    pub members: Vec<String>,
}

/// A room as the control interface shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomState {
    /// Number.
    pub id: i64,
    /// Title.
    pub title: String,
    /// Its members without the owner.
    pub members: Vec<RoomMember>,
    /// Its documents.
    pub files: Vec<RoomFile>,
}

/// A user or group in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomMember {
    /// GUID.
    pub id: String,
    /// Number of the right (`FileShare`).
    pub access: i64,
}

/// A document in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomFile {
    /// Number.
    pub id: i64,
    /// Title.
    pub title: String,
}

impl From<&Account> for User {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email.clone(),
            status: account.status,
            activation_status: account.activation,
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            user_name: account.user_name.clone(),
            kind: account.kind.name().to_owned(),
            created_at: account.created_at,
            culture_name: account.culture.clone(),
        }
    }
}

impl From<&Group> for GroupState {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            members: group.members.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Room> for RoomState {
    fn from(room: &Room) -> Self {
        let member = |(id, access): &(_, _)| RoomMember { id: uuid::Uuid::to_string(id), access: *access };
        let file = |(id, title): &(i64, String)| RoomFile { id: *id, title: title.clone() };
        Self {
            id: room.id,
            title: room.title.clone(),
            members: room.members.iter().map(member).collect(),
            files: room.files.iter().map(file).collect(),
        }
    }
}

impl Sandbox {
    /// What is there and what happened.
    #[must_use]
    pub fn state(&self) -> State {
        self.change(|portal, _| State {
            api_key: self.inner.settings.api_key.clone(),
            users: portal.directory.residents().map(User::from).collect(),
            mails: portal.mails.clone(),
            calls: portal.calls.values().cloned().collect(),
            groups: portal.directory.groups.iter().map(GroupState::from).collect(),
            rooms: portal.rooms.iter().map(RoomState::from).collect(),
        })
    }
}
