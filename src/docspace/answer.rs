//! What an answer means, from its status and bytes alone. Pure.
//!
//! The server answers success with an envelope and status 200, failures with the same envelope in two shapes, and
//! a few failures with an empty body (`CommonApiResponse.cs`, `ResponseWrapper.cs`). Everything else comes from
//! something in between, and says nothing about what became of the request.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde_json::Value;

use super::call::{Access, Call};
use super::error::{Error, Trouble};
use super::wire::Envelope;

/// The server's per-minute limit sends no `Retry-After`: its window is a minute.
const WINDOW: Duration = Duration::from_secs(60);

/// The `response` member of a success, or what went wrong. A body is an `Err` when it could not be read whole.
pub(super) fn read(
    call: Call,
    status: StatusCode,
    retry_after: Option<&HeaderValue>,
    body: Result<&[u8], &str>,
    now: Timestamp,
) -> Result<Option<Value>, Error> {
    let code = status.as_u16();
    if let Some(error) = not_now(call, code, retry_after, now) {
        return Err(error);
    }
    let unclear = |why: String| Err(uncertain(call, Some(code), why));
    let body = match body {
        Ok(body) => body,
        Err(why) => return unclear(format!("was sent, but its answer (status {code}) {why}")),
    };
    let envelope = Envelope::read(body);
    let empty = body.trim_ascii().is_empty();
    if let Some(error) = refusal_of_all(call, code, empty, envelope.is_some()) {
        return Err(error);
    }
    match (code, envelope) {
        (200..=299, Some(envelope)) if (200..300).contains(&envelope.status_code) => Ok(envelope.response),
        (200..=299, Some(envelope)) => {
            let inner = envelope.status_code;
            unclear(format!("was answered with status {code}, but the answer itself speaks of {inner}"))
        }
        (400..=499, Some(envelope)) => {
            let (validation, message) = envelope.complaint();
            Err(Error::Refused { call: call.name, status: code, validation, message })
        }
        _ => unclear(format!("was answered with status {code}: {}", foreign(code))),
    }
}

/// 429 and 503 say so by their status alone, whatever the body.
fn not_now(call: Call, code: u16, retry_after: Option<&HeaderValue>, now: Timestamp) -> Option<Error> {
    let asked = retry_after.and_then(|value| wait(value, now));
    let after = match code {
        429 => Some(asked.unwrap_or(WINDOW)),
        503 => asked,
        _ => return None,
    };
    Some(Error::Busy { call: call.name, status: code, after })
}

/// Refusals that are not about this one request: of the portal as a whole, or for want of a scope.
fn refusal_of_all(call: Call, code: u16, empty: bool, envelope: bool) -> Option<Error> {
    match code {
        // Whoever sends the key learns from a 401 in any dress that it does not pass.
        401 if empty || envelope || call.access != Access::Anonymous => {
            Some(Error::Paused { call: call.name, status: code })
        }
        402 | 404 if empty => Some(Error::Paused { call: call.name, status: code }),
        403 if empty => call.scope().map(|needed| Error::Scope { call: call.name, needed: needed.to_owned() }),
        _ => None,
    }
}

/// Why an answer with this status is not one of DocSpace's, and what to do.
fn foreign(code: u16) -> &'static str {
    match code {
        300..=399 => {
            "a redirect, which is not followed. Check whether [docspace] url should begin with https or name another host"
        }
        500..=599 => "a failure of the portal or of a proxy before it",
        200..=299 | 404 => "not in DocSpace's form. Check that [docspace] url is the address of a DocSpace portal",
        _ => "not in DocSpace's form; it comes from a proxy, or the portal is being restored",
    }
}

pub(super) fn uncertain(call: Call, status: Option<u16>, why: String) -> Error {
    Error::Uncertain(Trouble { call: call.name, status, why })
}

/// `Retry-After`: seconds, or an HTTP date.
fn wait(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let left = at.duration_since(now).max(SignedDuration::ZERO);
    Duration::try_from(left).ok()
}
