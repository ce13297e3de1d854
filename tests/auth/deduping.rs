//! Dedupe keys and what of a request is kept.

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest, Sha256};
use usher::auth::{self, Dedupe, DedupeKey, Reject};

use super::{NOW, SECRET, Signed, at, headers, in_body, over_headers, scheme, signed, standard, with};

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn dedupe(lists: &[&[&str]]) -> Dedupe {
    let own = |list: &&[&str]| list.iter().map(|part| (*part).to_owned()).collect();
    Dedupe::compile(&lists.iter().map(own).collect::<Vec<_>>()).unwrap()
}

fn key(name: &str, value: &str) -> DedupeKey {
    DedupeKey { name: name.to_owned(), value: value.to_owned() }
}

/// The keys of a body-signed request with the header `x-id: h-1`.
fn keys(lists: &[&[&str]], body: &str) -> Vec<DedupeKey> {
    let scheme = scheme(&json!({"kind": "hmac", "signed": "{body}", "sig": "header:x-sig", "id": "header:x-id"}));
    let headers = headers(&[("X-Id", "h-1"), ("x-empty", "")]);
    auth::dedupe_keys(&scheme, &dedupe(lists), &headers, &Bytes::from(body.to_owned()))
}

#[test]
fn without_lists_the_key_is_the_id() {
    assert_eq!(keys(&[], "{}"), [key("auth.id", "h-1")]);
    let request = signed(&in_body(), &[], r#"{"token":"a","at":0,"id":18446744073709551615}"#);
    assert_eq!(request.verify().unwrap().keys(), [key("auth.id", "18446744073709551615")]);
}

#[test]
fn without_an_id_key_it_is_the_hash_of_what_is_signed_or_of_the_body() {
    let spec = json!({"kind": "hmac", "signed": "{timestamp}.{body}", "sig": "header:x-sig",
        "timestamp": {"src": "header:x-time"}});
    let request = signed(&spec, &[], "body");
    let expected = sha256(&format!("{NOW}.body"));
    assert_eq!(request.verify().unwrap().keys(), [key("auth.id", &expected)]);
    let request = signed(&over_headers(), &[("x-one", "1"), ("x-two", "2")], "body");
    assert_eq!(request.verify().unwrap().keys(), [key("auth.id", &sha256("body"))]);
}

#[test]
fn an_unsigned_id_that_cannot_be_read_falls_back_to_the_body() {
    let base = json!({"kind": "token", "token": "header:x-token"});
    for (id, body) in [
        ("header:x-none", "{}"),
        ("json:/id", "not JSON"),
        ("json:/id", r#"{"id":""}"#),
        ("json:/id", r#"{"id":null}"#),
        ("json:/id", r#"{"id":1.5}"#),
        ("json:/id", r#"{"id":{}}"#),
        ("json:/e/*/id", r#"{"e":[]}"#),
        ("json:/e/*/id", r#"{"e":[{"id":"1"},{}]}"#),
    ] {
        let request = signed(&with(base.clone(), &json!({"id": id})), &[], body);
        assert_eq!(request.verify().unwrap().keys(), [key("auth.id", &sha256(body))], "{id} {body}");
    }
}

#[test]
fn several_values_of_one_part_are_hashed_together() {
    let body = r#"{"e":[{"id":"a"},{"id":7}]}"#;
    let expected = sha256(r#"["a","7"]"#);
    assert_eq!(keys(&[&["json:/e/*/id"]], body), [key("json:/e/*/id", &expected)]);
    let one = r#"{"e":[{"id":"a"}]}"#;
    assert_eq!(keys(&[&["json:/e/*/id"]], one), [key("json:/e/*/id", "a")]);
}

#[test]
fn each_list_is_one_key_and_parts_stay_apart() {
    let body = r#"{"account":12,"a/b":{"c~d":"x"},"list":["y"],"on":true}"#;
    let found = keys(
        &[
            &["json:/account", "json:/a~1b/c~0d"],
            &["header:x-id"],
            &["json:/list/0", "json:/on"],
            &["sha256:body"],
            &["sha256:signed"],
        ],
        body,
    );
    let hash = sha256(body);
    let expected = [
        key("json:/account,json:/a~1b/c~0d", r#"["12","x"]"#),
        key("header:x-id", "h-1"),
        key("json:/list/0,json:/on", r#"["y","true"]"#),
        key("sha256:body", &hash),
        key("sha256:signed", &hash),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_hash_of_a_value_is_that_of_its_json_text() {
    let body = r#"{ "payload": { "b": 1, "a": [ "é" ] } }"#;
    let expected = sha256(r#"{"b":1,"a":["é"]}"#);
    let name = "sha256:json:/payload";
    assert_eq!(keys(&[&[name]], body), [key(name, &expected)]);
}

#[test]
fn a_key_with_a_missing_part_is_left_out_and_the_body_stands_in_for_all() {
    let body = r#"{"id":"1"}"#;
    let found = keys(&[&["json:/id", "json:/none"], &["json:/id"]], body);
    assert_eq!(found, [key("json:/id", "1")]);
    let found = keys(&[&["json:/id", "header:x-empty"], &["sha256:json:/none"]], body);
    assert_eq!(found, [key("sha256:body", &sha256(body))]);
}

#[test]
fn two_headers_of_a_dedupe_part_are_refused() {
    let Signed { scheme, mut headers, body } = signed(&standard(), &[("x-part", "1")], "{}");
    let live = [scheme.key(SECRET).unwrap()];
    let body = Bytes::from(body);
    let dedupe = dedupe(&[&["header:x-part"]]);
    assert!(auth::verify(&scheme, &live, &dedupe, &headers, &body, at(NOW)).is_ok());
    headers.append("x-part", "2".parse().unwrap());
    let refusal = auth::verify(&scheme, &live, &dedupe, &headers, &body, at(NOW)).err();
    assert_eq!(refusal, Some(Reject::AmbiguousHeader));
}

#[test]
fn credentials_and_the_connection_are_not_kept() {
    let sent = [
        ("Host", "h"),
        ("X-B", "2"),
        ("Authorization", "secret"),
        ("X-A", "1"),
        ("Cookie", "c"),
        ("Set-Cookie", "c"),
        ("Proxy-Authorization", "p"),
        ("Proxy-Connection", "p"),
        ("Content-Length", "2"),
        ("Connection", "close"),
        ("X-A", "3"),
        ("X-Note", "é"),
    ];
    let token = json!({"kind": "token", "token": "header:x-token"});
    let mut request = signed(&token, &sent, "{}");
    let odd = http::HeaderValue::from_bytes(b"a\xff").unwrap();
    request.headers.insert("x-odd", odd);
    let verified = request.verify().unwrap();
    let mut kept: Vec<_> = verified.headers().iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let values: Vec<_> = kept.iter().filter(|(name, _)| *name == "x-a").map(|(_, v)| *v).collect();
    assert_eq!(values, ["1", "3"]);
    kept.sort_unstable();
    let expected = [("x-a", "1"), ("x-a", "3"), ("x-b", "2"), ("x-note", "é"), ("x-odd", "a\u{fffd}")];
    assert_eq!(kept, expected);
}
