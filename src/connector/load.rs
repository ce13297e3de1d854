//! A connector file, read and checked as a whole.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Connector, EventTable, Platform, about, auth_table, catalog, decode, event_table, fetch, fields, handshake_table,
};
use crate::document::{Document, Entry, Problem, Section};
use crate::expr::{Expr, ExprError};
use crate::model::{Event, EventKind, UnknownEventKind};
use crate::schedule;
use http::StatusCode;

/// The fields that `[fields]` gives to every `[[event]]`.
type Fields = Vec<(&'static str, Expr)>;

/// What a file describes.
#[derive(Debug, Clone)]
pub(super) enum Described {
    /// A connector.
    Connector(Arc<Connector>),
    /// A platform that cannot post here.
    Platform(Platform),
}

impl Described {
    pub(super) fn connector(&self) -> Option<&Arc<Connector>> {
        if let Self::Connector(connector) = self { Some(connector) } else { None }
    }

    pub(super) fn platform(&self) -> Option<&Platform> {
        if let Self::Platform(platform) = self { Some(platform) } else { None }
    }
}

/// Read a file and tell all its problems at once.
pub(super) fn load(file_name: &str, text: &str, embedded: bool) -> Result<Described, Vec<Problem>> {
    let document = Document::parse(file_name, text)?;
    let root = document.root();
    let is_platform = root.get("limits").is_some() && root.get("auth").is_none();
    let described = if is_platform {
        read_platform(root, file_name, embedded).map(Described::Platform)
    } else {
        read(root, file_name, text, embedded).map(|connector| Described::Connector(Arc::new(connector)))
    };
    let problems = document.into_problems();
    match described {
        Some(described) if problems.is_empty() => Ok(described),
        _ => Err(problems),
    }
}

fn read_platform(root: Section<'_>, file_name: &str, embedded: bool) -> Option<Platform> {
    let name = read_name(&root, file_name);
    let [title, docs, limits] =
        ["title", "docs", "limits"].map(|key| root.text(key).unwrap_or_default().trim().to_owned());
    root.finish(
        "a file without [auth] describes a platform that cannot post here: it has name, title, docs and limits",
    );
    let name = name?;
    let title = if title.is_empty() { name.clone() } else { title };
    Some(Platform { name, title, docs, limits, file: file_name.to_owned(), embedded })
}

/// `None` only where a problem was recorded.
fn read(root: Section<'_>, file_name: &str, text: &str, embedded: bool) -> Option<Connector> {
    let name = read_name(&root, file_name);
    let auth = auth_table::read(&root);
    let dedupe = auth_table::read_dedupe(&root);
    let defaults = root.section("fields").map(|section| Defaults::read(&section)).unwrap_or_default();
    let tables: Vec<_> = root.sections("event").into_iter().map(|table| read_event(table, &defaults)).collect();
    let fetch = fetch::read(&root);
    let formats = decode::read_formats(&root);
    let (evidence, sender) = (about::read_evidence(&root), about::read_sender(&root));
    let handshakes = handshake_table::read(&root);
    let options = root.get("options").and_then(|entry| {
        entry.section()?;
        entry.json().as_object().cloned()
    });
    let answer = read_answer(&root);
    let told = ["title", "docs", "setup", "hint", "limits"];
    let mut told = told.map(|key| root.text(key).unwrap_or_default().trim().to_owned());
    root.finish(
        "a connector has name, title, docs, setup, hint, limits, answer, decode, dedupe, [evidence], [sender], [auth], [options], \
         [fetch], [fields], [[handshake]] and [[event]]",
    );
    let [title, docs, setup, hint, limits] = told.each_mut().map(std::mem::take);
    let (auth, scheme) = auth?;
    let name = name?;
    Some(Connector {
        title: if title.is_empty() { name.clone() } else { title },
        name,
        docs,
        setup,
        hint,
        limits,
        evidence,
        sender,
        formats,
        fetch: fetch.map_or(Some(None), |fetch| fetch.map(Some))?,
        file: file_name.to_owned(),
        embedded,
        text: text.to_owned(),
        auth,
        scheme,
        dedupe: dedupe?,
        handshakes: handshakes?,
        answer,
        options: options.unwrap_or_default(),
        events: tables.into_iter().collect::<Option<_>>()?,
    })
}

fn read_name(root: &Section<'_>, file_name: &str) -> Option<String> {
    let entry = root.require("name", "write the name that sources refer to, the same as the file's")?;
    let name = entry.text()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        entry.problem("must be made of lower-case letters, digits, hyphens and underscores");
        return None;
    }
    let stem = catalog::stem(file_name);
    if name != stem {
        entry.problem(format!("must be the same as the file's name; rename the file to {name}.toml or write '{stem}'"));
        return None;
    }
    Some(name)
}

