//! What `explain` tells of thin payloads, of handshakes, and of secrets that stand in bodies.

use serde_json::{Value as Json, json};

use crate::explaining_more::{explain, has, place};
use crate::stage::Place;

fn thin(place: &Place, people: &Json) {
    let body = json!({"token": "acme-token-in-the-body", "people": people});
    place.write("thin.http", &format!("POST /hooks/acme HTTP/1.1\ncontent-type: application/json\n\n{body}"));
}

#[test]
fn a_thin_payload_is_told_with_the_call_and_completed_by_a_file() {
    let place = place("");
    thin(&place, &json!([{"id": "a/7", "news": "hired"}, {"id": 8, "news": "gone"}, {"id": 9, "news": "birthday"}]));
    let ran = explain(&place, &["thin.http", "--source", "acme"]).good();
    has(
        &ran,
        &[
            "fetch     item 1 of `body.people`: GET https://api.acme.example/v1/people/a%2F7",
            "fetch     item 2 of `body.people`: nothing is asked",
            "headers: x-version",
            "credentials: bearer from env ACME_TOKEN",
            "--fetched FILE",
            "needed for [[event]] 1 (employee.hired): email, when",
            "problem   [[event]] 1 (employee.hired), item 1, fetch: ",
            "event     employee.terminated",
            "email `fetched.mail` -> known once the platform has answered",
            "title `body.token` -> \"***\"",
        ],
    );
    assert!(!ran.out.contains("item 3 of `body.people`"), "{}", ran.out);
    place.write("thin.fetched.json", r#"{"mail": "Ada@corp.example", "state": "active"}"#);
    let ran = explain(&place, &["thin.http", "--source", "acme"]).good();
    has(
        &ran,
        &["event     employee.hired", "email = \"ada@corp.example\"", "GET https://api.acme.example/v1/people/a%2F7"],
    );
    assert!(!ran.out.contains("problem ") && !ran.out.contains("--fetched"), "{}", ran.out);
    place.write("left.json", r#"{"state": "left"}"#);
    let told = explain(&place, &["thin.http", "--source", "acme", "--json", "--fetched", "left.json"]).good().json();
    assert_eq!((&told["problem"], told["events"].as_array().unwrap().len()), (&Json::Null, 1), "{told:#}");
    for (name, text) in [("missing.json", None), ("broken.json", Some("{"))] {
        text.inspect(|text| place.write(name, text));
        let ran = explain(&place, &["thin.http", "--source", "acme", "--fetched", name]);
        assert!(ran.code == Some(2) && ran.err.contains(name), "{ran:#?}");
    }
}

#[test]
fn a_handshake_is_told_with_its_answer_and_without_the_secret_that_it_brings() {
    let place = place("");
    let body = json!({"kind": "ping", "challenge": "say-this", "shared": "a-shared-secret-of-the-platform"});
    place.write("ping.http", &format!("POST /hooks/acme HTTP/1.1\n\n{body}"));
    let ran = explain(&place, &["ping.http", "--source", "acme"]).good();
    has(&ran, &["handshake a handshake of the connector: answered 200", "body: say-this", "content-type: text/plain"]);
    assert!(!ran.out.contains("verified") && !ran.out.contains("a-shared-secret"), "{}", ran.out);
    let ran = explain(&place, &["ping.http", "--source", "acme", "--json", "--detail"]).good();
    let told = ran.json();
    assert_eq!((&told["verified"], &told["reason"], &told["events"]), (&json!(false), &Json::Null, &json!([])));
    assert_eq!(told["detail"]["handshake"]["tells_secret"], true);
    assert!(ran.err.contains("handshake") && !ran.out.contains("a-shared-secret"), "{ran:#?}");
    place.write("head.http", "HEAD /hooks/docspace HTTP/1.1\n\n");
    let text = place.read("usher.toml");
    place.write(
        "usher.toml",
        &format!("{text}\n[sources.docspace]\nconnector = \"docspace\"\nsecrets = [{{ file = \"secrets/hr\" }}]\n"),
    );
    has(
        &explain(&place, &["head.http", "--source", "docspace"]).good(),
        &["answered 200, and neither stored nor mapped"],
    );
}

#[test]
fn a_wrong_token_in_the_body_is_masked_too() {
    let place = place("");
    let body = json!({"token": "another-token-somebody-sent", "people": [{"id": 1, "news": "gone"}]});
    place.write("thin.http", &format!("POST /hooks/acme HTTP/1.1\n\n{body}"));
    for args in [&["thin.http", "--source", "acme"][..], &["thin.http", "--source", "acme", "--json", "--detail"]] {
        let ran = explain(&place, args);
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert!(!ran.out.contains("another-token"), "{}", ran.out);
    }
}
