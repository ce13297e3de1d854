//! What a scheme protects is damaged, part by part, as the `[auth]` table of each connector names the parts; every time
//! the request is refused, which a server answers with 401.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use usher::auth::{Incoming, Key, Outgoing, Reject, sent_at, sign_request, verify_request};
use usher::connector::trial::{HANDSHAKE, example_key};

use super::*;

/// A request that verifies at a time, or one that was damaged.
#[derive(Clone)]
struct Request {
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
    now: Timestamp,
}

/// What was done to a request, and the refusals that it may meet.
struct Damage {
    what: String,
    request: Request,
    codes: Vec<Reject>,
}

impl Request {
    fn of(connector: &Connector, file: &[u8]) -> Self {
        let fixture = Fixture::parse(file).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in &fixture.headers {
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        }
        let now = sent_at(&connector.scheme, &headers, &fixture.body).unwrap_or_default();
        let query = fixture.target.as_deref().and_then(|target| target.split_once('?'));
        let query = query.map_or("", |(_, query)| query).to_owned();
        Self { query, headers, body: fixture.body, now }
    }

    fn refusal(&self, connector: &Connector, key: &Key) -> Option<Reject> {
        let body = Bytes::from(self.body.clone());
        let incoming = Incoming { query: &self.query, headers: &self.headers, body: &body };
        verify_request(&connector.scheme, std::slice::from_ref(key), &connector.dedupe, incoming, self.now).err()
    }

    /// The request with another text at a place; one for each value that the place selects.
    fn changed(&self, place: &str, change: &dyn Fn(&str) -> String) -> Vec<Self> {
        if let Some(name) = place.strip_prefix("header:") {
            let mut changed = self.clone();
            let value = self.headers.get(name).map_or("", |value| value.to_str().unwrap());
            changed.headers.insert(HeaderName::try_from(name).unwrap(), change(value).parse().unwrap());
            return vec![changed];
        }
        if let Some((field, form)) = self.form(place) {
            return vec![self.with_form(place, &form, &|name, text| {
                Some(if name == field { change(text) } else { text.to_owned() })
            })];
        }
        self.edited(place, &|value| match value {
            Json::String(text) => *value = Json::from(change(text)),
            Json::Bool(flag) => *value = Json::from(!*flag),
            Json::Number(number) => *value = serde_json::from_str(&change(&number.to_string())).unwrap(),
            other => panic!("{place} is {other}"),
        })
    }

    /// The request without what is at a place.
    fn without(&self, place: &str) -> Vec<Self> {
        if let Some(name) = place.strip_prefix("header:") {
            let mut changed = self.clone();
            changed.headers.remove(name);
            return vec![changed];
        }
        if let Some((field, form)) = self.form(place) {
            return vec![self.with_form(place, &form, &|name, text| (name != field).then(|| text.to_owned()))];
        }
        self.edited(place, &|value| *value = Json::Null)
    }

    /// The field and the pairs of a form or query, where the place is in one.
    fn form<'p>(&self, place: &'p str) -> Option<(&'p str, Vec<(String, String)>)> {
        let (kind, field) = place.split_once(':')?;
        let text = match kind {
            "form" => &self.body[..],
            "query" => self.query.as_bytes(),
            _ => return None,
        };
        let form: Vec<_> = url::form_urlencoded::parse(text).into_owned().collect();
        assert!(form.iter().any(|(name, _)| name == field), "{place} is not there");
        Some((field, form))
    }

    fn with_form(&self, place: &str, form: &[(String, String)], edit: &dyn Fn(&str, &str) -> Option<String>) -> Self {
        let mut written = url::form_urlencoded::Serializer::new(String::new());
        written.extend_pairs(form.iter().filter_map(|(name, text)| Some((name, edit(name, text)?))));
        let mut changed = self.clone();
        match place.starts_with("query:") {
            true => changed.query = written.finish(),
            false => changed.body = written.finish().into_bytes(),
        }
        changed
    }

    fn edited(&self, place: &str, edit: &dyn Fn(&mut Json)) -> Vec<Self> {
        let body: Json = serde_json::from_slice(&self.body).unwrap();
        let edited = |pointer: &String| {
            let mut body = body.clone();
            edit(body.pointer_mut(pointer).unwrap());
            Self { body: serde_json::to_vec(&body).unwrap(), ..self.clone() }
        };
        pointers(&body, place.strip_prefix("json:").unwrap()).iter().map(edited).collect()
    }
}

/// The pointers of single values that one with `*` stands for.
fn pointers(body: &Json, pointer: &str) -> Vec<String> {
    let Some((list, rest)) = pointer.split_once("/*") else {
        return body.pointer(pointer).map(|_| pointer.to_owned()).into_iter().collect();
    };
    let length = body.pointer(list).and_then(Json::as_array).map_or(0, Vec::len);
    (0..length).flat_map(|item| pointers(body, &format!("{list}/{item}{rest}"))).collect()
}

/// The text with one character in the middle of its longest word changed, to one that hex and base64 have too.
fn other(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let mut longest = 0..0;
    let mut start = 0;
    for at in 0..=characters.len() {
        if at == characters.len() || !is_word(&characters[at]) {
            if at - start > longest.len() {
                longest = start..at;
            }
            start = at + 1;
        }
    }
    let Some(middle) = characters.get_mut(longest.start + longest.len() / 2) else { return "other".to_owned() };
    *middle = if *middle == '1' { '2' } else { '1' };
    characters.into_iter().collect()
}

/// A moment written as the text is, a second later.
fn a_second_later(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number > 100_000_000_000 => (number + 1000).to_string(),
        Ok(number) => (number + 1).to_string(),
        Err(_) => (text.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(1)).to_string(),
    }
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
    for part in signed.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)) {
        let what = format!("another {part}");
        match part {
            "body" => {
                let mut longer = sound.clone();
                longer.body.push(b' ');
                push(&what, vec![longer], &[Reject::BadSignature]);
                let mut flipped = sound.clone();
                *flipped.body.last_mut().unwrap() ^= 1;
                // What is read from the body is gone with it.
                let gone = [Reject::MalformedSignature, Reject::MissingId, Reject::MissingTimestamp];
                push(&what, vec![flipped], &[&gone[..], &[Reject::BadSignature]].concat());
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
                let is_there = place.strip_prefix("header:").is_none_or(|name| sound.headers.contains_key(name));
                if is_there {
                    let codes = [Reject::MalformedSignature, Reject::BadSignature];
                    push(&format!("no {part}"), sound.without(place), &codes);
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
        assert!(file.starts_with(b"POST /hooks/acme HTTP/1.1\nHost: acme.example\n"), "{auth}");
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
