//! Near misses of hmac and ed25519: what would have to be otherwise for the signature to hold.

use std::borrow::Cow;

use base64::Engine;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::encoding::BASE64;
use super::key::Key;
use super::near_found::{Found, everywhere};
use super::request::Request;
use super::scheme::{Algorithm, Decode, Hash, IdSource, Scheme, SecretForm, SignatureScheme};
use super::signature::{self, make};

/// Signed strings that platforms are known to use.
const TEMPLATES: [&str; 9] = [
    "{body}",
    "{timestamp}.{body}",
    "{timestamp}{body}",
    "{body}{timestamp}",
    "{timestamp}:{body}",
    "{body}:{timestamp}",
    "POST{body}",
    "v0:{timestamp}:{body}",
    "{id}.{timestamp}.{body}",
];

/// A larger body is tried with one deviation at a time.
const LARGE: usize = 256 * 1024;

/// As many are told of one request.
const MOST: usize = 3;

/// Something that may be otherwise: how, and the value then. The first is what the scheme says.
type Axis<T> = Vec<(Option<String>, T)>;

/// What would have to be otherwise, each a list of clauses behind "it fits"; those that differ least.
pub(super) fn fits(scheme: &Scheme, kind: &SignatureScheme, keys: &[Key], request: &Request<'_>) -> Vec<Vec<String>> {
    let body = request.body();
    let found = everywhere(kind, request);
    if found.is_empty() {
        return Vec::new();
    }
    let bodies = bodies(body);
    let templates = templates(scheme, kind, request);
    let hashes = hashes(kind.algorithm);
    let most = if body.len() > LARGE { 1 } else { 2 };
    let mut fits: Vec<Vec<String>> = Vec::new();
    for key in keys {
        let secrets = secrets(key, &scheme.secret, kind.algorithm);
        for (body_clause, body) in &bodies {
            let request = request.with_body(body);
            for (template_clause, template) in &templates {
                let Some(message) = message(scheme, kind, &request, template.as_deref()) else { continue };
                for (secret_clause, key) in &secrets {
                    for (hash_clause, algorithm) in &hashes {
                        let clauses = [template_clause, hash_clause, secret_clause, body_clause];
                        let clauses: Vec<_> = clauses.into_iter().flatten().cloned().collect();
                        if clauses.len() <= most {
                            let held = found.iter().filter(|one| holds(*algorithm, key, &message, one));
                            fits.extend(held.map(|one| [one.clauses.clone(), clauses.clone()].concat()));
                        }
                    }
                }
            }
        }
    }
    // What differs least says most; what holds as it is has another fault.
    fits.retain(|clauses| !clauses.is_empty());
    let least = fits.iter().map(Vec::len).min();
    fits.retain(|clauses| Some(clauses.len()) == least);
    fits.truncate(MOST);
    fits
}

fn holds(algorithm: Algorithm, key: &Key, message: &[u8], found: &Found) -> bool {
    match algorithm {
        Algorithm::Ed25519 => signature::public_key_fits(key, message, &found.bytes),
        Algorithm::Hmac(_) => make(algorithm, key, &[Cow::Borrowed(message)])
            .is_ok_and(|digest| bool::from(digest.as_slice().ct_eq(found.bytes.as_slice()))),
    }
}

/// The body, and what editors, proxies and frameworks make of one.
fn bodies(body: &[u8]) -> Axis<Cow<'_, [u8]>> {
    let mut axis = vec![(None, Cow::Borrowed(body))];
    let mut add = |clause: &str, other: Cow<'_, [u8]>| {
        if axis.iter().all(|(_, known): &(_, Cow<'_, [u8]>)| *known != other) {
            axis.push((Some(clause.to_owned()), Cow::Owned(other.into_owned())));
        }
    };
    if let Some(rest) = body.strip_suffix(b"\n") {
        add("if the body had no final newline", Cow::Borrowed(rest.strip_suffix(b"\r").unwrap_or(rest)));
    }
    add("if the body ended with a newline", Cow::Owned([body, b"\n"].concat()));
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        add("if the body had no byte order mark", Cow::Borrowed(rest));
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let plain = text.replace("\r\n", "\n");
        add("if the lines of the body ended in CRLF", Cow::Owned(plain.replace('\n', "\r\n").into_bytes()));
        add("if the lines of the body ended in LF", Cow::Owned(plain.into_bytes()));
    }
    if let Ok(json) = serde_json::from_slice::<Value>(body)
        && let (Ok(compact), Ok(pretty)) = (serde_json::to_vec(&json), serde_json::to_vec_pretty(&json))
    {
        add("if the body's JSON were written in one line without blanks", Cow::Owned(compact));
        add("if the body's JSON were indented by two blanks", Cow::Owned(pretty));
    }
    axis
}

