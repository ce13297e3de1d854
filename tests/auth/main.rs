//! Authentication of webhooks: published vectors, every refusal, signing, dedupe keys, properties.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod compiling;
mod deduping;
mod places;
mod properties;
mod refusals;
mod signing;
mod tokens;
mod tracing;
mod vectors;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};
use usher::auth::{self, Dedupe, Reject, Scheme, SchemeSpec, Verified};

/// The moment of most tests, Unix seconds.
pub(crate) const NOW: i64 = 1_760_000_000;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn compile(spec: &Value) -> Result<Scheme, Vec<String>> {
    let spec: SchemeSpec = serde_json::from_value(spec.clone()).unwrap();
    Scheme::compile(&spec)
}

pub(crate) fn scheme(spec: &Value) -> Scheme {
    compile(spec).unwrap()
}

/// A spec with some keys replaced.
pub(crate) fn with(mut spec: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        spec[key] = value.clone();
    }
    spec
}

pub(crate) fn without(mut spec: Value, key: &str) -> Value {
    spec.as_object_mut().unwrap().remove(key);
    spec
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// A signed request, to be spoilt.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) scheme: Scheme,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) const SECRET: &str = "dGhlIHNlY3JldCBvZiB0aGUgdGVzdHM=";

/// Signs at [`NOW`] with [`SECRET`].
pub(crate) fn signed(spec: &Value, pairs: &[(&str, &str)], body: &str) -> Signed {
    let scheme = scheme(spec);
    let key = scheme.key(SECRET).unwrap();
    let mut signed = Signed { scheme, headers: headers(pairs), body: body.as_bytes().to_vec() };
    auth::sign(&signed.scheme, &key, &mut signed.headers, &mut signed.body, at(NOW)).unwrap();
    signed
}

impl Signed {
    pub(crate) fn set(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn get(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    pub(crate) fn verify(&self) -> Result<Verified, Reject> {
        self.verify_at(NOW, &[SECRET])
    }

    pub(crate) fn verify_at(&self, second: i64, secrets: &[&str]) -> Result<Verified, Reject> {
        let keys = secrets.iter().map(|secret| self.scheme.key(secret).unwrap());
        let keys: Vec<_> = keys.collect();
        let dedupe = Dedupe::compile(&[]).unwrap();
        let body = Bytes::from(self.body.clone());
        auth::verify(&self.scheme, &keys, &dedupe, &self.headers, &body, at(second))
    }

    pub(crate) fn refusal(&self) -> Option<Reject> {
        self.verify().err()
    }
}

/// The scheme of Standard Webhooks.
pub(crate) fn standard() -> Value {
    json!({
        "kind": "hmac", "hash": "sha256", "signed": "{id}.{timestamp}.{body}",
        "sig": "header:webhook-signature", "list_sep": " ", "entry": "v1,{sig}", "encoding": "base64",
        "timestamp": {"src": "header:webhook-timestamp"}, "id": "header:webhook-id",
        "secret": {"strip": "whsec_", "decode": "base64"}
    })
}

/// Timestamp and signatures in one header.
pub(crate) fn one_header() -> Value {
    json!({
        "kind": "hmac", "hash": "sha256", "signed": "{timestamp}.{body}", "sig": "header:x-signature",
        "list_sep": ",", "entry": "v1={sig}", "encoding": "hex", "timestamp": {"src": "entry:t", "unit": "ms"}
    })
}

/// Hex over the body and two headers.
pub(crate) fn over_headers() -> Value {
    json!({
        "kind": "hmac", "hash": "sha512", "signed": "{body}|{header:x-one}|{header:x-two}",
        "sig": "header:x-signature", "encoding": "hex"
    })
}

/// Everything inside the JSON body.
pub(crate) fn in_body() -> Value {
    json!({
        "kind": "hmac", "hash": "sha256", "signed": "{json:/token}{timestamp}", "sig": "json:/signature",
        "encoding": "hex", "timestamp": {"src": "json:/at", "unit": "ms"}, "id": "json:/id"
    })
}
