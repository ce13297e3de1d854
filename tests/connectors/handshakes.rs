//! `[[handshake]]`: which requests are handshakes, and what they are answered.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::ExposeSecret;
use usher::connector::{EchoTo, Probe, Reply, Wanted};

use super::*;

/// A POST unless told otherwise.
struct Asked<'a> {
    method: Method,
    query: &'a str,
    headers: &'a [(&'a str, &'a [u8])],
    body: &'a [u8],
}

const POST: Asked<'static> = Asked { method: Method::POST, query: "", headers: &[], body: b"" };

/// Status, headers besides `nosniff`, body, and the secret told.
type Told = (u16, Vec<(String, String)>, String, Option<String>);

/// What a connector makes of a request.
fn ask(connector: &Connector, asked: &Asked<'_>) -> Option<Told> {
    let mut headers = HeaderMap::new();
    for (name, value) in asked.headers {
        headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value).unwrap());
    }
    let probe = Probe { method: &asked.method, query: asked.query, headers: &headers, body: asked.body };
    let Reply { mut answer, secret, .. } = connector.handshake(probe)?;
    assert_eq!(answer.headers.remove("x-content-type-options").unwrap(), "nosniff");
    let text = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), value.to_str().unwrap().to_owned());
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    let secret = secret.map(|secret| secret.expose_secret().to_owned());
    Some((answer.status.as_u16(), answer.headers.iter().map(text).collect(), body, secret))
}

fn is_handshake(connector: &Connector, asked: &Asked<'_>) -> bool {
    ask(connector, asked).is_some()
}

fn body(text: &str) -> Asked<'_> {
    Asked { body: text.as_bytes(), ..POST }
}

