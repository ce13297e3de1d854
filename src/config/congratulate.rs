//! `congratulate = {...}` of a rule.

use super::account::grant;
use super::feeds::{Feeds, listed};
use super::rules::{Needed, Value, choice, value};
use crate::document::{Entry, Section};
use crate::model::{Action, Channel, Congratulate, EventKind, RoomGrant, Whom};
use crate::rules::{Ask, Computed, Parameter};

pub(super) fn read(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds, needed: &Needed) -> Option<Ask> {
    let section = entry.section()?;
    let via = section.get("via").map_or_else(|| Some(vec![Channel::SendCongratulations]), |entry| channels(&entry));
    let mut wanted = Congratulate::new(via.clone().unwrap_or_default());
    let mut computed = Vec::new();
    wanted.whom = choice(section.get("whom"), &Whom::ALL, Whom::as_str).unwrap_or_default();
    wanted.text = needed.text(section.get("text"));
    match section.get("language").and_then(|entry| value(&entry, on, feeds)) {
        Some(Value::Fixed(language)) => wanted.language = Some(language),
        Some(Value::Computed(expr)) => computed.push(Computed { parameter: Parameter::Language, expr }),
        None => {}
    }
    wanted.key = key(&section, &wanted.via);
    wanted.file = file(&section, &wanted.via);
    wanted.room = room(&section, &wanted.via, on, feeds);
    wanted.receiver = receiver(&section, &wanted.via, needed);
    if let (true, false, Some(entry)) = (wanted.via.contains(&Channel::Smtp), needed.smtp, section.get("via")) {
        entry.problem("names smtp, and there is no mail server; add [smtp] with host and from");
    }
    section.finish("congratulate has via, key, whom, text, language, file, room and receiver");
    via.map(|_| Ask { action: Action::Congratulate(wanted), computed })
}

fn key(section: &Section<'_>, via: &[Channel]) -> Option<String> {
    let key = section.get("key");
    let text = key.as_ref().and_then(Entry::text);
    let hint = r#"the channel sendcongratulations needs it; write key = "...", or name other channels in via, since a real portal refuses this one"#;
    match (&key, text.as_deref()) {
        (None, _) if via.contains(&Channel::SendCongratulations) => {
            section.problem("key", format!("is missing; {hint}"));
        }
        (Some(entry), Some("")) => entry.problem(format!("is empty; {hint}")),
        _ => {}
    }
    text
}

/// The welcome document of `mention`: a number.
fn file(section: &Section<'_>, via: &[Channel]) -> Option<String> {
    let hint = "the channel mention needs the number of a document, as its address in the browser shows it";
    let Some(entry) = section.get("file") else {
        if via.contains(&Channel::Mention) {
            section.problem("file", format!("is missing; {hint}"));
        }
        return None;
    };
    let number = entry.integer()?;
    if number < 1 {
        entry.problem(format!("is no document; {hint}"));
    }
    Some(number.to_string())
}

/// The welcome room of `room`.
fn room(section: &Section<'_>, via: &[Channel], on: Option<EventKind>, feeds: &Feeds) -> Option<RoomGrant> {
    let Some(entry) = section.get("room") else {
        if via.contains(&Channel::Room) {
            section.problem("room", r#"is missing; the channel room needs it: room = { id = 1, access = "read" }"#);
        }
        return None;
    };
    match grant(entry.section()?, on, feeds)? {
        (Value::Fixed(id), access) => Some(RoomGrant { id, access }),
        (Value::Computed(_), _) => {
            entry.problem("cannot be computed; write the number of the room");
            None
        }
    }
}

/// The receiver of `webhook`.
fn receiver(section: &Section<'_>, via: &[Channel], needed: &Needed) -> Option<String> {
    let all = || listed(needed.receivers.iter().map(String::as_str));
    let Some(entry) = section.get("receiver") else {
        if via.contains(&Channel::Webhook) {
            section.problem("receiver", "is missing; name one of [receivers.NAME], which has url and secret");
        }
        return None;
    };
    let name = entry.text()?;
    if !needed.receivers.contains(&name) {
        entry.problem(format!("there is no receiver '{name}'; there is {}. Add [receivers.{name}]", all()));
    }
    Some(name)
}

fn channels(entry: &Entry<'_>) -> Option<Vec<Channel>> {
    let names = listed(Channel::ALL.map(Channel::as_str));
    let items = entry.items()?;
    if items.is_empty() {
        entry.problem(format!("is empty; name a channel: {names}"));
    }
    let mut via = Vec::new();
    for item in items {
        let Some(text) = item.text() else { continue };
        match Channel::ALL.into_iter().find(|channel| channel.as_str() == text) {
            None => item.problem(format!("there is no channel '{text}'; there are {names}")),
            Some(channel) if via.contains(&channel) => {
                item.problem(format!("'{text}' stands here twice; once is enough"))
            }
            Some(channel) => via.push(channel),
        }
    }
    Some(via)
}
