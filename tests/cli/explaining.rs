//! `explain` and `sign`: what they need, what they tell, and that a server agrees.

use serde_json::{Value as Json, json};

use crate::stage::{HR_SECRET, Place, fixture};
use crate::wire::{hmac, request};

/// Only what explain and sign need.
fn only_sources(more: &str) -> Place {
    let place = Place::empty();
    place.write(
        "usher.toml",
        &format!("{more}\n[sources.own]\nconnector = \"generic-hmac\"\nsecrets = [{{ file = \"hr\" }}]\n[sources.bamboohr]\nconnector = \"bamboohr\"\nsecrets = [{{ file = \"example\" }}]\n"),
    );
    place.write("hr", HR_SECRET);
    place.write("example", "Example-Secret-1\n");
    place
}

fn keys(value: &Json) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn explain_needs_only_sources_and_keeps_to_its_shape() {
    let hired = fixture("bamboohr/hired.http");
    let with_portal = "[docspace]\nurl = \"https://portal.example.com\"\napi_key = { env = \"UNSET\" }\n[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n";
    for (more, actions) in [("", 0), (with_portal, 1)] {
        let place = only_sources(more);
        let explain = |at| place.run(&["explain", &hired, "--source", "bamboohr", "--json", "--at", at]);
        for at in ["1788249600", "2026-09-01T08:00:00Z", "2026-09-01T10:00:00+02:00", "1788249900"] {
            let ran = explain(at).good();
            let told = ran.json();
            assert_eq!(keys(&told), ["verified", "reason", "dedupe_keys", "events", "problem", "actions"]);
            assert_eq!(
                (&told["verified"], &told["reason"], &told["problem"]),
                (&json!(true), &Json::Null, &Json::Null)
            );
            assert_eq!(told["events"][0]["kind"], "employee.hired");
            assert_eq!(told["actions"].as_array().unwrap().len(), actions);
            assert_eq!(ran.err, "");
        }
        let ran = explain("1788249901");
        let told = ran.json();
        assert_eq!((ran.code, &told["verified"], &told["reason"]), (Some(1), &json!(false), &json!("stale")));
        assert_eq!(told["events"][0]["email"], "ada.example@example.com", "events are computed even when unverified");
    }
    let told = only_sources(with_portal)
        .run(&["explain", &hired, "--source", "bamboohr", "--json", "--at", "1788249600"])
        .json();
    assert_eq!(
        told["actions"],
        json!([{"action": "onboard", "event": "employee.hired", "params": {"type": "User", "mode": "create"}}])
    );
}

#[test]
fn explain_names_every_rejection_and_problem() {
    let place = only_sources("");
    let explain = |body: &str, headers: &str| {
        place.write("case.http", &format!("POST /hooks/own HTTP/1.1\r\n{headers}\r\n{body}"));
        place.run(&["explain", "case.http", "--source", "own", "--json"])
    };
    let good = r#"{"type":"employee.hired","data":{"employee_id":"1","email":"ada@corp.example"}}"#;
    let signed = |body: &str| format!("X-Usher-Signature: sha256={}\r\n", hmac(HR_SECRET, body));
    for (headers, reason) in [
        (String::new(), "missing_signature"),
        ("X-Usher-Signature: sha256=zz\r\n".to_owned(), "malformed_signature"),
        (signed("{}"), "bad_signature"),
        (signed(good).repeat(2), "ambiguous_header"),
    ] {
        let ran = explain(good, &headers);
        assert_eq!((ran.code, &ran.json()["reason"]), (Some(1), &json!(reason)), "{ran:#?}");
    }
    assert_eq!(explain(good, &signed(good)).good().json()["problem"], Json::Null);
    for body in ["not json", r#"{"type":"employee.hired","data":{"employee_id":"1"}}"#] {
        let told = explain(body, &signed(body)).good().json();
        assert_eq!(keys(&told["problem"]), ["what", "where"], "{told}");
        assert_eq!((&told["reason"], &told["actions"]), (&Json::Null, &json!([])));
    }
    place.write("bare.json", good);
    assert_eq!(place.run(&["explain", "bare.json", "--source", "own", "--json"]).json()["reason"], "missing_signature");
}

#[test]
fn explain_says_what_would_be_held_without_changing_the_shape() {
    let rule =
        "[[rules]]\non = \"employee.hired\"\nwhen = \"event.department == 'Lab'\"\nonboard = { type = \"User\" }\n";
    let place = only_sources(rule);
    let body = r#"{"type":"employee.hired","data":{"employee_id":"1","email":"ada@corp.example"}}"#;
    place
        .write("case.http", &format!("POST / HTTP/1.1\nX-Usher-Signature: sha256={}\n\n{body}", hmac(HR_SECRET, body)));
    let ran = place.run(&["explain", "case.http", "--source", "own", "--json"]).good();
    for action in ran.json()["actions"].as_array().unwrap() {
        assert_eq!(keys(action), ["action", "event", "params"]);
    }
    assert!(ran.err.contains("onboard would be held") && ran.err.contains("department"), "{ran:#?}");
    let ran = place.run(&["explain", "case.http", "--source", "own"]).good();
    assert!(ran.out.contains("verified  yes") && ran.out.contains("held") && ran.err.is_empty(), "{ran:#?}");
}

#[test]
fn what_sign_prints_is_accepted_by_a_server() {
    let place = Place::usual();
    let _server = place.serve();
    for (source, name) in [("own", "generic-hmac/hired.http"), ("bamboohr", "bamboohr/hired.http")] {
        let file = fixture(name);
        let signed = place.run(&["sign", &file, "--source", source]).good();
        assert_eq!(signed.err, "");
        let text = std::fs::read_to_string(&file).unwrap();
        let body = text.replace("\r\n", "\n").split_once("\n\n").unwrap().1.to_owned();
        let headers: Vec<_> = signed.out.lines().collect();
        let post = |headers: &[&str]| {
            request(place.public, &format!("POST /hooks/{source} HTTP/1.1"), headers, body.as_bytes())
        };
        assert_eq!(post(&headers), Some((200, String::new())), "{headers:?}");
        assert_eq!(post(&[]).unwrap().0, 401);
    }
}

#[test]
fn a_day_that_is_no_date_is_told_before_anybody_is_invited_by_it() {
    let place = only_sources("");
    let explain = |day: &str, more: &[&str]| {
        let body =
            json!({"type": "employee.hired", "data": {"employee_id": "7", "email": "ada@corp.test", "starts_on": day}});
        place.write("hired.json", &body.to_string());
        place.run(&[&["explain", "hired.json", "--source", "own"], more].concat())
    };
    for day in ["01-12-2026", "26-12-1", "1.12.26", "soon"] {
        let told = explain(day, &[]);
        assert!(told.out.contains("note: starts_on is no date: the connector has to yield YYYY-MM-DD"), "{told:#?}");
        // The shape of the JSON is fixed, so that it is said beside it.
        let told = explain(day, &["--json"]);
        assert_eq!(told.json()["events"][0]["starts_on"], day);
        assert!(told.err.contains("starts_on is no date"), "{told:#?}");
    }
    for day in ["2026-12-01", "2026-12-01T09:00:00+02:00", ""] {
        let told = explain(day, &[]);
        assert!(!told.out.contains("is no date"), "{told:#?}");
    }
}
