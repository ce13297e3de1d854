//! token and basic: static secrets sent as they are.

use base64::Engine;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Reject;
use super::encoding::BASE64;
use super::key::Key;
use super::request::{Request, plain_text};
use super::scheme::{Place, TokenScheme};

/// The scheme word of HTTP Basic (RFC 7617); case does not matter in it.
const BASIC: &str = "basic";

/// Every place that the scheme names must hold a live token, and there must be one.
pub(super) fn verify(scheme: &TokenScheme, keys: &[Key], request: &Request<'_>) -> Result<(), Reject> {
    let holds = |sent: &[u8]| sent.strip_prefix(scheme.prefix.as_bytes()).is_some_and(|token| is_live(keys, token));
    let pointer = match &scheme.place {
        Place::Header(name) => {
            let sent = request.header(name).ok_or(Reject::MissingSignature)?;
            return if holds(sent) { Ok(()) } else { Err(Reject::BadToken) };
        }
        Place::Form(name) => return all_hold(&request.form(name), holds),
        Place::Query(name) => return all_hold(&request.query(name), holds),
        Place::Json(pointer) => pointer,
    };
    let sent = request.json().map(|body| pointer.select(body)).unwrap_or_default();
    if sent.iter().all(Option::is_none) {
        return Err(Reject::MissingSignature);
    }
    let all = sent.into_iter().all(|value| value.and_then(plain_text).is_some_and(|text| holds(text.as_bytes())));
    if all { Ok(()) } else { Err(Reject::BadToken) }
}

/// Of a name that was sent twice, which text the sender meant is open.
fn all_hold(sent: &[impl AsRef<str>], holds: impl Fn(&[u8]) -> bool) -> Result<(), Reject> {
    match sent {
        [] => Err(Reject::MissingSignature),
        sent if sent.iter().all(|text| holds(text.as_ref().as_bytes())) => Ok(()),
        _ => Err(Reject::BadToken),
    }
}

/// HTTP Basic: the secret is `user:password`.
pub(super) fn verify_basic(keys: &[Key], request: &Request<'_>) -> Result<(), Reject> {
    let sent = request.header(&http::header::AUTHORIZATION).ok_or(Reject::MissingSignature)?;
    let credentials = std::str::from_utf8(sent)
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(word, _)| word.eq_ignore_ascii_case(BASIC))
        .and_then(|(_, encoded)| BASE64.decode(encoded.trim()).ok());
    match credentials {
        Some(credentials) if is_live(keys, &credentials) => Ok(()),
        _ => Err(Reject::BadToken),
    }
}

/// Hashes are compared rather than tokens, so that the time taken tells nothing of a length either.
pub(super) fn is_live(keys: &[Key], sent: &[u8]) -> bool {
    let sent = Sha256::digest(sent);
    keys.iter().filter_map(Key::shared).any(|live| bool::from(sent.as_slice().ct_eq(Sha256::digest(live).as_slice())))
}
