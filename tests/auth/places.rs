//! Secrets and ids in forms and queries, and what of them is ever shown.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use usher::auth::{self, Dedupe, Incoming, Outgoing, Reject};

use super::{NOW, SECRET, at, compile, scheme, signed};

fn in_form() -> Value {
    json!({"kind": "token", "token": "form:data[secret]", "prefix": "t="})
}

fn in_query() -> Value {
    json!({"kind": "token", "token": "query:access_token"})
}

/// What becomes of a request with this query and no body to speak of.
fn asked(query: &str) -> Result<auth::Verified, Reject> {
    let scheme = scheme(&in_query());
    let keys = [scheme.key(SECRET).unwrap()];
    let (headers, body) = (HeaderMap::new(), Bytes::from_static(b"{}"));
    let incoming = Incoming { query, headers: &headers, body: &body };
    auth::verify_request(&scheme, &keys, &Dedupe::compile(&[]).unwrap(), incoming, at(NOW))
}

#[test]
fn a_token_may_stand_in_a_form() {
    let mut request = signed(&in_form(), &[], "name=Ada+L%C3%B6w&data%5Bsecret%5D=old");
    let text = "name=Ada+L%C3%B6w&data%5Bsecret%5D=t%3DdGhlIHNlY3JldCBvZiB0aGUgdGVzdHM%3D";
    assert_eq!(String::from_utf8(request.body.clone()).unwrap(), text);
    assert!(request.verify().is_ok());
    let good = "data[secret]=t%3DdGhlIHNlY3JldCBvZiB0aGUgdGVzdHM%3D";
    for (body, expected) in [
        (format!("a=b&{good}"), None),
        (format!("{good}&{good}"), None),
        (format!("{good}&data[secret]=x"), Some(Reject::BadToken)),
        ("data[secret]=x".to_owned(), Some(Reject::BadToken)),
        ("data[secret]=".to_owned(), Some(Reject::BadToken)),
        ("data[secret]".to_owned(), Some(Reject::BadToken)),
        ("data[Secret]=x".to_owned(), Some(Reject::MissingSignature)),
        (String::new(), Some(Reject::MissingSignature)),
        (format!("{good}&name=%ff"), Some(Reject::MissingSignature)),
        (format!("{good}{}", "&a=b".repeat(10_000)), Some(Reject::MissingSignature)),
    ] {
        request.body = body.into_bytes();
        assert_eq!(request.refusal(), expected, "{}", String::from_utf8_lossy(&request.body));
    }
}

#[test]
fn a_token_may_stand_in_the_query_and_nothing_of_it_is_kept() {
    let good = "access_token=dGhlIHNlY3JldCBvZiB0aGUgdGVzdHM%3D";
    let verified = asked(&format!("x=1&{good}")).unwrap();
    assert!(!format!("{verified:?}").contains("access_token"));
    assert!(!format!("{verified:?}").contains("dGhl"));
    for (query, expected) in [
        ("", Reject::MissingSignature),
        ("Access_Token=x", Reject::MissingSignature),
        ("access_token=x", Reject::BadToken),
        ("access_token", Reject::BadToken),
        (&format!("{good}&access_token=x"), Reject::BadToken),
        (&format!("{good}&x=%ff"), Reject::MissingSignature),
    ] {
        assert_eq!(asked(query).err(), Some(expected), "{query}");
    }
}

#[test]
fn a_token_in_the_query_is_signed_there() {
    let scheme = scheme(&in_query());
    assert!(scheme.reads_query());
    let key = scheme.key(SECRET).unwrap();
    let (mut headers, mut body, mut query) = (HeaderMap::new(), b"{}".to_vec(), "a=1&access_token=old&b=2".to_owned());
    let outgoing = Outgoing { query: &mut query, headers: &mut headers, body: &mut body };
    auth::sign_request(&scheme, &key, outgoing, at(NOW)).unwrap();
    assert_eq!(query, "a=1&access_token=dGhlIHNlY3JldCBvZiB0aGUgdGVzdHM%3D&b=2");
    assert!(headers.is_empty());
    assert_eq!(body, b"{}");
    assert!(asked(&query).is_ok());
    let problem = auth::sign(&scheme, &key, &mut headers, &mut body, at(NOW)).unwrap_err();
    assert!(problem.contains("query"), "{problem}");
}

