//! What `explain` tells beyond its fixed shape: near misses, expressions, rules, calls.

use serde_json::{Value as Json, json};

use crate::stage::{HR_SECRET, Place, Ran};
use crate::wire::hmac;

const HIRE: &str =
    r#"{"type":"employee.hired","data":{"employee_id":"1","email":"ada@corp.example","first_name":"Ada"}}"#;

/// Connectors that are no part of the program.
const ACME: &str = r#"
name = "acme"
[auth]
kind = "token"
token = "json:/token"
[fetch]
base = "https://api.acme.example/v1"
path = "/people/{{ item.id }}"
headers = { "x-version" = "3" }
auth = ["bearer"]
[[handshake]]
method = "POST"
match = { "json:/kind" = "ping" }
echo = { from = "json:/challenge", to = "text" }
secret = "json:/shared"
[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'hired' and fetched.state == 'active'"
employee_id = "item.id"
email = "fetched.mail"
title = "body.token"
[[event]]
kind = "employee.terminated"
items = "body.people"
when = "item.news == 'gone'"
employee_id = "item.id"
fetch = false
"#;

pub(crate) fn place(more: &str) -> Place {
    let place = Place::empty();
    let text = format!(
        r#"[connectors]
directory = "connectors.d"
[docspace]
url = "https://portal.example.com"
api_key = {{ env = "UNSET" }}
[sources.own]
connector = "generic-hmac"
secrets = [{{ env = "OLD_SECRET" }}, {{ file = "secrets/hr" }}]
[sources.other]
connector = "generic-hmac"
secrets = [{{ file = "secrets/other" }}]
[sources.acme]
connector = "acme"
secrets = [{{ file = "secrets/acme" }}]
[sources.acme.fetch]
bearer = {{ env = "ACME_TOKEN" }}
{more}"#
    );
    place.write("usher.toml", &text);
    place.write("connectors.d/acme.toml", ACME);
    place.write("secrets/hr", HR_SECRET);
    place.write("secrets/other", "the-secret-of-the-other-source");
    place.write("secrets/acme", "acme-token-in-the-body");
    place
}

const SECRETS: [&str; 5] = [
    HR_SECRET,
    "the-old-secret-that-was",
    "the-secret-of-the-other-source",
    "acme-token-in-the-body",
    "the-bearer-of-acme",
];

/// Run it; nothing that it prints may be a secret.
pub(crate) fn explain(place: &Place, args: &[&str]) -> Ran {
    let env = [("OLD_SECRET", "the-old-secret-that-was"), ("ACME_TOKEN", "the-bearer-of-acme")];
    let ran = place.run_with(&env, &[&["explain"], args].concat());
    for secret in SECRETS {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{secret}: {ran:#?}");
    }
    ran
}

fn signed(place: &Place, secret: &str, body: &str, sent: &str) {
    let signature = hmac(secret, body);
    place.write("case.http", &format!("POST /hooks/own HTTP/1.1\nx-usher-signature: sha256={signature}\n\n{sent}"));
}

pub(crate) fn has(ran: &Ran, parts: &[&str]) {
    for part in parts {
        assert!(ran.out.contains(part), "lacks {part}:\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn what_was_signed_and_which_secret_fits_is_told_by_its_place() {
    let place = place("");
    signed(&place, HR_SECRET, HIRE, HIRE);
    let ran = explain(&place, &["case.http", "--source", "own"]).good();
    has(
        &ran,
        &[
            "scheme     hmac sha256 over `{body}`, in hex",
            "looked at  header:x-usher-signature, written `sha256={sig}`: a signature of 32 bytes",
            "secrets    env OLD_SECRET tried, file secrets/hr fits",
            &format!("signed     {} bytes, sha256 ", HIRE.len()),
            r#"{"type":"employee.hired","data": ... "#,
        ],
    );
    let first = ran.out.lines().find(|line| line.contains(" signed ")).unwrap();
    assert!(!first.contains("employee_id"), "not the whole body: {first}");
}

#[test]
fn a_refusal_names_what_would_fit() {
    let place = place("");
    signed(&place, HR_SECRET, HIRE, &format!("{HIRE}\n"));
    let ran = explain(&place, &["case.http", "--source", "own"]);
    assert_eq!(ran.code, Some(1));
    has(&ran, &["verified  no: bad_signature", "cause      it fits if the body had no final newline"]);
    signed(&place, "the-secret-of-the-other-source", HIRE, HIRE);
    let ran = explain(&place, &["case.http", "--source", "own"]);
    has(&ran, &["cause      it fits with a secret of the source other (file secrets/other)"]);
    signed(&place, "a secret of nobody here", HIRE, HIRE);
    let ran = explain(&place, &["case.http", "--source", "own"]);
    has(&ran, &["cause      no slip of the usual kinds explains it: the secret is another one, or the body"]);
}

/// Rules of which some ask for something, and some do not.
const RULES: &str = r#"
[[rules]]
on = "employee.terminated"
disable = {}
[[rules]]
on = "employee.hired"
when = "event.department == 'Lab'"
onboard = { type = "User", groups = ["Lab"] }
[[rules]]
on = "employee.hired"
when = "event.first_name == 'Eve'"
onboard = { type = "User" }
[[rules]]
on = "employee.hired"
onboard = { type = "User", groups = ["Staff"], rooms = [{ id = "12", access = "read" }] }
"#;

#[test]
fn each_expression_rule_and_call_is_told_in_order() {
    let place = place(RULES);
    let told = HIRE.replace("\"Ada\"", "\"Ada\",\"department\":\"Sales\"");
    signed(&place, HR_SECRET, &told, &told);
    let ran = explain(&place, &["case.http", "--source", "own"]).good();
    has(
        &ran,
        &[
            "mapping   [[event]] 1 (employee.hired): the body is the one item\n            item 1 is meant",
            "employee_id `item.data.employee_id` -> \"1\"",
            "last_name `item.data.last_name` -> absent",
            "item 1 is not meant: when `item.type == 'employee.updated'` -> false (item.type is \"employee.hired\")",
            "rule      2 on employee.hired: `event.department == 'Lab'` -> false (event.department is \"Sales\"): nothing is asked for",
            "rule      3 on employee.hired: `event.first_name == 'Eve'` -> false",
            "rule      4 on employee.hired: no condition: asks for onboard",
            "rule      1 (employee.terminated): not for employee.hired",
        ],
    );
    let calls: Vec<_> = ran.out.lines().skip_while(|line| !line.contains("calls at the portal")).skip(1).collect();
    let calls: Vec<_> = calls.iter().map(|call| call.trim().split("   ").next().unwrap()).collect();
    let expected = [
        "GET /people/email",
        "GET /group",
        "GET /settings",
        "POST /people",
        "GET /people/{id}",
        "POST /people/invite",
        "PUT /group/{id}/members",
        "PUT /files/rooms/12/share",
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_rule_that_cannot_be_judged_is_told_with_what_follows_from_it() {
    let place = place(RULES);
    signed(&place, HR_SECRET, HIRE, HIRE);
    let ran = explain(&place, &["case.http", "--source", "own"]).good();
    has(
        &ran,
        &[
            "rule      2 on employee.hired: ",
            "reads event.department, which this event does not have",
            "what it asks for is held: asks for onboard",
            "onboard is asked for by an earlier rule already",
            "once it is released:",
        ],
    );
}

#[test]
fn the_fixed_shape_gets_its_detail_only_where_it_is_asked_for() {
    let place = place("");
    signed(&place, HR_SECRET, HIRE, HIRE);
    let keys = |told: &Json| told.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let plain = explain(&place, &["case.http", "--source", "own", "--json"]).good().json();
    assert_eq!(keys(&plain), ["verified", "reason", "dedupe_keys", "events", "problem", "actions"]);
    let mut told = explain(&place, &["case.http", "--source", "own", "--json", "--detail"]).good().json();
    let detail = told.as_object_mut().unwrap().remove("detail").unwrap();
    assert_eq!(told, plain);
    assert_eq!(
        detail["secrets"],
        json!([{"place": "env OLD_SECRET", "fits": false}, {"place": "file secrets/hr", "fits": true}])
    );
    assert_eq!(detail["auth"]["fits"], 1);
    let fields = &detail["tables"][0]["found"][0]["fields"];
    assert_eq!(fields[0], json!({"key": "employee_id", "expression": "item.data.employee_id", "value": "1"}));
    assert!(fields.as_array().unwrap().iter().any(|field| field["absent"] == true), "{fields:#}");
    assert_eq!(explain(&place, &["case.http", "--source", "own", "--detail"]).code, Some(2));
}

#[test]
fn the_calls_that_are_told_are_those_that_are_made() {
    let place = Place::usual();
    place.edit(
        "onboard = { type = \"User\" }",
        "onboard = { type = \"User\", groups = [\"engineering\"], rooms = [{ id = 1 }] }",
    );
    let portal = place.sandbox(&[]);
    portal.call("POST /group", &json!({"groupName": "Engineering"}));
    place.write("hire.json", HIRE);
    let told = place.run(&["explain", "hire.json", "--source", "own", "--json", "--detail"]).json();
    let told: Vec<_> = told["detail"]["calls"][0]["calls"].as_array().unwrap().clone();
    let told: Vec<_> = told.iter().map(|call| call["call"].as_str().unwrap().to_owned()).collect();
    let _server = place.serve();
    let before = portal.state()["calls"].as_array().unwrap().len();
    assert_eq!(place.post("own", HIRE), Some(200));
    let jobs = place.settled();
    let job = jobs.iter().find(|job| job["kind"] == "onboard").unwrap();
    assert_eq!(job["state"], "done", "{job:#}");
    let state = portal.state();
    let id = |call: &str| {
        let parts: Vec<_> = call.split('/').map(|part| if part.len() == 36 { "{id}" } else { part }).collect();
        parts.join("/")
    };
    let line = |call: &Json| format!("{} {}", call["method"].as_str().unwrap(), id(call["path"].as_str().unwrap()));
    let made: Vec<_> = state["calls"].as_array().unwrap()[before..].iter().map(line).collect();
    let made: Vec<_> = made.iter().map(|call| call.replace("/api/2.0", "")).collect();
    // What the server asks for its own sake at its start is no part of the action.
    let own = ["GET /keys/", "GET /settings/", "GET /people/@self"];
    let made: Vec<_> = made.into_iter().filter(|call| !own.iter().any(|own| call.starts_with(own))).collect();
    assert_eq!(made, told);
}
