//! What was looked at when a request was judged: for people who set up a source. Nothing here holds a secret.

use http::HeaderName;
use jiff::Timestamp;
use serde::Serialize;

use super::key::Key;
use super::masking::Mask;
use super::request::{Bytes as Part, Request, sha256_of_parts};
use super::scheme::{Algorithm, Hash, IdSource, Kind, Place, Scheme, SignatureScheme};
use super::timing::TimestampSource;
use super::{Dedupe, Incoming, Reject, near, signature, verify_request};

/// How much of each end of the signed string is shown, in bytes.
const END: usize = 32;

/// What [`verify_request`] looked at, and what is likely to be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The scheme in one line: `hmac sha256 over {timestamp}.{body}, in hex`.
    pub scheme: String,
    /// Where the signature or token was looked for, and what stood there: its shape, never its text.
    pub looked: String,
    /// The timestamp and how far it is from the clock; absent where the scheme has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// When the request says that it was sent, where its timestamp can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The id that is signed; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The signed string; absent where nothing is signed or a part of it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Excerpt>,
    /// Which of the keys fits, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<usize>,
    /// Likely causes of a refusal, each a sentence; empty where none was found, or none was needed.
    pub causes: Vec<String>,
}

/// A long string, shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// How many bytes it has.
    pub bytes: usize,
    /// SHA-256 of all of it, in hex: to compare with the sender's.
    pub sha256: String,
    /// Its first bytes as text, control characters escaped.
    pub first: String,
    /// Its last bytes; empty where `first` is all of it.
    pub last: String,
}

/// Judges a request as [`verify_request`] does, and says what was looked at.
///
/// Where the signature does not hold, a small closed list of near misses is tried: other hashes, encodings, templates
/// and headers, a body that was changed on its way, a secret in another form. That is worth some hundred digests, so
/// this is for a person who waits, and never for the endpoint. `mask` takes out of every text what must not be shown.
pub fn trace(
    scheme: &Scheme,
    keys: &[Key],
    dedupe: &Dedupe,
    incoming: Incoming<'_>,
    now: Timestamp,
    mask: &Mask,
) -> Trace {
    let request = Request::new(incoming.query, incoming.headers, incoming.body);
    let judge = |keys: &[Key], now| verify_request(scheme, keys, dedupe, incoming, now).err();
    let reject = judge(keys, now);
    let mut trace = match &scheme.kind {
        Kind::Signature(kind) => of_signature(scheme, kind, &request, now, mask),
        Kind::Token(token) => Trace::of_token(format!("token{}", behind(&token.prefix)), &token.place, &request),
        Kind::Basic => {
            let place = Place::Header(http::header::AUTHORIZATION);
            Trace::of_token("basic (user:password)".to_owned(), &place, &request)
        }
    };
    // Of what is old it still is to be known whether it is right.
    let then = trace.sent_at.filter(|_| reject == Some(Reject::Stale)).unwrap_or(now);
    trace.fits = keys.iter().position(|key| judge(std::slice::from_ref(key), then).is_none());
    let causes = match reject {
        None => Vec::new(),
        Some(Reject::AmbiguousHeader) => doubled(scheme, dedupe, &request),
        // What else is wrong shows only once the age does not matter.
        Some(Reject::Stale) => match judge(keys, then) {
            None => vec!["apart from its age it is right".to_owned()],
            Some(other) => {
                let all_the_same = format!("whatever its age, it would be refused: {other}");
                std::iter::once(all_the_same).chain(near::misses(scheme, keys, &request)).collect()
            }
        },
        Some(_) => near::misses(scheme, keys, &request),
    };
    trace.causes = causes.iter().map(|cause| mask.text(cause)).collect();
    trace
}

impl Trace {
    fn of_token(scheme: String, place: &Place, request: &Request<'_>) -> Self {
        let looked = format!("{}: {}", place.name(), presence(place, request));
        Self { scheme, looked, timestamp: None, sent_at: None, id: None, signed: None, fits: None, causes: Vec::new() }
    }
}

fn behind(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!(" behind `{prefix}`") }
}