/// `answer`: any 2xx; absent: 200.
pub(super) fn read_answer(section: &Section<'_>) -> StatusCode {
    let Some(entry) = section.get("answer") else {
        return StatusCode::OK;
    };
    let code = entry.integer().map(|code| u16::try_from(code).unwrap_or_default());
    match code.and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) if status.is_success() => status,
        _ => {
            entry.problem("must be a status from 200 to 299");
            StatusCode::OK
        }
    }
}

/// `[fields]`.
#[derive(Default)]
struct Defaults {
    fields: Fields,
    /// All its keys, those too whose expressions are wrong.
    keys: Vec<String>,
}

impl Defaults {
    fn read(section: &Section<'_>) -> Self {
        let entries = section.entries();
        let keys = entries.iter().map(|(key, _)| key.clone()).collect();
        Self { fields: entries.iter().filter_map(|(key, entry)| read_field(key, entry)).collect(), keys }
    }
}

fn read_event(table: Section<'_>, defaults: &Defaults) -> Option<EventTable> {
    let kind = table.require("kind", "write what it means, such as \"employee.hired\"");
    let kind = kind.and_then(|entry| read_kind(&entry));
    let items = table.get("items").map(|entry| expression(&entry, &event_table::BODY_ROOTS));
    let [needs, when] =
        ["needs", "when"].map(|key| table.get(key).map(|entry| expression(&entry, &event_table::ITEM_ROOTS)));
    let is_fetched = table.get("fetch").is_none_or(|entry| entry.flag().unwrap_or(true));
    let mut own = defaults.fields.clone();
    for (key, entry) in table.entries() {
        if ["kind", "items", "needs", "when", "fetch"].contains(&key.as_str()) {
            continue;
        }
        own.retain(|(name, _)| *name != key);
        own.extend(read_field(&key, &entry));
    }
    own.sort_by_key(|(name, _)| Event::FIELDS.iter().position(|field| field == name));
    let kind = kind?;
    for group in fields::required(kind) {
        // Asked of the keys, not of what compiled: a field whose expression is wrong is not missing as well.
        let named = |name: &&str| defaults.keys.iter().any(|key| key == name) || table.get(name).is_some();
        if !group.iter().any(named) {
            table.problem(&group.join(" or "), format!("is missing; {kind} cannot do without"));
        }
    }
    let (items, needs, when) = (flip(items)?, flip(needs)?, flip(when)?);
    let before = |when: &Expr| when.without(event_table::FETCHED, &event_table::ITEM_ROOTS);
    let before = when.as_ref().map(before).unwrap_or_default();
    Some(EventTable { kind, items, needs, when, before, is_fetched, fields: own })
}

/// A length of time that may be absent.
pub(super) fn read_seconds(section: &Section<'_>, key: &str, range: RangeInclusive<u64>) -> Option<Duration> {
    let entry = section.get(key)?;
    let text = entry.text()?;
    let length = schedule::duration(&text).and_then(|length| Duration::try_from(length).ok());
    let length = length.filter(|length| range.contains(&length.as_secs()));
    if length.is_none() {
        entry.problem(format!(
            "must be a time from {}s to {}s, such as \"{}s\"",
            range.start(),
            range.end(),
            range.start()
        ));
    }
    length
}

/// A key that is there must have compiled.
fn flip(compiled: Option<Option<Expr>>) -> Option<Option<Expr>> {
    compiled.map_or(Some(None), |expr| expr.map(Some))
}

fn read_kind(entry: &Entry<'_>) -> Option<EventKind> {
    entry.text()?.parse().map_err(|unknown: UnknownEventKind| entry.problem(unknown.to_string())).ok()
}

fn read_field(key: &str, entry: &Entry<'_>) -> Option<(&'static str, Expr)> {
    let Some(name) = Event::FIELDS.into_iter().find(|name| *name == key && *name != "kind") else {
        let fields = Event::FIELDS[1..].join(", ");
        entry.problem(format!("is not a field of an event; the fields are {fields}"));
        return None;
    };
    Some((name, expression(entry, &event_table::ITEM_ROOTS)?))
}

/// An expression in a connector or a rule; a problem is told at its place in the text.
pub fn expression(entry: &Entry<'_>, roots: &[&str]) -> Option<Expr> {
    match Expr::compile(&entry.text()?, roots) {
        Ok(expr) => return Some(expr),
        Err(ExprError { range: Some(range), message }) => entry.problem_within(&range, message),
        Err(error) => entry.problem(error.message),
    }
    None
}
