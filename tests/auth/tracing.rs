//! What is told of a request that was judged: where was looked, what was signed, and what it may have been.

use bytes::Bytes;
use serde_json::{Value, json};
use usher::auth::{self, Dedupe, Incoming, Mask, Trace};

use super::{NOW, SECRET, Signed, at, compile, headers, in_body, one_header, over_headers, signed, standard, with};

const BODY: &str = "{\"id\":\"d-1\", \"type\":\"employee.hired\",\r\n \"data\":{\"employee_id\":\"7\"}}\n";

fn body_only() -> Value {
    json!({"kind": "hmac", "hash": "sha256", "signed": "{body}", "sig": "header:x-signature", "entry": "sha256={sig}", "encoding": "hex"})
}

fn token() -> Value {
    json!({"kind": "token", "token": "header:x-token"})
}

/// What is told of a request where this is how the source is set up.
fn told(spec: &Value, secrets: &[&str], request: &Signed, now: i64) -> Trace {
    let scheme = compile(spec).unwrap();
    let keys: Vec<_> = secrets.iter().map(|secret| scheme.key(secret).unwrap()).collect();
    let (mask, body) = (Mask::of(&keys), Bytes::from(request.body.clone()));
    let dedupe = Dedupe::compile(&[]).unwrap();
    let incoming = Incoming { query: "", headers: &request.headers, body: &body };
    auth::trace(&scheme, &keys, &dedupe, incoming, at(now), &mask)
}

/// The causes that are told where a sender does one thing and the source says another.
fn causes(sender: &Value, source: &Value) -> Vec<String> {
    causes_with(sender, source, SECRET)
}

fn causes_with(sender: &Value, source: &Value, secret: &str) -> Vec<String> {
    let trace = told(source, &[secret], &signed(sender, &[], BODY), NOW);
    assert_eq!(trace.fits, None, "{trace:#?}");
    trace.causes
}

#[test]
fn a_request_that_holds_is_told_with_what_was_signed_and_whose_key_fits() {
    let request = signed(&standard(), &[("webhook-id", "msg_1")], BODY);
    let trace = told(&standard(), &["b3RoZXItc2VjcmV0LW90aGVy", SECRET], &request, NOW + 12);
    assert_eq!((trace.fits, trace.causes.as_slice()), (Some(1), &[][..]));
    assert_eq!(trace.scheme, "hmac sha256 over `{id}.{timestamp}.{body}`, in base64");
    assert_eq!(trace.looked, "header:webhook-signature, written `v1,{sig} ...`: a signature of 32 bytes");
    assert_eq!(
        trace.timestamp.as_deref(),
        Some("header:webhook-timestamp: 1760000000 (2025-10-09T08:53:20Z), 12 s before the clock; 300 s are allowed")
    );
    assert_eq!(trace.id.as_deref(), Some("header:webhook-id: msg_1"));
    let excerpt = trace.signed.unwrap();
    assert_eq!(excerpt.bytes, "msg_1.1760000000.".len() + BODY.len());
    assert!(excerpt.first.starts_with("msg_1.1760000000.{\"id\":"), "{excerpt:?}");
    assert!(excerpt.last.ends_with("\"7\"}}\\n"), "{excerpt:?}");
    assert!(excerpt.first.chars().count() + excerpt.last.chars().count() <= 64, "{excerpt:?}");
}

#[test]
fn one_setting_that_is_wrong_is_named() {
    for (change, expected) in [
        (json!({"hash": "sha1"}), "it fits with hash = \"sha1\" instead of \"sha256\""),
        (json!({"hash": "sha512"}), "it fits with hash = \"sha512\" instead of \"sha256\""),
        (json!({"encoding": "base64"}), "it fits in base64 instead of hex"),
        (json!({"encoding": "base64(hex)"}), "it fits in base64(hex) instead of hex"),
        (json!({"entry": "v1={sig}"}), "it fits written `v1={sig}` instead of `sha256={sig}`"),
        (json!({"entry": "{sig}"}), "it fits written `{sig}` instead of `sha256={sig}`"),
        (json!({"sig": "header:x-hub-signature"}), "it fits in header:x-hub-signature instead of header:x-signature"),
        (json!({"secret": {"decode": "base64"}}), "it fits with secret.decode = \"base64\""),
    ] {
        assert_eq!(causes(&with(body_only(), &change), &body_only()), [expected], "{change}");
    }
}

