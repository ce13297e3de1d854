//! The client's calls against a mock that somebody else's program makes from the description (Prism).
//!
//! The mock refuses what contradicts the description, and answers from it: what the client makes of an answer then does
//! not rest on the sandbox.

use crate::calls::{STEPS, Subject};
use crate::completeness;
use crate::departures::UNDESCRIBED;
use crate::description::{Description, VARIABLE};
use crate::recorder::{Exchange, Recorder};
use crate::stage::{API, client};

const URL: &str = "USHER_PRISM_URL";

/// What the mock has against a request: its own account in a header of the answer, or its refusal.
fn objection(exchange: &Exchange) -> Option<String> {
    let (method, path) = (&exchange.method, &exchange.path);
    let account = exchange.answer_headers.get("sl-violations").map(|value| value.to_str().unwrap());
    let violations: Vec<serde_json::Value> =
        account.map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
    let of_request: Vec<String> =
        violations.iter().filter(|one| one["location"][0] == "request").map(ToString::to_string).collect();
    if !of_request.is_empty() {
        return Some(format!("{method} {path}: {}", of_request.join(", ")));
    }
    let refused = !(200..300).contains(&exchange.status);
    refused.then(|| format!("{method} {path}: {} {}", exchange.status, String::from_utf8_lossy(&exchange.answer)))
}

#[tokio::test]
async fn prism_takes_every_call_and_its_answers_are_understood() {
    let Some(url) = std::env::var(URL).ok().filter(|url| !url.is_empty()) else {
        use std::io::Write;
        writeln!(std::io::stderr(), "left out: calls against an independent mock: {URL} names none").unwrap();
        return;
    };
    let described = Description::of_portal().unwrap_or_else(|| panic!("{URL} needs {VARIABLE} beside it"));
    let recorder = Recorder::start().await;
    recorder.pass_on_to(&url);
    let client = client(&recorder);
    let who = Subject {
        id: "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01".to_owned(),
        email: "ada@corp.example".to_owned(),
        fresh: ["grace@corp.example", "lin@corp.example"],
    };
    let mut wrong = Vec::new();
    for step in STEPS {
        let before = recorder.tape().len();
        let outcome = (step.play)(&client, &who).await;
        let calls = &recorder.tape()[before..];
        // What the description leaves out the mock cannot answer.
        if calls.iter().any(|call| described.find(&call.method, &call.path).is_none()) {
            continue;
        }
        wrong.extend(calls.iter().filter_map(objection));
        wrong.extend(outcome.err().map(|what| format!("{}: {what}", step.name)));
    }
    let undescribed = |name: &String| {
        let (method, path) = name.split_once(' ').unwrap();
        let lacking = described.find(method, &format!("{API}{path}")).is_none();
        lacking && UNDESCRIBED.iter().any(|(call, _)| call == name)
    };
    let missed = completeness::missed(&recorder.tape()).into_iter().filter(|name| !undescribed(name));
    wrong.extend(missed.map(|name| format!("{name} was not made")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
