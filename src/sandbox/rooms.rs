//! The rooms of the portal, who is in them with which right, and the documents in them.

use uuid::Uuid;

use super::directory::{Directory, OWNER};
use super::employee::ACTIVE;

/// `FileShare`: no right; who gets it leaves the room.
pub(super) const NONE: i64 = 0;

/// `FileShare`: manages the room, which neither users nor guests may.
pub(super) const MANAGER: i64 = 9;

/// The numbers of `FileShare` that a room has: none, read, review, comment, fill forms, manager, edit, create.
const ACCESSES: [i64; 8] = [NONE, 2, 5, 6, 7, MANAGER, 10, 11];

/// The first document's number is one more; rooms count from 1, so that the two are not mixed up unseen.
const FILES_FROM: i64 = 100;

/// Whether a room knows this right.
pub(super) fn is_access(number: i64) -> bool {
    ACCESSES.contains(&number)
}

/// A room. It is the key's owner's, who is not among the members.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) id: i64,
    pub(super) title: String,
    /// Users and groups with their right, in the order they came.
    pub(super) members: Vec<(Uuid, i64)>,
    pub(super) files: Vec<(i64, String)>,
}

impl Room {
    /// The right of a user or group named here.
    pub(super) fn access(&self, subject: Uuid) -> Option<i64> {
        self.members.iter().find(|(id, _)| *id == subject).map(|(_, access)| *access)
    }

    /// Give a right, change it, or take it away with [`NONE`].
    pub(super) fn set_access(&mut self, subject: Uuid, access: i64) {
        if access == NONE {
            self.members.retain(|(id, _)| *id != subject);
        } else if let Some(member) = self.members.iter_mut().find(|(id, _)| *id == subject) {
            member.1 = access;
        } else {
            self.members.push((subject, access));
        }
    }

    /// Whether somebody may read what is in it: by name or through a group. Who has not registered reads nothing.
    pub(super) fn is_readable_by(&self, directory: &Directory, user: Uuid) -> bool {
        let is_named = || user == OWNER || self.access(user).is_some();
        let is_in_group = || directory.groups.of(user).any(|group| self.access(group.id).is_some());
        directory.get(user).is_some_and(|account| account.status == ACTIVE) && (is_named() || is_in_group())
    }
}

/// All rooms, oldest first.
pub(super) struct Rooms(Vec<Room>);

impl Rooms {
    /// The one room a portal starts with.
    pub(super) fn with_welcome() -> Self {
        let mut rooms = Self(Vec::new());
        rooms.create("Welcome");
        rooms
    }

    /// Make a room with one document in it.
    pub(super) fn create(&mut self, title: &str) -> i64 {
        // Rooms are never removed, so their number tells the next one's.
        let id = self.0.last().map_or(1, |room| room.id + 1);
        let files = vec![(FILES_FROM + id, format!("{title}.docx"))];
        self.0.push(Room { id, title: title.to_owned(), members: Vec::new(), files });
        id
    }

    /// Every room, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.0.iter()
    }

    /// The room with this number.
    pub(super) fn get(&self, id: i64) -> Option<&Room> {
        self.0.iter().find(|room| room.id == id)
    }

    /// The room with this number, to be changed.
    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut Room> {
        self.0.iter_mut().find(|room| room.id == id)
    }

    /// The room a document is in.
    pub(super) fn with_file(&self, file: i64) -> Option<&Room> {
        self.0.iter().find(|room| room.files.iter().any(|(id, _)| *id == file))
    }

    /// Take somebody out of all rooms.
    pub(super) fn forget(&mut self, subject: Uuid) {
        self.0.iter_mut().for_each(|room| room.set_access(subject, NONE));
    }
}
