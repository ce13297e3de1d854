//! What a scheme protects is damaged, part by part, as the `[auth]` table of each connector names the parts; every time
//! the request is refused, which a server answers with 401.

use jiff::{SignedDuration, Timestamp};
use usher::auth::{Outgoing, Reject, sign_request};
use usher::connector::trial::{HANDSHAKE, example_key};

use super::altering::{Request, a_second_later, other};
use super::*;

/// The refusals where something signed is missing or no JSON any more: other parts may be gone with it.
const WITHOUT: [Reject; 4] =
    [Reject::MalformedSignature, Reject::MissingId, Reject::MissingTimestamp, Reject::BadSignature];

/// What was done to a request, and the refusals that it may meet.
struct Damage {
    what: String,
    request: Request,
    codes: Vec<Reject>,
}

/// The places in the text that is signed.
fn parts(signed: &str) -> impl Iterator<Item = &str> {
    signed.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// Every damage to what the scheme of a connector protects.
fn damages(connector: &Connector, sound: &Request) -> Vec<Damage> {
    let auth = &connector.auth;
    let mut found = Vec::new();
    let mut push = |what: &str, requests: Vec<Request>, codes: &[Reject]| {
        assert!(!requests.is_empty(), "{what} is not there");
        found.extend(requests.into_iter().map(|request| Damage {
            what: what.to_owned(),
            request,
            codes: codes.to_vec(),
        }));
    };
    let signed = match auth["kind"].as_str().unwrap() {
        "token" => {
            let place = auth["token"].as_str().unwrap();
            push("another token", sound.changed(place, &other), &[Reject::BadToken]);
            push("no token", sound.without(place), &[Reject::MissingSignature, Reject::BadToken]);
            return found;
        }
        "basic" => {
            push("other credentials", sound.changed("header:authorization", &other), &[Reject::BadToken]);
            push("no credentials", sound.without("header:authorization"), &[Reject::MissingSignature]);
            return found;
        }
        _ => auth["signed"].as_str().unwrap(),
    };
    let sig = auth["sig"].as_str().unwrap();
    push("another signature", sound.changed(sig, &other), &[Reject::BadSignature, Reject::MalformedSignature]);
    push("no signature", sound.without(sig), &[Reject::MissingSignature]);
    for part in parts(signed) {
        let what = format!("another {part}");
        match part {
            "body" => {
                push(&what, vec![sound.with_body(|body| body.push(b' '))], &[Reject::BadSignature]);
                push(&what, vec![sound.with_body(|body| *body.last_mut().unwrap() ^= 1)], &WITHOUT);
            }
            "timestamp" => push(&what, restamped(connector, sound), &[Reject::BadSignature]),
            "id" => {
                let place = auth["id"].as_str().unwrap();
                push(&what, sound.changed(place, &other), &[Reject::BadSignature]);
                push("no id", sound.without(place), &[Reject::MissingId]);
            }
            place => {
                push(&what, sound.changed(place, &other), &[Reject::BadSignature]);
                // Where a header may be missing, one that is missing already cannot be taken away.
                if place.strip_prefix("header:").is_none_or(|name| sound.headers.contains_key(name)) {
                    push(&format!("no {part}"), sound.without(place), &WITHOUT);
                }
            }
        }
    }
    found.extend(untimely(connector, sound));
    found
}

/// The request with its timestamp a second later, which is within any tolerance.
fn restamped(connector: &Connector, sound: &Request) -> Vec<Request> {
    let src = connector.auth["timestamp"]["src"].as_str().unwrap();
    let Some(key) = src.strip_prefix("entry:") else { return sound.changed(src, &a_second_later) };
    let change = |text: &str| {
        let stamp = text.split(&format!("{key}=")).nth(1).unwrap();
        let stamp = &stamp[..stamp.find(|c: char| !c.is_ascii_digit()).unwrap_or(stamp.len())];
        text.replacen(&format!("{key}={stamp}"), &format!("{key}={}", a_second_later(stamp)), 1)
    };
    sound.changed(connector.auth["sig"].as_str().unwrap(), &change)
}

/// The request too late, too early, and without its timestamp.
fn untimely(connector: &Connector, sound: &Request) -> Vec<Damage> {
    let Some(timestamp) = connector.auth.get("timestamp") else { return Vec::new() };
    let tolerance = timestamp.get("tolerance").and_then(Json::as_i64).unwrap_or(300);
    let mut found = Vec::new();
    if tolerance > 0 {
        for (what, seconds) in [("too late", tolerance + 1), ("too early", -tolerance - 1)] {
            let now = sound.now + SignedDuration::from_secs(seconds);
            let request = Request { now, ..sound.clone() };
            found.push(Damage { what: what.to_owned(), request, codes: vec![Reject::Stale] });
        }
    }
    let src = timestamp["src"].as_str().unwrap();
    if !src.starts_with("entry:") {
        let requests = sound.without(src).into_iter();
        let what = || "no timestamp".to_owned();
        found.extend(requests.map(|request| Damage { what: what(), request, codes: vec![Reject::MissingTimestamp] }));
    }
    found
}

#[test]
fn every_fixture_is_refused_once_any_part_that_its_scheme_protects_is_damaged() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (connector, folder) in fixtures() {
        let key = example_key(&connector).unwrap();
        for files in folder.cases.iter().filter(|files| !files.name.starts_with(HANDSHAKE)) {
            let place = folder.request(&files.name);
            let sound = Request::of(&connector, &files.request);
            if let Some(reject) = sound.refusal(&connector, &key) {
                wrong.push(format!("{}: refused as it is: {reject}", place.display()));
                continue;
            }
            for damage in damages(&connector, &sound) {
                tried += 1;
                match damage.request.refusal(&connector, &key) {
                    Some(reject) if damage.codes.contains(&reject) => {}
                    told => wrong.push(format!("{}: {}: {told:?}", place.display(), damage.what)),
                }
            }
        }
    }
    assert!(tried > 100, "only {tried} damages have been tried");
    assert!(wrong.is_empty(), "not refused as they should be:\n{}", lines(&wrong));
}

