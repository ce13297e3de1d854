//! Signing, as the sender would: for fixtures, replay and tests.

use std::borrow::Cow;

use base64::Engine;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::encoding::BASE64;
use super::key::Key;
use super::pointer::Pointer;
use super::request::Request;
use super::scheme::{IdSource, Kind, Place, Scheme, SignatureScheme};
use super::signature;
use super::timing::{TimestampSource, Timing, Unit};
use crate::body;

/// A request that is to be sent.
pub struct Outgoing<'r> {
    /// What will stand after the `?` of the target.
    pub query: &'r mut String,
    /// Headers.
    pub headers: &'r mut HeaderMap,
    /// Body.
    pub body: &'r mut Vec<u8>,
}

/// [`sign_request`] of a request without a query.
///
/// # Errors
/// The same; and a scheme that has its token in the query.
pub fn sign(
    scheme: &Scheme,
    key: &Key,
    headers: &mut HeaderMap,
    body: &mut Vec<u8>,
    now: Timestamp,
) -> Result<(), String> {
    if scheme.reads_query() {
        return Err("the token of this scheme stands in the query, and this request has none".to_owned());
    }
    sign_request(scheme, key, Outgoing { query: &mut String::new(), headers, body }, now)
}

/// Signs a request, as its sender would: sets what [`verify_request`](super::verify_request) reads, in headers, body
/// fields or the query.
///
/// Existing values of those names are replaced, except an id, which stays; a missing id header gets a fresh one. The
/// body is written anew only where the scheme keeps something in it.
///
/// # Errors
/// A sentence: the key only verifies, the body is not the JSON that the scheme needs, or a part of `signed` is missing.
pub fn sign_request(scheme: &Scheme, key: &Key, outgoing: Outgoing<'_>, now: Timestamp) -> Result<(), String> {
    let shared = || key.shared().ok_or_else(|| "the key is not one of this scheme".to_owned());
    let Outgoing { query, headers, body } = outgoing;
    match &scheme.kind {
        Kind::Signature(signature) => sign_parts(scheme, signature, key, headers, body, now),
        Kind::Token(token) => {
            let text = [token.prefix.as_bytes(), shared()?].concat();
            match &token.place {
                Place::Query(name) => {
                    *query = with_field(query.as_bytes(), name, as_text(&text)?)?;
                    Ok(())
                }
                place => put(headers, body, place, &text),
            }
        }
        Kind::Basic => {
            let text = format!("Basic {}", BASE64.encode(shared()?));
            put_header(headers, &http::header::AUTHORIZATION, text.as_bytes())
        }
    }
}

impl Scheme {
    /// The headers that [`sign`] may set, in lower case.
    pub fn headers_set_by_sign(&self) -> Vec<String> {
        let signature = match &self.kind {
            Kind::Signature(signature) => signature,
            Kind::Token(_) | Kind::Basic => {
                let header = self.secret_header();
                return header.map(|name| name.to_string()).into_iter().collect();
            }
        };
        let id = match &self.id {
            IdSource::Place(place) => place.header(),
            _ => None,
        };
        let timestamp = match signature.timing.as_ref().map(|timing| &timing.source) {
            Some(TimestampSource::Place(place)) => place.header(),
            _ => None,
        };
        let names = [id, timestamp, signature.sig.header()];
        names.into_iter().flatten().map(|name| name.to_string()).collect()
    }
}

fn sign_parts(
    scheme: &Scheme,
    signature: &SignatureScheme,
    key: &Key,
    headers: &mut HeaderMap,
    body: &mut Vec<u8>,
    now: Timestamp,
) -> Result<(), String> {
    if let IdSource::Place(Place::Header(name)) = &scheme.id
        && !headers.contains_key(name)
    {
        let id = format!("msg_{}", uuid::Uuid::new_v4().simple());
        put_header(headers, name, id.as_bytes())?;
    }
    let stamp = signature.timing.as_ref().map(|timing| timing.write(now));
    if let (Some(timing), Some(stamp)) = (&signature.timing, &stamp) {
        put_timestamp(timing, stamp, headers, body)?;
    }
    let made = {
        let request = Request::new("", headers, body);
        let stamp = stamp.as_ref().map(|text| Cow::Borrowed(text.as_bytes()));
        let signed = request
            .signed(scheme, signature, stamp.as_ref())
            .map_err(|reject| format!("a part of what is signed is missing or doubled ({reject})"))?;
        signature::make(signature.algorithm, key, &signed)?
    };
    let entry = match signature.timing.as_ref().map(|timing| &timing.source) {
        Some(TimestampSource::Entry(name)) => stamp.as_deref().map(|stamp| (name.as_str(), stamp)),
        _ => None,
    };
    let text = signature.layout.write(&made, entry);
    put(headers, body, &signature.sig, text.as_bytes())
}

fn put_timestamp(timing: &Timing, stamp: &str, headers: &mut HeaderMap, body: &mut Vec<u8>) -> Result<(), String> {
    match (&timing.source, timing.unit) {
        (TimestampSource::Entry(_), _) => Ok(()),
        (TimestampSource::Place(place @ (Place::Header(_) | Place::Form(_) | Place::Query(_))), _) => {
            put(headers, body, place, stamp.as_bytes())
        }
        (TimestampSource::Place(Place::Json(pointer)), Unit::Rfc3339) => put_field(body, pointer, &Value::from(stamp)),
        (TimestampSource::Place(Place::Json(pointer)), _) => {
            let number = stamp.parse::<i64>().map_err(|error| error.to_string())?;
            put_field(body, pointer, &Value::from(number))
        }
    }
}

fn put(headers: &mut HeaderMap, body: &mut Vec<u8>, place: &Place, text: &[u8]) -> Result<(), String> {
    match place {
        Place::Header(name) => put_header(headers, name, text),
        Place::Json(pointer) => put_field(body, pointer, &Value::from(as_text(text)?)),
        Place::Form(name) => {
            *body = with_field(body, name, as_text(text)?)?.into_bytes();
            Ok(())
        }
        // No scheme compiles with it but a token, which is put there before.
        Place::Query(_) => Err("the query has a place for a token only".to_owned()),
    }
}

fn as_text(secret: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(secret).map_err(|_| "the secret is not text, so it can only stand in a header".to_owned())
}

/// A form or query with that field once: where it was first, else at the end.
fn with_field(form: &[u8], name: &str, text: &str) -> Result<String, String> {
    let mut written = Serializer::new(String::new());
    let mut text = Some(text);
    for (field, value) in body::form(form)? {
        match field == name {
            true => written.extend_pairs(text.take().map(|text| (name, text))),
            false => written.append_pair(&field, &value),
        };
    }
    written.extend_pairs(text.map(|text| (name, text)));
    Ok(written.finish())
}

fn put_header(headers: &mut HeaderMap, name: &HeaderName, text: &[u8]) -> Result<(), String> {
    let mut value = HeaderValue::from_bytes(text)
        .map_err(|_| format!("the value for the header {name} holds forbidden characters"))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

fn put_field(bytes: &mut Vec<u8>, pointer: &Pointer, value: &Value) -> Result<(), String> {
    let mut json = body::json(bytes).map_err(|_| "the body is not JSON, and the scheme signs inside it".to_owned())?;
    if !pointer.set(&mut json, value) {
        return Err(format!("the body has no place for {}", pointer.text()));
    }
    *bytes = serde_json::to_vec(&json).map_err(|error| error.to_string())?;
    Ok(())
}
