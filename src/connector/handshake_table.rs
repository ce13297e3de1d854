//! The `[[handshake]]` tables, read and checked.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::handshake::{Condition, Echo, EchoTo, Handshake, Wanted};
use super::load::read_answer;
use super::place::Place;
use crate::auth::Pointer;
use crate::document::{Entry, Section};

/// Headers that belong to the server: how an answer is framed, and what its body is taken for.
const OURS: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "transfer-encoding",
    "trailer",
    "upgrade",
    "x-content-type-options",
];

/// Headers by which a text of a stranger would make a browser do something.
const HARMFUL: [&str; 9] = [
    "alt-svc",
    "clear-site-data",
    "content-location",
    "link",
    "location",
    "refresh",
    "set-cookie",
    "strict-transport-security",
    "www-authenticate",
];

/// All tables, in the order of the file; `None` only where a problem was recorded.
pub(super) fn read(root: &Section<'_>) -> Option<Vec<Handshake>> {
    let mut found: Vec<Handshake> = Vec::new();
    let mut sound = true;
    for table in root.sections("handshake") {
        let method = table.get("method");
        let Some(handshake) = read_one(table) else {
            sound = false;
            continue;
        };
        let before = found.iter().find(|before| before.is_unconditional() && before.method == handshake.method);
        if let (Some(before), Some(entry)) = (before, method) {
            let what =
                format!("is never asked: a [[handshake]] above answers every {}; give that one a match", before.method);
            entry.problem(what);
            sound = false;
        }
        found.push(handshake);
    }
    sound.then_some(found)
}

fn read_one(table: Section<'_>) -> Option<Handshake> {
    let answer = read_answer(&table);
    let method = table.require("method", "write the method that the platform probes with, such as \"HEAD\"");
    let entries =
        Entries { method, conditions: table.get("match"), echo: table.get("echo"), secret: table.get("secret") };
    let conditions = entries.conditions.as_ref().map_or(Some(Vec::new()), read_match);
    let is_verified = table.get("verified").map_or(Some(false), |entry| entry.flag());
    let echo = entries.echo.as_ref().map(read_echo);
    let headers = table.get("headers").map_or(Some(HeaderMap::new()), |entry| read_headers(&entry));
    let secret = entries.secret.as_ref().map(read_place);
    table.finish("a [[handshake]] has method, match, verified, answer, echo, headers and secret");
    let handshake = Handshake {
        method: read_method(entries.method.as_ref()?)?,
        conditions: conditions?,
        is_verified: is_verified?,
        answer,
        // A key that is there must have been understood.
        echo: echo.map_or(Some(None), |echo| echo.map(Some))?,
        headers: headers?,
        secret: secret.map_or(Some(None), |place| place.map(Some))?,
    };
    entries.judge(&handshake).then_some(handshake)
}

/// Where the keys of one table stand, for problems that only all of them together show.
struct Entries<'d> {
    method: Option<Entry<'d>>,
    conditions: Option<Entry<'d>>,
    echo: Option<Entry<'d>>,
    secret: Option<Entry<'d>>,
}

impl Entries<'_> {
    /// Whether the keys fit each other; what does not is recorded.
    fn judge(&self, handshake: &Handshake) -> bool {
        let mut told = Vec::new();
        let mut tell = |entry: &Option<Entry<'_>>, what: &str| {
            entry.iter().for_each(|entry| entry.problem(what));
            told.push(entry.is_some());
        };
        if handshake.method == Method::POST && handshake.is_unconditional() {
            let what = "a POST is a webhook unless something tells it apart; write a match, an echo or a secret";
            tell(&self.method, what);
        }
        if handshake.method != Method::POST {
            let in_body = "is in the body, and only a POST is answered with its body read; name a header or the query";
            if handshake.conditions.iter().any(|condition| condition.place.is_in_body()) {
                tell(&self.conditions, in_body);
            }
            if handshake.echo.as_ref().is_some_and(|echo| echo.from.is_in_body()) {
                tell(&self.echo, in_body);
            }
            if handshake.secret.as_ref().is_some_and(Place::is_in_body) {
                tell(&self.secret, in_body);
            }
        }
        let has_body = matches!(&handshake.echo, Some(Echo { to: EchoTo::Text | EchoTo::Json(_), .. }));
        if has_body && handshake.method == Method::HEAD {
            tell(&self.echo, "goes to a body, and the answer to a HEAD has none; write to = \"header:NAME\"");
        }
        if has_body && [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(&handshake.answer) {
            tell(&self.echo, "goes to a body, and an answer 204 or 205 has none; write answer = 200");
        }
        if let Some(Echo { to: EchoTo::Header(name), .. }) = &handshake.echo
            && handshake.headers.contains_key(name)
        {
            tell(&self.echo, "goes to a header that also stands in headers; leave one of them out");
        }
        if handshake.secret.is_some() && handshake.is_verified {
            tell(&self.secret, "cannot be told by a request that is verified with it; leave out verified");
        }
        told.is_empty()
    }
}

