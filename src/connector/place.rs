//! Where a handshake looks for a text in a request.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use http::{HeaderMap, HeaderName, Method};
use serde_json::Value as Json;

use crate::auth::{Pointer, plain_text};
use crate::body;

/// Longest body that handshakes look into, in bytes; those of pings are tiny, and whoever sends one is unknown.
const BODY_LIMIT: usize = 64 * 1024;

/// A place in a request: `header:NAME`, `query:NAME`, `json:/POINTER` or `body`. Bodies over 64 KiB hold nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The value of a header that was sent exactly once.
    Header(HeaderName),
    /// The value of a query parameter that was sent exactly once, decoded; `+` is a blank.
    Query(String),
    /// A text, a whole number, true or false in a body of JSON, as its text.
    Json(Pointer),
    /// The whole body, without white space round it; it has some bytes.
    Body,
}

/// A request that may be a handshake.
#[derive(Clone, Copy)]
pub struct Probe<'r> {
    /// Method.
    pub method: &'r Method,
    /// What stands after the `?` of the target, as sent; empty if there is none.
    pub query: &'r str,
    /// Headers.
    pub headers: &'r HeaderMap,
    /// The body as received; empty unless the method is POST.
    pub body: &'r [u8],
}

/// A request that places are looked up in; its body is parsed at most once, and only if a place asks for it.
pub(super) struct Reading<'r> {
    probe: Probe<'r>,
    json: OnceCell<Option<Json>>,
}

impl Place {
    /// Reads a place.
    ///
    /// # Errors
    /// A sentence: what there is, or what is wrong with the name or the pointer.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "body" {
            return Ok(Self::Body);
        }
        match text.split_once(':') {
            Some(("header", name)) => HeaderName::from_bytes(name.as_bytes())
                .map(Self::Header)
                .map_err(|_| format!("'{name}' is not a header name")),
            Some(("query", "")) => Err("names no parameter; write query:NAME".to_owned()),
            Some(("query", name)) => Ok(Self::Query(name.to_owned())),
            Some(("json", pointer)) => {
                let pointer = Pointer::parse(pointer)?;
                if pointer.is_plural() {
                    return Err("may select several values, and it is one; a handshake has no '*'".to_owned());
                }
                Ok(Self::Json(pointer))
            }
            _ => Err(format!("'{text}' is not header:NAME, query:NAME, json:/POINTER or body")),
        }
    }

    /// Whether it is in the body, which only a POST has.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Body)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(out, "header:{name}"),
            Self::Query(name) => write!(out, "query:{name}"),
            Self::Json(pointer) => write!(out, "json:{}", pointer.text()),
            Self::Body => out.write_str("body"),
        }
    }
}

impl<'r> Reading<'r> {
    pub(super) fn new(probe: Probe<'r>) -> Self {
        Self { probe, json: OnceCell::new() }
    }

    /// The text at a place; `None` where there is none, where two leave open which one counts, and where it is not UTF-8.
    pub(super) fn text(&self, place: &Place) -> Option<Cow<'_, str>> {
        match place {
            Place::Header(name) => {
                let mut values = self.probe.headers.get_all(name).iter();
                let value = values.next().filter(|_| values.next().is_none())?;
                std::str::from_utf8(value.as_bytes()).ok().map(Cow::Borrowed)
            }
            Place::Query(name) => {
                let parameters = body::form(self.probe.query.as_bytes()).ok()?;
                let mut values = parameters.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
                values.next().filter(|_| values.next().is_none())
            }
            Place::Json(pointer) => plain_text(pointer.one(self.json()?)?),
            Place::Body => {
                let body = self.body().filter(|body| !body.is_empty())?;
                std::str::from_utf8(body::text(body)).ok().map(|text| Cow::Borrowed(text.trim_ascii()))
            }
        }
    }

    fn json(&self) -> Option<&Json> {
        self.json.get_or_init(|| body::json(self.body()?).ok()).as_ref()
    }

    fn body(&self) -> Option<&'r [u8]> {
        Some(self.probe.body).filter(|body| body.len() <= BODY_LIMIT)
    }
}