#[test]
fn another_signed_string_is_named_with_where_its_timestamp_is() {
    let stamped = json!({"signed": "{timestamp}.{body}", "timestamp": {"src": "header:x-timestamp"}});
    let told = causes(&with(body_only(), &stamped), &body_only());
    let expected = "it fits over `{timestamp}.{body}` instead of `{body}`, the timestamp being {header:x-timestamp}";
    assert_eq!(told, [expected]);
    for (sender, source) in [("{body}", "{timestamp}.{body}"), ("v0:{timestamp}:{body}", "{body}{timestamp}")] {
        let spec = |signed| with(with(body_only(), &stamped), &json!({"signed": signed}));
        let told = causes(&spec(sender), &spec(source));
        assert_eq!(told, [format!("it fits over `{sender}` instead of `{source}`")]);
    }
    let told = causes(&standard(), &with(standard(), &json!({"signed": "{timestamp}.{body}"})));
    assert_eq!(told, ["it fits over `{id}.{timestamp}.{body}` instead of `{timestamp}.{body}`"]);
}

#[test]
fn a_body_that_was_changed_on_its_way_is_told_by_how() {
    let pretty = serde_json::to_string_pretty(&json!({"id": 1, "people": [{"name": "Ada"}]})).unwrap();
    for (sent, came, expected) in [
        ("{\"id\":1}", "{\"id\":1}\n", "if the body had no final newline"),
        ("{\"id\":1}\n", "{\"id\":1}", "if the body ended with a newline"),
        ("{\"id\":1}", "\u{feff}{\"id\":1}", "if the body had no byte order mark"),
        ("{\r\n\"id\":1}", "{\n\"id\":1}", "if the lines of the body ended in CRLF"),
        ("{\n\"id\":1}", "{\r\n\"id\":1}", "if the lines of the body ended in LF"),
        (
            "{\"id\":1,\"a\":[2]}",
            "{ \"id\": 1, \"a\": [ 2 ] }",
            "if the body's JSON were written in one line without blanks",
        ),
        (
            pretty.as_str(),
            "{\"id\":1,\"people\":[{\"name\":\"Ada\"}]}",
            "if the body's JSON were indented by two blanks",
        ),
    ] {
        let mut request = signed(&body_only(), &[], sent);
        request.body = came.as_bytes().to_vec();
        let trace = told(&body_only(), &[SECRET], &request, NOW);
        assert_eq!(trace.causes, [format!("it fits {expected}")], "{sent:?} {came:?}");
    }
}

#[test]
fn two_settings_that_are_wrong_are_named_together_and_three_are_not_found() {
    let told =
        causes(&with(body_only(), &json!({"hash": "sha1", "encoding": "base64", "entry": "{sig}"})), &body_only());
    let expected = "it fits written `{sig}` instead of `sha256={sig}`, in base64 instead of hex, with hash = \"sha1\" instead of \"sha256\"";
    assert_eq!(told, [expected]);
    let mut request = signed(&with(body_only(), &json!({"hash": "sha1", "secret": {"decode": "base64"}})), &[], "{}");
    request.body = b"{}\n".to_vec();
    assert_eq!(told_causes(&body_only(), &request), Vec::<String>::new());
}

fn told_causes(spec: &Value, request: &Signed) -> Vec<String> {
    told(spec, &[SECRET], request, NOW).causes
}