fn read_method(entry: &Entry<'_>) -> Option<Method> {
    let known = [Method::HEAD, Method::GET, Method::OPTIONS, Method::POST];
    let method = entry.text()?;
    let found = known.into_iter().find(|known| known.as_str() == method);
    if found.is_none() {
        entry.problem("must be HEAD, GET, OPTIONS or POST");
    }
    found
}

fn read_place(entry: &Entry<'_>) -> Option<Place> {
    Place::parse(&entry.text()?).map_err(|sentence| entry.problem(sentence)).ok()
}

fn read_match(entry: &Entry<'_>) -> Option<Vec<Condition>> {
    let section = entry.section()?;
    let read = |(key, entry): (String, Entry<'_>)| {
        let place = Place::parse(&key).map_err(|sentence| entry.problem(sentence)).ok();
        let wanted = read_wanted(&entry);
        Some(Condition { place: place?, wanted: wanted? })
    };
    let found: Vec<_> = section.entries().into_iter().map(read).collect();
    found.into_iter().collect()
}

fn read_wanted(entry: &Entry<'_>) -> Option<Wanted> {
    let value = entry.json();
    if value.is_array() {
        let texts = entry.texts()?;
        if texts.is_empty() {
            entry.problem("is empty, so that nothing fits; write a text, a list of texts, or true for anything");
            return None;
        }
        return Some(Wanted::AnyOf(texts));
    }
    match (value.as_str(), value.as_bool()) {
        (Some(text), _) => Some(Wanted::AnyOf(vec![text.to_owned()])),
        (_, Some(true)) => Some(Wanted::Present),
        _ => {
            entry.problem(
                "must be a text, a list of texts, or true for anything; a number or false in the payload is written in quotes",
            );
            None
        }
    }
}

fn read_echo(entry: &Entry<'_>) -> Option<Echo> {
    let section = entry.section()?;
    let from = section.require("from", "write the place of the text, such as \"query:validationToken\"");
    let to = section.require("to", "write \"text\", \"header:NAME\" or \"json:/POINTER\"");
    section.finish("echo has from and to");
    let from = from.and_then(|entry| read_place(&entry));
    let to = to.and_then(|entry| read_target(&entry));
    Some(Echo { from: from?, to: to? })
}

fn read_target(entry: &Entry<'_>) -> Option<EchoTo> {
    let text = entry.text()?;
    match text.split_once(':') {
        None if text == "text" => return Some(EchoTo::Text),
        Some(("header", name)) => {
            let name = header_name(entry, name)?;
            if HARMFUL.contains(&name.as_str()) || name.as_str().starts_with("access-control-") {
                entry.problem(format!("a text of somebody unknown must not become the header {name}"));
                return None;
            }
            return Some(EchoTo::Header(name));
        }
        Some(("json", pointer)) => match Pointer::parse(pointer) {
            Ok(pointer) if !pointer.is_plural() => return Some(EchoTo::Json(pointer)),
            Ok(_) => entry.problem("names one place; a '*' is none"),
            Err(sentence) => entry.problem(sentence),
        },
        _ => entry.problem(format!("'{text}' is not text, header:NAME or json:/POINTER")),
    }
    None
}

/// A header that an answer may set.
fn header_name(entry: &Entry<'_>, name: &str) -> Option<HeaderName> {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
        entry.problem(format!("'{name}' is not a header name"));
        return None;
    };
    if OURS.contains(&name.as_str()) {
        entry.problem(format!("the header {name} is set by the program"));
        return None;
    }
    Some(name)
}

fn read_headers(entry: &Entry<'_>) -> Option<HeaderMap> {
    let section = entry.section()?;
    let mut headers = HeaderMap::new();
    let mut sound = true;
    for (name, entry) in section.entries() {
        let name = header_name(&entry, &name);
        let value = entry.text().and_then(|text| {
            let value = HeaderValue::from_str(&text);
            value.map_err(|_| entry.problem("is not the value of a header; write visible ASCII characters")).ok()
        });
        match (name, value) {
            (Some(name), Some(value)) => {
                headers.insert(name, value);
            }
            _ => sound = false,
        }
    }
    sound.then_some(headers)
}
