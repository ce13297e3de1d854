//! The calls about groups of people.

use serde_json::{Value, json};

use super::answer::{misshapen, unknown};
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::page::{LARGEST, Walk, paging};
use super::wire;

/// A group of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// GUID, lower case.
    pub id: String,
    /// Name; two groups may have the same.
    pub name: String,
}

impl Client {
    /// All groups of the portal, page after page.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn groups(&self) -> Result<Vec<Group>, Error> {
        let call = call::GROUPS;
        let mut walk = Walk::default();
        let mut groups = Vec::new();
        while let Some(start) = walk.start() {
            let request = self.request(call, &["group"]).query(&paging(start, LARGEST));
            let page = self.page(call, request, start, |row| group(call, row)).await?;
            groups.extend(walk.fresh(call, page, |group| &group.id)?);
        }
        Ok(groups)
    }

    /// Put a person into a group. The server skips whom it cannot put there, such as a guest, without a word.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 404 for an unknown group. An id that is no GUID is not sent and
    /// counts as unknown.
    pub async fn add_to_group(&self, group_id: &str, user_id: &str) -> Result<(), Error> {
        self.change_group(call::JOIN_GROUP, group_id, user_id).await
    }

    /// Take a person out of a group, also somebody who is disabled. Whoever is not in it stays out of it, without a
    /// word. No webhook tells of it (`GroupsController.cs`).
    ///
    /// # Errors
    /// As [`Client::add_to_group`].
    pub async fn remove_from_group(&self, group_id: &str, user_id: &str) -> Result<(), Error> {
        self.change_group(call::LEAVE_GROUP, group_id, user_id).await
    }

    async fn change_group(&self, call: Call, group_id: &str, user_id: &str) -> Result<(), Error> {
        let (Some(group), Some(user)) = (wire::guid(group_id), wire::guid(user_id)) else {
            return Err(unknown(call));
        };
        let request = self.request(call, &["group", &group, "members"]).json(&json!({"members": [user]}));
        self.send(call, request).await?;
        Ok(())
    }
}

/// The group of a `GroupDto` or a `GroupSummaryDto`.
pub(super) fn group(call: Call, row: &Value) -> Result<Group, Error> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let id = text("id").and_then(wire::guid).ok_or_else(|| misshapen(call))?;
    Ok(Group { id, name: text("name").unwrap_or_default().to_owned() })
}
