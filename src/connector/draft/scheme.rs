//! How a captured request is likely to be signed, told by its headers and its query.

use http::{HeaderMap, HeaderName};

use super::leaves::Leaf;
use super::{Captured, marks};
use crate::connector::Format;

/// What stands beside a signature under a like name: `x-acme-signature-timestamp`.
const BESIDE: [&str; 3] = ["timestamp", "version", "algorithm"];

/// The lines of an `[auth]` table, without its head, and what is to be said of them.
pub(super) struct Guess {
    pub(super) lines: Vec<String>,
    /// The line for what makes two deliveries one, where `[auth]` has no place for it.
    pub(super) dedupe: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Guess {
    fn new(lines: Vec<String>, note: impl Into<String>) -> Self {
        Self { lines, dedupe: None, notes: vec![note.into()] }
    }
}

/// Look at a request; `name` is the connector's.
pub(super) fn guess(name: &str, captured: &Captured, leaves: &[Leaf<'_>]) -> Guess {
    let mut guess = proof(name, &captured.headers, &captured.query);
    let has = |guess: &Guess, key: &str| guess.lines.iter().any(|line| line.starts_with(key));
    let is_json = captured.format == Format::Json;
    let id = marks::delivery(name, &captured.headers, if is_json { leaves } else { &[] });
    if id.is_none() && !has(&guess, "timestamp =") && !has(&guess, "id =") {
        guess.notes.push(
            "nothing tells one delivery from another but its body: news that reads the same as earlier news would be taken \
             for a repetition. If the body has an id or a time of the news, name it in `dedupe`"
                .to_owned(),
        );
    }
    if let Some(id) = id.filter(|_| !has(&guess, "id =")) {
        guess.notes.push(format!(
            "{id} is taken for what tells a delivery from others, by its name: take it out if two deliveries have the same \
             there, for the second one would be taken for a repetition"
        ));
        match has(&guess, "signed =") {
            true => guess.lines.push(format!("id = {}", toml_text(&id))),
            false => guess.dedupe = Some(format!("dedupe = [[{}]]", toml_text(&id))),
        }
    }
    guess
}

/// How it proves itself.
fn proof(name: &str, headers: &HeaderMap, query: &str) -> Guess {
    let named = |words: &[&str]| {
        let is_it = |header: &&HeaderName| {
            let name = header.as_str();
            words.iter().any(|word| name.contains(word)) && !BESIDE.iter().any(|word| name.contains(word))
        };
        headers.keys().find(is_it).cloned()
    };
    let value = |header: &HeaderName| headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some(header) = named(&["signature", "hmac", "-sign"]) {
        return signed(&header, value(&header), headers);
    }
    let authorization = value(&http::header::AUTHORIZATION);
    match authorization.split_once(' ') {
        Some((word, _)) if word.eq_ignore_ascii_case("basic") => {
            let note = "the request has user and password (Basic): the source's secret is USER:PASSWORD";
            return Guess::new(vec!["kind = \"basic\"".to_owned()], note);
        }
        Some((word, _)) => {
            return token(&format!("header:{}", http::header::AUTHORIZATION), Some(&format!("{word} ")));
        }
        None if !authorization.is_empty() => return token("header:authorization", None),
        None => {}
    }
    if let Some(header) = named(&["token", "secret", "api-key", "apikey"]) {
        return token(&format!("header:{header}"), None);
    }
    // Named like nothing known, but long enough for a digest. Those of contents are nobody's signature.
    let is_digest = |header: &&HeaderName| {
        let is_of_content = ["digest", "content", "etag", "md5"].iter().any(|word| header.as_str().contains(word));
        !is_of_content && digest_in(value(header)).is_some()
    };
    if let Some(header) = headers.keys().find(is_digest) {
        return signed(header, value(header), headers);
    }
    let parameters = url::form_urlencoded::parse(query.as_bytes());
    let is_secret =
        |name: &str| ["token", "secret", "key", "auth"].iter().any(|word| name.to_lowercase().contains(word));
    if let Some((parameter, _)) = parameters.into_iter().find(|(parameter, _)| is_secret(parameter)) {
        return token(&format!("query:{parameter}"), None);
    }
    let lines = hmac("sha256", "{body}", &format!("x-{name}-signature"), None, "hex");
    Guess::new(
        lines,
        "nothing in the request looks like a signature or a token: [auth] is the most common way, so ask the vendor",
    )
}

fn token(place: &str, prefix: Option<&str>) -> Guess {
    let mut lines = vec!["kind = \"token\"".to_owned(), format!("token = {}", toml_text(place))];
    lines.extend(prefix.map(|prefix| format!("prefix = {}", toml_text(prefix))));
    Guess::new(lines, format!("the request has a fixed token in {place}"))
}

fn hmac(hash: &str, signed: &str, header: &str, entry: Option<&str>, encoding: &str) -> Vec<String> {
    let mut lines = vec![
        "kind = \"hmac\"".to_owned(),
        format!("hash = \"{hash}\""),
        format!("signed = \"{signed}\""),
        format!("sig = \"header:{header}\""),
    ];
    lines.extend(entry.map(|entry| format!("entry = {}", toml_text(entry))));
    lines.push(format!("encoding = \"{encoding}\""));
    lines
}

/// A signature in a header.
fn signed(header: &HeaderName, value: &str, headers: &HeaderMap) -> Guess {
    if let Some(key) = stamped_entry(value) {
        let item = value.split(',').find(|item| !item.trim().starts_with(&format!("{key}="))).unwrap_or_default();
        let (before, digest) = item.trim().split_once('=').unwrap_or(("v1", item));
        let (hash, encoding) = digest_form(digest).unwrap_or(("sha256", "hex"));
        let mut lines = hmac(hash, "{timestamp}.{body}", header.as_str(), Some(&format!("{before}={{sig}}")), encoding);
        lines.push("list_sep = \",\"".to_owned());
        let is_ms = value.split(',').any(|item| item.trim().strip_prefix(key).is_some_and(|time| time.len() > 13));
        let unit = if is_ms { "ms" } else { "s" };
        lines.push(format!("timestamp = {{ src = \"entry:{key}\", unit = \"{unit}\", tolerance = 300 }}"));
        return Guess::new(lines, note(header, "its time stands beside the signature"));
    }
    let standard = header.as_str().strip_suffix("-signature").filter(|_| value.starts_with("v1,"));
    if let Some(prefix) = standard.filter(|prefix| headers.contains_key(format!("{prefix}-id"))) {
        let mut lines = hmac("sha256", "{id}.{timestamp}.{body}", header.as_str(), Some("v1,{sig}"), "base64");
        lines.push("list_sep = \" \"".to_owned());
        lines.push(format!("timestamp = {{ src = \"header:{prefix}-timestamp\", unit = \"s\", tolerance = 300 }}"));
        lines.push(format!("id = \"header:{prefix}-id\""));
        lines.push("secret = { strip = \"whsec_\", decode = \"base64\" }".to_owned());
        return Guess::new(lines, note(header, "in the way of Standard Webhooks"));
    }
    let listed = listed(value);
    let value = listed.map_or(value, |(_, first)| first);
    let digest = digest_in(value);
    let (hash, encoding) = digest.and_then(digest_form).unwrap_or(("sha256", "hex"));
    let before = digest.and_then(|digest| value.strip_suffix(digest)).filter(|before| !before.is_empty());
    let entry = before.map(|before| format!("{before}{{sig}}"));
    let stamp = marks::stamp(headers);
    let signed = if stamp.is_some() { "{timestamp}.{body}" } else { "{body}" };
    let mut lines = hmac(hash, signed, header.as_str(), entry.as_deref(), encoding);
    lines.extend(listed.map(|(separator, _)| format!("list_sep = \"{separator}\"")));
    let mut guess = Guess::new(lines, note(header, "what exactly is signed is a guess"));
    if listed.is_some() {
        guess
            .notes
            .push(format!("{header} has several signatures, as while a secret is changed: one that fits is enough"));
    }
    if let Some((place, unit)) = stamp {
        guess.lines.push(format!("timestamp = {{ src = \"{place}\", unit = \"{unit}\", tolerance = 300 }}"));
        guess
            .notes
            .push(format!("{place} is taken for the time of sending and for a part of what is signed, by its shape"));
    }
    guess
}

/// Several signatures in one header: what separates them, and the first one.
fn listed(value: &str) -> Option<(&'static str, &str)> {
    [",", " "].into_iter().find_map(|separator| {
        let items: Vec<_> = value.split(separator).map(str::trim).filter(|item| !item.is_empty()).collect();
        let is_list = items.len() > 1 && items.iter().all(|item| digest_in(item).is_some());
        is_list.then(|| Some((separator, *items.first()?))).flatten()
    })
}

fn note(header: &HeaderName, what: &str) -> String {
    format!(
        "the request has a signature in {header}; {what}: `usher explain` with the real secret tells whether it holds"
    )
}

/// The key of an item `t=1790000000` in a list with commas.
fn stamped_entry(value: &str) -> Option<&str> {
    let mut items = value.split(',').filter_map(|item| item.trim().split_once('='));
    let is_time = |text: &str| (9..=13).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    items
        .find(|(key, text)| is_time(text) && !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .map(|(key, _)| key)
}

/// The digest in the value of a header, which may have words round it.
fn digest_in(value: &str) -> Option<&str> {
    // Base64 may end in the sign that also separates.
    let whole = [value, value.split_once('=').map_or("", |(_, rest)| rest)];
    let parts = value.rsplit(['=', ' ', ',', ':']);
    whole.into_iter().chain(parts).find(|part| digest_form(part).is_some())
}

/// Hash and encoding of a digest, told by its length.
fn digest_form(text: &str) -> Option<(&'static str, &'static str)> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_base64 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    match (text.len(), is_hex, is_base64) {
        (40, true, _) => Some(("sha1", "hex")),
        (64, true, _) => Some(("sha256", "hex")),
        (128, true, _) => Some(("sha512", "hex")),
        (28, _, true) => Some(("sha1", "base64")),
        (44, _, true) => Some(("sha256", "base64")),
        (88, _, true) => Some(("sha512", "base64")),
        _ => None,
    }
}

/// A text as TOML has it.
pub(super) fn toml_text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The lines of the table, and what else could stand there.
pub(super) fn table(lines: &[String]) -> String {
    let has = |key: &str| lines.iter().any(|line| line.starts_with(&format!("{key} =")));
    let mut text = lines.join("\n");
    if has("sig") {
        text.push_str("\n# `signed` may hold {timestamp}, {id}, {header:NAME} and {json:/POINTER} as well; `entry` is the text round {sig}.");
        let more = [
            ("entry", "#entry = \"sha256={sig}\""),
            ("timestamp", "#timestamp = { src = \"header:x-@NAME@-timestamp\", unit = \"s\", tolerance = 300 }"),
            ("id", "#id = \"header:x-@NAME@-delivery\""),
            ("secret", "#secret = { strip = \"whsec_\", decode = \"base64\" }"),
        ];
        for (_, line) in more.iter().filter(|(key, _)| !has(key)) {
            text.push_str(&format!("\n{line}"));
        }
    }
    text
}
