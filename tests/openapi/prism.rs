//! The client's calls against a mock that somebody else's program makes from the description (Prism).
//!
//! The mock refuses what contradicts the description, and answers from it: what the client makes of an answer then does
//! not rest on the sandbox.

use std::sync::Once;

use http::header;
use serde_json::Value;

use crate::calls::{STEPS, Subject};
use crate::description::{Description, VARIABLE, tell};
use crate::recorder::{Exchange, Recorder};
use crate::stage::{self, refuse};
use crate::{client, program};

const URL: &str = "USHER_PRISM_URL";

/// The mock behind a recorder, and what it is made from.
async fn mock() -> Option<(Recorder, Description)> {
    let Some(url) = std::env::var(URL).ok().filter(|url| !url.is_empty()) else {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| tell(&format!("left out: {URL} names no mock of the portal to call")));
        return None;
    };
    let described = Description::of_portal().unwrap_or_else(|| panic!("{URL} needs {VARIABLE} beside it"));
    let recorder = Recorder::start().await;
    recorder.pass_on_to(&url);
    Some((recorder, described))
}

/// What the mock has against requests. Those that depart from the description in a known way it cannot take.
fn objections(described: &Description, tape: &[Exchange]) -> Vec<String> {
    let as_described = |exchange: &&Exchange| {
        let complaints = described.of_request(exchange);
        refuse(complaints.clone());
        complaints.is_empty()
    };
    tape.iter().filter(as_described).filter_map(objection).collect()
}

/// The mock's own account in a header of the answer, or else its refusal.
fn objection(exchange: &Exchange) -> Option<String> {
    let (method, path) = (&exchange.method, &exchange.path);
    let account = exchange.answer_headers.get("sl-violations").map(|value| value.to_str().unwrap());
    let violations: Vec<Value> = account.map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
    let of_request: Vec<String> =
        violations.iter().filter(|one| one["location"][0] == "request").map(ToString::to_string).collect();
    if !of_request.is_empty() {
        return Some(format!("{method} {path}: {}", of_request.join(", ")));
    }
    let refused = !(200..300).contains(&exchange.status);
    refused.then(|| format!("{method} {path}: {} {}", exchange.status, String::from_utf8_lossy(&exchange.answer)))
}

#[tokio::test]
async fn the_mock_takes_every_request_that_the_sandbox_was_sent() {
    let Some((recorder, described)) = mock().await else { return };
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let tape = [client::play().await.recorder.tape(), program::play().await].concat();
    for exchange in &tape {
        let query = exchange.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}{}{query}", recorder.url(), exchange.path);
        let mut headers = exchange.headers.clone();
        headers.remove(header::HOST);
        let request = http.request(exchange.method.parse().unwrap(), url).headers(headers);
        request.body(exchange.body.clone()).send().await.unwrap();
    }
    let again = recorder.tape();
    assert_eq!(again.len(), tape.len());
    assert_eq!(objections(&described, &again), Vec::<String>::new());
}

#[tokio::test]
async fn the_mocks_answers_are_understood() {
    let Some((recorder, described)) = mock().await else { return };
    let (client, who) = (stage::client(&recorder), Subject::of_a_mock());
    let mut wrong = Vec::new();
    for step in STEPS {
        let before = recorder.tape().len();
        let outcome = (step.play)(&client, &who).await;
        let calls = &recorder.tape()[before..];
        wrong.extend(objections(&described, calls));
        let as_described = calls.iter().all(|call| described.of_request(call).is_empty());
        wrong.extend(outcome.err().filter(|_| as_described).map(|what| format!("{}: {what}", step.name)));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
