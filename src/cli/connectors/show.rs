//! One platform in words.

use serde_json::Value as Json;

use super::{facts, source};
use crate::cli::output::{Failure, Out};
use crate::config::Endpoint;
use crate::connector::{Connector, EventTable, Fetch, Platform};
use crate::model::EventKind;

/// Lines with a word in front that says what they are about.
struct Lines<'o> {
    out: &'o mut Out,
}

impl Lines<'_> {
    /// Each line of a text; nothing of an empty one.
    fn tell(&mut self, word: &str, text: impl AsRef<str>) -> Result<(), Failure> {
        for line in text.as_ref().lines() {
            self.out.line(format!("{word:<10} {line}").trim_end())?;
        }
        Ok(())
    }
}

pub(super) fn platform(platform: &Platform, out: &mut Out) -> Result<(), Failure> {
    let mut lines = Lines { out };
    lines.tell("name", &platform.name)?;
    lines.tell("title", &platform.title)?;
    lines.tell("docs", &platform.docs)?;
    lines.tell("file", &platform.file)?;
    lines.tell("events", "none: it cannot be connected directly, and no source can be of it")?;
    lines.tell("limits", &platform.limits)
}

pub(super) fn connector(connector: &Connector, endpoints: &[Endpoint], out: &mut Out) -> Result<(), Failure> {
    let mut lines = Lines { out };
    lines.tell("name", &connector.name)?;
    lines.tell("title", &connector.title)?;
    lines.tell("docs", &connector.docs)?;
    lines.tell("file", &connector.file)?;
    lines.tell("evidence", evidence(connector))?;
    if !connector.evidence.assumed().is_empty() {
        lines.tell(
            "evidence",
            "what is assumed is served for a source that says accept_assumptions = true, and for no other",
        )?;
    }
    lines.tell("note", &connector.evidence.note)?;
    lines.tell("limits", &connector.limits)?;
    sender(connector, &mut lines)?;
    set_up(connector, endpoints, &mut lines)?;
    scheme(connector, &mut lines)?;
    handshakes(connector, &mut lines)?;
    if let Some(spec) = &connector.fetch {
        fetch(connector, spec, &mut lines)?;
    }
    for kind in facts::kinds(connector) {
        lines.tell("event", format!("{kind}: {}", facts::fields(connector, kind).join(", ")))?;
        lines.tell("event", untold_day(connector, kind).unwrap_or_default())?;
    }
    options(connector, endpoints, &mut lines)?;
    lines.tell("source", "one of it, for the configuration:")?;
    lines.out.line("")?;
    for line in source::block(connector) {
        lines.out.line(line)?;
    }
    examples(connector, &mut lines)
}

/// What rules that count from a day make of an event without it.
fn untold_day(connector: &Connector, kind: EventKind) -> Option<String> {
    let (field, day, consequence) = match kind {
        EventKind::EmployeeHired => ("starts_on", "first day", "rules with before_start hold them"),
        EventKind::EmployeeTerminated => ("ends_on", "last day", "rules with after_end hold leavers"),
        _ => return None,
    };
    let tables = || connector.events.iter().filter(|table| table.kind == kind);
    let has_day = |table: &EventTable| table.fields().any(|(name, _)| name == field);
    match (tables().any(has_day), tables().all(has_day)) {
        (_, true) => None,
        (false, _) => Some(format!("{kind} tells no {day} ({field}): {consequence}")),
        (true, _) => Some(format!("{kind} tells no {day} ({field}) in some of its forms: {consequence} then")),
    }
}

fn examples(connector: &Connector, lines: &mut Lines<'_>) -> Result<(), Failure> {
    let names = facts::examples(connector)?;
    if names.is_empty() {
        return Ok(());
    }
    lines.out.line("")?;
    lines.tell("examples", names.join(", "))?;
    lines.tell("examples", format!("`usher connectors example {}` says what each tells", connector.name))
}

fn options(connector: &Connector, endpoints: &[Endpoint], lines: &mut Lines<'_>) -> Result<(), Failure> {
    let notes = facts::option_notes(connector);
    for (key, value) in &connector.options {
        for note in notes.get(key).into_iter().flat_map(|note| note.lines()) {
            lines.tell("option", format!("# {note}"))?;
        }
        let sets = |endpoint: &Endpoint| Some((endpoint.source.clone()?, endpoint.options.get(key)?.clone()));
        let set =
            endpoints.iter().filter_map(sets).map(|(source, value)| format!("; the source {source} sets {value}"));
        lines.tell("option", format!("{key} = {value}{}", set.collect::<String>()))?;
    }
    Ok(())
}

