//! Authentication of webhooks.
//!
//! [`SchemeSpec`] is the `[auth]` table of a connector, [`Scheme`] its compiled form, [`Key`] a live secret,
//! [`Dedupe`] the lists of parts that tell deliveries apart. [`verify`] turns a request into a [`Verified`], and nothing
//! else does; [`sign()`] is its counterpart. [`trace()`] tells a person what was looked at. Nothing here panics, whatever the bytes.

mod compile;
mod dedupe;
mod encoding;
mod example;
mod key;
mod mask;
mod masking;
mod near;
mod near_digest;
mod near_found;
mod pointer;
mod problems;
mod request;
mod scheme;
mod sign;
mod signature;
mod spec;
mod template;
mod timing;
mod token;
mod trace;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;

pub use dedupe::{Dedupe, DedupeKey};
pub use example::{EXAMPLE_SECRET, sent_at, signed_bytes};
pub use key::Key;
pub use masking::Mask;
pub use pointer::Pointer;
pub use request::plain_text;
pub use scheme::Scheme;
pub use sign::{Outgoing, sign, sign_request};
pub use spec::{SchemeSpec, SecretSpec, TimestampSpec};
pub use trace::{Excerpt, Trace, trace};

use request::Request;
use scheme::Kind;

/// Why a request was refused. Checked in this order: doubled headers, a signature that is missing, then malformed,
/// the timestamp, the other parts of what is signed, and only then the signature itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reject {
    /// The signature, token or Basic credentials are not there.
    #[error("missing_signature")]
    MissingSignature,
    /// No entry of the list decodes, or a header or field that is signed is missing.
    #[error("malformed_signature")]
    MalformedSignature,
    /// No live secret made any of the signatures.
    #[error("bad_signature")]
    BadSignature,
    /// The timestamp is not there, or is not one.
    #[error("missing_timestamp")]
    MissingTimestamp,
    /// The timestamp is further from the clock than the tolerance, past or future.
    #[error("stale")]
    Stale,
    /// The id is signed and is not there.
    #[error("missing_id")]
    MissingId,
    /// Two headers of one name that matters.
    #[error("ambiguous_header")]
    AmbiguousHeader,
    /// The token or the Basic credentials are not a live secret.
    #[error("bad_token")]
    BadToken,
}

impl Reject {
    /// The code, for metrics and `explain`.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::MalformedSignature => "malformed_signature",
            Self::BadSignature => "bad_signature",
            Self::MissingTimestamp => "missing_timestamp",
            Self::Stale => "stale",
            Self::MissingId => "missing_id",
            Self::AmbiguousHeader => "ambiguous_header",
            Self::BadToken => "bad_token",
        }
    }
}

/// A request that passed [`verify`]; only this module makes one.
#[derive(Debug, Clone)]
pub struct Verified {
    headers: Vec<(String, String)>,
    body: Bytes,
    keys: Vec<DedupeKey>,
    may_be_news: bool,
}

impl Verified {
    /// The same, of a platform whose messages say only whom to ask about. Where nothing but its bytes tells one message
    /// from the next, the same bytes may be news.
    #[must_use]
    pub fn of_thin(mut self) -> Self {
        let body = request::sha256_hex(&self.body);
        self.may_be_news = self.keys.iter().all(|key| key.value == body);
        self
    }

    /// Whether the same request once more may be another message.
    pub fn may_be_news(&self) -> bool {
        self.may_be_news
    }

    /// The headers to keep, in the order received: names in lower case, values as text (other bytes replaced).
    /// Without credentials, cookies, whatever a token scheme reads, and those of the connection.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The exact bytes received.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The dedupe keys, at least one.
    pub fn keys(&self) -> &[DedupeKey] {
        &self.keys
    }
}

/// A request as it came in.
#[derive(Clone, Copy)]
pub struct Incoming<'r> {
    /// What stands after the `?` of the target, as sent; empty if there is none. It is never kept: a token may stand in it.
    pub query: &'r str,
    /// Headers.
    pub headers: &'r HeaderMap,
    /// The raw bytes as received.
    pub body: &'r Bytes,
}

/// [`verify_request`] of a request without a query.
///
/// # Errors
/// The same.
pub fn verify(
    scheme: &Scheme,
    keys: &[Key],
    dedupe: &Dedupe,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
) -> Result<Verified, Reject> {
    verify_request(scheme, keys, dedupe, Incoming { query: "", headers, body }, now)
}

/// Verifies a request as received, with every live key.
///
/// # Errors
/// [`Reject`], without a hint of which part of a signature was wrong.
pub fn verify_request(
    scheme: &Scheme,
    keys: &[Key],
    dedupe: &Dedupe,
    incoming: Incoming<'_>,
    now: Timestamp,
) -> Result<Verified, Reject> {
    let Incoming { query, headers, body } = incoming;
    let request = Request::new(query, headers, body);
    let mut watched = scheme.watched.iter().chain(dedupe.watched(scheme));
    if watched.any(|name| request.is_doubled(name)) {
        return Err(Reject::AmbiguousHeader);
    }
    let signed = match &scheme.kind {
        Kind::Signature(kind) => Some(signature::verify(scheme, kind, keys, &request, now)?),
        Kind::Token(kind) => {
            token::verify(kind, keys, &request)?;
            None
        }
        Kind::Basic => {
            token::verify_basic(keys, &request)?;
            None
        }
    };
    Ok(Verified {
        headers: kept_headers(scheme, headers),
        body: body.clone(),
        keys: dedupe.keys(scheme, &request, signed.as_deref()),
        may_be_news: false,
    })
}

/// The dedupe keys of a request, whether or not it verifies (for `explain`).
pub fn dedupe_keys(scheme: &Scheme, dedupe: &Dedupe, headers: &HeaderMap, body: &Bytes) -> Vec<DedupeKey> {
    let request = Request::new("", headers, body);
    let signed = match &scheme.kind {
        Kind::Signature(kind) => signature::signed(scheme, kind, &request),
        Kind::Token(_) | Kind::Basic => None,
    };
    dedupe.keys(scheme, &request, signed.as_deref())
}

/// The headers of a request that [`Verified`] keeps, see [`Verified::headers`]; for `explain`, which shows unverified
/// requests too.
pub fn kept_headers(scheme: &Scheme, headers: &HeaderMap) -> Vec<(String, String)> {
    let secret = scheme.secret_header();
    let kept = headers.iter().filter(|(name, _)| !is_left_out(name) && Some(*name) != secret);
    kept.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    })
    .collect()
}

/// The headers that decide whether a request verifies and what makes it known again, in lower case.
pub fn headers_read(scheme: &Scheme, dedupe: &Dedupe) -> Vec<String> {
    scheme.watched.iter().chain(dedupe.watched(scheme)).map(ToString::to_string).collect()
}

fn is_left_out(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("proxy-")
        || matches!(name, "authorization" | "cookie" | "set-cookie" | "host" | "content-length" | "connection")
}
