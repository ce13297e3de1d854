//! Every connector of the program against its fixtures.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use usher::auth::{Key, Reject, dedupe_keys, sign, verify};
use usher::connector::Probe;

use super::*;

#[test]
fn every_fixture_maps_as_its_expected_file_says() {
    let mut wrong = Vec::new();
    for connector in catalog().iter() {
        for path in cases(&connector.name) {
            let told = told(map_with(connector, &read(&path), &json!({})));
            let text = format!("{told:#}\n");
            let expected = path.with_extension("expected.json");
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&expected, &text).unwrap();
            } else if std::fs::read_to_string(&expected).unwrap_or_default() != text {
                wrong.push(format!("{}:\n{text}", expected.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "not as expected; UPDATE=1 writes these:\n{}", wrong.join("\n"));
}

#[test]
fn every_connector_has_a_fixture_for_each_kind_it_declares_and_one_to_ignore() {
    let mut lacking = Vec::new();
    for connector in catalog().iter() {
        let mut declared: BTreeSet<EventKind> = connector.events.iter().map(|table| table.kind).collect();
        let mut ignored = !connector.has_events();
        let cases = cases(&connector.name);
        for path in &cases {
            let Ok(mapped) = map_with(connector, &read(path), &json!({})) else {
                continue;
            };
            ignored |= mapped.is_empty();
            for event in mapped.into_iter().filter_map(|mapped| mapped.result.ok()) {
                declared.remove(&event.kind);
            }
        }
        if cases.is_empty() {
            lacking.push(format!("{} has no fixture at all", connector.name));
        }
        lacking.extend(declared.iter().map(|kind| format!("{} has no fixture for {kind}", connector.name)));
        if !ignored {
            lacking.push(format!("{} has no fixture that yields no event", connector.name));
        }
    }
    assert!(lacking.is_empty(), "{}", lines(&lacking));
}

#[test]
fn every_folder_of_fixtures_belongs_to_a_connector() {
    let catalog = catalog();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let strays = name != "demo" && !cases(name).is_empty() && catalog.get(name).is_none();
        assert!(!strays, "{} belongs to no connector", path.display());
    }
}

/// A fixture's headers, body and time, and the documented secret.
fn signed(connector: &Connector, path: &Path) -> (HeaderMap, Bytes, Timestamp, [Key; 1]) {
    let fixture = read(path);
    let mut headers = HeaderMap::new();
    for (name, value) in &fixture.headers {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let stamp = headers.iter().find(|(name, _)| name.as_str().ends_with("timestamp"));
    let seconds = stamp.map_or(0, |(_, value)| value.to_str().unwrap().parse().unwrap());
    let standard = connector.name == "standard-webhooks";
    let secret = if standard { "whsec_RXhhbXBsZS1TZWNyZXQtMQ==" } else { "Example-Secret-1" };
    let key = connector.scheme.key(secret).unwrap();
    (headers, fixture.body.into(), Timestamp::from_second(seconds).unwrap(), [key])
}

#[test]
fn every_fixture_is_signed_with_the_documented_secret() {
    for connector in catalog().iter() {
        for path in cases(&connector.name) {
            let (headers, body, now, keys) = signed(connector, &path);
            let verified = verify(&connector.scheme, &keys, &connector.dedupe, &headers, &body, now);
            assert!(verified.is_ok(), "{}: {:?}", path.display(), verified.err());
        }
    }
}

#[test]
fn every_fixture_is_refused_once_its_body_is_damaged() {
    for connector in catalog().iter() {
        for path in cases(&connector.name) {
            let (headers, body, now, keys) = signed(connector, &path);
            let mut damaged = body.to_vec();
            *damaged.last_mut().unwrap() ^= 1;
            let verified = verify(&connector.scheme, &keys, &connector.dedupe, &headers, &damaged.into(), now);
            assert_eq!(verified.err(), Some(Reject::BadSignature), "{}", path.display());
        }
    }
}

#[test]
fn every_fixture_verifies_after_it_is_signed_anew() {
    let later = Timestamp::from_second(1_900_000_000).unwrap();
    for connector in catalog().iter() {
        for path in cases(&connector.name) {
            let (mut headers, body, _, keys) = signed(connector, &path);
            let mut body = body.to_vec();
            sign(&connector.scheme, &keys[0], &mut headers, &mut body, later).unwrap();
            let verified = verify(&connector.scheme, &keys, &connector.dedupe, &headers, &body.into(), later);
            assert!(verified.is_ok(), "{}: {:?}", path.display(), verified.err());
        }
    }
}

#[test]
fn docspace_knows_a_delivery_by_its_log_row_and_by_what_was_published() {
    let catalog = catalog();
    let connector = catalog.get("docspace").unwrap();
    let path = cases("docspace").into_iter().find(|path| path.ends_with("user-invited.http")).unwrap();
    let body = Bytes::from(read(&path).body);
    let keys = dedupe_keys(&connector.scheme, &connector.dedupe, &HeaderMap::new(), &body);
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "json:/webhook/id,json:/event/id,json:/event/createOn",
            "json:/event/trigger,json:/payload/id,json:/event/createOn,sha256:json:/payload",
        ]
    );
}

#[test]
fn docspace_answers_an_unsigned_head_and_nothing_else_unsigned() {
    let catalog = catalog();
    let docspace = catalog.get("docspace").unwrap();
    let headers = HeaderMap::new();
    let ask = |connector: &Connector, method: Method| {
        let probe = Probe { method: &method, query: "", headers: &headers, body: b"" };
        connector.handshake(probe).map(|reply| reply.answer.status)
    };
    assert_eq!(ask(docspace, Method::HEAD), Some(StatusCode::OK));
    assert_eq!(ask(docspace, Method::POST), None);
    assert_eq!(ask(docspace, Method::GET), None);
    assert_eq!(ask(catalog.get("bamboohr").unwrap(), Method::HEAD), None);
    assert_eq!(docspace.methods(), [Method::POST, Method::HEAD]);
    assert_eq!(catalog.get("bamboohr").unwrap().methods(), [Method::POST]);
}
