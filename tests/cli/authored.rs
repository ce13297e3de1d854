//! From a captured request to a connector that is served, and from what was served to one more fixture.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::authoring::CAPTURED;
use crate::fetching::platform;
use crate::stage::{HR_SECRET, Place, until};
use crate::wire::{hmac, request};

/// The usual place, with a source of this connector in `connectors.d`.
fn with_source(place: &Place, name: &str, more: &str) {
    place.edit(
        "[sources.own]",
        &format!(
            "[connectors]\ndirectory = \"connectors.d\"\n[sources.{name}]\nconnector = \"{name}\"\n\
             secrets = [{{ file = \"secrets/hr\" }}]\n{more}[sources.own]"
        ),
    );
}

/// Post as the platform would, signed at this moment; the status.
fn post(place: &Place, name: &str, header: &str, body: &str) -> u16 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signature = format!("{header}: t={now},v1={}", hmac(HR_SECRET, &format!("{now}.{body}")));
    let head = [signature.as_str(), "content-type: application/json"];
    request(place.public, &format!("POST /hooks/{name} HTTP/1.1"), &head, body.as_bytes()).unwrap().0
}

/// The letters to an address.
fn letters(state: &Json, email: &str) -> usize {
    state["mails"].as_array().unwrap().iter().filter(|mail| mail["to"] == email).count()
}

#[test]
fn a_captured_request_becomes_a_connector_whose_people_are_invited_and_whose_deliveries_become_fixtures() {
    let place = Place::usual();
    place.write("captured.http", CAPTURED);
    place.run(&["connectors", "new", "tanagra", "--from", "captured.http"]).good();
    place.run(&["connectors", "test"]).good();
    with_source(&place, "tanagra", "");
    let portal = place.sandbox(&[]);
    let server = place.serve();
    let body = CAPTURED.split_once("\n\n").unwrap().1.replace("mia@corp.test", "nora@corp.test");
    assert_eq!(post(&place, "tanagra", "X-Tanagra-Signature", &body), 200);
    until("somebody is invited", || (letters(&portal.state(), "nora@corp.test") == 1).then_some(()));
    let ignored = body.replace("worker.joined", "worker.had.lunch");
    assert_eq!(post(&place, "tanagra", "X-Tanagra-Signature", &ignored), 200);
    assert_eq!(post(&place, "tanagra", "X-Other-Signature", &body), 401);
    place.settled();
    assert_eq!(portal.state()["users"].as_array().unwrap().len(), 1);
    drop(server);

    let file = "connectors.d/tanagra/from-the-platform.http";
    place.run(&["deliveries", "export", "1", "--anonymise", "--to", file]).good();
    let made = place.read(file);
    assert!(!made.contains("nora") && !made.contains(HR_SECRET), "{made}");
    let tested = place.run(&["connectors", "test"]).good();
    assert_eq!(tested.out, "ok      tanagra, 3 fixtures\n1 connector, 3 fixtures: 3 passed, 0 failed\n");
    let told: Json = serde_json::from_str(&place.read("connectors.d/tanagra/from-the-platform.expected.json")).unwrap();
    assert_eq!(told["events"][0]["kind"], "employee.hired");
}

/// What of a drafted connector a platform with thin payloads needs, beside its address.
const FETCH: &str = r#"
[fetch]
path = "/people/{{ item.id }}"
auth = ["bearer"]
[fields]"#;

/// Write into a drafted connector where what its payload lacks is asked for.
fn complete(place: &Place, file: &str) {
    let mut text = place.read(file);
    for (drafted, meant) in [
        ("\n[fields]", FETCH),
        ("email = \"item.email\"", "email = \"fetched.mail\""),
        ("#first_name = \"item.first_name\"", "first_name = \"fetched.name\""),
    ] {
        assert!(text.contains(drafted), "{drafted}: {text}");
        text = text.replacen(drafted, meant, 1);
    }
    place.write(file, &text);
}

