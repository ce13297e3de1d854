//! Properties: one flipped bit is refused, the reference library agrees, hostile bytes never panic.

use bytes::Bytes;
use http::HeaderValue;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use usher::auth::{self, Dedupe, Scheme, SchemeSpec};

use super::{SECRET, Signed, at, headers, in_body, one_header, over_headers, scheme, signed, standard, vectors, with};

/// Schemes with the headers that they protect.
fn protected() -> Vec<(Value, &'static [&'static str])> {
    let everything = json!({
        "signed": "{timestamp}:{id}:{header:x-one}:{body}", "timestamp": {"src": "header:x-two", "unit": "rfc3339"},
        "id": "header:x-id", "encoding": "base64", "hash": "sha1", "sig": "header:x-base64"
    });
    vec![
        (standard(), &["webhook-id", "webhook-timestamp", "webhook-signature"]),
        (with(standard(), &json!({"encoding": "base64url", "hash": "sha512"})), &["webhook-id", "webhook-signature"]),
        (one_header(), &["x-signature"]),
        (over_headers(), &["x-one", "x-two", "x-signature"]),
        (with(over_headers(), &everything), &["x-one", "x-two", "x-id", "x-base64"]),
        (json!({"kind": "token", "token": "header:x-token"}), &["x-token"]),
    ]
}

/// Flips one bit of the body or of a header; false when no such request can be sent, or when it means the same.
fn flip(request: &mut Signed, place: Option<&'static str>, at: usize, bit: u8) -> bool {
    let Some(name) = place else {
        let at = at % request.body.len();
        request.body[at] ^= 1 << bit;
        return true;
    };
    let before = request.headers[name].as_bytes().to_vec();
    let mut after = before.clone();
    after[at % before.len()] ^= 1 << bit;
    let is_hex = name == "x-signature";
    if is_hex && after.eq_ignore_ascii_case(&before) {
        return false;
    }
    let Ok(value) = HeaderValue::from_bytes(&after) else {
        return false;
    };
    request.headers.insert(name, value);
    true
}