fn presence(place: &Place, request: &Request<'_>) -> &'static str {
    let is_there = match place {
        Place::Header(name) if request.is_doubled(name) => return "there twice",
        Place::Header(name) => request.header(name).is_some(),
        Place::Form(name) => !request.form(name).is_empty(),
        Place::Query(name) => !request.query(name).is_empty(),
        Place::Json(pointer) => match request.json() {
            None => return "not there: the body is not JSON",
            Some(body) => pointer.select(body).iter().any(Option::is_some),
        },
    };
    if is_there { "there" } else { "not there" }
}

fn of_signature(scheme: &Scheme, kind: &SignatureScheme, request: &Request<'_>, now: Timestamp, mask: &Mask) -> Trace {
    let text = request.bytes(&kind.sig).map(|text| String::from_utf8_lossy(&text).into_owned());
    let timestamp = request.timestamp(kind, text.as_deref().unwrap_or_default());
    let sent_at = kind.timing.as_ref().zip(timestamp.as_deref()).and_then(|(timing, text)| timing.moment(text));
    let signed = signature::signed(scheme, kind, request);
    Trace {
        scheme: told(kind),
        looked: looked(kind, request, text.as_deref()),
        timestamp: kind.needs_timestamp().then(|| about_time(kind, timestamp.as_deref(), sent_at, now, mask)),
        sent_at,
        id: about_id(scheme, kind, request, mask),
        signed: signed.map(|parts| Excerpt::of(&parts, mask)),
        fits: None,
        causes: Vec::new(),
    }
}

fn told(kind: &SignatureScheme) -> String {
    let algorithm = match kind.algorithm {
        Algorithm::Hmac(hash) => format!("hmac {}", hash.word()),
        Algorithm::Ed25519 => "ed25519".to_owned(),
    };
    format!("{algorithm} over `{}`, in {}", kind.signed, kind.layout.encoding.word())
}

/// Where the signature stands and what it looks like.
fn looked(kind: &SignatureScheme, request: &Request<'_>, text: Option<&str>) -> String {
    let place = kind.sig.name();
    let written = kind.layout.pattern();
    let Some(text) = text else {
        let missing = match presence(&kind.sig, request) {
            "there" => "not a text",
            other => other,
        };
        return format!("{place}, written `{written}`: {missing}");
    };
    let found = kind.layout.candidates(text);
    let of_bytes = match found.as_slice() {
        [] => {
            let encoding = kind.layout.encoding.word();
            return format!(
                "{place}, written `{written}`: {} characters, of which none are a signature in {encoding} like that",
                text.chars().count()
            );
        }
        [one] => format!("a signature of {} bytes", one.len()),
        several => {
            let lengths: Vec<_> = several.iter().take(4).map(|one| one.len().to_string()).collect();
            format!("{} signatures of {} bytes", several.len(), lengths.join(", "))
        }
    };
    format!("{place}, written `{written}`: {of_bytes}")
}

fn about_time(
    kind: &SignatureScheme,
    text: Option<&[u8]>,
    sent_at: Option<Timestamp>,
    now: Timestamp,
    mask: &Mask,
) -> String {
    let Some(timing) = &kind.timing else { return String::new() };
    let place = match &timing.source {
        TimestampSource::Place(place) => place.name(),
        TimestampSource::Entry(key) => format!("`{key}=` in {}", kind.sig.name()),
    };
    let allowed = match timing.tolerance {
        0 => "its age does not matter".to_owned(),
        seconds => format!("{seconds} s are allowed"),
    };
    match (text, sent_at) {
        (None, _) => format!("{place}: not there"),
        (Some(_), None) => format!("{place}: no time in the unit {}", timing.unit.word()),
        (Some(text), Some(sent_at)) => {
            let text = mask.text(&escape(&text[..text.len().min(40)]));
            let seconds = now.duration_since(sent_at).as_secs();
            let distance = match seconds {
                0 => "now".to_owned(),
                past @ 1.. => format!("{past} s before the clock"),
                future => format!("{} s after the clock", future.unsigned_abs()),
            };
            format!("{place}: {text} ({sent_at:.0}), {distance}; {allowed}")
        }
    }
}

fn about_id(scheme: &Scheme, kind: &SignatureScheme, request: &Request<'_>, mask: &Mask) -> Option<String> {
    let IdSource::Place(place) = &scheme.id else { return None };
    kind.signs_id().then(|| match request.bytes(place).filter(|id| !id.is_empty()) {
        Some(id) => format!("{}: {}", place.name(), mask.text(&escape(&id[..id.len().min(80)]))),
        None => format!("{}: not there", place.name()),
    })
}

fn doubled(scheme: &Scheme, dedupe: &Dedupe, request: &Request<'_>) -> Vec<String> {
    let mut names: Vec<&HeaderName> = scheme.watched.iter().chain(dedupe.watched(scheme)).collect();
    names.retain(|name| request.is_doubled(name));
    names.dedup();
    let say = |name: &HeaderName| format!("the header {name} is there more than once: which one counts is open");
    names.into_iter().map(say).collect()
}

impl Excerpt {
    fn of(parts: &[Part<'_>], mask: &Mask) -> Self {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        let sha256 = sha256_of_parts(parts);
        // Masked before it is cut: half a secret would not be found.
        let shown = mask.text(&escape(&parts.concat()));
        let letters: Vec<char> = shown.chars().collect();
        if letters.len() <= 2 * END {
            return Self { bytes, sha256, first: shown, last: String::new() };
        }
        let first = letters[..END].iter().collect();
        let last = letters[letters.len() - END..].iter().collect();
        Self { bytes, sha256, first, last }
    }
}

/// Bytes as one line of text.
fn escape(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for letter in String::from_utf8_lossy(bytes).chars() {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            letter if letter.is_control() || letter == '\u{feff}' => shown.extend(letter.escape_unicode()),
            letter => shown.push(letter),
        }
    }
    shown
}

impl Hash {
    /// The word of the `hash` key.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}