#[test]
fn a_platform_that_tells_ids_alone_is_added_and_its_fixtures_say_what_it_answers() {
    let (address, asked) = platform(200, r#"{"mail":"otto@corp.test","name":"Otto"}"#);
    let place = Place::usual();
    let body = r#"{"event":"worker.joined","id":"9"}"#;
    let captured = format!(
        "POST /x HTTP/1.1\nContent-Type: application/json\nX-Thin-Signature: t=1788249600,v1={}\n\n{body}",
        "5a".repeat(32)
    );
    place.write("captured.http", &captured);
    place.run(&["connectors", "new", "thin", "--from", "captured.http"]).good();
    complete(&place, "connectors.d/thin.toml");
    let lacks = place.run(&["connectors", "test"]);
    assert_eq!(lacks.code, Some(1));
    assert!(
        lacks.out.contains("hired.fetched.json is missing: what the platform answers to GET /people/9"),
        "{lacks:#?}"
    );
    place.write("connectors.d/thin/hired.fetched.json", r#"{"mail":"otto@corp.test"}"#);
    let tested = place.run(&["connectors", "test", "--update"]).good();
    assert!(tested.out.contains("wrote   connectors.d/thin/hired.expected.json"), "{tested:#?}");

    place.write("secrets/platform", "token-of-thin");
    let fetch = format!(
        "fetch = {{ base = \"http://{address}\", allow = [\"127.0.0.1\"], bearer = {{ file = \"secrets/platform\" }} }}\n"
    );
    with_source(&place, "thin", &fetch);
    let portal = place.sandbox(&[]);
    let server = place.serve();
    assert_eq!(post(&place, "thin", "X-Thin-Signature", body), 200);
    until("somebody is invited", || (letters(&portal.state(), "otto@corp.test") == 1).then_some(()));
    let asked = asked.lock().unwrap().join("\n");
    assert!(
        asked.contains("GET /people/9 HTTP/1.1") && asked.contains("authorization: Bearer token-of-thin"),
        "{asked}"
    );
    assert!(!server.log().contains("token-of-thin"));
    drop(server);
    let file = "connectors.d/thin/from-the-platform.http";
    place.run(&["deliveries", "export", "1", "--anonymise", "--to", file]).good();
    let lacks = place.run(&["connectors", "test"]);
    assert!(lacks.out.contains("from-the-platform.fetched.json is missing"), "{lacks:#?}");
    place.write("connectors.d/thin/from-the-platform.fetched.json", &json!({"mail": "ada@corp.test"}).to_string());
    place.run(&["connectors", "test", "--update"]).good();
    place.run(&["connectors", "test"]).good();
}

#[test]
fn a_platform_at_a_private_address_is_not_asked_until_it_is_allowed_and_nobody_is_lost() {
    let (address, asked) = platform(200, r#"{"email":"otto@corp.test"}"#);
    let place = crate::fetching::asking("", &format!("fetch.base = \"https://localhost:{}\"", address.port()));
    // The platform tells no names.
    place.edit("onboard = { type = \"User\" }", "onboard = { type = \"User\", mode = \"invite\" }");
    let portal = place.sandbox(&[]);
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/certificates/authority.pem");
    let server = place.serve_with(&[("SSL_CERT_FILE", certificate)]);
    let token = format!("x-token: {HR_SECRET}");
    assert_eq!(request(place.public, "POST /hooks/acme HTTP/1.1", &[&token], b"{\"id\":7}").unwrap().0, 200);
    let held = until("the question is held", || {
        place.jobs(&["--kind", "fetch", "--state", "held"]).pop().filter(|job| job["reason"].is_string())
    });
    let reason = held["reason"].as_str().unwrap();
    for told in ["not one of the public internet", "sources.acme.fetch.allow", "Then release this job"] {
        assert!(reason.contains(told), "{reason}");
    }
    drop(server);
    let allowed = format!("fetch = {{ base = \"http://{address}\", allow = [\"127.0.0.1\"] }}");
    place.edit(&format!("fetch.base = \"https://localhost:{}\"", address.port()), &allowed);
    assert!(asked.lock().unwrap().is_empty(), "nobody was asked before");
    let _server = place.serve();
    place.run(&["jobs", "release", "--kind", "fetch", "--state", "held"]).good();
    until("somebody is invited", || (letters(&portal.state(), "otto@corp.test") == 1).then_some(()));
    place.settled();
    assert_eq!((letters(&portal.state(), "otto@corp.test"), asked.lock().unwrap().len()), (1, 1));
}