proptest! {
    #[test]
    fn one_flipped_bit_is_refused(
        which in 0..6_usize,
        place in any::<prop::sample::Index>(),
        position in any::<usize>(),
        bit in 0..8_u8,
        body in "[ -~]{1,80}",
    ) {
        let (spec, names) = &protected()[which];
        let mut request = signed(spec, &[("x-one", "first"), ("x-two", "second")], &body);
        prop_assert!(request.verify().is_ok());
        let covers_body = request.scheme.covers_body();
        let mut places: Vec<_> = names.iter().copied().map(Some).collect();
        places.extend(covers_body.then_some(None));
        if flip(&mut request, *place.get(&places), position, bit) {
            prop_assert!(request.verify().is_err());
        }
    }

    #[test]
    fn a_flipped_bit_in_a_signed_field_is_refused(token in "[a-z]{8}", position in 0..8_usize, bit in 0..7_u8) {
        let mut request = signed(&in_body(), &[], &json!({"token": token, "at": 0}).to_string());
        prop_assert!(request.verify().is_ok());
        let text = String::from_utf8(request.body.clone()).unwrap();
        let start = text.find(&token).unwrap();
        request.body[start + position] ^= 1 << bit;
        prop_assert!(request.verify().is_err());
    }

    #[test]
    fn values_of_a_request_are_never_read_as_placeholders(id in "[a-z{}:]{1,30}") {
        let ids = [("webhook-id", id.as_str())];
        let request = signed(&standard(), &ids, "{timestamp}{body}");
        let other = signed(&standard(), &[("webhook-id", "plain")], "{timestamp}{body}");
        prop_assert!(request.verify().is_ok());
        prop_assert_eq!(request.get("webhook-signature") == other.get("webhook-signature"), id == "plain");
    }

    #[test]
    fn the_reference_library_agrees(id in "[A-Za-z0-9_]{1,40}", body in "\\PC{0,200}", wrong in any::<bool>()) {
        let reference = standardwebhooks::Webhook::new(SECRET).unwrap();
        let scheme = scheme(&standard());
        let key = scheme.key(SECRET).unwrap();
        let now = Timestamp::now();
        let dedupe = Dedupe::compile(&[]).unwrap();

        let mut ours = headers(&[("webhook-id", &id)]);
        let mut bytes = body.clone().into_bytes();
        auth::sign(&scheme, &key, &mut ours, &mut bytes, now).unwrap();
        let theirs = reference.sign(&id, now.as_second(), body.as_bytes()).unwrap();
        prop_assert_eq!(ours["webhook-signature"].to_str().unwrap(), &theirs);

        if wrong {
            bytes.push(b'!');
        }
        prop_assert_eq!(reference.verify(&bytes, &ours).is_ok(), !wrong);
        let bytes = Bytes::from(bytes);
        prop_assert_eq!(auth::verify(&scheme, &[key], &dedupe, &ours, &bytes, now).is_ok(), !wrong);
    }

    #[test]
    fn hostile_bytes_are_refused_without_a_panic(
        values in prop::collection::vec(hostile_value(), 8),
        doubled in any::<bool>(),
        body in hostile_body(),
        now in any::<i32>(),
    ) {
        let lists = [vec!["auth.id".to_owned(), "json:/value/*/id".to_owned()], vec!["sha256:json:/value".to_owned()],
            vec!["sha256:signed".to_owned(), "header:x-id".to_owned()]];
        let dedupe = Dedupe::compile(&lists).unwrap();
        let body = Bytes::from(body);
        for (scheme, secret) in schemes() {
            let key = scheme.key(&secret).unwrap();
            let mut headers = http::HeaderMap::new();
            for (name, value) in scheme.headers_set_by_sign().iter().zip(&values) {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    headers.append(name.parse::<http::HeaderName>().unwrap(), value);
                }
            }
            if doubled {
                headers.append("x-id", HeaderValue::from_static("1"));
            }
            prop_assert!(!auth::dedupe_keys(&scheme, &dedupe, &headers, &body).is_empty());
            let result = auth::verify(&scheme, std::slice::from_ref(&key), &dedupe, &headers, &body, at(now.into()));
            prop_assert!(result.is_err());
            // Whether such a request can be signed does not matter; it must not panic.
            let _ = auth::sign(&scheme, &key, &mut headers, &mut body.to_vec(), at(now.into()));
        }
    }

    #[test]
    fn hostile_tables_are_judged_without_a_panic(text in "[{}a-z:/*~. ]{0,24}", other in "\\PC{0,12}") {
        let spec = SchemeSpec {
            kind: "hmac".to_owned(),
            signed: Some(text.clone()),
            sig: Some(format!("json:/{text}")),
            entry: Some(format!("{other}{{sig}}{text}")),
            list_sep: Some(other.clone()),
            id: Some(format!("header:{other}")),
            ..SchemeSpec::default()
        };
        let _ = Scheme::compile(&spec);
        let _ = Dedupe::compile(&[vec![text, other]]);
    }
}

/// Every published scheme, with its secret.
fn schemes() -> Vec<(Scheme, String)> {
    let vectors = vectors::all().into_iter().map(|vector| (scheme(&vector.scheme), vector.secret));
    let mut schemes: Vec<_> = vectors.collect();
    schemes.extend(protected().iter().map(|(spec, _)| (scheme(spec), SECRET.to_owned())));
    schemes
}

fn hostile_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "(v1=|v1,|t=|sha256=|Basic |v0=|, |;|[0-9a-f]{2}|-|9{12}){0,12}".prop_map(String::into_bytes),
        "-?[0-9]{1,45}".prop_map(String::into_bytes),
    ]
}

fn hostile_body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        "-?[1-9][0-9]{0,40}",
        Just("1e999".to_owned()),
        Just("[[]]".to_owned()),
        Just("{\"id\":[]}".to_owned()),
        "\"[a-z0-9]{0,64}\"",
    ];
    let object =
        prop::collection::vec((prop_oneof!["id", "token", "signature", "triggeredAt", "at", "value"], value), 0..6);
    let json = object.prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..80), json]
}
