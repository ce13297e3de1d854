//! Whether a delivery speaks of somebody.

use url::form_urlencoded::byte_serialize;

use crate::body;
use crate::config::Config;
use crate::ledger::Keys;
use crate::model::{Delivery, Event, Timestamp};
use crate::process;

/// How a delivery speaks of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mention {
    /// Not at all.
    None,
    /// It is about others, and an address or account id stands beside.
    Beside,
    /// It is about them, or nobody can say whom it is about and their address or account id stands in it.
    About,
}

/// A delivery as it can be read now.
pub(super) struct Reading<'a> {
    source: &'a str,
    events: Vec<Event>,
    /// Whether the events are all that it has to say.
    is_whole: bool,
    /// Everything in it, in lower case as far as ASCII goes.
    text: String,
}

impl<'a> Reading<'a> {
    pub(super) fn of(config: &Config, delivery: &'a Delivery, now: Timestamp) -> Self {
        let body = delivery.body.as_deref().unwrap_or_default();
        let source = config.sources.get(&delivery.source);
        let text = text(delivery, body);
        // What a platform leaves out of its message is not asked for to forget somebody.
        if let Some(source) = source.filter(|source| source.connector.has_fetch()) {
            let events = source.connector.mentions(&process::input(source, &delivery.headers, body, None, now));
            return Self { source: &delivery.source, events, is_whole: false, text };
        }
        let mapped = source.and_then(|source| process::map(source, &delivery.headers, body, now).ok());
        let items = mapped.unwrap_or_default();
        let is_whole = !items.is_empty() && items.iter().all(|item| item.result.is_ok());
        let events = items.into_iter().filter_map(|item| item.result.ok()).collect();
        Self { source: &delivery.source, events, is_whole, text }
    }

    /// How it speaks of whom `keys` name.
    pub(super) fn mention(&self, keys: &Keys) -> Mention {
        if self.events.iter().any(|event| keys.names(self.source, event)) {
            return Mention::About;
        }
        let is_there = |needle: &String| {
            let needle = needle.to_ascii_lowercase();
            let encoded: String = byte_serialize(needle.as_bytes()).collect();
            stands_in(&self.text, &needle) || stands_in(&self.text, &encoded.to_ascii_lowercase())
        };
        match keys.emails.iter().chain(&keys.user_ids).any(is_there) {
            false => Mention::None,
            true if self.is_whole => Mention::Beside,
            true => Mention::About,
        }
    }
}

/// Headers and body; of JSON, lines of it and forms also without their escapes, which some platforms write for more than
/// they need to.
fn text(delivery: &Delivery, bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if text.contains('\\') {
        let is_lines = body::json(bytes).is_err();
        let parts = bytes.split(|byte| is_lines && *byte == b'\n');
        for json in parts.filter_map(|part| body::json(part).ok()) {
            text.push('\n');
            text.push_str(&json.to_string());
        }
    }
    if text.contains('%') {
        for (_, value) in body::form(bytes).unwrap_or_default() {
            text.push('\n');
            text.push_str(&value);
        }
    }
    for (_, value) in &delivery.headers {
        text.push('\n');
        text.push_str(value);
    }
    text.make_ascii_lowercase();
    text
}

/// Whether `needle` stands in `text`, and not as a part of another address or id.
fn stands_in(text: &str, needle: &str) -> bool {
    let goes_on_before = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let goes_on_after = |rest: &str| {
        let mut rest = rest.chars();
        match rest.next() {
            Some('.') => rest.next().is_some_and(char::is_alphanumeric),
            Some(c) => c.is_alphanumeric() || c == '-',
            None => false,
        }
    };
    !needle.is_empty()
        && text.match_indices(needle).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + needle.len()..).unwrap_or_default();
            !before.is_some_and(goes_on_before) && !goes_on_after(after)
        })
}