#[test]
fn every_fixture_verifies_after_it_is_signed_anew_and_with_no_other_secret() {
    let later = Timestamp::from_second(1_900_000_000).unwrap();
    for (connector, folder) in fixtures() {
        let key = example_key(&connector).unwrap();
        for files in folder.cases.iter().filter(|files| !files.name.starts_with(HANDSHAKE)) {
            let mut request = Request::of(&connector, &files.request);
            let Request { query, headers, body, .. } = &mut request;
            sign_request(&connector.scheme, &key, Outgoing { query, headers, body }, later).unwrap();
            request.now = later;
            let place = folder.request(&files.name);
            assert_eq!(request.refusal(&connector, &key), None, "{}", place.display());
            let another = connector.scheme.key(&connector.scheme.example_secret().replace('S', "T"));
            if let Ok(another) = another {
                let refusal = request.refusal(&connector, &another);
                assert!(matches!(refusal, Some(Reject::BadSignature | Reject::BadToken)), "{}", place.display());
            }
        }
    }
}

/// A scheme, and a request of it as its sender would make it.
fn schemes() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "kind = \"hmac\"\nhash = \"sha1\"\nsigned = \"{header:x-a}:{json:/id}:{id}\"\nsig = \"json:/sig\"\nid = \"json:/key\"",
            "{\"id\":7,\"key\":\"k1\",\"sig\":\"\"}",
        ),
        (
            "kind = \"hmac\"\nsigned = \"{timestamp}.{body}\"\nsig = \"header:x-sig\"\nentry = \"v1={sig}\"\nlist_sep = \",\"\ntimestamp = { src = \"entry:t\" }\nsecret = { strip = \"whsec_\", decode = \"base64\" }",
            "{}",
        ),
        (
            "kind = \"hmac\"\nhash = \"sha512\"\nsigned = \"{header:x-gone}{body}{timestamp}\"\nmissing_header = \"empty\"\nsig = \"header:x-sig\"\nencoding = \"base64(hex)\"\ntimestamp = { src = \"json:/at\", unit = \"rfc3339\", tolerance = 60 }\nsecret = { decode = \"hex\" }",
            "{\"at\":\"\"}",
        ),
        (
            "kind = \"ed25519\"\nsigned = \"{timestamp}{body}\"\nsig = \"header:x-sig\"\nencoding = \"base64url\"\ntimestamp = { src = \"header:x-at\", unit = \"ms\" }",
            "{}",
        ),
        (
            "kind = \"token\"\ntoken = \"json:/events/*/secret\"\nmatch = \"all\"",
            "{\"events\":[{\"secret\":\"\"},{\"secret\":\"\"}]}",
        ),
        ("kind = \"token\"\ntoken = \"header:authorization\"\nprefix = \"Bearer \"", "{}"),
        ("kind = \"basic\"", "{}"),
        ("kind = \"token\"\ntoken = \"query:key\"", "{}"),
        ("kind = \"token\"\ntoken = \"form:token\"", "name=Ada&token="),
    ]
}

#[test]
fn every_kind_of_scheme_has_an_example_secret_and_refuses_what_is_damaged() {
    for (auth, body) in schemes() {
        let mut catalog = Catalog::default();
        catalog.add("acme.toml", &format!("name = \"acme\"\n[auth]\n{auth}\n")).unwrap();
        let connector = catalog.get("acme").unwrap();
        let head = if auth.contains("x-a}") { "x-a: one\n" } else { "" };
        let file = format!("POST /hooks/acme HTTP/1.1\nHost: acme.example\n{head}\n{body}");
        let file = usher::connector::trial::sign_anew(connector, file.as_bytes()).unwrap();
        let text = String::from_utf8(file.clone()).unwrap();
        assert!(text.starts_with("POST /hooks/acme") && text.contains("HTTP/1.1\nHost: acme.example\n"), "{text}");
        let (sound, key) = (Request::of(connector, &file), example_key(connector).unwrap());
        assert_eq!(sound.refusal(connector, &key), None, "{auth}");
        let damages = damages(connector, &sound);
        assert!(damages.len() >= 2, "{auth}");
        for damage in damages {
            let told = damage.request.refusal(connector, &key);
            assert!(told.is_some_and(|told| damage.codes.contains(&told)), "{auth}: {}: {told:?}", damage.what);
        }
    }
}