fn evidence(connector: &Connector) -> String {
    let parts: Vec<_> = connector.evidence.parts().map(|(part, proof)| format!("{part}: {}", proof.as_str())).collect();
    if parts.is_empty() { "the file says nothing of it".to_owned() } else { parts.join(", ") }
}

fn sender(connector: &Connector, lines: &mut Lines<'_>) -> Result<(), Failure> {
    let sender = &connector.sender;
    if let Some(deadline) = sender.deadline {
        lines.tell("sender", format!("waits {} s for an answer", deadline.as_secs()))?;
    }
    if !sender.statuses.is_empty() {
        lines.tell("sender", format!("takes for success: {}", sender.statuses))?;
    }
    if !sender.retries.is_empty() {
        lines.tell("sender", format!("tries again: {}", sender.retries))?;
    }
    Ok(())
}

fn set_up(connector: &Connector, endpoints: &[Endpoint], lines: &mut Lines<'_>) -> Result<(), Failure> {
    for endpoint in endpoints {
        let told = match &endpoint.source {
            Some(source) => format!("{} (source {source})", endpoint.url),
            None => format!("{} once [sources.{}] is in the configuration", endpoint.url, connector.name),
        };
        lines.tell("address", told)?;
        // The steps are the same for all, unless the address stands in them.
        if connector.setup.contains("{url}") {
            lines.tell("setup", facts::setup(connector, endpoint))?;
        }
    }
    if connector.setup.contains("{url}") { Ok(()) } else { lines.tell("setup", &connector.setup) }
}

fn scheme(connector: &Connector, lines: &mut Lines<'_>) -> Result<(), Failure> {
    if let Json::Object(auth) = &connector.auth {
        for (key, value) in auth {
            lines.tell("auth", format!("{key} = {value}"))?;
        }
    }
    if facts::covers_body(connector) == Some(false) {
        let told = match connector.has_fetch() && !connector.believes_unasked() {
            true => "the signature does not cover the body, of which nothing is believed but whom to ask about",
            false => "the signature does not cover the body: serve refuses it, explain verifies it",
        };
        lines.tell("auth", told)?;
    }
    let formats: Vec<_> = connector.formats.iter().map(|format| format.as_str()).collect();
    lines.tell("decode", formats.join(", "))
}

fn handshakes(connector: &Connector, lines: &mut Lines<'_>) -> Result<(), Failure> {
    let tables = facts::written(connector, "handshake");
    for table in tables.iter().filter_map(Json::as_array).flatten().filter_map(Json::as_object) {
        let method = table.get("method").and_then(Json::as_str).unwrap_or_default();
        let rest: Vec<_> =
            table.iter().filter(|(key, _)| *key != "method").map(|(key, value)| format!("{key} = {value}")).collect();
        lines.tell("handshake", format!("{method} {}", rest.join(", ")).trim_end())?;
    }
    Ok(())
}

fn fetch(connector: &Connector, spec: &Fetch, lines: &mut Lines<'_>) -> Result<(), Failure> {
    let how = if spec.post.is_some() { "POST" } else { "GET" };
    let path = spec.path.text();
    let call = match &spec.base {
        Some(base) => format!("{how} {}{path}", base.as_str().trim_end_matches('/')),
        None => format!("{how} {path} below the base that the source names"),
    };
    lines.tell("fetch", call)?;
    let base = spec.base.is_none().then(|| "base".to_owned());
    let ways: Vec<_> = spec.auth.iter().map(|way| way.as_str()).collect();
    let headers = spec.secret_headers.iter().map(|name| format!("headers.{name}"));
    let ways = Some(ways.join(" or ")).filter(|ways| !ways.is_empty());
    let wanted: Vec<_> = base.into_iter().chain(ways).chain(headers).collect();
    if !wanted.is_empty() {
        lines.tell("fetch", format!("needs in [sources.NAME.fetch]: {}", wanted.join(", ")))?;
    }
    lines.tell("fetch", format!("at most {} calls a minute, {} s each", spec.per_minute, spec.timeout.as_secs()))?;
    lines.tell("fetch", format!("tells {}", facts::fetched(connector).join(", ")))
}
