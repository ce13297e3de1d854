//! Requests that a platform sends before it sends webhooks, to see that somebody is there.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::Connector;

/// One `[[handshake]]` table: a request of this method is answered with this status and nothing else. It is
/// neither verified nor stored, so `POST` cannot be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// `HEAD`, `GET` or `OPTIONS`.
    pub method: Method,
    /// Any 2xx.
    pub answer: StatusCode,
}

/// What to answer to a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers to set.
    pub headers: HeaderMap,
    /// Body; empty for `HEAD`.
    pub body: Bytes,
}

impl Connector {
    /// The answer to a handshake; `None` if the request is none and is to be verified.
    ///
    /// The headers and the body are there for platforms that want something of theirs echoed; no connector of
    /// today does.
    #[must_use]
    pub fn handshake(&self, method: &Method, _headers: &HeaderMap, _body: &[u8]) -> Option<Answer> {
        let handshake = self.handshakes.iter().find(|handshake| handshake.method == *method)?;
        Some(Answer { status: handshake.answer, headers: HeaderMap::new(), body: Bytes::new() })
    }
}
