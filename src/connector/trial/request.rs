//! A fixture's request: its signature, judged and made.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{DAY, Fault};
use crate::auth::{self, Incoming, Key, Outgoing};
use crate::connector::Connector;
use crate::fixture::{self, Fixture};

/// How many bytes of a signed string are told.
const SHOWN: usize = 400;

/// The fixture's file signed as its connector says, with the example secret and at the time that it names, else on
/// [`DAY`]. Everything else in it stays as it is.
///
/// # Errors
/// A sentence: it is no fixture, or the scheme cannot sign it.
pub fn sign_anew(connector: &Connector, file: &[u8]) -> Result<Vec<u8>, String> {
    let mut request = Request::read(file)?;
    let (key, now) = (example_key(connector)?, request.sent_at(connector));
    let mut body = request.body.to_vec();
    let outgoing = Outgoing { query: &mut request.query, headers: &mut request.headers, body: &mut body };
    auth::sign_request(&connector.scheme, &key, outgoing, now)?;
    let text = |name: &String| Some((name.clone(), request.headers.get(name)?.to_str().ok()?.to_owned()));
    let set: Vec<_> = connector.scheme.headers_set_by_sign().iter().filter_map(text).collect();
    let path = request.path.unwrap_or_else(|| format!("/hooks/{}", connector.name));
    let target = if request.query.is_empty() { path } else { format!("{path}?{}", request.query) };
    fixture::rewrite(file, &target, &set, &body).map_err(|error| error.to_string())
}

/// The example secret as a key of the connector.
///
/// # Errors
/// A sentence; no scheme that compiles is known to refuse it.
pub fn example_key(connector: &Connector) -> Result<Key, String> {
    connector.scheme.key(&connector.scheme.example_secret())
}

/// A fixture's request.
pub(super) struct Request {
    pub(super) method: Method,
    /// The target up to the query; `None` for a bare body.
    path: Option<String>,
    /// What stands after the `?` of the target.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn read(file: &[u8]) -> Result<Self, String> {
        let fixture = Fixture::parse(file).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &fixture.headers {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            headers.append(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
        }
        let method = Method::from_bytes(fixture.method.as_bytes()).map_err(|error| error.to_string())?;
        let (path, query) = match fixture.target.as_deref().map(|target| target.split_once('?').unwrap_or((target, "")))
        {
            Some((path, query)) => (Some(path.to_owned()), query.to_owned()),
            None => (None, String::new()),
        };
        Ok(Self { method, path, query, headers, body: fixture.body.into() })
    }

    /// When it was signed.
    pub(super) fn sent_at(&self, connector: &Connector) -> Timestamp {
        auth::sent_at(&connector.scheme, &self.headers, &self.body).unwrap_or_else(noon)
    }

    pub(super) fn unsound(&self, connector: &Connector) -> Option<Fault> {
        let key = match example_key(connector) {
            Ok(key) => key,
            Err(problem) => return Some(Fault::Broken(problem)),
        };
        let now = self.sent_at(connector);
        let scheme = &connector.scheme;
        let incoming = Incoming { query: &self.query, headers: &self.headers, body: &self.body };
        let verified = auth::verify_request(scheme, &[key], &connector.dedupe, incoming, now);
        let what =
            format!("does not verify with the example secret {}: {}", scheme.example_secret(), verified.err()?.code());
        let signed = auth::signed_bytes(scheme, &self.headers, &self.body);
        Some(Fault::Unsound { what, signed: signed.map(|bytes| shortened(&bytes)) })
    }
}

fn noon() -> Timestamp {
    DAY.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or_default()
}

/// Line ends and other control characters shown as such.
fn shortened(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    let mut shown: String =
        text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect();
    if bytes.len() > SHOWN {
        shown.push_str(&format!("... ({} bytes in all)", bytes.len()));
    }
    shown
}
