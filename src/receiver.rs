//! Receivers: signed webhooks of our own to a chat, a ticket system or whatever else takes them, at most once.
//!
//! As Standard Webhooks has it (`spec/standard-webhooks.md`): `webhook-id` stays the same for the same message however
//! often it is sent, `webhook-timestamp` is the moment of sending, `webhook-signature` covers both and the body. A
//! receiver that keeps the ids takes no message twice. What matters to callers is whether a message that failed may have
//! been taken; [`ReceiverError`] says so.

use std::error::Error as _;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use url::Url;

use crate::auth::{self, Key, Scheme};

/// The header with the message's id.
const ID: HeaderName = HeaderName::from_static("webhook-id");

/// Why a message was not taken, or may have been. The texts hold nothing of the address but the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiverError {
    /// It never left: no connection. Worth another try later.
    #[error("{0}")]
    Unsent(String),
    /// 429 or 503: not taken, for now.
    #[error("the receiver {host} put it off with status {status}")]
    Busy {
        /// Host of the receiver.
        host: String,
        /// 429 or 503.
        status: u16,
        /// What it asks to wait.
        after: Option<Duration>,
    },
    /// A redirect or another 4xx: not taken, for good. Redirects are not followed: the signature is for one receiver.
    #[error("the receiver {host} refused it with status {status}{}", advice(*.status))]
    Refused {
        /// Host of the receiver.
        host: String,
        /// 300 to 499.
        status: u16,
    },
    /// It left, and nothing definite came back: a time-out, a reset, another 5xx.
    #[error("{0}")]
    Uncertain(String),
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "; write the address that it redirects to",
        401 | 403 => "; it may have another secret",
        404 | 405 | 410 => "; look at its url",
        _ => "",
    }
}

/// Somebody who takes signed webhooks.
#[derive(Clone)]
pub struct Receiver {
    url: Url,
    client: reqwest::Client,
    scheme: Scheme,
    key: Key,
}

/// Shows the host alone: an address may hold a secret.
impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("host", &self.host()).finish_non_exhaustive()
    }
}

impl Receiver {
    /// A receiver at `url`, reached by `client`, which must follow no redirects and repeat nothing by itself.
    #[must_use]
    pub fn new(url: Url, client: reqwest::Client, scheme: Scheme, key: Key) -> Self {
        Self { url, client, scheme, key }
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Post one message, the JSON `body`: `Ok` once it was answered with 2xx. Nothing is tried a second time here.
    ///
    /// # Errors
    /// All are definite but [`ReceiverError::Uncertain`].
    pub async fn post(&self, id: &str, mut body: Vec<u8>, now: Timestamp) -> Result<(), ReceiverError> {
        let unsent = |why: String| ReceiverError::Unsent(format!("nothing was sent to the receiver: {why}"));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // A kept connection that breaks would leave open whether the message was taken.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        headers.insert(ID, HeaderValue::from_str(id).map_err(|error| unsent(error.to_string()))?);
        auth::sign(&self.scheme, &self.key, &mut headers, &mut body, now).map_err(unsent)?;
        let answer = self.client.post(self.url.clone()).headers(headers).body(body).send().await;
        let answer = answer.map_err(|error| self.unanswered(&error))?;
        let (host, status) = (self.host().to_owned(), answer.status());
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let after = answer.headers().get(RETRY_AFTER).and_then(|value| wait(value, now));
                Err(ReceiverError::Busy { host, status: status.as_u16(), after })
            }
            _ if status.is_success() => Ok(()),
            _ if status.is_redirection() || status.is_client_error() => {
                Err(ReceiverError::Refused { host, status: status.as_u16() })
            }
            _ => Err(ReceiverError::Uncertain(format!("the receiver {host} answered with status {}", status.as_u16()))),
        }
    }

    fn unanswered(&self, error: &reqwest::Error) -> ReceiverError {
        let (host, cause) = (self.host(), root_cause(error));
        if error.is_connect() || error.is_builder() {
            ReceiverError::Unsent(format!(
                "no connection to the receiver {host} ({cause}). Check its url, and that it runs"
            ))
        } else if error.is_timeout() {
            ReceiverError::Uncertain(format!("the receiver {host} did not answer in time"))
        } else {
            ReceiverError::Uncertain(format!(
                "the connection to the receiver {host} broke before it answered ({cause})"
            ))
        }
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn wait(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

/// The innermost cause: the outer texts repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}