fn pairs<const N: usize>(headers: [(&str, &str); N]) -> Vec<(String, String)> {
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn every_key_of_a_handshake_is_read() {
    let connector = acme(
        r#"
[[handshake]]
method = "POST"
match = { "header:x-kind" = ["hello", "hi"], "query:a" = "1", "json:/b/c" = true, body = true }
verified = true
answer = 202
echo = { from = "header:x-hello", to = "json:/a~1b/c" }
headers = { "X-Rate" = "120" }

[[handshake]]
method = "POST"
secret = "json:/token"
"#,
    );
    let [first, second] = connector.handshakes.as_slice() else { panic!("two tables") };
    assert_eq!((first.method.as_str(), first.answer.as_u16(), first.is_verified), ("POST", 202, true));
    let told: Vec<_> = first.conditions.iter().map(|c| (c.place.to_string(), c.wanted.clone())).collect();
    let one_of = |texts: &[&str]| Wanted::AnyOf(texts.iter().map(|text| (*text).to_owned()).collect());
    let expected = [
        ("header:x-kind", one_of(&["hello", "hi"])),
        ("query:a", one_of(&["1"])),
        ("json:/b/c", Wanted::Present),
        ("body", Wanted::Present),
    ];
    assert_eq!(told, expected.map(|(place, wanted)| (place.to_owned(), wanted)));
    let echo = first.echo.as_ref().unwrap();
    assert!(echo.from.to_string() == "header:x-hello" && matches!(&echo.to, EchoTo::Json(p) if p.text() == "/a~1b/c"));
    assert_eq!(first.headers["x-rate"], "120");
    assert_eq!(second.secret.as_ref().unwrap().to_string(), "json:/token");
    assert!(!second.is_verified && connector.tells_secret());
    assert_eq!(connector.methods(), [Method::POST]);
}

#[test]
fn all_conditions_must_hold_and_a_list_needs_one_of_its_texts() {
    let connector = acme(
        "[[handshake]]\nmethod = \"POST\"\nmatch = { \"header:x-kind\" = [\"hello\", \"hi\"], \"json:/test\" = \"true\" }\n",
    );
    let of = |kind: &'static [u8], body: &'static [u8]| {
        let headers: [(&str, &[u8]); 1] = [("x-kind", kind)];
        is_handshake(&connector, &Asked { headers: &headers, body, ..POST })
    };
    assert!(of(b"hello", br#"{"test":true}"#));
    assert!(of(b"hi", br#"{"test":"true"}"#));
    assert!(!of(b"hi", br#"{"test":false}"#));
    assert!(!of(b"hi", br#"{"test":null}"#));
    assert!(!of(b"hi", br#"{"test":[true]}"#));
    assert!(!of(b"hi", b"{\"test\":true"));
    assert!(!of(b"Hello", br#"{"test":true}"#));
    assert!(!of(b"hi\xff", br#"{"test":true}"#));
    assert!(!is_handshake(&connector, &body(r#"{"test":true}"#)));
    // Two headers of one name leave open which one counts.
    let twice: [(&str, &[u8]); 2] = [("x-kind", b"hi"), ("x-kind", b"hi")];
    assert!(!is_handshake(&connector, &Asked { headers: &twice, body: br#"{"test":true}"#, ..POST }));
}

#[test]
fn a_ping_that_is_no_json_is_known_by_its_whole_body() {
    let pings = r#"
[[handshake]]
method = "POST"
match = { body = ["Ping test", "\"Ping test\""] }
[[handshake]]
method = "POST"
match = { "json:/text" = "Ping test" }
"#;
    let connector = acme(pings);
    for ping in ["Ping test", "\"Ping test\"", "Ping test\r\n", r#"{"text":"Ping test"}"#] {
        assert_eq!(ask(&connector, &body(ping)), Some((200, Vec::new(), String::new(), None)), "{ping}");
    }
    for other in [
        "ping test",
        "Ping test.",
        "",
        r#"{"text":"Ping test 2"}"#,
        r#"{"type":"Ping test"}"#,
        r#"[{"text":"Ping test"}]"#,
    ] {
        assert!(!is_handshake(&connector, &body(other)), "{other}");
    }
}

#[test]
fn a_token_of_the_query_comes_back_decoded_as_plain_text() {
    let connector =
        acme("[[handshake]]\nmethod = \"POST\"\necho = { from = \"query:validationToken\", to = \"text\" }\n");
    let of = |query| ask(&connector, &Asked { query, ..POST });
    let plain = |text: &str| Some((200, pairs([("content-type", "text/plain")]), text.to_owned(), None));
    assert_eq!(
        of("validationToken=Validation%3a+Testing+it+Request-Id%3A+522a"),
        plain("Validation: Testing it Request-Id: 522a")
    );
    assert_eq!(of("a=1&validationToken=%3Cscript%3Ealert(1)%3C/script%3E"), plain("<script>alert(1)</script>"));
    let longest = format!("validationToken={}", "x".repeat(1024));
    assert_eq!(of(&longest), plain(&"x".repeat(1024)));
    let long = format!("validationToken={}", "x".repeat(1025));
    let unsound =
        ["", "validationToken", "validationToken=", "validationtoken=a", "validationToken=a%0d%0aset-cookie:b", &long];
    let doubled = [
        "validationToken=a&validationToken=b",
        "validationToken=%00",
        "validationToken=%C3%A4",
        "validationToken=%ff",
        "validationToken=+a",
    ];
    for query in unsound.into_iter().chain(doubled) {
        assert_eq!(of(query), None, "{query}");
    }
}

#[test]
fn a_header_comes_back_as_a_header_and_as_a_field_of_json() {
    let connector = acme(
        r#"
[[handshake]]
method = "POST"
echo = { from = "header:x-hook-secret", to = "header:x-hook-secret" }
[[handshake]]
method = "GET"
echo = { from = "header:x-challenge", to = "json:/verification" }
[[handshake]]
method = "OPTIONS"
echo = { from = "header:webhook-request-origin", to = "header:webhook-allowed-origin" }
headers = { webhook-allowed-rate = "120" }
"#,
    );
    let of = |method, name: &'static str, value: &'static [u8]| {
        ask(&connector, &Asked { method, headers: &[(name, value)], ..POST })
    };
    let secret = of(Method::POST, "x-hook-secret", b"s3cret/+=");
    assert_eq!(secret, Some((200, pairs([("x-hook-secret", "s3cret/+=")]), String::new(), None)));
    let (status, headers, body, _) = of(Method::GET, "x-challenge", br#"say "hi" \ <b>"#).unwrap();
    assert_eq!((status, headers), (200, pairs([("content-type", "application/json")])));
    assert_eq!(serde_json::from_str::<Json>(&body).unwrap(), json!({ "verification": r#"say "hi" \ <b>"# }));
    let origin = of(Method::OPTIONS, "webhook-request-origin", b"events.example.com");
    let allowed = pairs([("webhook-allowed-rate", "120"), ("webhook-allowed-origin", "events.example.com")]);
    assert_eq!(origin, Some((200, allowed, String::new(), None)));
    assert_eq!(of(Method::OPTIONS, "webhook-request-callback", b"https://example.com"), None);
    assert_eq!(of(Method::GET, "x-hook-secret", b"a"), None);
    assert_eq!(of(Method::POST, "x-hook-secret", b"\xe4"), None);
    assert_eq!(of(Method::POST, "x-hook-secret", b""), None);
    assert_eq!(of(Method::POST, "x-hook-secret", b"a\tb"), None);
}

#[test]
fn a_secret_is_told_by_a_sound_text_only_and_debug_does_not_show_it() {
    let connector = acme("[[handshake]]\nmethod = \"POST\"\nsecret = \"json:/verification_token\"\n");
    let of = |text: &str| ask(&connector, &body(text)).and_then(|(_, _, _, secret)| secret);
    assert_eq!(of(r#"{"verification_token":"abc-123"}"#).as_deref(), Some("abc-123"));
    let longest = json!({ "verification_token": "x".repeat(512) }).to_string();
    assert_eq!(of(&longest).map(|secret| secret.len()), Some(512));
    let long = json!({ "verification_token": "x".repeat(513) }).to_string();
    let unsound =
        [r#"{"verification_token":""}"#, r#"{"verification_token":"a b"}"#, r#"{"verification_token":"\u00e4"}"#];
    let absent = [r#"{"verification_token":null}"#, r#"{"verification_token":{}}"#, "{}", "", "[]", &long];
    for text in unsound.into_iter().chain(absent) {
        assert!(!is_handshake(&connector, &body(text)), "{text}");
    }
    let headers = HeaderMap::new();
    let probe =
        Probe { method: &Method::POST, query: "", headers: &headers, body: br#"{"verification_token":"abc-123"}"# };
    let shown = format!("{:?}", connector.handshake(probe).unwrap());
    assert!(!shown.contains("abc-123"), "{shown}");
}

#[test]
fn a_large_body_is_no_handshake() {
    let connector = acme("[[handshake]]\nmethod = \"POST\"\nmatch = { \"json:/ping\" = true }\n");
    let padded = |length: usize| format!("{{\"ping\":1{}}}", " ".repeat(length - 10));
    assert_eq!(padded(64 * 1024).len(), 64 * 1024);
    assert!(is_handshake(&connector, &body(&padded(64 * 1024))));
    assert!(!is_handshake(&connector, &body(&padded(64 * 1024 + 1))));
}

#[test]
fn the_first_table_that_fits_answers() {
    let connector = acme(
        r#"
[[handshake]]
method = "POST"
match = { "header:x-state" = "sync" }
answer = 204
[[handshake]]
method = "POST"
match = { "header:x-state" = true }
answer = 202
"#,
    );
    let of = |state: &'static [u8]| ask(&connector, &Asked { headers: &[("x-state", state)], ..POST }).unwrap().0;
    assert_eq!((of(b"sync"), of(b"exists")), (204, 202));
}
