//! One request, looked at: headers, bytes, and JSON parsed at most once and only when something asks for it.

use std::borrow::Cow;
use std::cell::OnceCell;

use http::{HeaderMap, HeaderName};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Reject;
use super::pointer::Pointer;
use super::scheme::{IdSource, Place, Scheme, SignatureScheme};
use super::template::Piece;
use super::timing::TimestampSource;
use crate::body;

/// A text of the request, as bytes.
pub(super) type Bytes<'r> = Cow<'r, [u8]>;

pub(super) struct Request<'r> {
    query: &'r str,
    headers: &'r HeaderMap,
    body: &'r [u8],
    json: OnceCell<Option<Value>>,
    form: OnceCell<Fields<'r>>,
}

/// Names and texts, in the order of the request.
type Fields<'r> = Vec<(Cow<'r, str>, Cow<'r, str>)>;

impl<'r> Request<'r> {
    pub(super) fn new(query: &'r str, headers: &'r HeaderMap, body: &'r [u8]) -> Self {
        Self { query, headers, body, json: OnceCell::new(), form: OnceCell::new() }
    }

    /// The same request with another body.
    pub(super) fn with_body<'b>(&'b self, body: &'b [u8]) -> Request<'b> {
        Request::new(self.query, self.headers, body)
    }

    pub(super) fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    pub(super) fn body(&self) -> &'r [u8] {
        self.body
    }

    /// Whether two headers of that name were sent.
    pub(super) fn is_doubled(&self, name: &HeaderName) -> bool {
        self.headers.get_all(name).iter().nth(1).is_some()
    }

    /// The value of a header that was sent exactly once.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&'r [u8]> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        values.next().is_none().then(|| first.as_bytes())
    }

    /// The body as JSON; `None` when it is not.
    pub(super) fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| body::json(self.body).ok()).as_ref()
    }

    /// The texts of the fields of that name in the form that the body is; none when it is not one.
    pub(super) fn form(&self, name: &str) -> Vec<&str> {
        let fields = self.form.get_or_init(|| body::form(self.body).unwrap_or_default());
        fields.iter().filter(|(field, _)| field == name).map(|(_, text)| text.as_ref()).collect()
    }

    /// The texts of the parameters of that name.
    pub(super) fn query(&self, name: &str) -> Vec<Cow<'r, str>> {
        let parameters = body::form(self.query.as_bytes()).unwrap_or_default();
        parameters.into_iter().filter(|(parameter, _)| parameter == name).map(|(_, text)| text).collect()
    }

    /// The one text at a place.
    pub(super) fn bytes<'s>(&'s self, place: &Place) -> Option<Bytes<'s>> {
        match place {
            Place::Header(name) => self.header(name).map(Cow::Borrowed),
            Place::Json(pointer) => self.json_text(pointer),
            Place::Form(name) => one(self.form(name)).map(|text| Cow::Borrowed(text.as_bytes())),
            Place::Query(name) => one(self.query(name)).map(|text| Cow::Owned(text.into_owned().into_bytes())),
        }
    }

    fn json_text<'s>(&'s self, pointer: &Pointer) -> Option<Bytes<'s>> {
        Some(match plain_text(pointer.one(self.json()?)?)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }

    /// The value at a place as a name for things: text, never empty, several values hashed together. One value that
    /// cannot be read spoils them all, else two different requests could share a name.
    pub(super) fn value(&self, place: &Place) -> Option<String> {
        let texts: Vec<Option<Cow<'_, str>>> = match place {
            Place::Header(name) => vec![std::str::from_utf8(self.header(name)?).ok().map(Cow::Borrowed)],
            Place::Json(pointer) => pointer.select(self.json()?).into_iter().map(|value| plain_text(value?)).collect(),
            Place::Form(name) => self.form(name).into_iter().map(|text| Some(Cow::Borrowed(text))).collect(),
            Place::Query(name) => self.query(name).into_iter().map(Some).collect(),
        };
        let texts: Vec<_> =
            texts.into_iter().map(|text| text.filter(|text| !text.is_empty())).collect::<Option<_>>()?;
        match texts.as_slice() {
            [] => None,
            [text] => Some(text.clone().into_owned()),
            several => Some(sha256_hex(&serde_json::to_vec(several).ok()?)),
        }
    }

    /// SHA-256 of the JSON text of the values at a pointer, in hex.
    pub(super) fn json_hash(&self, pointer: &Pointer) -> Option<String> {
        let values = pointer.select(self.json()?);
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        let text = match values.as_slice() {
            [] => return None,
            [value] => serde_json::to_vec(value),
            several => serde_json::to_vec(several),
        };
        Some(sha256_hex(&text.ok()?))
    }

    pub(super) fn body_hash(&self) -> String {
        sha256_hex(self.body)
    }

    /// The id of the delivery; falls back to the hash of the body.
    pub(super) fn id(&self, source: &IdSource, signed: Option<&[Bytes<'_>]>) -> String {
        let id = match source {
            IdSource::Place(place) => self.value(place),
            IdSource::Signed => signed.map(sha256_of_parts),
            IdSource::Body => None,
        };
        id.unwrap_or_else(|| self.body_hash())
    }

    /// The timestamp as sent; `signature` is the text at the place of the signature.
    pub(super) fn timestamp<'s>(&'s self, scheme: &SignatureScheme, signature: &str) -> Option<Bytes<'s>> {
        match &scheme.timing.as_ref()?.source {
            TimestampSource::Place(place) => self.bytes(place),
            TimestampSource::Entry(key) => {
                let text = scheme.layout.entry(signature, key)?;
                Some(Cow::Owned(text.as_bytes().to_vec()))
            }
        }
    }

    /// The signed string in its parts, never joined, so that a large body is not copied.
    pub(super) fn signed<'s>(
        &'s self,
        scheme: &'s Scheme,
        signature: &'s SignatureScheme,
        timestamp: Option<&Bytes<'s>>,
    ) -> Result<Vec<Bytes<'s>>, Reject> {
        let part = |piece: &'s Piece| match piece {
            Piece::Literal(text) => Ok(Cow::Borrowed(text.as_bytes())),
            Piece::Body => Ok(Cow::Borrowed(self.body)),
            Piece::Timestamp => timestamp.cloned().ok_or(Reject::MissingTimestamp),
            Piece::Id => match &scheme.id {
                IdSource::Place(place) => self.bytes(place).filter(|id| !id.is_empty()).ok_or(Reject::MissingId),
                _ => Ok(Cow::Owned(self.body_hash().into_bytes())),
            },
            Piece::Header(name) => match self.header(name) {
                Some(value) => Ok(Cow::Borrowed(value)),
                None if signature.missing_header_is_empty => Ok(Cow::Borrowed(&b""[..])),
                None => Err(Reject::MalformedSignature),
            },
            Piece::Json(pointer) => self.json_text(pointer).ok_or(Reject::MalformedSignature),
        };
        signature.signed.pieces().iter().map(part).collect()
    }
}

/// The only one.
fn one<T>(values: Vec<T>) -> Option<T> {
    let mut values = values.into_iter();
    values.next().filter(|_| values.next().is_none())
}

/// A JSON scalar as it was written. Numbers with a fraction or an exponent have no one text, so they have none here.
#[must_use]
pub fn plain_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 of the parts joined, in hex.
pub(super) fn sha256_of_parts(parts: &[Bytes<'_>]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
