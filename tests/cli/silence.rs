//! What must never stand in a log, at whatever level: secrets, addresses, names, bodies, query strings.

use serde_json::json;

use crate::actors::Sandbox;
use crate::stage::{API_KEY, DOCSPACE_SECRET, HR_SECRET, Place, fixture, until};
use crate::wire::{hmac, request};

const SECRETS: [&str; 8] =
    [API_KEY, HR_SECRET, DOCSPACE_SECRET, "loose-token", "query-secret", "token=", "Userid=", "email="];
const PEOPLE: [&str; 6] = ["corp.example", "example.com", "@corp", "Quixotina", "Zebediah", "welcome_guest"];

fn post(place: &Place, target: &str, head: &[&str], body: &str) -> u16 {
    request(place.public, &format!("POST {target} HTTP/1.1"), head, body.as_bytes()).unwrap().0
}

fn hire(place: &Place, id: &str, email: &str) {
    let data = json!({"employee_id": id, "email": email, "first_name": "Quixotina", "last_name": "Zebediah"});
    let body = json!({"type": "employee.hired", "data": data}).to_string();
    let signature = format!("x-usher-signature: sha256={}", hmac(HR_SECRET, &body));
    let head = [signature.as_str(), "authorization: Bearer loose-token", "cookie: loose-token"];
    assert_eq!(post(place, "/hooks/own?token=query-secret", &head, &body), 200);
}

/// Hires, one of them twice; an activation whose congratulation is refused.
fn good_days(place: &Place, portal: &Sandbox) {
    hire(place, "1", "ada@corp.example");
    hire(place, "1", "ada@corp.example");
    until("the account", || (portal.users() == ["ada@corp.example"]).then_some(()));
    portal.activate("ada@corp.example");
    let held = ["--state", "held", "--kind", "congratulate"];
    until("the refused congratulation", || (place.jobs(&held).len() == 1).then_some(()));
}

/// Forged, unsigned, for nobody, not JSON, not mappable.
fn bad_requests(place: &Place) {
    let forged = ["x-usher-signature: sha256=00ff"];
    assert_eq!(post(place, "/hooks/own?token=query-secret", &forged, r#"{"name":"Quixotina"}"#), 401);
    assert_eq!(post(place, "/hooks/own", &[], r#"{"name":"Quixotina"}"#), 401);
    assert_eq!(post(place, "/hooks/nobody?token=query-secret", &[], "Quixotina"), 404);
    let unmappable = r#"{"type":"employee.hired","data":{"employee_id":"9","email":"Zebediah at corp.example"}}"#;
    for body in [r#"{"name":"Quixotina", broken"#, unmappable] {
        assert_eq!(place.post("own", body), Some(200));
    }
    until("two are dead", || (place.jobs(&["--state", "dead"]).len() == 2).then_some(()));
}

/// The portal refuses, fails and breaks off, and quotes what it was sent.
fn bad_portal(place: &Place, portal: &Sandbox) {
    let message = json!({"message": "bob@corp.example: in use", "type": "T"});
    let refusal = json!({"error": message, "status": 1, "statusCode": 400});
    portal.fault(&json!({"path": "/people", "method": "POST", "status": 400, "body": refusal}));
    hire(place, "2", "bob@corp.example");
    until("refused", || (place.jobs(&["--state", "dead"]).len() == 3).then_some(()));
    portal.fault(&json!({"path": "/people/email", "status": 500, "body": "eve@corp.example Quixotina"}));
    portal.fault(&json!({"path": "/people/email", "drop": "before"}));
    hire(place, "3", "eve@corp.example");
    until("back after an outage", || portal.users().contains(&"eve@corp.example".to_owned()).then_some(()));
}

#[test]
fn no_log_tells_secrets_addresses_bodies_or_queries() {
    let place = Place::usual();
    let portal = place.sandbox(&["--strict"]);
    let server = place.serve();
    good_days(&place, &portal);
    bad_requests(&place);
    bad_portal(&place, &portal);
    let own = fixture("generic-hmac/hired.http");
    let invite = |email| vec!["people", "invite", "--email", email, "--first", "Quixotina", "--last", "Zebediah"];
    let run = |args: &[&str]| place.run_with(&[("USHER_LOG", "trace")], args).err;
    let mut told = run(&["replay", &own, "--source", "own", "--wait"]);
    told += &run(&["explain", &own, "--source", "own"]);
    told += &run(&["check"]);
    told += &run(&invite("zoe@corp.example"));
    for args in [["people", "status"], ["people", "congratulate"], ["people", "show"]] {
        told += &run(&[args[0], args[1], "zoe@corp.example"]);
    }
    told += &run(&["jobs", "list"]);
    told += &run(&["link"]);
    let log = server.log();
    drop(server);
    told += &run(&invite("max@corp.example"));
    assert!(log.contains("refused a request") && log.contains("a job waits for a person"), "{log}");
    for (who, log) in [("server", log), ("commands", told), ("sandbox", portal.process.log())] {
        // What a refused template key means is explained with the published one.
        let log = log.replace("(such as welcome_guest)", "");
        for word in SECRETS.iter().chain(&PEOPLE) {
            let lines: Vec<_> = log.lines().filter(|line| line.contains(word)).collect();
            assert!(lines.is_empty(), "the {who} told {word}: {lines:#?}");
        }
    }
}
