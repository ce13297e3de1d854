//! From the texts of the `[auth]` table to a scheme, telling all problems at once.

use http::HeaderName;

use super::encoding::Encoding;
use super::problems::Problems;
use super::scheme::{
    Algorithm, Decode, Hash, IdSource, Kind, Layout, Place, Scheme, SecretForm, SignatureScheme, TokenScheme,
};
use super::spec::{SchemeSpec, TimestampSpec};
use super::template::{Piece, Template};
use super::timing::{DEFAULT_TOLERANCE, TimestampSource, Timing, Unit};

const SIG: &str = "{sig}";

impl Scheme {
    /// Compiles the `[auth]` table.
    ///
    /// # Errors
    /// All problems at once, each beginning with the key it is about.
    pub fn compile(spec: &SchemeSpec) -> Result<Self, Vec<String>> {
        let mut problems = Problems::default();
        let signs = matches!(spec.kind.as_str(), "hmac" | "ed25519");
        let signed = signs.then(|| template(spec, &mut problems));
        let id = id(spec, signed.as_ref(), &mut problems);
        let kind = match (spec.kind.as_str(), signed) {
            (_, Some(signed)) => signature(spec, signed, &mut problems).map(Kind::Signature),
            ("token", _) => token(spec, &mut problems).map(Kind::Token),
            ("basic", _) => Some(Kind::Basic),
            (other, _) => {
                let problem = format!("'{other}' is not one of hmac, ed25519, token, basic");
                problems.add("kind", &problem);
                None
            }
        };
        refuse_foreign_keys(spec, &mut problems);
        let secret = secret(spec, &mut problems);
        match (kind, id) {
            (Some(kind), Some(id)) if problems.is_empty() => {
                Ok(Self { watched: watched(&kind, &id), kind, id, secret })
            }
            _ => Err(problems.into_vec()),
        }
    }
}

fn template(spec: &SchemeSpec, problems: &mut Problems) -> Template {
    let text = spec.signed.as_deref().unwrap_or_default();
    if text.is_empty() {
        let problem = "is missing or empty; name what is signed, such as '{body}'";
        problems.add("signed", problem);
    }
    let signed = Template::parse(text, problems);
    if signed.has(&Piece::Timestamp) && spec.timestamp.is_none() {
        problems.add("signed", "holds {timestamp}, but there is no timestamp key");
    }
    signed
}

fn signature(spec: &SchemeSpec, signed: Template, problems: &mut Problems) -> Option<SignatureScheme> {
    let hashes = [("sha1", Hash::Sha1), ("sha256", Hash::Sha256), ("sha512", Hash::Sha512)];
    let hash = problems.word("hash", spec.hash.as_deref(), &hashes, Hash::Sha256);
    let algorithm = match spec.kind.as_str() {
        "ed25519" => Algorithm::Ed25519,
        _ => Algorithm::Hmac(hash),
    };
    let sig = problems.one_place("sig", spec.sig.as_deref());
    if signed.has(&Piece::Body) && matches!(sig, Some(Place::Json(_) | Place::Form(_))) {
        let problem = "stands in the body, which signed holds: it would sign itself";
        problems.add("sig", problem);
    }
    let layout = layout(spec, problems);
    let timing = spec.timestamp.as_ref().and_then(|timestamp| timing(timestamp, spec.list_sep.is_some(), problems));
    let missing_header = spec.missing_header.as_deref();
    let empty = problems.word("missing_header", missing_header, &[("empty", true)], false);
    Some(SignatureScheme { algorithm, signed, sig: sig?, layout, timing, missing_header_is_empty: empty })
}

fn layout(spec: &SchemeSpec, problems: &mut Problems) -> Layout {
    let entry = spec.entry.as_deref().unwrap_or(SIG);
    let (before, after) = entry.split_once(SIG).unwrap_or_default();
    if entry.matches(SIG).count() != 1 {
        problems.add("entry", &format!("'{entry}' must hold {SIG} once"));
    }
    if spec.list_sep.as_deref() == Some("") {
        let problem = "is empty; leave it out where there is one signature";
        problems.add("list_sep", problem);
    }
    let encoding = spec.encoding.as_deref();
    Layout {
        prefix: spec.sig_prefix.clone().unwrap_or_default(),
        separator: spec.list_sep.clone(),
        before: before.to_owned(),
        after: after.to_owned(),
        encoding: problems.word("encoding", encoding, &Encoding::WORDS, Encoding::Hex),
    }
}

