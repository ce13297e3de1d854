//! `usher simulate` of webhooks that tell only a part: the rest comes from a file or from the platform.

use std::net::SocketAddr;
use std::time::Duration;

use crate::fetching::{asking, platform};
use crate::stage::{HR_SECRET, Place};
use crate::wire::request;

const ADA: &str = r#"{"email":"ada@corp.example","first":"Ada","last":"Example"}"#;
const BODY: &str = r#"{"id":"7"}"#;

/// A source whose platform is at this address.
fn thin(address: SocketAddr) -> Place {
    thin_with(address, "")
}

/// The same with more keys.
fn thin_with(address: SocketAddr, more: &str) -> Place {
    let table = format!(
        "fetch = {{ base = \"http://{address}\", allow = [\"127.0.0.1\"], bearer = {{ file = \"secrets/acme\" }}{more} }}"
    );
    let place = asking("auth = [\"bearer\"]", &table);
    for case in ["case.http", "again.http"] {
        place.write(case, &format!("POST /hooks/acme HTTP/1.1\nx-token: {HR_SECRET}\n\n{BODY}"));
    }
    place
}

#[test]
fn the_platform_is_asked_once_about_each_and_nothing_is_done() {
    let (address, asked) = platform(200, ADA);
    let place = thin(address);
    let portal = place.sandbox(&[]);
    let ran = place.run(&["simulate", "case.http", "again.http", "--source", "acme"]).good();
    assert!(ran.out.contains("ada@corp.example") && ran.out.contains("create 1"), "{ran:#?}");
    assert!(ran.err.contains("2 request(s) tell only a part"), "{ran:#?}");
    let asked = asked.lock().unwrap();
    assert!(asked.len() == 1 && asked[0].starts_with("GET /v1/people/7 "), "{asked:?}");
    assert!(portal.state()["users"].as_array().unwrap().iter().all(|user| user["email"] != "ada@corp.example"));
}

#[test]
fn what_lies_beside_the_file_is_taken_for_the_answer() {
    let (address, asked) = platform(500, "");
    let place = thin(address);
    place.write("case.fetched.json", r#"{"email":"eve@corp.example"}"#);
    let ran = place.run(&["simulate", "case.http", "--source", "acme", "--offline"]).good();
    assert!(ran.out.contains("eve@corp.example"), "{ran:#?}");
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn whoever_is_not_asked_or_gives_no_answer_is_told_as_that() {
    let (address, asked) = platform(401, "");
    let place = thin(address);
    let _portal = place.sandbox(&[]);
    for silent in ["--no-fetch", "--offline"] {
        let ran = place.run(&["simulate", "case.http", "--source", "acme", silent]).good();
        assert!(ran.out.contains("is to be asked about it, and was not"), "{ran:#?}");
    }
    assert!(asked.lock().unwrap().is_empty());
    let ran = place.run(&["simulate", "case.http", "--source", "acme"]).good();
    assert!(ran.out.contains("the platform gave no answer") && ran.out.contains("401"), "{ran:#?}");
    std::fs::remove_file(place.path("secrets/acme")).unwrap();
    let ran = place.run(&["simulate", "case.http", "--source", "acme"]);
    assert!(ran.code == Some(2) && ran.err.contains("add --no-fetch"), "{ran:#?}");
}

#[test]
fn stored_deliveries_are_asked_about_again() {
    let (address, asked) = platform(200, ADA);
    let place = thin(address);
    let _portal = place.sandbox(&[]);
    let mut server = place.serve();
    let token = format!("x-token: {HR_SECRET}");
    let posted = request(place.public, "POST /hooks/acme HTTP/1.1", &[&token], BODY.as_bytes());
    assert_eq!(posted.map(|(status, _)| status), Some(200));
    place.settled();
    server.signal("TERM");
    assert!(server.ended(Duration::from_secs(15)).0.success());
    let before = asked.lock().unwrap().len();
    let ran = place.run(&["simulate", "--since", "1h"]).good();
    assert!(ran.out.contains("ada@corp.example") && ran.out.contains("skip 1"), "{ran:#?}");
    assert_eq!(asked.lock().unwrap().len(), before + 1);
}

#[test]
fn a_platform_that_wants_few_calls_a_minute_is_waited_for() {
    let (address, asked) = platform(200, ADA);
    // Six at once, and then one in two and a half seconds.
    let place = thin_with(address, ", per_minute = 30");
    let files: Vec<_> = (1..=7).map(|number| format!("{number}.http")).collect();
    for (number, file) in files.iter().enumerate() {
        place.write(file, &format!("POST /hooks/acme HTTP/1.1\nx-token: {HR_SECRET}\n\n{{\"id\":\"{number}\"}}"));
    }
    let _portal = place.sandbox(&[]);
    let arguments: Vec<_> = files.iter().map(String::as_str).collect();
    let ran = place.run(&[&["simulate"], &arguments[..], &["--source", "acme"]].concat()).good();
    assert!(!ran.out.contains("gave no answer"), "{ran:#?}");
    assert_eq!(asked.lock().unwrap().len(), files.len());
}
