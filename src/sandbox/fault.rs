//! Faults on order: an answer made up, a delay, a connection closed before or after the work.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::Frame;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What shall go wrong, and with which calls. The first fault with uses left that fits a call is used.
///
/// With `drop` the connection is closed without a byte of an answer. With `status` or `body` the answer is made up and
/// the work not done. `delay_ms` alone delays the call, which then goes on as usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// HTTP method, in any case; absent: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The exact path without query, with or without `/api/2.0`; absent: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many calls it meets; 1 where a JSON fault does not say.
    pub times: u32,
    /// Status to answer, 200 to 599.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers of that answer; texts or numbers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Value>,
    /// Milliseconds to wait first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Close the connection, before the work or after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<DropPoint>,
    /// Body of the answer: a text as it is, anything else as JSON; absent: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// When to close the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropPoint {
    /// Without doing the work.
    Before,
    /// With the work done.
    After,
}

impl Default for Fault {
    /// One call of any kind, with nothing wrong yet.
    fn default() -> Self {
        Self {
            method: None,
            path: None,
            times: 1,
            status: None,
            headers: BTreeMap::new(),
            delay_ms: None,
            drop: None,
            body: None,
        }
    }
}

impl Fault {
    /// Whether the fault is meant for such a call.
    pub(super) fn matches(&self, method: &Method, path: &str) -> bool {
        let short = path.strip_prefix(super::API).unwrap_or(path);
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
            && self.path.as_deref().is_none_or(|wanted| wanted == path || wanted == short)
    }

    /// How long to wait first.
    pub(super) fn delay(&self) -> Option<Duration> {
        self.delay_ms.map(Duration::from_millis)
    }

    /// The answer made up; `None` where the call goes on as usual.
    ///
    /// # Errors
    /// A sentence, when the status or a header cannot be sent.
    pub(super) fn answer(&self) -> Result<Option<Response>, String> {
        if self.status.is_none() && self.body.is_none() {
            return Ok(None);
        }
        let status = self.status.unwrap_or(200);
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|_| (200..600).contains(&status))
            .ok_or_else(|| format!("status {status} cannot be answered; use 200 to 599"))?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        match &self.body {
            None => {}
            Some(Value::String(text)) => *response.body_mut() = Body::from(text.clone()),
            Some(value) => {
                *response.body_mut() = Body::from(value.to_string());
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
            }
        }
        for (name, value) in &self.headers {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let key = HeaderName::try_from(name.as_str()).map_err(|_| format!("'{name}' is no header name"))?;
            let value =
                HeaderValue::try_from(text).map_err(|_| format!("the value of header '{name}' cannot be sent"))?;
            response.headers_mut().insert(key, value);
        }
        Ok(Some(response))
    }
}

/// A response that makes the HTTP/1 server close the connection with nothing sent.
///
/// hyper writes head and first piece of the body together; an error in place of that piece ends the connection before
/// anything is flushed.
pub(super) fn hang_up() -> Response {
    Response::new(Body::new(Broken))
}

struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}