#[test]
fn a_secret_that_is_read_in_another_way_is_named() {
    let spaced = format!(" {SECRET}\n");
    let told = causes_with(&body_only(), &body_only(), &spaced);
    assert_eq!(told, ["it fits if the blanks around the secret were taken off"]);
    let base64 = with(body_only(), &json!({"secret": {"decode": "base64"}}));
    assert_eq!(causes(&body_only(), &base64), ["it fits with secret.decode = \"utf8\""]);
    let request = signed(&with(body_only(), &json!({"secret": {"strip": "whsec_", "decode": "base64"}})), &[], BODY);
    let trace = told_of(&body_only(), &format!("whsec_{SECRET}"), &request);
    assert_eq!(trace.causes, ["it fits with secret = { strip = \"whsec_\", decode = \"base64\" }"]);
}

fn told_of(spec: &Value, secret: &str, request: &Signed) -> Trace {
    told(spec, &[secret], request, NOW)
}

#[test]
fn a_secret_that_is_another_gets_no_cause() {
    let request = signed(&one_header(), &[], BODY);
    assert_eq!(told_of(&one_header(), "bm90IHRoaXMgb25lLCBieSBhbnkgbWVhbnM=", &request).causes, Vec::<String>::new());
}

#[test]
fn the_secret_itself_in_place_of_a_signature_is_named_and_not_shown() {
    for (name, value, expected) in [
        ("x-signature", SECRET.to_owned(), "kind = \"token\", token = \"header:x-signature\""),
        ("authorization", format!("Bearer {SECRET}"), "token = \"header:authorization\", prefix = \"Bearer \""),
    ] {
        let request =
            Signed { scheme: compile(&body_only()).unwrap(), headers: headers(&[(name, &value)]), body: BODY.into() };
        let trace = told_of(&body_only(), SECRET, &request);
        assert!(trace.causes[0].contains(expected), "{trace:#?}");
        assert!(!format!("{trace:?}").contains(SECRET), "{trace:#?}");
    }
}

#[test]
fn a_token_at_another_place_or_behind_another_word_is_named() {
    let prefixed = with(token(), &json!({"prefix": "Token "}));
    for (spec, name, value, expected) in [
        (token(), "x-token", format!("Bearer {SECRET}"), "it fits with prefix = \"Bearer \""),
        (
            prefixed.clone(),
            "x-token",
            SECRET.to_owned(),
            "it fits without prefix: header:x-token holds the token alone, not behind `Token `",
        ),
        (prefixed, "x-token", format!("Token  {SECRET} "), "it fits without the blanks around the token"),
        (token(), "x-other", SECRET.to_owned(), "it fits with token = \"header:x-other\""),
        (
            token(),
            "authorization",
            format!("Bearer {SECRET}"),
            "it fits with token = \"header:authorization\", prefix = \"Bearer \"",
        ),
    ] {
        let request =
            Signed { scheme: compile(&spec).unwrap(), headers: headers(&[(name, &value)]), body: BODY.into() };
        let trace = told_of(&spec, SECRET, &request);
        assert_eq!(trace.causes, [expected], "{name}: {value}");
        assert!(!format!("{trace:?}").contains(SECRET), "{trace:#?}");
    }
    let request = signed(&with(body_only(), &json!({"sig": "header:x-token"})), &[], BODY);
    let expected =
        "header:x-token holds a signature: it fits with kind = \"hmac\", hash = \"sha256\", signed = \"{body}\"";
    assert_eq!(told_of(&token(), SECRET, &request).causes, [expected]);
}

#[test]
fn what_is_wrong_with_basic_credentials_is_named() {
    let basic = json!({"kind": "basic"});
    let sent = |secret: &str| {
        let scheme = compile(&basic).unwrap();
        let mut request = Signed { headers: headers(&[]), body: BODY.into(), scheme };
        let key = request.scheme.key(secret).unwrap();
        auth::sign(&request.scheme, &key, &mut request.headers, &mut request.body, at(NOW)).unwrap();
        request
    };
    for (sent_as, secret, expected) in [
        ("usher:a-password-of-length", "a-password-of-length", "the secret is one half of it only"),
        ("usher:a-password-of-length", "other:a-password-of-length", "the password fits, the user name does not"),
        ("usher:a-password-of-length", "usher:another-password", "the user name fits, the password does not"),
    ] {
        let trace = told_of(&basic, secret, &sent(sent_as));
        assert!(trace.causes[0].contains(expected), "{trace:#?}");
        assert!(!format!("{trace:?}").contains("password-of-length"), "{trace:#?}");
    }
    assert_eq!(told_of(&basic, "usher:a-password-of-length", &sent("usher:a-password-of-length")).fits, Some(0));
    let with_token = told_of(&token(), "a-password-of-length", &{
        let mut request = sent("usher:a-password-of-length");
        let value = request.headers.remove("authorization").unwrap();
        request.headers.insert("x-token", value);
        request
    });
    assert!(with_token.causes[0].contains("with the secret as the password"), "{with_token:#?}");
}

