//! The groups of the portal, and who is in them.

use serde_json::{Value, json};
use uuid::Uuid;

/// A group. Its name need not be the only one of its kind.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: Uuid,
    pub(super) name: String,
    /// Is a member too.
    pub(super) manager: Option<Uuid>,
    /// In the order they came.
    pub(super) members: Vec<Uuid>,
}

impl Group {
    /// `GroupSummaryDto`.
    pub(super) fn summary(&self) -> Value {
        let mut shown = json!({ "id": self.id.to_string(), "name": self.name, "isSystem": false });
        if let Some(manager) = self.manager {
            shown["manager"] = json!(manager.to_string());
        }
        shown
    }

    /// Take somebody in; once is enough.
    pub(super) fn add(&mut self, member: Uuid) {
        if !self.members.contains(&member) {
            self.members.push(member);
        }
    }

    /// Let somebody go, also as manager.
    pub(super) fn remove(&mut self, member: Uuid) {
        self.members.retain(|id| *id != member);
        self.manager = self.manager.filter(|id| *id != member);
    }
}

/// All groups, oldest first.
#[derive(Default)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    /// Make an empty group.
    pub(super) fn create(&mut self, name: &str) -> Uuid {
        let id = Uuid::new_v4();
        self.0.push(Group { id, name: name.to_owned(), manager: None, members: Vec::new() });
        id
    }

    /// Every group, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.0.iter()
    }

    /// The group with this id.
    pub(super) fn get(&self, id: Uuid) -> Option<&Group> {
        self.0.iter().find(|group| group.id == id)
    }

    /// The group with this id, to be changed.
    pub(super) fn get_mut(&mut self, id: Uuid) -> Option<&mut Group> {
        self.0.iter_mut().find(|group| group.id == id)
    }

    /// The groups somebody is in.
    pub(super) fn of(&self, member: Uuid) -> impl Iterator<Item = &Group> {
        self.0.iter().filter(move |group| group.members.contains(&member))
    }

    /// Take somebody out of all groups.
    pub(super) fn forget(&mut self, member: Uuid) {
        self.0.iter_mut().for_each(|group| group.remove(member));
    }
}
