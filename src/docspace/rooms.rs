//! The calls about rooms and the documents in them.

use serde_json::{Value, json};

use super::answer::{misshapen, needed, unknown};
use super::call::{self, Call};
use super::client::Client;
use super::error::{Error, scrub};
use super::wire;
use crate::model::RoomAccess;

/// `FileShare`: no right at all; whoever gets it leaves the room.
const NO_ACCESS: u8 = 0;

/// Whom a room is shared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitee {
    /// An account, by its GUID.
    Account(String),
    /// An e-mail address. One without an account becomes a pending guest.
    Address(String),
}

impl Client {
    /// Give somebody a right in a room. With `notify` somebody new there with an account is mailed; an address
    /// without one is mailed an invitation in any case, in the language `culture` such as `de`, or the portal's own.
    /// `Some` holds the server's warning with e-mail addresses taken out: it answers success also where it did not
    /// share the room (`FileSharing.cs`).
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 404 for an unknown room. An id that cannot be one is not sent and
    /// counts as unknown.
    pub async fn share_room(
        &self,
        room: &str,
        guest: &Invitee,
        access: RoomAccess,
        notify: bool,
        culture: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let call = call::SHARE_ROOM;
        let (id, email) = match guest {
            Invitee::Account(id) => (Some(wire::guid(id).ok_or_else(|| unknown(call))?), None),
            Invitee::Address(email) => {
                self.may_send(call, email)?;
                (None, Some(email.to_lowercase()))
            }
        };
        let invitations = [wire::Guest { id, email, access: access.number() }];
        self.share(room, &wire::Share { invitations, notify, culture }).await
    }

    /// Take away somebody's own right in a room; nobody is mailed. What they may do there as a member of a group stays.
    /// Whoever has no right there stays without. The answer is that of [`Client::share_room`].
    ///
    /// # Errors
    /// As [`Client::share_room`].
    pub async fn leave_room(&self, room: &str, user_id: &str) -> Result<Option<String>, Error> {
        let id = wire::guid(user_id).ok_or_else(|| unknown(call::SHARE_ROOM))?;
        let invitations = [wire::Guest { id: Some(id), email: None, access: NO_ACCESS }];
        self.share(room, &wire::Share { invitations, notify: false, culture: None }).await
    }

    async fn share(&self, room: &str, body: &wire::Share<'_>) -> Result<Option<String>, Error> {
        let call = call::SHARE_ROOM;
        let request = self.request(call, &["files", "rooms", part(call, room)?, "share"]).json(body);
        let response = needed(call, self.send(call, request).await?)?;
        warning(response.as_object().ok_or_else(|| misshapen(call))?)
    }

    /// Mail the invitation to a room again to somebody who has not come yet.
    ///
    /// # Errors
    /// As [`Client::share_room`]; [`Error::Limited`] when this room had its share of a quarter of an hour.
    pub async fn resend_room_invitation(&self, room: &str, user_id: &str) -> Result<(), Error> {
        let call = call::RESEND_ROOM;
        let user = wire::guid(user_id).ok_or_else(|| unknown(call))?;
        let body = json!({"usersIds": [user], "resendAll": false});
        let request = self.request(call, &["files", "rooms", part(call, room)?, "resend"]).json(&body);
        self.send(call, request).await?;
        Ok(())
    }

    /// Have DocSpace mail somebody that they were mentioned in a comment on this document. The server takes up to
    /// 255 characters and mails the first 200, without HTML (`NotifyClient.cs`). Success does not mean that a mail
    /// went out: the person's own settings may be against it.
    ///
    /// # Errors
    /// As [`Client::share_room`]; [`Error::Limited`] when this document had its share of a quarter of an hour. After
    /// [`Error::Uncertain`] it may have been sent.
    pub async fn mention(&self, file: &str, email: &str, message: &str) -> Result<(), Error> {
        let call = call::MENTION;
        self.may_send(call, email)?;
        let body = json!({"emails": [email.to_lowercase()], "message": message});
        let request = self.request(call, &["files", "file", part(call, file)?, "sendeditornotify"]).json(&body);
        self.send(call, request).await?;
        Ok(())
    }
}

/// A room's or a file's id as a part of a path. One that would change the path is not sent: what the server says to
/// another path may look as if the portal were gone.
pub(super) fn part(call: Call, id: &str) -> Result<&str, Error> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '/' | '\\');
    if id.is_empty() || matches!(id, "." | "..") || id.contains(odd) { Err(unknown(call)) } else { Ok(id) }
}

/// What the server has against the sharing: its words, or the number of an error.
fn warning(response: &serde_json::Map<String, Value>) -> Result<Option<String>, Error> {
    let words = match response.get("warning") {
        None | Some(Value::Null) => None,
        Some(Value::String(words)) => Some(scrub(words)).filter(|words| !words.is_empty()),
        Some(_) => return Err(misshapen(call::SHARE_ROOM)),
    };
    let number = match response.get("error") {
        None | Some(Value::Null) => None,
        Some(error) => {
            Some(wire::integer(error).ok_or_else(|| misshapen(call::SHARE_ROOM))?).filter(|&error| error != 0)
        }
    };
    Ok(words.or_else(|| number.map(|number| format!("the portal's error {number}"))))
}
