//! The calls about groups of people.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::answer::{misshapen, unknown};
use super::call;
use super::client::Client;
use super::error::Error;
use super::page::{LARGEST, paging};
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
        let mut groups = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let start = u32::try_from(groups.len()).unwrap_or(u32::MAX);
            let request = self.request(call::GROUPS, &["group"]).query(&paging(start, LARGEST));
            let page = self.page(call::GROUPS, request, start, group).await?;
            let full = page.items.len() >= LARGEST as usize;
            let before = groups.len();
            groups.extend(page.items.into_iter().filter(|group| seen.insert(group.id.clone())));
            // A page that brings nothing new ends it too: a server that forgets where to start would go on for ever.
            if groups.len() == before || (!full && groups.len() as u64 >= page.total) {
                return Ok(groups);
            }
        }
    }

    /// Put a person into a group. The server skips whom it cannot put there, such as a guest, without a word.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 404 for an unknown group. An id that is no GUID is not sent and
    /// counts as unknown.
    pub async fn add_to_group(&self, group_id: &str, user_id: &str) -> Result<(), Error> {
        let call = call::JOIN_GROUP;
        let (Some(group), Some(user)) = (wire::guid(group_id), wire::guid(user_id)) else {
            return Err(unknown(call));
        };
        let request = self.request(call, &["group", &group, "members"]).json(&json!({"members": [user]}));
        self.send(call, request).await?;
        Ok(())
    }
}

fn group(row: &Value) -> Result<Group, Error> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let id = text("id").and_then(wire::guid).ok_or_else(|| misshapen(call::GROUPS))?;
    Ok(Group { id, name: text("name").unwrap_or_default().to_owned() })
}