fn timing(spec: &TimestampSpec, has_list: bool, problems: &mut Problems) -> Option<Timing> {
    const SRC: &str = "timestamp.src";
    let source = match spec.src.strip_prefix("entry:") {
        Some("") => problems.keep(SRC, Err("'entry:' lacks its key".to_owned())),
        Some(_) if !has_list => problems.keep(SRC, Err("entry:KEY needs list_sep".to_owned())),
        Some(key) => Some(TimestampSource::Entry(key.to_owned())),
        None => problems.one_place(SRC, Some(&spec.src)).map(TimestampSource::Place),
    };
    let unit = spec.unit.as_deref();
    let unit = problems.word("timestamp.unit", unit, &Unit::WORDS, Unit::Seconds);
    let tolerance = spec.tolerance.map_or(Ok(DEFAULT_TOLERANCE), |seconds| {
        u64::try_from(seconds).map_err(|_| "must be 0 (no check) or more seconds".to_owned())
    });
    let tolerance = problems.keep("timestamp.tolerance", tolerance);
    Some(Timing { source: source?, unit, tolerance: tolerance? })
}

fn token(spec: &SchemeSpec, problems: &mut Problems) -> Option<TokenScheme> {
    problems.word("match", spec.matching.as_deref(), &[("all", ())], ());
    Some(TokenScheme {
        place: problems.place("token", spec.token.as_deref())?,
        prefix: spec.prefix.clone().unwrap_or_default(),
    })
}

fn id(spec: &SchemeSpec, signed: Option<&Template>, problems: &mut Problems) -> Option<IdSource> {
    let has = |piece| signed.is_some_and(|signed| signed.has(piece));
    let source = match spec.id.as_deref() {
        None if has(&Piece::Timestamp) => IdSource::Signed,
        None | Some("sha256:body") => IdSource::Body,
        Some("sha256:signed") => IdSource::Signed,
        Some(text) => IdSource::Place(problems.kept_place("id", Some(text))?),
    };
    let named = spec.id.is_some();
    match &source {
        IdSource::Signed if named && signed.is_none() => {
            problems.add("id", &format!("kind {} signs nothing", spec.kind));
        }
        _ if !has(&Piece::Id) => {}
        _ if !named => problems.add("signed", "holds {id}, but there is no id key"),
        IdSource::Signed => problems.add("id", "is the hash of what is signed, which holds {id}"),
        IdSource::Place(place) if place.is_plural() => {
            problems.add("id", "may select several values; {id} in signed is one");
        }
        _ => {}
    }
    Some(source)
}

fn secret(spec: &SchemeSpec, problems: &mut Problems) -> SecretForm {
    let words = [("utf8", Decode::Utf8), ("base64", Decode::Base64), ("hex", Decode::Hex)];
    // A public key is no text.
    let (words, default) = match spec.kind.as_str() {
        "ed25519" => (&words[1..], Decode::Base64),
        _ => (&words[..], Decode::Utf8),
    };
    let written = spec.secret.as_ref();
    let decode = written.and_then(|secret| secret.decode.as_deref());
    SecretForm {
        strip: written.and_then(|secret| secret.strip.clone()),
        decode: problems.word("secret.decode", decode, words, default),
    }
}

/// A key that the kind does not read would be a wish not heard.
fn refuse_foreign_keys(spec: &SchemeSpec, problems: &mut Problems) {
    let signature = [
        ("hash", spec.hash.is_some()),
        ("signed", spec.signed.is_some()),
        ("sig", spec.sig.is_some()),
        ("sig_prefix", spec.sig_prefix.is_some()),
        ("list_sep", spec.list_sep.is_some()),
        ("entry", spec.entry.is_some()),
        ("encoding", spec.encoding.is_some()),
        ("timestamp", spec.timestamp.is_some()),
        ("missing_header", spec.missing_header.is_some()),
    ];
    let token =
        [("token", spec.token.is_some()), ("prefix", spec.prefix.is_some()), ("match", spec.matching.is_some())];
    let foreign: &[_] = match spec.kind.as_str() {
        "hmac" | "ed25519" => &token,
        "token" => &signature,
        "basic" => &[&signature[..], &token].concat(),
        _ => &[],
    };
    for (key, _) in foreign.iter().filter(|(_, written)| *written) {
        problems.add(key, &format!("does not belong to kind {}", spec.kind));
    }
}

/// The headers that change what is verified.
fn watched(kind: &Kind, id: &IdSource) -> Vec<HeaderName> {
    let signature = match kind {
        Kind::Basic => return vec![http::header::AUTHORIZATION],
        Kind::Token(token) => return token.place.header().cloned().into_iter().collect(),
        Kind::Signature(signature) => signature,
    };
    let mut names: Vec<_> = signature.signed.headers().collect();
    names.extend(signature.sig.header());
    if let Some(timing) = &signature.timing
        && let TimestampSource::Place(place) = &timing.source
        && signature.needs_timestamp()
    {
        names.extend(place.header());
    }
    if let IdSource::Place(place) = id
        && signature.signed.has(&Piece::Id)
    {
        names.extend(place.header());
    }
    names.into_iter().cloned().collect()
}
