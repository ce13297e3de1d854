//! `onboard = {...}` of a rule.

use jiff::SignedDuration;

use super::account::{self, Type};
use super::feeds::Feeds;
use super::moment::{self, Side};
use super::rules::{Needed, Value, choice, suits_moment, value};
use crate::document::{Entry, Section};
use crate::model::{Action, EventKind, Existing, Mode, OnExisting, Onboard, UserType, Way};
use crate::rules::{Ask, Computed, Parameter};

const HOW_GUEST: &str =
    r#"a guest comes to be by being let into a room; add rooms = [{ id = 1, access = "read" }], or write User"#;

pub(super) fn read(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds, needed: &Needed) -> Option<Ask> {
    let section = entry.section()?;
    let places = account::places(&section, on, feeds);
    let mut ask = Ask { action: Action::Onboard(Onboard::new(UserType::User)), computed: places.computed };
    let kind =
        section.require("type", r#"there is no default, since some types take a paid seat; write type = "User""#);
    let kind_known = kind.as_ref().and_then(|entry| match account::account_type(&section, entry, on, feeds)? {
        Type::Fixed(user_type) => Some(user_type),
        // It comes last: whether it may be Guest depends on the rooms.
        Type::Computed(computed) => {
            ask.computed.push(computed);
            Some(UserType::User)
        }
    });
    let mut onboard = Onboard::new(kind_known.unwrap_or(UserType::User));
    onboard.groups = places.groups.unwrap_or_default();
    onboard.rooms = places.rooms.unwrap_or_default();
    onboard.mode = mode(&section, needed).unwrap_or_default();
    onboard.text = needed.text(section.get("text"));
    onboard.on_existing = on_existing(&section);
    onboard.remind_after = section.get("remind_after").and_then(|entry| remind_after(&entry, onboard.way(), needed));
    let rooms = places.rooms_written;
    if let (Way::Room, 0, Some(entry)) = (onboard.way(), rooms, &kind) {
        entry.problem(format!("'Guest' is refused without a room: {HOW_GUEST}"));
    }
    let is_fixed = !ask.computed.iter().any(|computed| matches!(computed.parameter, Parameter::Type { .. }));
    for entry in [section.get("groups"), section.get("rooms")].into_iter().flatten() {
        if is_fixed && onboard.way() == Way::Link {
            entry.problem("cannot be: whoever gets a link has no account yet; take it out, or use another mode");
        }
    }
    match section.get("culture").and_then(|entry| value(&entry, on, feeds)) {
        Some(Value::Fixed(culture)) => onboard.culture = Some(culture),
        Some(Value::Computed(expr)) => ask.computed.push(Computed { parameter: Parameter::Culture, expr }),
        None => {}
    }
    if let Some(entry) = section.get("before_start") {
        suits_moment(&entry, on, "starts_on", feeds);
    }
    onboard.before_start = moment::read(&section, "before_start", Side::Before);
    section.finish(
        "onboard has type, mode, culture, groups, rooms, on_existing, text, remind_after, before_start, at, zone and allow_paid",
    );
    ask.action = Action::Onboard(onboard);
    kind_known.map(|_| ask)
}

/// An hour at least: a reminder is no second invitation.
const REMIND_LEAST: SignedDuration = SignedDuration::from_hours(1);

fn remind_after(entry: &Entry<'_>, way: Way, needed: &Needed) -> Option<SignedDuration> {
    let text = entry.text()?;
    let Some(after) = super::duration(&text) else {
        entry.problem(format!("'{text}' is not a length of time; write 5d, or 36h"));
        return None;
    };
    if after < REMIND_LEAST {
        entry.problem("is less than an hour; write 5d, or 36h");
        return None;
    }
    if way == Way::Created && !needed.smtp {
        entry.problem(
            r#"cannot be done for accounts of mode "create": DocSpace mails no second letter that activates them; add [smtp], or use mode = "invite""#,
        );
    }
    Some(after)
}

fn mode(section: &Section<'_>, needed: &Needed) -> Option<Mode> {
    let entry = section.get("mode")?;
    let text = entry.text()?;
    let Some(mode) = Mode::ALL.into_iter().find(|mode| mode.as_str() == text) else {
        entry.problem(format!(
            r#"'{text}' is not a mode; write "create" (names and account, then the invitation), "invite" (the invitation alone) or "link" (a link that our own mail server mails)"#
        ));
        return None;
    };
    if mode == Mode::Link && !needed.smtp {
        entry.problem("mails the link itself, so that it needs a mail server; add [smtp] with host and from");
    }
    Some(mode)
}

fn on_existing(section: &Section<'_>) -> OnExisting {
    let mut chosen = OnExisting::default();
    let Some(section) = section.section("on_existing") else { return chosen };
    for (key, slot) in [
        ("terminated", &mut chosen.terminated),
        ("guest", &mut chosen.guest),
        ("pending", &mut chosen.pending),
        ("active", &mut chosen.active),
    ] {
        if let Some(choice) = choice(section.get(key), &Existing::ALL, Existing::as_str) {
            *slot = choice;
        }
    }
    section.finish("on_existing has terminated, guest, pending and active");
    chosen
}