#[test]
fn a_signature_an_id_and_a_time_may_stand_in_a_form() {
    let spec = json!({"kind": "hmac", "signed": "{id}{timestamp}", "sig": "form:sig", "id": "form:id",
        "timestamp": {"src": "form:at", "unit": "rfc3339"}});
    let request = signed(&spec, &[], "id=d-1&x=y");
    assert!(request.verify().is_ok());
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.starts_with("id=d-1&x=y&at=2025-10-09"), "{body}");
    let dedupe = Dedupe::compile(&[vec!["form:id".to_owned()]]).unwrap();
    let keys = auth::dedupe_keys(&request.scheme, &dedupe, &request.headers, &Bytes::from(request.body.clone()));
    assert_eq!((keys[0].name.as_str(), keys[0].value.as_str()), ("form:id", "d-1"));
    for (spoilt, expected) in [
        (body.replace("d-1", "d-2"), Reject::BadSignature),
        (format!("{body}&id=d-1"), Reject::MissingId),
        (format!("{body}&sig=00"), Reject::MissingSignature),
        (body.replace("id=d-1&", ""), Reject::MissingId),
    ] {
        let mut request = request.clone();
        request.body = spoilt.into_bytes();
        assert_eq!(request.refusal(), Some(expected));
    }
}

#[test]
fn the_query_is_a_place_for_tokens_only() {
    for (key, spec) in [
        ("sig", json!({"kind": "hmac", "signed": "{body}", "sig": "query:sig"})),
        ("id", json!({"kind": "hmac", "signed": "{body}", "sig": "header:x", "id": "query:id"})),
        (
            "timestamp.src",
            json!({"kind": "hmac", "signed": "{timestamp}{body}", "sig": "header:x", "timestamp": {"src": "query:at"}}),
        ),
    ] {
        let problems = compile(&spec).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&format!("{key}: the query is")), "{problems:?}");
    }
    assert!(Dedupe::compile(&[vec!["query:id".to_owned()]]).is_err());
    for place in ["form:", "query:", "cookie:x"] {
        assert!(compile(&json!({"kind": "token", "token": place})).is_err(), "{place}");
    }
    let inside = compile(&json!({"kind": "hmac", "signed": "{body}", "sig": "form:sig"})).unwrap_err();
    assert!(inside[0].contains("would sign itself"), "{inside:?}");
}

#[test]
fn whoever_looks_at_a_body_sees_no_token() {
    let masked = |spec: &Value, body: &str| scheme(spec).masked(body.as_bytes()).map(|text| text.into_owned());
    let form = "a=b%26c&data[secret]=t1&data%5Bsecret%5D=t2";
    assert_eq!(masked(&in_form(), form).unwrap(), "a=b%26c&data%5Bsecret%5D=***&data%5Bsecret%5D=***");
    assert_eq!(masked(&in_form(), "data[secret]=t1&x=%ff"), None);
    let json = json!({"kind": "token", "token": "json:/value/*/to~1ken"});
    let body = r#"{"value":[{"to/ken":"t1","to/ken":"t2"},{"to/ken":"t3"}],"n":1}"#;
    assert_eq!(masked(&json, body).unwrap(), r#"{"value":[{"to/ken":"***"},{"to/ken":"***"}],"n":1}"#);
    assert_eq!(masked(&json, r#"{"n":1}"#).unwrap(), r#"{"n":1}"#);
    assert_eq!(masked(&json, "value=t1"), None);
    let header = json!({"kind": "token", "token": "header:x-token"});
    assert_eq!(masked(&header, "any=thing").unwrap(), "any=thing");
}

#[test]
fn of_a_key_given_twice_the_last_value_counts_wherever_it_is_read() {
    let spec = json!({"kind": "token", "token": "json:/token"});
    let mut request = signed(&spec, &[], "{}");
    for (body, expected) in [
        (format!(r#"{{"token":"x","token":"{SECRET}"}}"#), None),
        (format!(r#"{{"token":"{SECRET}","token":"x"}}"#), Some(Reject::BadToken)),
        (format!("\u{feff}{{\"token\":\"{SECRET}\"}}"), None),
    ] {
        request.body = body.into_bytes();
        assert_eq!(request.refusal(), expected);
    }
}
