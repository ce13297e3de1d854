//! Who is in a room.

use serde_json::Value;

use super::answer::{misshapen, unknown};
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::page::{LARGEST, Walk, paging};
use super::rooms::part;
use super::wire;

/// Somebody who has a right of their own in a room: a person or a group.
struct Member {
    /// GUID, lower case; empty for whatever has none, such as a link.
    id: String,
    /// `FileShare` of the server.
    access: i64,
}

impl Client {
    /// The right of its own that an account has in a room, as the server numbers it (`FileShare.cs`,
    /// [`crate::model::RoomAccess::number`]); `None` for whoever has none. What comes from a group is no right of its own.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 404 for an unknown room, with 403 where the key's owner may not see its
    /// members. An id that cannot be one is not sent and counts as unknown.
    pub async fn room_right(&self, room: &str, user_id: &str) -> Result<Option<i64>, Error> {
        let call = call::ROOM_MEMBERS;
        let (room, user) = (part(call, room)?, wire::guid(user_id).ok_or_else(|| unknown(call))?);
        let mut walk = Walk::default();
        while let Some(start) = walk.start() {
            let request = self.request(call, &["files", "rooms", room, "share"]).query(&paging(start, LARGEST));
            let page = self.page(call, request, start, |row| member(call, row)).await?;
            let fresh = walk.fresh(call, page, |member| &member.id)?;
            if let Some(found) = fresh.into_iter().find(|member| member.id == user) {
                return Ok(Some(found.access).filter(|access| *access != 0));
            }
        }
        Ok(None)
    }
}

/// The member of a `FileShareDto`. Servers before 3.7 name people and groups alike in `sharedTo`.
fn member(call: Call, row: &Value) -> Result<Member, Error> {
    let id = |name: &str| row.get(name).and_then(|to| to.get("id")).and_then(Value::as_str);
    let id = id("sharedToUser").or_else(|| id("sharedToGroup")).or_else(|| id("sharedTo"));
    let access = row.get("access").and_then(wire::integer).ok_or_else(|| misshapen(call))?;
    Ok(Member { id: id.and_then(wire::guid).unwrap_or_default(), access })
}
