//! What an answer means.

use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use serde_json::Value as Json;

use super::error::FetchError;
use super::line::Line;

/// Longest answer that is read, in bytes after decompression.
pub(super) const LONGEST_ANSWER: usize = 1024 * 1024;

/// What 429 without a time to wait means: limits of calls are mostly those of a minute.
const WINDOW: Duration = Duration::from_secs(60);

/// The JSON of a success, or what else the answer says.
pub(super) async fn read(line: &Line, answer: Response, now: Timestamp) -> Result<Json, FetchError> {
    judge(line, &answer, now)?;
    let is_page = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let body = bytes(line, answer).await?;
    let not_json = |why| FetchError::NotJson { at: line.at.clone(), why };
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&body);
    if body.trim_ascii().is_empty() {
        return Err(not_json("its answer is empty"));
    }
    // The cause is left out: it may quote the answer.
    serde_json::from_slice(body)
        .map_err(|_| not_json(if is_page { "its answer is a web page, not JSON" } else { "its answer is not JSON" }))
}

/// What the status alone says; a success goes on.
pub(super) fn judge(line: &Line, answer: &Response, now: Timestamp) -> Result<(), FetchError> {
    let (at, status) = (line.at.clone(), answer.status().as_u16());
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| wait(value, now));
    Err(match (status, asked) {
        (200..=299, _) => return Ok(()),
        (300..=399, _) => FetchError::Redirected { at, status },
        (401 | 403, _) => FetchError::Refused { at, status },
        (404 | 410, _) => FetchError::Missing { at, status },
        (429, asked) => FetchError::Busy { at, status, after: asked.unwrap_or(WINDOW) },
        (408 | 500.., Some(after)) => FetchError::Busy { at, status, after },
        (408 | 500.., None) => FetchError::Failing { at, status },
        _ => FetchError::Rejected { at, status },
    })
}

/// The body, as far as it may go.
pub(super) async fn bytes(line: &Line, mut answer: Response) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| line.failure(&error))? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(FetchError::TooLarge { at: line.at.clone(), limit: LONGEST_ANSWER });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn wait(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let left = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().duration_since(now).max(SignedDuration::ZERO);
    Duration::try_from(left).ok()
}
