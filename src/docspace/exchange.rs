//! One call: through the gate, onto the wire, and back as bytes.

use std::error::Error as _;
use std::sync::PoisonError;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, DATE, HeaderValue, RETRY_AFTER};
use reqwest::{Request, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use super::answer::{self, Reply};
use super::budget::Cost;
use super::call::{self, Call};
use super::client::Client;
use super::error::{Error, Trouble};

/// Longest answer that is read, in bytes after decompression. The longest one is that of an invitation: it lists
/// everybody who is invited and has not come yet, with about 1 KiB each.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// An answer as it came.
struct Raw {
    status: StatusCode,
    retry_after: Option<HeaderValue>,
    date: Option<Timestamp>,
    body: Result<Vec<u8>, String>,
}

impl Client {
    /// A request for this call to the path made of these segments below the base; the key is added where the call
    /// wants it.
    pub(super) fn request(&self, call: Call, segments: &[&str]) -> RequestBuilder {
        let url = join(&self.shared.base, segments);
        let pooled = call.sends_key() && !call.once;
        let http = if pooled { &self.shared.pooled } else { &self.shared.fresh };
        let request = http.request(call.method(), url);
        if call.sends_key() { request.header(AUTHORIZATION, self.shared.bearer.clone()) } else { request }
    }

    /// Send, and read the answer: its `response`, if there is one.
    pub(super) async fn send(&self, call: Call, request: RequestBuilder) -> Result<Option<Value>, Error> {
        self.exchange(call, request).await.map(|reply| reply.response)
    }

    /// Send, and read the answer.
    pub(super) async fn exchange(&self, call: Call, request: RequestBuilder) -> Result<Reply, Error> {
        let shared = &self.shared;
        let (http, request) = request.build_split();
        let request = request.map_err(|error| unanswered(call, &error))?;
        let cost = self.cost(call, request.url());
        let raw = {
            let limited = |after| Error::Limited { call: call.name, after };
            let passage = shared.gate.enter(call.is_write(), cost, &*shared.clock).await.map_err(limited)?;
            let raw = transmit(call, &http, request).await;
            if matches!(raw, Err(Error::Unsent(_))) {
                passage.unsent();
            }
            raw
        };
        if let Some(observer) = &self.observer {
            observer(call.verb(), raw.as_ref().map_or(0, |raw| raw.status.as_u16()));
        }
        let now = shared.clock.now();
        let result = raw.and_then(|Raw { status, retry_after, date, body }| {
            if let Some(date) = date {
                *shared.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(date.duration_since(now));
            }
            answer::read(call, status, retry_after.as_ref(), body.as_deref().map_err(String::as_str), now)
        });
        let result = match result {
            Err(error @ Error::Scope { .. }) if Box::pin(self.is_closed()).await => {
                Err(Error::Paused { call: call.name, status: error.status().unwrap_or_default() })
            }
            result => result,
        };
        self.note(call, &result);
        result
    }

    /// Whether the portal is being restored or moved. It says so like one whose key lacks a scope, with an empty 403;
    /// its settings alone tell, without a key (`TenantStatusFilter.cs`).
    async fn is_closed(&self) -> bool {
        let settings = self.send(call::STANDING, self.request(call::STANDING, &["settings"])).await;
        let status = settings.ok().flatten().and_then(|settings| settings.get("tenantStatus")?.as_i64());
        status.is_some_and(|status| status != 0)
    }

    /// What the limits count: the server has those of sensitive calls for each path.
    fn cost(&self, call: Call, url: &Url) -> Cost {
        let path = url.path().strip_prefix(self.shared.base.path()).unwrap_or(url.path());
        let sensitive = call.sensitive.then(|| format!("{} {path}", call.verb()));
        Cost { day: call.counts_for_the_day(), sensitive }
    }

    /// Keep the pause in step with what the answer shows.
    fn note(&self, call: Call, result: &Result<Reply, Error>) {
        let shared = &self.shared;
        match result {
            Err(Error::Paused { status, .. }) => shared.pause.set(*status, &shared.name, shared.clock.now()),
            // The portal may lack the call, or be gone: the next call tells.
            Err(Error::Refused { status: 404 | 405, .. }) if call.recent => {}
            Ok(_) | Err(Error::Refused { .. } | Error::Scope { .. } | Error::MailLimit { .. }) if call.proves_key() => {
                shared.pause.clear(&shared.name);
            }
            _ => {}
        }
    }
}

async fn transmit(call: Call, http: &reqwest::Client, request: Request) -> Result<Raw, Error> {
    let response = http.execute(request).await.map_err(|error| unanswered(call, &error))?;
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).cloned();
    let date = response.headers().get(DATE).and_then(|date| answer::date(date.to_str().ok()?));
    Ok(Raw { status, retry_after, date, body: body(response).await })
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
