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

/// Nor does the limit of sensitive calls: its window is a quarter of an hour.
const SENSITIVE_WINDOW: Duration = Duration::from_secs(15 * 60);

/// The member that the server complains of when mail invitations have run out: it counts those of the last 24 hours and
/// does not tell when the oldest of them leaves the count, so that it is asked again after an hour.
const MAIL_LIMIT: &str = "Invitations";
const MAIL_WAIT: Duration = Duration::from_secs(60 * 60);

/// A success.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// The member `response`, if there is one.
    pub(super) response: Option<Value>,
    /// Length of a list that comes in pages.
    pub(super) total: Option<u64>,
}

/// A success, or what went wrong. A body is an `Err` when it could not be read whole.
pub(super) fn read(
    call: Call,
    status: StatusCode,
    retry_after: Option<&HeaderValue>,
    body: Result<&[u8], &str>,
    now: Timestamp,
) -> Result<Reply, Error> {
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
        (200..=299, Some(envelope)) if (200..300).contains(&envelope.status_code) => {
            Ok(Reply { response: envelope.response, total: envelope.total })
        }
        (200..=299, Some(envelope)) => {
            let inner = envelope.status_code;
            unclear(format!("was answered with status {code}, but the answer itself speaks of {inner}"))
        }
        (400, Some(envelope)) if envelope.complains_only_of(MAIL_LIMIT) => {
            Err(Error::MailLimit { call: call.name, after: MAIL_WAIT })
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
        429 => Some(asked.unwrap_or(if call.sensitive { SENSITIVE_WINDOW } else { WINDOW })),
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
        404 | 405 if empty && call.recent => Some(refused(call, code)),
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

fn refused(call: Call, status: u16) -> Error {
    Error::Refused { call: call.name, status, validation: false, message: String::new() }
}

/// A refusal of our own, in the server's stead: what cannot be an id is not sent, and names nothing.
pub(super) fn unknown(call: Call) -> Error {
    refused(call, 404)
}

/// A look-up: `None` if the server knows no such thing.
pub(super) fn known(result: Result<Option<Value>, Error>) -> Result<Option<Value>, Error> {
    match result {
        Err(Error::Refused { status: 404, .. }) => Ok(None),
        // A success without `response` is no answer to a look-up.
        Ok(response) => Ok(Some(response.unwrap_or(Value::Null))),
        Err(error) => Err(error),
    }
}

/// What a success has to hold.
pub(super) fn needed(call: Call, response: Option<Value>) -> Result<Value, Error> {
    response.ok_or_else(|| lacking(call, "response"))
}

/// A success that lacks what it has to hold.
pub(super) fn lacking(call: Call, member: &str) -> Error {
    uncertain(call, Some(200), format!("was answered with success, but without the member {member}"))
}

/// A member has another type than DocSpace gives it. The cause is left out: it quotes the value.
pub(super) fn misshapen(call: Call) -> Error {
    uncertain(call, Some(200), "was answered with success, but not in the shape of this call".to_owned())
}

/// `Retry-After`: seconds, or an HTTP date.
fn wait(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let left = date(text)?.duration_since(now).max(SignedDuration::ZERO);
    Duration::try_from(left).ok()
}

/// A date as HTTP writes it.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}
