//! What is known of a platform, as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::app::fixtures;
use crate::config::Endpoint;
use crate::connector::{Connector, Platform, Proof};
use crate::document::Document;
use crate::model::EventKind;

/// All of a connector.
pub(super) fn connector(connector: &Connector, endpoints: &[Endpoint]) -> Json {
    let (evidence, sender) = (&connector.evidence, &connector.sender);
    let word = |proof: Option<Proof>| proof.map(Proof::as_str);
    let fields: Map<_, _> =
        kinds(connector).into_iter().map(|kind| (kind.to_string(), json!(fields(connector, kind)))).collect();
    let endpoint = |endpoint: &Endpoint| {
        json!({
            "source": endpoint.source, "url": endpoint.url, "setup": setup(connector, endpoint),
            "options": endpoint.options,
        })
    };
    json!({
        "name": connector.name, "title": connector.title, "docs": connector.docs, "file": connector.file,
        "limits": connector.limits,
        "evidence": {
            "scheme": word(evidence.scheme), "payload": word(evidence.payload), "fetch": word(evidence.fetch),
            "weakest": word(evidence.weakest()), "note": evidence.note,
        },
        "sender": {
            "deadline_seconds": sender.deadline.map(|deadline| deadline.as_secs()),
            "statuses": sender.statuses, "retries": sender.retries,
        },
        "setup": connector.setup, "hint": connector.hint,
        "endpoints": endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "events": kinds(connector).iter().map(EventKind::to_string).collect::<Vec<_>>(), "fields": fields,
        "auth": connector.auth, "covers_body": covers_body(connector),
        "decode": connector.formats.iter().map(|format| format.as_str()).collect::<Vec<_>>(),
        "answer": connector.answer.as_u16(), "options": connector.options, "option_notes": option_notes(connector),
        "handshakes": written(connector, "handshake").unwrap_or_else(|| json!([])),
        "fetch": written(connector, "fetch"), "fetched_fields": fetched(connector),
        "source": super::source::block(connector).join("\n"), "examples": examples(connector).unwrap_or_default(),
    })
}

/// The names of its fixtures.
pub(super) fn examples(connector: &Connector) -> std::io::Result<Vec<String>> {
    Ok(fixtures::of(connector)?.cases.into_iter().map(|files| files.name).collect())
}

/// All of a platform that cannot post here.
pub(super) fn platform(platform: &Platform) -> Json {
    json!({
        "name": platform.name, "title": platform.title, "docs": platform.docs, "file": platform.file,
        "limits": platform.limits, "events": [],
    })
}

/// The kinds of events that come from its webhooks.
pub(super) fn kinds(connector: &Connector) -> Vec<EventKind> {
    let maps = |kind: &EventKind| *kind != EventKind::UserActivated && connector.fields_mapped(*kind).is_some();
    EventKind::ALL.into_iter().filter(maps).collect()
}

pub(super) fn fields(connector: &Connector, kind: EventKind) -> Vec<String> {
    connector.fields_mapped(kind).unwrap_or_default().into_iter().collect()
}

/// The fields that come from what the platform answers when it is asked.
pub(super) fn fetched(connector: &Connector) -> Vec<&'static str> {
    let tables = connector.events.iter().filter(|table| table.is_fetched);
    let mut names: Vec<_> = tables
        .flat_map(|table| table.fields())
        .filter(|(_, expr)| expr.sees("fetched"))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether whoever signs has signed the body; `None` where nothing is signed, as with tokens.
pub(super) fn covers_body(connector: &Connector) -> Option<bool> {
    connector.scheme.is_signature().then(|| connector.scheme.covers_body())
}

/// The steps at the platform, with the address of the endpoint in them.
pub(super) fn setup(connector: &Connector, endpoint: &Endpoint) -> String {
    connector.setup.replace("{url}", &endpoint.url)
}

/// What the comments above options say of them, by the option's name. A comment may be meant for the next ones, too.
pub(super) fn option_notes(connector: &Connector) -> BTreeMap<String, String> {
    let mut notes = BTreeMap::new();
    let (mut is_inside, mut above) = (false, Vec::new());
    for line in connector.text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix('#') {
            above.push(comment.trim());
            continue;
        }
        let table = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        let key = line.split_once('=').map(|(key, _)| key.trim().trim_matches('"'));
        let (named, is_head) = match table {
            Some("options") => (None, true),
            Some(table) => (table.strip_prefix("options."), false),
            None => (key.filter(|_| is_inside), false),
        };
        if let Some(name) = named.filter(|_| !above.is_empty()) {
            notes.entry(name.to_owned()).or_insert_with(|| above.join("\n"));
        }
        // What stands above the table's head is about its first key.
        if !is_head {
            above.clear();
        }
        is_inside = is_head || (is_inside && table.is_none());
    }
    notes
}

/// A part of the file as it stands there.
pub(super) fn written(connector: &Connector, key: &str) -> Option<Json> {
    let document = Document::parse(&connector.file, &connector.text).ok()?;
    document.root().get(key).map(|entry| entry.json())
}
