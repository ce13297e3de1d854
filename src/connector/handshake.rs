//! Requests that a platform sends to see that somebody is there, or to agree on a secret. They are answered, and neither
//! stored nor mapped.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use secrecy::SecretString;

use super::Connector;
use super::place::{Place, Probe, Reading};
use crate::auth::Pointer;

/// Longest text that is echoed, in characters.
const ECHO_LIMIT: usize = 1024;
/// Longest secret that is taken from a handshake, in characters.
const SECRET_LIMIT: usize = 512;

/// One `[[handshake]]` table: which requests are meant, and what they are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// `HEAD`, `GET`, `OPTIONS` or `POST`.
    pub method: Method,
    /// What must hold, all of it.
    pub conditions: Vec<Condition>,
    /// Whether `[auth]` must hold too.
    pub is_verified: bool,
    /// Any 2xx.
    pub answer: StatusCode,
    /// A text of the request that the answer repeats. Where it is absent or unsound the request is none of this kind.
    pub echo: Option<Echo>,
    /// Fixed headers of the answer.
    pub headers: HeaderMap,
    /// Where the platform tells the source's secret. Where it is absent or unsound the request is none of this kind.
    pub secret: Option<Place>,
}

/// One line of `match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where to look.
    pub place: Place,
    /// What must be there.
    pub wanted: Wanted,
}

/// What a [`Condition`] asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Anything.
    Present,
    /// One of these texts exactly.
    AnyOf(Vec<String>),
}

/// A text of the request that is repeated in the answer: 1 to 1024 printable ASCII characters, with no blank at either
/// end. What a stranger can put there is bound by that, by the fixed content types and by `nosniff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// Where it comes from.
    pub from: Place,
    /// Where it goes.
    pub to: EchoTo,
}

/// Where in the answer an echoed text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EchoTo {
    /// It is the whole body, `text/plain`.
    Text,
    /// The value of a header.
    Header(HeaderName),
    /// A text in a body of JSON, `application/json`; the objects on the way are made.
    Json(Pointer),
}

/// What to answer to a handshake.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers to set, with `x-content-type-options: nosniff`.
    pub headers: HeaderMap,
    /// Body; empty for `HEAD`.
    pub body: Bytes,
}

/// A request that was known as a handshake.
#[derive(Debug)]
pub struct Reply<'c> {
    /// Which one. If it `is_verified`, `[auth]` is to be asked before the answer is given.
    pub handshake: &'c Handshake,
    /// What to answer.
    pub answer: Answer,
    /// The secret that the platform told: 1 to 512 visible ASCII characters. To be kept before the answer is given.
    pub secret: Option<SecretString>,
}

/// The texts may be the platform's secret.
impl fmt::Debug for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        write!(out, "Answer {{ status: {}, headers: {names:?}, body: {} bytes }}", self.status, self.body.len())
    }
}

impl Connector {
    /// The handshake that a request is, with its answer; `None` if it is none and is to be verified. The first table
    /// that fits answers.
    #[must_use]
    pub fn handshake(&self, probe: Probe<'_>) -> Option<Reply<'_>> {
        let reading = Reading::new(probe);
        let mut tables = self.handshakes.iter().filter(|handshake| handshake.method == *probe.method);
        tables.find_map(|handshake| handshake.reply(&reading))
    }

    /// Whether a handshake of this connector tells the source its secret.
    #[must_use]
    pub fn tells_secret(&self) -> bool {
        self.handshakes.iter().any(|handshake| handshake.secret.is_some())
    }
}

impl Handshake {
    /// Whether any request of its method is one.
    pub(super) fn is_unconditional(&self) -> bool {
        self.conditions.is_empty() && self.echo.is_none() && self.secret.is_none()
    }

    fn reply(&self, reading: &Reading<'_>) -> Option<Reply<'_>> {
        if !self.conditions.iter().all(|condition| condition.holds(reading)) {
            return None;
        }
        let secret = match &self.secret {
            Some(place) => Some(SecretString::from(reading.text(place).filter(|text| is_secret(text))?.into_owned())),
            None => None,
        };
        let echoed = match &self.echo {
            Some(echo) => Some((&echo.to, reading.text(&echo.from).filter(|text| is_echoable(text))?)),
            None => None,
        };
        let mut answer = Answer { status: self.answer, headers: self.headers.clone(), body: Bytes::new() };
        answer.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((to, text)) = echoed {
            answer.repeat(to, &text)?;
        }
        Some(Reply { handshake: self, answer, secret })
    }
}

impl Condition {
    fn holds(&self, reading: &Reading<'_>) -> bool {
        reading.text(&self.place).is_some_and(|text| match &self.wanted {
            Wanted::Present => true,
            Wanted::AnyOf(texts) => texts.iter().any(|wanted| *wanted == text),
        })
    }
}

impl Answer {
    /// `None` for a text that no header can hold; [`is_echoable`] knows of none.
    fn repeat(&mut self, to: &EchoTo, text: &str) -> Option<()> {
        let (kind, body) = match to {
            EchoTo::Header(name) => {
                self.headers.insert(name, HeaderValue::from_str(text).ok()?);
                return Some(());
            }
            EchoTo::Text => ("text/plain", text.to_owned()),
            EchoTo::Json(pointer) => ("application/json", pointer.wrap(text.into()).to_string()),
        };
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        self.body = Bytes::from(body);
        Some(())
    }
}

/// Whether a text may be repeated. Blanks belong to the validation token of Microsoft Graph.
fn is_echoable(text: &str) -> bool {
    let is_printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    !text.is_empty() && text.len() <= ECHO_LIMIT && is_printable && text.trim_ascii() == text
}

fn is_secret(text: &str) -> bool {
    !text.is_empty() && text.len() <= SECRET_LIMIT && text.bytes().all(|byte| byte.is_ascii_graphic())
}
