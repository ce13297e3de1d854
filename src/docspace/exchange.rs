//! One call: through the gate, onto the wire, and back as bytes.

use std::error::Error as _;

use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use super::answer;
use super::call::Call;
use super::client::Client;
use super::error::{Error, Trouble};

/// Longest answer that is read, in bytes after decompression. The longest one is that of an invitation: it lists
/// everybody who is invited and has not come yet, with about 1 KiB each.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// An answer as it came.
struct Raw {
    status: StatusCode,
    retry_after: Option<HeaderValue>,
    body: Result<Vec<u8>, String>,
}

impl Client {
    /// A request for this call to the path made of these segments below the base; the key is added where the call
    /// wants it.
    pub(super) fn request(&self, call: Call, segments: &[&str]) -> RequestBuilder {
        let url = join(&self.shared.base, segments);
        if call.sends_key() {
            self.shared.pooled.request(call.method(), url).header(AUTHORIZATION, self.shared.bearer.clone())
        } else {
            self.shared.fresh.request(call.method(), url)
        }
    }

    /// Send, and read the answer: its `response`, if there is one.
    pub(super) async fn send(&self, call: Call, request: RequestBuilder) -> Result<Option<Value>, Error> {
        let raw = {
            let _permit = self.shared.gate.enter(call.is_write()).await;
            transmit(call, request).await
        };
        if let Some(observer) = &self.observer {
            let method = if call.is_write() { "POST" } else { "GET" };
            observer(method, raw.as_ref().map_or(0, |raw| raw.status.as_u16()));
        }
        let now = self.shared.clock.now();
        let result = raw.and_then(|Raw { status, retry_after, body }| {
            answer::read(call, status, retry_after.as_ref(), body.as_deref().map_err(String::as_str), now)
        });
        self.note(call, &result);
        result
    }

    /// Keep the pause in step with what the answer shows.
    fn note(&self, call: Call, result: &Result<Option<Value>, Error>) {
        let shared = &self.shared;
        match result {
            Err(Error::Paused { status, .. }) => shared.pause.set(*status, &shared.host, shared.clock.now()),
            Ok(_) | Err(Error::Refused { .. } | Error::Scope { .. }) if call.proves_key() => {
                shared.pause.clear(&shared.host)
            }
            _ => {}
        }
    }
}

async fn transmit(call: Call, request: RequestBuilder) -> Result<Raw, Error> {
    let response = request.send().await.map_err(|error| unanswered(call, &error))?;
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).cloned();
    Ok(Raw { status, retry_after, body: body(response).await })
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| format!("broke off ({})", root_cause(&error)))? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(format!("is longer than {LONGEST_ANSWER} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn unanswered(call: Call, error: &reqwest::Error) -> Error {
    let cause = root_cause(error);
    let trouble = |why: String| Trouble { call: call.name, status: None, why };
    if error.is_connect() || error.is_builder() {
        let why = format!(
            "was not sent: no connection to the portal ({cause}). Check [docspace] url and that the portal runs"
        );
        Error::Unsent(trouble(why))
    } else if error.is_timeout() {
        Error::Uncertain(trouble("was sent, but no answer came in time".to_owned()))
    } else {
        Error::Uncertain(trouble(format!("was sent, but the connection broke before an answer came ({cause})")))
    }
}

/// The innermost cause: the outer texts repeat the address with its query.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}

fn join(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // The set-up takes http and https only, whose addresses always have a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend(segments);
    }
    url
}
