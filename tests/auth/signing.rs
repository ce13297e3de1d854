//! What `sign` sets, replaces and leaves alone.

use serde_json::{Value, json};
use usher::auth;

use super::{NOW, SECRET, at, headers, in_body, one_header, over_headers, scheme, signed, standard, with};

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn old_values_are_replaced_and_an_id_stays() {
    let old = [
        ("webhook-id", "msg_old"),
        ("webhook-timestamp", "1"),
        ("webhook-timestamp", "2"),
        ("webhook-signature", "v1,AAAA"),
        ("x-other", "kept"),
    ];
    let request = signed(&standard(), &old, "{}");
    assert_eq!(request.get("webhook-id"), "msg_old");
    assert_eq!(request.get("webhook-timestamp"), NOW.to_string());
    assert_eq!(request.get("x-other"), "kept");
    assert_eq!(request.headers.len(), 4);
    assert!(request.verify().is_ok());
}

#[test]
fn a_missing_id_is_a_fresh_one_each_time() {
    let first = signed(&standard(), &[], "{}").get("webhook-id");
    let second = signed(&standard(), &[], "{}").get("webhook-id");
    assert!(first.starts_with("msg_"), "{first}");
    assert_ne!(first, second);
}

#[test]
fn an_id_that_is_not_signed_is_set_too() {
    let spec = with(over_headers(), &json!({"signed": "{body}", "id": "header:x-id"}));
    let request = signed(&spec, &[], "{}");
    let id = request.get("x-id");
    assert_eq!(request.verify().unwrap().keys()[0].value, id);
}

#[test]
fn the_timestamp_stands_in_the_list_where_the_scheme_reads_it_there() {
    let request = signed(&one_header(), &[], "body");
    let text = request.get("x-signature");
    assert!(text.starts_with(&format!("t={NOW}000,v1=")), "{text}");
    assert!(request.verify().is_ok());
}

#[test]
fn fields_of_the_body_are_set_and_the_others_stay_in_order() {
    let request = signed(&in_body(), &[], r#"{"z":1,"token":"a","at":5,"b":[2.5]}"#);
    assert!(request.verify().is_ok());
    let body = json_of(&request.body);
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["z", "token", "at", "b", "signature"]);
    assert_eq!(body["at"], json!(NOW * 1000));
    assert_eq!(body["b"], json!([2.5]));
}

#[test]
fn a_timestamp_in_the_body_is_covered_by_the_signature_over_the_body() {
    for unit in ["s", "ms", "rfc3339"] {
        let spec = json!({"kind": "hmac", "signed": "{body}", "sig": "header:x-sig",
            "timestamp": {"src": "json:/meta/at", "unit": unit}});
        let request = signed(&spec, &[], r#"{"meta":{"at":0}}"#);
        assert!(request.verify().is_ok(), "{unit}");
    }
}

#[test]
fn tokens_and_credentials_are_set_where_they_are_read() {
    let spec = json!({"kind": "token", "token": "header:authorization", "prefix": "Bearer "});
    assert_eq!(signed(&spec, &[], "x").get("authorization"), format!("Bearer {SECRET}"));
    let basic = signed(&json!({"kind": "basic"}), &[], "x");
    assert!(basic.get("authorization").starts_with("Basic "));
    assert!(basic.verify().is_ok());
    let spec = json!({"kind": "token", "token": "json:/value/*/state"});
    let request = signed(&spec, &[], r#"{"value":[{"id":1,"state":"old"},{"id":2}]}"#);
    let expected = json!({"value": [{"id": 1, "state": SECRET}, {"id": 2, "state": SECRET}]});
    assert_eq!(json_of(&request.body), expected);
}

#[test]
fn a_body_that_is_not_touched_keeps_its_bytes() {
    let body = "{ \"a\" : 1.0 }\r\n";
    for spec in [standard(), one_header(), json!({"kind": "basic"})] {
        assert_eq!(signed(&spec, &[], body).body, body.as_bytes());
    }
}

#[test]
fn what_cannot_be_signed_is_said() {
    for (spec, body, word) in [
        (over_headers(), "{}", "missing"),
        (in_body(), "not JSON", "JSON"),
        (in_body(), r#"{"id":1}"#, "missing"),
        (json!({"kind": "token", "token": "json:/value/*/state"}), r#"{"value":[]}"#, "/value/*/state"),
        (json!({"kind": "token", "token": "json:/a/b"}), "{}", "/a/b"),
    ] {
        let scheme = scheme(&spec);
        let key = scheme.key(SECRET).unwrap();
        let (mut headers, mut body) = (headers(&[]), body.as_bytes().to_vec());
        let problem = auth::sign(&scheme, &key, &mut headers, &mut body, at(NOW)).unwrap_err();
        assert!(problem.contains(word), "{problem}");
    }
    let scheme = scheme(&json!({"kind": "token", "token": "header:x"}));
    let key = scheme.key("two\nlines").unwrap();
    let (mut headers, mut body) = (headers(&[]), Vec::new());
    let problem = auth::sign(&scheme, &key, &mut headers, &mut body, at(NOW)).unwrap_err();
    assert!(!problem.contains("lines"), "{problem}");
}

#[test]
fn a_scheme_names_the_headers_it_sets() {
    let names = |spec: &Value| scheme(spec).headers_set_by_sign();
    assert_eq!(names(&standard()), ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    assert_eq!(names(&one_header()), ["x-signature"]);
    assert!(names(&in_body()).is_empty());
    assert_eq!(names(&json!({"kind": "basic"})), ["authorization"]);
    assert!(names(&json!({"kind": "token", "token": "json:/a"})).is_empty());
}

#[test]
fn a_key_of_one_kind_does_nothing_for_another() {
    let public = with(standard(), &json!({"kind": "ed25519"}));
    let public = scheme(&public).key("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=").unwrap();
    for spec in [standard(), json!({"kind": "basic"})] {
        let scheme = scheme(&spec);
        let (mut headers, mut body) = (headers(&[]), Vec::new());
        assert!(auth::sign(&scheme, &public, &mut headers, &mut body, at(NOW)).is_err());
    }
}