/// The scheme's own template, and those of others; `None` stands for its own.
fn templates(scheme: &Scheme, kind: &SignatureScheme, request: &Request<'_>) -> Axis<Option<String>> {
    let time = time_place(kind, request);
    let id = match &scheme.id {
        IdSource::Place(place) => Some(format!("{{{}}}", place.name())),
        _ => header_like(request, &["-id"]).map(|name| format!("{{header:{name}}}")),
    };
    let mut axis = vec![(None, None)];
    for template in TEMPLATES.into_iter().filter(|template| *template != kind.signed.to_string()) {
        let filled = match (&time, &id) {
            (None, _) if template.contains("{timestamp}") => continue,
            (_, None) if template.contains("{id}") => continue,
            (time, id) => template
                .replace("{timestamp}", time.as_deref().unwrap_or_default())
                .replace("{id}", id.as_deref().unwrap_or_default()),
        };
        let from = match (&kind.timing, &time) {
            (None, Some(time)) if template.contains("{timestamp}") => format!(", the timestamp being {time}"),
            _ => String::new(),
        };
        axis.push((Some(format!("over `{template}` instead of `{}`{from}", kind.signed)), Some(filled)));
    }
    axis
}

/// The placeholder of the timestamp: the scheme's own, else a header that is named like one.
fn time_place(kind: &SignatureScheme, request: &Request<'_>) -> Option<String> {
    if kind.timing.is_some() {
        return Some("{timestamp}".to_owned());
    }
    let name = header_like(request, &["timestamp", "-time", "-ts"])?;
    Some(format!("{{header:{name}}}"))
}

fn header_like(request: &Request<'_>, ends: &[&str]) -> Option<String> {
    let mut names = request.headers().keys().map(http::HeaderName::as_str);
    names.find(|name| ends.iter().any(|end| name.ends_with(end))).map(str::to_owned)
}

fn hashes(own: Algorithm) -> Axis<Algorithm> {
    let mut axis = vec![(None, own)];
    if let Algorithm::Hmac(own) = own {
        let others = [Hash::Sha1, Hash::Sha256, Hash::Sha512].into_iter().filter(|hash| *hash != own);
        axis.extend(others.map(|hash| {
            let clause = format!("with hash = \"{}\" instead of \"{}\"", hash.word(), own.word());
            (Some(clause), Algorithm::Hmac(hash))
        }));
    }
    axis
}

/// The key, and what it would be if the secret were read in another way.
fn secrets(key: &Key, form: &SecretForm, algorithm: Algorithm) -> Axis<Key> {
    let mut axis = vec![(None, key.clone())];
    let (Algorithm::Hmac(_), Some(bytes)) = (algorithm, key.shared()) else { return axis };
    let mut add = |clause: String, bytes: Option<Vec<u8>>| {
        axis.extend(bytes.and_then(Key::of_bytes).map(|key| (Some(clause), key)));
    };
    let read_as = |word: &str| format!("with secret.decode = \"{word}\"");
    let stripped = form.strip.clone().unwrap_or_default();
    match form.decode {
        Decode::Utf8 => {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let trimmed = text.trim();
            let is_spaced = trimmed.len() < text.len();
            add("if the blanks around the secret were taken off".to_owned(), is_spaced.then(|| trimmed.into()));
            add(read_as("base64"), BASE64.decode(trimmed).ok());
            add(read_as("hex"), hex::decode(trimmed).ok());
            let rest = trimmed.strip_prefix("whsec_").and_then(|rest| BASE64.decode(rest).ok());
            add("with secret = { strip = \"whsec_\", decode = \"base64\" }".to_owned(), rest);
        }
        Decode::Base64 => {
            let text = BASE64.encode(bytes);
            add(read_as("utf8"), Some(text.clone().into_bytes()));
            if !stripped.is_empty() {
                let whole = format!("{stripped}{text}").into_bytes();
                add(format!("with secret.decode = \"utf8\" and `{stripped}` left on"), Some(whole));
            }
        }
        Decode::Hex => add(read_as("utf8"), Some(hex::encode(bytes).into_bytes())),
    }
    axis
}

/// What would be signed; `None` where a part is missing.
fn message(scheme: &Scheme, kind: &SignatureScheme, request: &Request<'_>, template: Option<&str>) -> Option<Vec<u8>> {
    let other = template.map(|template| kind.over(template));
    let kind = other.as_ref().unwrap_or(kind);
    Some(signature::signed(scheme, kind, request)?.concat())
}
