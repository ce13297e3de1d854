//! `[fetch]`: what to ask a platform for.

use http::{HeaderName, HeaderValue};
use serde_json::Value as Json;

/// One call, ready to be made below the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Path and query, percent-encoded, with a slash in front.
    pub path_and_query: String,
    /// Fixed headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON to be posted; absent: a `GET`.
    pub body: Option<Json>,
}
