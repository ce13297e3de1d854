//! `PUT /files/rooms/{id}/share`: who is in a room.
//!
//! From `VirtualRoomsController.cs` and `FileSharing.cs`: the list is worked through in order and without a
//! transaction. An unknown address becomes a pending guest, without `user.invited`, and gets a letter. Who cannot be
//! handled is left out with 200 and a `warning`. The members in the answer are those named by id; who was named by
//! address is not among them.

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::Sandbox;
use super::creation::check_email;
use super::directory::{NewAccount, OWNER};
use super::employee::{AWAITED, EmployeeType, PENDING, TERMINATED};
use super::portal::{MailKind, Portal};
use super::request::{Body, number, some_guid};
use super::room_calls::{entry, find};
use super::rooms::{MANAGER, NONE, is_access};
use super::wire::Reply;

/// What `PUT /files/rooms/{id}/share` takes; `message` and `force` do nothing here.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Share {
    invitations: Vec<Invitation>,
    notify: bool,
    culture: Option<String>,
}

/// One user or group by id, or one person by address.
#[derive(Deserialize)]
struct Invitation {
    #[serde(default, deserialize_with = "some_guid")]
    id: Option<Uuid>,
    email: Option<String>,
    #[serde(default, deserialize_with = "number")]
    access: i64,
}

impl Invitation {
    /// The address, where one is given.
    fn email(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| !email.is_empty())
    }
}

/// Why somebody is left out.
type Warning = String;

/// Give, change and take away rights. `notify` mails those with an account who are new in the room.
pub(super) async fn share(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(body): Body<Share>,
) -> Result<Reply, Reply> {
    let addresses: Vec<_> = body.invitations.iter().filter_map(Invitation::email).collect();
    for email in &addresses {
        check_email("Email", email)?;
    }
    sandbox.change(|portal, now| {
        portal.check_invitations(addresses.len(), now)?;
        if body.invitations.is_empty() {
            return Ok(Reply::Found(json!({})));
        }
        portal.policy.check_manager()?;
        let invites = body.invitations.iter().any(|item| item.email().is_some() && item.access != NONE);
        if invites && !portal.policy.invites_guests {
            return Err(Reply::denied());
        }
        let room = find(portal, &id)?.id;
        let mut warning = None;
        for item in &body.invitations {
            check_access(portal, item)?;
            if let Err(reason) = share_one(portal, room, &body, item, now) {
                warning.get_or_insert(reason);
            }
        }
        let room = find(portal, &id)?;
        let named = body.invitations.iter().filter_map(|item| item.id);
        let members: Vec<_> =
            named.filter_map(|id| room.access(id).and_then(|access| entry(&portal.directory, id, access))).collect();
        let mut answer = json!({ "members": members });
        if let Some(warning) = warning {
            answer["warning"] = json!(warning);
        }
        Ok(Reply::Found(answer))
    })
}

/// Whether the room has such a right for such an account. By address everybody counts as a guest.
fn check_access(portal: &Portal, item: &Invitation) -> Result<(), Reply> {
    let is_paid = item.id.and_then(|id| portal.directory.get(id)).is_some_and(|account| account.kind.is_paid());
    if !is_access(item.access) || (item.access == MANAGER && !is_paid) {
        return Err(Reply::out_of_turn("The role is not available for this user"));
    }
    Ok(())
}

fn share_one(portal: &mut Portal, room: i64, body: &Share, item: &Invitation, now: Timestamp) -> Result<(), Warning> {
    match (item.email(), item.id) {
        (Some(email), _) => share_by_email(portal, room, body, item.access, email, now),
        (None, Some(id)) => share_by_id(portal, room, body, item.access, id, now),
        (None, None) => Ok(()),
    }
}

fn share_by_id(
    portal: &mut Portal,
    room: i64,
    body: &Share,
    access: i64,
    id: Uuid,
    now: Timestamp,
) -> Result<(), Warning> {
    if id == OWNER {
        return Ok(());
    }
    let account = portal.directory.get(id).map(|account| (account.email.clone(), account.status));
    match &account {
        Some((email, TERMINATED)) if access != NONE => return Err(format!("User disabled: {email}")),
        None if portal.directory.groups.get(id).is_none() => return Err("The user could not be found".to_owned()),
        _ => {}
    }
    let is_new = set_access(portal, room, id, access);
    if let Some((email, _)) = account.filter(|_| is_new && body.notify) {
        portal.mail(&email, MailKind::Room, now);
    }
    Ok(())
}

fn share_by_email(
    portal: &mut Portal,
    room: i64,
    body: &Share,
    access: i64,
    email: &str,
    now: Timestamp,
) -> Result<(), Warning> {
    let known = portal.directory.by_email(email).map(|account| (account.id, account.status, account.activation));
    let Some((id, status, activation)) = known else {
        if access != NONE {
            let id = invite_guest(portal, email, body.culture.clone(), now);
            set_access(portal, room, id, access);
        }
        return Ok(());
    };
    if status == TERMINATED && access != NONE {
        return Err(format!("User disabled: {email}"));
    }
    if id == OWNER {
        return Ok(());
    }
    let is_new = set_access(portal, room, id, access);
    if access == NONE {
        return Ok(());
    }
    // Who has not activated yet is invited again, whether asked to notify or not.
    if activation & AWAITED != 0 {
        portal.mail_invitation(email, now);
    } else if is_new && body.notify {
        portal.mail(email, MailKind::Room, now);
    }
    Ok(())
}

/// A pending guest and the invitation. Nothing is published.
fn invite_guest(portal: &mut Portal, email: &str, culture: Option<String>, now: Timestamp) -> Uuid {
    let new = NewAccount {
        email,
        first_name: "",
        last_name: "",
        kind: EmployeeType::Guest,
        status: PENDING,
        activation: AWAITED,
    };
    let id = portal.directory.add(&new, OWNER, now);
    if let Some(account) = portal.directory.get_mut(id) {
        account.culture = culture;
    }
    portal.mail_invitation(email, now);
    id
}

/// Whether the subject is new in the room.
fn set_access(portal: &mut Portal, room: i64, subject: Uuid, access: i64) -> bool {
    let Some(room) = portal.rooms.get_mut(room) else {
        return false;
    };
    let is_new = access != NONE && room.access(subject).is_none();
    room.set_access(subject, access);
    is_new
}
