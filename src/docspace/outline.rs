//! The calls that an action makes at a portal where nothing goes wrong: for people who set up rules. Nothing is called.

use serde::Serialize;

use super::call::{self, Call};
use crate::model::{Action, Channel, Congratulate, Onboard, Update, UserType, Way};

/// One call that is to be expected, in the order of the calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Method and path below the API's base, such as `PUT /group/{id}/members`; what is not known yet stands as a
    /// placeholder. Something that is no call of the portal, such as a mail of our own, is told in words.
    pub call: String,
    /// When it is made, or what it is for; absent: always, and it says so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The calls of an action for somebody of whom nothing is known yet.
#[must_use]
pub fn outline(action: &Action) -> Vec<Expected> {
    match action {
        Action::Onboard(params) => onboard(params),
        Action::Congratulate(params) => congratulate(params),
        Action::Update(params) => update(params),
        Action::Disable(_) => standing("Terminated"),
        Action::Enable(_) => standing("Active"),
    }
}

fn one(call: Call, note: &str) -> Expected {
    named(call.name.to_owned(), note)
}

fn named(call: String, note: &str) -> Expected {
    Expected { call, note: (!note.is_empty()).then(|| note.to_owned()) }
}

/// A call with a part of its path filled in.
fn at(call: Call, placeholder: &str, value: &str, note: &str) -> Expected {
    named(call.name.replace(placeholder, value), note)
}

fn room(call: Call, id: &str, note: &str) -> Expected {
    at(call, "{id}", id, note)
}

fn onboard(params: &Onboard) -> Vec<Expected> {
    let way = params.way();
    let mut calls =
        vec![one(call::FIND, "is there an account already? Then on_existing decides, and no account is made")];
    let groups: &[String] = if way == Way::Room || way == Way::Link { &[] } else { &params.groups };
    if !groups.is_empty() {
        calls.push(one(call::GROUPS, "which groups there are; known for 10 minutes"));
    }
    let mut rooms = params.rooms.as_slice();
    match way {
        Way::Created => {
            calls.push(one(call::SETTINGS, "what the portal asks of names; known for an hour"));
            calls.push(one(call::CREATE, "makes the account; DocSpace mails the activation letter"));
            calls.push(one(call::ACCOUNT, "the account is read back"));
            calls.push(one(call::INVITE, "the second call of the published flow"));
        }
        Way::Invited => {
            calls.push(one(call::INVITE, "DocSpace mails the invitation"));
            calls.push(one(call::FIND, "the invited account is looked up"));
        }
        Way::Room => {
            if let Some((first, rest)) = rooms.split_first() {
                calls.push(room(call::SHARE_ROOM, &first.id, "DocSpace mails the invitation to the room"));
                calls.push(one(call::FIND, "the guest's account is looked up"));
                rooms = rest;
            }
        }
        Way::Link => {
            let kind = params.user_type.as_str();
            calls.push(at(call::LINK, "{type}", kind, "the shared invitation link"));
            calls.push(one(call::NEW_LINK, "where there is none that can be used"));
            calls.push(at(call::OLD_LINK, "{type}", kind, "on a server before 3.7"));
            calls.push(named("a mail by [smtp]".to_owned(), "the link, in our own letter"));
            return calls;
        }
    }
    calls.extend(groups.iter().map(|group| one(call::JOIN_GROUP, &format!("into the group {group}"))));
    calls.extend(rooms.iter().map(|grant| room(call::SHARE_ROOM, &grant.id, "into the room, mailing nothing")));
    calls
}

fn congratulate(params: &Congratulate) -> Vec<Expected> {
    let mut calls = vec![one(call::ACCOUNT, "is the account still there, enabled and activated?")];
    for (number, channel) in params.via.iter().enumerate() {
        let note = if number == 0 { "" } else { "where what stands before was refused" };
        calls.push(match channel {
            Channel::SendCongratulations => one(call::CONGRATULATE, note),
            Channel::Letter => named("nothing: DocSpace's own letter counts".to_owned(), note),
            Channel::Smtp => named("a mail by [smtp]".to_owned(), note),
            Channel::Mention => room(call::MENTION, params.file.as_deref().unwrap_or("{id}"), note),
            Channel::Room => {
                room(call::SHARE_ROOM, params.room.as_ref().map_or("{id}", |grant| grant.id.as_str()), note)
            }
            Channel::Webhook => {
                named(format!("POST to the receiver {}", params.receiver.as_deref().unwrap_or_default()), note)
            }
        });
    }
    calls
}

/// The person's account, and whether it may be touched.
fn account() -> Vec<Expected> {
    vec![
        one(call::ACCOUNT, "the account on record; by its address (GET /people/email) where none is"),
        one(call::OWNER, "the key's own account is never touched, nor one that was not onboarded from here"),
    ]
}

fn update(params: &Update) -> Vec<Expected> {
    let mut calls = account();
    let groups = params.groups.as_deref().unwrap_or_default();
    if !groups.is_empty() {
        calls.push(one(call::GROUPS, "which groups there are; known for 10 minutes"));
    }
    if let Some(kind) = params.user_type.filter(|kind| *kind != UserType::Guest) {
        calls.push(at(call::SET_TYPE, "{type}", kind.as_str(), "where its type is a lower one"));
    }
    let rooms = params.rooms.as_deref().unwrap_or_default();
    calls.extend(rooms.iter().map(|grant| room(call::ROOM_MEMBERS, &grant.id, "its right in the room")));
    let into = |group: &String| one(call::JOIN_GROUP, &format!("into the group {group}, where it is not"));
    calls.extend(groups.iter().map(into));
    calls.extend(rooms.iter().map(|grant| room(call::SHARE_ROOM, &grant.id, "into the room, where it is not")));
    if params.groups.is_some() {
        calls.push(one(call::LEAVE_GROUP, "for each group that we put it into and the rule names no more"));
    }
    if params.rooms.is_some() {
        calls
            .push(one(call::SHARE_ROOM, "with no right, for each room that we let it into and the rule names no more"));
    }
    if params.groups.is_some() {
        calls.push(one(call::ACCOUNT, "read back, where its groups were changed"));
    }
    calls
}

fn standing(status: &str) -> Vec<Expected> {
    let mut calls = account();
    calls.push(at(call::SET_STATUS, "{status}", status, "unless it is so already"));
    calls.push(one(call::ACCOUNT, "read back"));
    calls
}
