//! What `onboard` and `update` say alike of an account: its type, groups and rooms.

use super::feeds::Feeds;
use super::rules::{Value, choice, value};
use crate::document::{Entry, Section};
use crate::model::{EventKind, RoomAccess, RoomGrant, UserType};
use crate::rules::{Computed, Parameter};

/// The account type of `type`.
pub(super) enum Type {
    /// Written.
    Fixed(UserType),
    /// To be computed from the event.
    Computed(Computed),
}

/// Read `type`, with `allow_paid` beside it; `None` where a problem was told.
pub(super) fn account_type(
    section: &Section<'_>,
    entry: &Entry<'_>,
    on: Option<EventKind>,
    feeds: &Feeds,
) -> Option<Type> {
    let allow_paid = section.get("allow_paid").and_then(|entry| entry.flag()).unwrap_or(false);
    match value(entry, on, feeds)? {
        Value::Fixed(text) => user_type(entry, &text, allow_paid).map(Type::Fixed),
        Value::Computed(expr) => Some(Type::Computed(Computed { parameter: Parameter::Type { allow_paid }, expr })),
    }
}

/// The account type, unless it would cost money unasked or be refused by the server.
fn user_type(entry: &Entry<'_>, text: &str, allow_paid: bool) -> Option<UserType> {
    if text == "All" {
        entry.problem("'All' is refused, since the server turns it into a paid room administrator; write User");
        return None;
    }
    let user_type = match text.parse::<UserType>() {
        Ok(user_type) => user_type,
        Err(sentence) => {
            entry.problem(sentence);
            return None;
        }
    };
    if user_type.is_paid() && !allow_paid {
        entry
            .problem(format!("'{user_type}' takes a paid seat; add allow_paid = true if that is meant, or write User"));
        return None;
    }
    Some(user_type)
}

/// Groups and rooms, fixed and computed.
pub(super) struct Places {
    /// Fixed groups; absent where there is no list of groups.
    pub(super) groups: Option<Vec<String>>,
    /// Fixed rooms; absent where there is no list of rooms.
    pub(super) rooms: Option<Vec<RoomGrant>>,
    /// The rest.
    pub(super) computed: Vec<Computed>,
    /// How many rooms are written, fixed or computed.
    pub(super) rooms_written: usize,
}

/// Read `groups` and `rooms`.
pub(super) fn places(section: &Section<'_>, on: Option<EventKind>, feeds: &Feeds) -> Places {
    let list = |key: &str| section.get(key).map(|entry| entry.items().unwrap_or_default());
    let mut computed = Vec::new();
    let groups = list("groups").map(|groups| {
        let mut fixed = Vec::new();
        for group in &groups {
            match value(group, on, feeds) {
                Some(Value::Fixed(name)) => fixed.push(name),
                Some(Value::Computed(expr)) => computed.push(Computed { parameter: Parameter::Group, expr }),
                None => {}
            }
        }
        fixed
    });
    let rooms = list("rooms");
    let rooms_written = rooms.as_ref().map_or(0, Vec::len);
    let rooms = rooms.map(|rooms| {
        let mut fixed = Vec::new();
        for room in &rooms {
            match room.section().and_then(|section| grant(section, on, feeds)) {
                Some((Value::Fixed(id), access)) => fixed.push(RoomGrant { id, access }),
                Some((Value::Computed(expr), access)) => {
                    computed.push(Computed { parameter: Parameter::Room(access), expr });
                }
                None => {}
            }
        }
        fixed
    });
    Places { groups, rooms, computed, rooms_written }
}

/// `{ id = ..., access = "..." }`: a room and the right there, `read` by default.
pub(super) fn grant(section: Section<'_>, on: Option<EventKind>, feeds: &Feeds) -> Option<(Value, RoomAccess)> {
    let id = section.require("id", "write the number of the room, as its address in the browser shows it");
    let id = id.and_then(|entry| value(&entry, on, feeds));
    let access = choice(section.get("access"), &RoomAccess::ALL, RoomAccess::as_str);
    section.finish("a room has id and access");
    Some((id?, access.unwrap_or(RoomAccess::Read)))
}