#[test]
fn what_is_old_is_told_apart_from_what_is_wrong() {
    let request = signed(&one_header(), &[], BODY);
    let trace = told(&one_header(), &[SECRET], &request, NOW + 301);
    assert_eq!((trace.sent_at, trace.fits), (Some(at(NOW)), Some(0)));
    assert_eq!(trace.causes, ["apart from its age it is right"]);
    let told = told(&with(one_header(), &json!({"hash": "sha1"})), &[SECRET], &request, NOW + 301);
    assert_eq!(
        told.causes,
        ["whatever its age, it would be refused: bad_signature", "it fits with hash = \"sha256\" instead of \"sha1\""]
    );
}

#[test]
fn a_header_that_is_doubled_or_missing_is_named() {
    let mut request = signed(&over_headers(), &[("x-one", "1"), ("x-two", "2")], BODY);
    request.headers.append("x-two", "3".parse().unwrap());
    let trace = told_of(&over_headers(), SECRET, &request);
    assert_eq!(trace.causes, ["the header x-two is there more than once: which one counts is open"]);
    request.headers.remove("x-signature");
    request.headers.remove("x-two");
    request.headers.insert("x-two", "2".parse().unwrap());
    let trace = told_of(&over_headers(), SECRET, &request);
    assert!(trace.looked.ends_with("not there"), "{trace:#?}");
    assert!(trace.causes[0].contains("no header is named like a signature"), "{trace:#?}");
}

#[test]
fn a_secret_in_what_is_signed_is_masked_before_it_is_cut() {
    let secret = "a-secret-which-the-body-repeats-and-which-is-longer-than-what-is-shown";
    let body = format!("{{\"to\":\"{secret}\",\"hex\":\"{}\"}}", hex(secret));
    let scheme = compile(&body_only()).unwrap();
    let mut request = Signed { headers: headers(&[]), body: body.into_bytes(), scheme };
    let key = request.scheme.key(secret).unwrap();
    auth::sign(&request.scheme, &key, &mut request.headers, &mut request.body, at(NOW)).unwrap();
    let trace = told_of(&body_only(), secret, &request);
    assert_eq!(
        (trace.fits, trace.signed.as_ref().unwrap().first.as_str()),
        (Some(0), "{\"to\":\"***\",\"hex\":\"***\"}")
    );
    for part in ["a-secret-which", "is-shown", &hex("a-secret-which"), &hex("is-shown")] {
        assert!(!format!("{trace:?}").contains(part), "{part}: {trace:#?}");
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn requests_of_any_bytes_are_told_of() {
    for spec in [standard(), one_header(), over_headers(), in_body(), body_only(), token(), json!({"kind": "basic"})] {
        for body in [&b""[..], b"\xff\xfe", b"{\"a\":", b"[[[[", b"\xef\xbb\xbf{}", b"=&=&"] {
            for value in ["", "=", ",,;;==", "v1=", "Basic", "Basic Og==", "\u{fc}", "t=1,v1=00"] {
                let names = ["x-signature", "webhook-signature", "authorization", "x-token", "x-timestamp"];
                let pairs: Vec<_> = names.iter().map(|name| (*name, value)).collect();
                let request = Signed { scheme: compile(&spec).unwrap(), headers: headers(&pairs), body: body.to_vec() };
                assert_eq!(told_of(&spec, SECRET, &request).fits, None, "{spec} {value:?}");
            }
        }
    }
}
