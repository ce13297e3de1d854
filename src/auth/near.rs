//! Near misses: what an administrator may have written or a sender may have done otherwise, as sentences.

use base64::Engine;

use super::encoding::BASE64;
use super::key::Key;
use super::near_digest;
use super::request::Request;
use super::scheme::{Algorithm, Hash, Kind, Place, Scheme, TokenScheme};
use super::signature::make;
use super::token::is_live;

/// Likely causes of a refusal, each a sentence; none where nothing of the closed list fits.
pub(super) fn misses(scheme: &Scheme, keys: &[Key], request: &Request<'_>) -> Vec<String> {
    match &scheme.kind {
        Kind::Signature(kind) => {
            let fits = near_digest::fits(scheme, kind, keys, request);
            let mut causes: Vec<_> = fits.iter().map(|clauses| format!("it fits {}", clauses.join(", "))).collect();
            if causes.is_empty() {
                causes.extend(plain_secret(&kind.sig, keys, request));
            }
            if causes.is_empty() && request.bytes(&kind.sig).is_none() {
                causes.extend(likely_headers(&kind.sig, request));
            }
            causes
        }
        Kind::Token(kind) => of_token(kind, keys, request),
        Kind::Basic => of_basic(keys, request),
    }
}

/// The secret itself in place of a signature.
fn plain_secret(place: &Place, keys: &[Key], request: &Request<'_>) -> Option<String> {
    let places = [Some(place.clone()), Some(Place::Header(http::header::AUTHORIZATION))];
    places.into_iter().flatten().find_map(|place| {
        let prefix = token_in(&request.bytes(&place)?, keys)?;
        Some(format!(
            "{} holds the secret itself and no signature: it fits with kind = \"token\", token = \"{}\"{}",
            place.name(),
            place.name(),
            written(&prefix)
        ))
    })
}

/// Headers that are named as if they held one.
fn likely_headers(place: &Place, request: &Request<'_>) -> Option<String> {
    const WORDS: [&str; 6] = ["signature", "sign", "hmac", "digest", "token", "authorization"];
    let names = request.headers().keys().map(http::HeaderName::as_str);
    let likely: Vec<_> = names.filter(|name| WORDS.iter().any(|word| name.contains(word))).collect();
    let place = place.name();
    Some(match likely.as_slice() {
        [] => format!("{place} is not there, and no header is named like a signature: is it signed at all?"),
        names => format!("{place} is not there; the request has {}, in which nothing fits", names.join(", ")),
    })
}

/// What stands before a live token in a text; `None` where there is none.
fn token_in(text: &[u8], keys: &[Key]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if is_live(keys, text.as_bytes()) {
        return Some(String::new());
    }
    let (word, rest) = text.split_once([' ', '='])?;
    let separator = &text[word.len()..=word.len()];
    is_live(keys, rest.trim().as_bytes()).then(|| format!("{word}{separator}"))
}

fn written(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!(", prefix = \"{prefix}\"") }
}

fn of_token(kind: &TokenScheme, keys: &[Key], request: &Request<'_>) -> Vec<String> {
    let own = kind.place.name();
    let mut causes = Vec::new();
    if let Some(sent) = request.bytes(&kind.place) {
        let sent = String::from_utf8_lossy(&sent).into_owned();
        causes.extend(token_in(sent.as_bytes(), keys).map(|prefix| match prefix.as_str() {
            prefix if prefix == kind.prefix => "it fits without the blanks around the token".to_owned(),
            "" => format!("it fits without prefix: {own} holds the token alone, not behind `{}`", kind.prefix),
            prefix => format!("it fits with prefix = \"{prefix}\""),
        }));
        let is_trimmed = |key: &Key| key.shared().is_some_and(|live| live.trim_ascii() == sent.trim().as_bytes());
        if causes.is_empty() && keys.iter().any(is_trimmed) {
            causes.push("it fits if the blanks around the secret were taken off".to_owned());
        }
        if causes.is_empty() {
            causes.extend(basic_in(sent.as_bytes(), keys));
        }
        if causes.is_empty() {
            causes.extend(signature_in(&own, &sent, keys, request.body()));
        }
    }
    let elsewhere = request.headers().iter().filter(|(name, _)| Some(*name) != kind.place.header());
    if causes.is_empty() {
        causes.extend(elsewhere.filter_map(|(name, value)| {
            let prefix = token_in(value.as_bytes(), keys)?;
            Some(format!("it fits with token = \"header:{name}\"{}", written(&prefix)))
        }));
    }
    if causes.is_empty() && request.bytes(&kind.place).is_none() {
        causes.extend(likely_headers(&kind.place, request));
    }
    causes
}

