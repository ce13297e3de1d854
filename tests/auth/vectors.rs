//! Vectors that vendors and libraries have published, and some computed from documented schemes.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use usher::auth::{self, Dedupe};

use super::{NOW, Signed, at, headers, scheme};

/// The private half of the published ed25519 key (svix-webhooks, `server/svix-server/src/worker.rs`).
const PRIVATE: &str = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) scheme: Value,
    pub(crate) secret: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Unix seconds; absent: age is not judged.
    now: Option<i64>,
    valid: bool,
}

pub(crate) fn all() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../fixtures/signatures/vectors.json")).unwrap()
}

impl Vector {
    fn request(&self) -> Signed {
        let mut spec = self.scheme.clone();
        if self.now.is_none() && spec.get("timestamp").is_some() {
            spec["timestamp"]["tolerance"] = json!(0);
        }
        let pairs = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Signed {
            scheme: scheme(&spec),
            headers: headers(&pairs.collect::<Vec<_>>()),
            body: self.body.clone().into_bytes(),
        }
    }
}

#[test]
fn every_vector_is_judged_as_published() {
    let vectors = all();
    assert_eq!(vectors.len(), 53);
    assert!(vectors.iter().any(|vector| !vector.valid));
    for vector in vectors {
        let request = vector.request();
        let result = request.verify_at(vector.now.unwrap_or(NOW), &[&vector.secret]);
        assert_eq!(result.is_ok(), vector.valid, "{}: {result:?}", vector.name);
    }
}

#[test]
fn a_valid_vector_fails_with_another_secret() {
    for vector in all().iter().filter(|vector| vector.valid) {
        let request = vector.request();
        let other = match vector.scheme["kind"].as_str() {
            Some("ed25519") => "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            _ => "YW5vdGhlcg==",
        };
        let result = request.verify_at(vector.now.unwrap_or(NOW), &[other]);
        assert!(result.is_err(), "{}", vector.name);
    }
}

#[test]
fn what_sign_makes_verifies_for_every_published_scheme() {
    for vector in all().iter().filter(|vector| vector.valid) {
        let mut request = vector.request();
        let secret = match vector.scheme["kind"].as_str() {
            Some("ed25519") => PRIVATE,
            _ => &vector.secret,
        };
        let key = request.scheme.key(secret).unwrap();
        let Signed { scheme, headers, body } = &mut request;
        auth::sign(scheme, &key, headers, body, at(NOW)).unwrap();
        let result = request.verify_at(NOW, &[&vector.secret]);
        assert!(result.is_ok(), "{}: {result:?}", vector.name);
    }
}

#[test]
fn sign_reproduces_published_signatures() {
    let published = [
        ("Standard Webhooks: published v1", "webhook-signature"),
        ("Standard Webhooks: published v1 (Rust library)", "webhook-signature"),
        ("Standard Webhooks v1a (ed25519): published asymmetric signature", "webhook-signature"),
        ("Slack (v0:ts:body): published; form-encoded body", "x-slack-signature"),
    ];
    for (name, header) in published {
        let vector = all().into_iter().find(|vector| vector.name == name).unwrap();
        let mut request = vector.request();
        let expected = request.get(header);
        request.headers.remove(header);
        let secret = if vector.scheme["kind"] == "ed25519" { PRIVATE } else { &vector.secret };
        let key = request.scheme.key(secret).unwrap();
        let Signed { scheme, headers, body } = &mut request;
        auth::sign(scheme, &key, headers, body, at(vector.now.unwrap())).unwrap();
        assert_eq!(request.get(header), expected, "{name}");
    }
}

#[test]
fn a_public_key_alone_does_not_sign() {
    let name = "Standard Webhooks v1a (ed25519): published asymmetric signature";
    let vector = all().into_iter().find(|vector| vector.name == name).unwrap();
    let Signed { scheme, mut headers, mut body } = vector.request();
    let key = scheme.key(&vector.secret).unwrap();
    let problem = auth::sign(&scheme, &key, &mut headers, &mut body, at(NOW)).unwrap_err();
    assert!(problem.contains("private"), "{problem}");
}

#[test]
fn a_verified_request_is_the_request_itself() {
    let name = "Rippling partner app: bearer token, form body";
    let vector = all().into_iter().find(|vector| vector.name == name).unwrap();
    let request = vector.request();
    let verified = request.verify_at(NOW, &[&vector.secret]).unwrap();
    assert_eq!(verified.body(), &Bytes::from(vector.body));
    let dedupe = Dedupe::compile(&[]).unwrap();
    let keys = auth::dedupe_keys(&request.scheme, &dedupe, &request.headers, verified.body());
    assert_eq!(verified.keys(), keys);
}
