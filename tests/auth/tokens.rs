//! Static tokens and Basic credentials.

use serde_json::json;
use usher::auth::Reject;

use super::{NOW, SECRET, signed};

const BODY: &str = r#"{"id":"d-1"}"#;

#[test]
fn a_wrong_token_is_bad_and_an_absent_one_is_missing() {
    let spec = json!({"kind": "token", "token": "header:authorization", "prefix": "Bearer "});
    let request = signed(&spec, &[], BODY);
    assert!(request.verify().is_ok());
    for text in ["", "Bearer ", "Bearer x", SECRET, &format!("bearer {SECRET}")] {
        let refusal = request.clone().set("authorization", text).refusal();
        assert_eq!(refusal, Some(Reject::BadToken), "'{text}'");
    }
    let mut doubled = request.clone();
    doubled.headers.append("authorization", "x".parse().unwrap());
    assert_eq!(doubled.refusal(), Some(Reject::AmbiguousHeader));
    doubled.headers.remove("authorization");
    assert_eq!(doubled.refusal(), Some(Reject::MissingSignature));
}

#[test]
fn every_item_must_hold_the_token_and_there_must_be_one() {
    let spec = json!({"kind": "token", "token": "json:/value/*/state", "match": "all"});
    let mut request = signed(&spec, &[], r#"{"value":[{"id":1},{"id":2}]}"#);
    assert!(request.verify().is_ok());
    let good = format!(r#"{{"state":"{SECRET}"}}"#);
    for (body, expected) in [
        (format!(r#"{{"value":[{good},{{"state":"x"}}]}}"#), Reject::BadToken),
        (format!(r#"{{"value":[{good},{{}}]}}"#), Reject::BadToken),
        (format!(r#"{{"value":[{good},7]}}"#), Reject::BadToken),
        (r#"{"value":[]}"#.to_owned(), Reject::MissingSignature),
        (r#"{"value":[{}]}"#.to_owned(), Reject::MissingSignature),
        ("<xml/>".to_owned(), Reject::MissingSignature),
    ] {
        request.body = body.into_bytes();
        assert_eq!(request.refusal(), Some(expected));
    }
}

#[test]
fn basic_credentials_are_compared_decoded() {
    let mut request = signed(&json!({"kind": "basic"}), &[], BODY);
    request.set("authorization", "basic aG9vazpwYXNz");
    assert!(request.verify_at(NOW, &["hook:pass"]).is_ok());
    for text in ["Bearer aG9vazpwYXNz", "Basic ***", "Basic", "Basic aG9vazpwYXN0"] {
        let mut wrong = request.clone();
        wrong.set("authorization", text);
        let refusal = wrong.verify_at(NOW, &["hook:pass"]).err();
        assert_eq!(refusal, Some(Reject::BadToken), "{text}");
    }
    request.headers.remove("authorization");
    assert_eq!(request.refusal(), Some(Reject::MissingSignature));
}