/// The token as one half of HTTP Basic, or all of it.
fn basic_in(sent: &[u8], keys: &[Key]) -> Option<String> {
    let (user, password, whole) = basic(sent)?;
    let halves = [(whole, "whole"), (user, "user name"), (password, "password")];
    halves.into_iter().find(|(half, _)| is_live(keys, half)).map(|(_, which)| match which {
        "whole" => "it comes as HTTP Basic: it fits with kind = \"basic\"".to_owned(),
        half => format!(
            "it comes as HTTP Basic, with the secret as the {half}: write kind = \"basic\" and user:password as the secret"
        ),
    })
}

/// User name, password, and both as they are sent.
fn basic(sent: &[u8]) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let (word, encoded) = std::str::from_utf8(sent).ok()?.trim().split_once(' ')?;
    let whole = BASE64.decode(encoded.trim()).ok().filter(|_| word.eq_ignore_ascii_case("basic"))?;
    let at = whole.iter().position(|byte| *byte == b':')?;
    Some((whole[..at].to_vec(), whole[at + 1..].to_vec(), whole))
}

/// A digest of the body where a token was looked for.
fn signature_in(place: &str, sent: &str, keys: &[Key], body: &[u8]) -> Option<String> {
    let value = sent.rsplit([' ', ',', '=']).find(|part| !part.is_empty()).unwrap_or(sent);
    let bytes = hex::decode(value).ok().or_else(|| BASE64.decode(value).ok())?;
    [Hash::Sha1, Hash::Sha256, Hash::Sha512].into_iter().find_map(|hash| {
        let is_it = |key: &Key| make(Algorithm::Hmac(hash), key, &[body.into()]).is_ok_and(|digest| digest == bytes);
        keys.iter().any(is_it).then(|| {
            format!(
                "{place} holds a signature: it fits with kind = \"hmac\", hash = \"{}\", signed = \"{{body}}\"",
                hash.word()
            )
        })
    })
}

fn of_basic(keys: &[Key], request: &Request<'_>) -> Vec<String> {
    let Some(sent) = request.header(&http::header::AUTHORIZATION) else {
        let elsewhere = request.headers().iter().filter_map(|(name, value)| {
            let prefix = token_in(value.as_bytes(), keys)?;
            Some(format!("it fits with kind = \"token\", token = \"header:{name}\"{}", written(&prefix)))
        });
        return elsewhere.collect();
    };
    if let Some(prefix) = token_in(sent, keys) {
        let prefix = written(&prefix);
        return vec![format!(
            "it is no HTTP Basic: it fits with kind = \"token\", token = \"header:authorization\"{prefix}"
        )];
    }
    let Some((user, password, _)) = basic(sent) else {
        return vec!["the header authorization is no HTTP Basic with user:password in it".to_owned()];
    };
    let half = |wanted: fn(&[u8]) -> &[u8], sent: &[u8]| {
        keys.iter().filter_map(Key::shared).any(|live| wanted(live) == sent && live.contains(&b':'))
    };
    let colon = |live: &[u8]| live.iter().position(|byte| *byte == b':').unwrap_or(live.len());
    let mut causes = Vec::new();
    if is_live(keys, &password) || is_live(keys, &user) {
        causes.push("the secret is one half of it only: write user:password as the secret".to_owned());
    } else if half(|live| &live[live.iter().position(|byte| *byte == b':').map_or(0, |at| at + 1)..], &password) {
        causes.push("the password fits, the user name does not".to_owned());
    } else if keys.iter().filter_map(Key::shared).any(|live| live[..colon(live)] == user[..]) {
        causes.push("the user name fits, the password does not".to_owned());
    }
    causes
}
