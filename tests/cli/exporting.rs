//! `deliveries export`: a stored delivery becomes a fixture without its people, which passes at once.

use serde_json::{Value as Json, json};

use crate::stage::{HR_SECRET, Place};
use crate::wire::{hmac, request};

const HIRE: &str = r#"{"type":"employee.hired","data":{"employee_id":"4711","email":"ada.king@corp.acme.test","first_name":"Ada","last_name":"King","starts_on":"2026-10-01","department":"Engines"}}"#;

/// A place in which this was posted to `own`, and no server any more.
fn captured(bodies: &[&str]) -> Place {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let _server = place.serve();
    for body in bodies {
        assert_eq!(place.post("own", body), Some(200));
    }
    place.settled();
    place
}

#[test]
fn a_capture_becomes_a_fixture_that_passes_at_once() {
    let place = captured(&[HIRE]);
    let ran = place.run(&["deliveries", "export", "1", "--anonymise", "--to", "made/generic-hmac/hired.http"]).good();
    assert_eq!(ran.out, "wrote made/generic-hmac/hired.http\nwrote made/generic-hmac/hired.expected.json\n");
    assert_eq!(ran.notes(), "");
    let fixture = place.read("made/generic-hmac/hired.http");
    let lower = fixture.to_lowercase();
    // Made-up letters and digits of a signature may happen to contain a short word.
    let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    for word in ["ada", "king", "acme", "4711", "engines"] {
        assert!(!words.contains(&word), "{word}: {fixture}");
    }
    assert!(!fixture.contains(HR_SECRET), "{fixture}");
    assert!(fixture.starts_with("POST /hooks/generic-hmac HTTP/1.1\n"), "{fixture}");
    let body = fixture.split_once("\n\n").unwrap().1;
    assert!(fixture.contains(&format!("x-usher-signature: sha256={}\n", hmac("Example-Secret-1", body))), "{fixture}");
    let told: Json = serde_json::from_str(&place.read("made/generic-hmac/hired.expected.json")).unwrap();
    let event = &told["events"][0];
    let keys: Vec<_> = event.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["kind", "employee_id", "email", "first_name", "last_name", "starts_on", "department"]);
    assert_eq!((&event["kind"], &event["starts_on"]), (&json!("employee.hired"), &json!("2026-10-01")));
    place.write("made/generic-hmac/ignored.http", &fixture.replace("employee.hired", "employee.fired"));
    let tested = place.run(&["connectors", "test", "made"]);
    let of_hired: Vec<_> = tested.out.lines().filter(|line| line.contains("hired.http")).collect();
    assert!(of_hired.is_empty(), "what was exported has no fault: {tested:#?}");
    assert!(tested.out.contains("1 passed"), "{tested:#?}");
    let again = place.run(&["deliveries", "export", "1", "--anonymise", "--to", "made/generic-hmac/hired.http"]);
    assert!(again.code == Some(1) && again.err.contains("is there already"), "{again:#?}");
    assert_eq!(place.read("made/generic-hmac/hired.http"), fixture);
}

#[test]
fn without_a_file_it_is_printed_to_the_byte() {
    let place = captured(&[HIRE]);
    let made = place.run(&["deliveries", "export", "1", "--anonymise"]).good();
    assert!(made.out.ends_with("}}") && made.out.contains("\n\n{\"type\":\"employee.hired\""), "{made:#?}");
    let as_is = place.run(&["deliveries", "export", "1", "--as-is"]).good();
    assert!(as_is.out.ends_with(&format!("\n\n{HIRE}")), "{as_is:#?}");
    place.write("as-is.http", &as_is.out);
    let explained = place.run(&["explain", "as-is.http", "--source", "own", "--json"]).good().json();
    assert_eq!(explained["verified"], true, "its own signature still holds");
}

#[test]
fn a_choice_is_asked_for_and_wrong_usage_named() {
    let place = captured(&[HIRE]);
    let export = |more: &[&str]| place.run(&[&["deliveries", "export"], more].concat());
    for (args, code, parts) in [
        (&["1"][..], 2, &["--anonymise", "--as-is"][..]),
        (&["1", "--anonymise", "--as-is"], 2, &["cannot be used"]),
        (&["1", "--anonymise", "--to", "case.json"], 2, &["CASE.http"]),
        (&["99", "--anonymise"], 1, &["there is no delivery 99"]),
    ] {
        let ran = export(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{args:?} {ran:#?}");
        assert!(parts.iter().all(|part| ran.err.contains(part)), "{args:?} {ran:#?}");
    }
    place.edit("[sources.own]", "[sources.mine]");
    let gone = export(&["1", "--anonymise"]);
    assert!(gone.code == Some(1) && gone.err.contains("no source 'own' any more"), "{gone:#?}");
}

#[test]
fn a_body_that_is_gone_is_told() {
    let place = captured(&[HIRE]);
    place.run(&["people", "forget", "ada.king@corp.acme.test"]).good();
    let ran = place.run(&["deliveries", "export", "1", "--as-is"]);
    assert!(ran.code == Some(1) && ran.err.contains("was removed"), "{ran:#?}");
}

#[test]
fn what_means_something_else_afterwards_is_told() {
    let place = Place::usual();
    let connector = "name = \"acme\"\n[auth]\nkind = \"token\"\ntoken = \"json:/token\"\n[[event]]\nkind = \"employee.hired\"\nwhen = \"item.team is startingwith 'Eng' and item.id | int == 4711\"\nemployee_id = \"item.id\"\nemail = \"item.mail\"\ntitle = \"item.token\"\n";
    place.write("connectors.d/acme.toml", connector);
    place.edit("[sources.own]", "[connectors]\ndirectory = \"connectors.d\"\n[sources.acme]\nconnector = \"acme\"\nsecrets = [{ file = \"secrets/hr\" }]\n[sources.own]");
    let _portal = place.sandbox(&[]);
    let _server = place.serve();
    let body = json!({"token": HR_SECRET, "team": "Engines", "id": "4711", "mail": "ada@corp.acme.test"}).to_string();
    assert_eq!(
        request(place.public, "POST /hooks/acme HTTP/1.1", &[], body.as_bytes()).map(|(status, _)| status),
        Some(200)
    );
    place.settled();
    let ran = place.run(&["deliveries", "export", "1", "--anonymise"]).good();
    assert!(
        ran.notes().contains("does not map as the delivery did: [[event]] 1 (employee.hired), item 1: is not meant"),
        "{ran:#?}"
    );
    assert!(ran.out.contains("\"token\":\"Example-Secret-1\""), "{ran:#?}");
    let as_is = place.run(&["deliveries", "export", "1", "--as-is"]).good();
    assert!(as_is.out.contains("\"token\":\"Example-Secret-1\"") && as_is.out.contains("ada@corp"), "{as_is:#?}");
    for ran in [ran, as_is] {
        assert!(!ran.out.contains(HR_SECRET) && !ran.err.contains(HR_SECRET), "{ran:#?}");
    }
}
