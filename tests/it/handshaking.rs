//! Handshakes of each kind through the real router: answered as the vendors describe it, and nothing is kept of them.

use std::time::Duration;

use http::Request;
use serde_json::json;
use usher::ledger::{Keys, Ledger};
use usher::model::Clock;
use usher::store::Change;

use crate::knocking::{Door, SECRET, asks, fine, sends};

const TEXT: (&str, &str) = ("content-type", "text/plain");
const JSON: (&str, &str) = ("content-type", "application/json");

/// Every handshake there is here, one of each kind.
fn greetings() -> Vec<Request<axum::body::Body>> {
    vec![
        asks("GET", "/hooks/okta", &[("x-okta-verification-challenge", "abc"), ("authorization", SECRET)]),
        asks("POST", "/hooks/graph?validationToken=abc", &[]),
        asks("POST", "/hooks/smartrecruiters", &[("x-hook-secret", "abc")]),
        sends("POST", "/hooks/hibob", &[], b"Ping test"),
        sends("POST", "/hooks/hibob", &[], br#"{"text":"Ping test"}"#),
        asks("POST", "/hooks/google", &[("x-goog-resource-state", "sync")]),
        asks("OPTIONS", "/hooks/cloudevents", &[("webhook-request-origin", "events.example.com")]),
        asks("HEAD", "/hooks/docspace", &[]),
    ]
}

const DOCSPACE: &str = "[sources.docspace]\nconnector = \"docspace\"\nsecrets = [{ env = \"SECRET\" }]\n";

#[tokio::test]
async fn a_verification_get_with_the_token_is_answered_in_json_and_without_it_refused() {
    let door = Door::open("").await;
    let challenge = ("x-okta-verification-challenge", "GcZyfKwd");
    let get = |headers: &[(&str, &str)]| asks("GET", "/hooks/okta", headers);
    let got = door.greet(get(&[challenge, ("authorization", SECRET)])).await;
    assert_eq!(got, fine(&[JSON], r#"{"verification":"GcZyfKwd"}"#));
    for refused in [get(&[challenge]), get(&[challenge, ("authorization", "another")])] {
        let answer = door.ask(refused).await;
        assert_eq!(answer.status(), 401);
        assert!(axum::body::to_bytes(answer.into_body(), 99).await.unwrap().is_empty(), "nothing is echoed");
    }
    let twice = get(&[challenge, ("authorization", SECRET), ("authorization", SECRET)]);
    assert_eq!(door.status(twice).await, 401);
    let plain = door.ask(get(&[("authorization", SECRET)])).await;
    assert_eq!((plain.status().as_u16(), plain.headers()["allow"].to_str().unwrap()), (405, "POST, GET"));
}

#[tokio::test]
async fn a_validation_token_comes_back_decoded_as_plain_text_that_no_browser_runs() {
    let door = Door::open("").await;
    let post = |query: &str| sends("POST", &format!("/hooks/graph?{query}"), &[("content-type", "text/plain")], b"");
    let token = "Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+522a8e7e";
    let plain = "Validation: Testing client application reachability for subscription Request-Id: 522a8e7e";
    assert_eq!(door.greet(post(&format!("validationToken={token}"))).await, fine(&[TEXT], plain));
    let hostile = "validationToken=%3Cscript%3Ealert(document.domain)%3C%2Fscript%3E";
    assert_eq!(door.greet(post(hostile)).await, fine(&[TEXT], "<script>alert(document.domain)</script>"));
    let long = format!("validationToken={}", "x".repeat(1025));
    for odd in [
        "validationToken=a%0D%0Ab",
        "validationToken=a&validationToken=b",
        "validationToken=%C3%A4",
        "validationToken=",
        &long,
    ] {
        assert_eq!(door.status(post(odd)).await, 401, "{odd}");
    }
}

#[tokio::test]
async fn a_hook_secret_comes_back_in_its_header() {
    let door = Door::open("").await;
    let got = door.greet(asks("POST", "/hooks/smartrecruiters", &[("x-hook-secret", "s3cret/+=")])).await;
    assert_eq!(got, fine(&[("x-hook-secret", "s3cret/+=")], ""));
    let twice = [("x-hook-secret", "a"), ("x-hook-secret", "b")];
    assert_eq!(door.status(asks("POST", "/hooks/smartrecruiters", &twice)).await, 401);
    let long = "x".repeat(1025);
    assert_eq!(door.status(asks("POST", "/hooks/smartrecruiters", &[("x-hook-secret", &long)])).await, 401);
}

#[tokio::test]
async fn pings_are_answered_whether_they_are_json_or_not() {
    let door = Door::open("").await;
    for ping in ["Ping test", r#"{"text":"Ping test"}"#] {
        let got =
            door.greet(sends("POST", "/hooks/hibob", &[("content-type", "application/json")], ping.as_bytes())).await;
        assert_eq!(got, fine(&[], ""), "{ping}");
    }
    for other in ["Ping", r#"{"text":"Ping test","type":"employee.created"}x"#, r#"{"text":["Ping test"]}"#] {
        assert_eq!(door.status(sends("POST", "/hooks/hibob", &[], other.as_bytes())).await, 401, "{other}");
    }
}

#[tokio::test]
async fn the_first_message_of_a_channel_is_answered_and_the_next_ones_are_webhooks() {
    let door = Door::open("").await;
    let says = |state: &'static str, body: &'static [u8]| {
        let headers = [("x-goog-resource-state", state), ("x-goog-channel-token", SECRET)];
        sends("POST", "/hooks/google", &headers, body)
    };
    assert_eq!(door.greet(says("sync", b"")).await, fine(&[], ""));
    assert_eq!(door.stored().await, 0);
    assert_eq!(door.status(says("add", b"{}")).await, 200);
    assert_eq!(door.stored().await, 1);
}

#[tokio::test]
async fn a_request_for_consent_is_granted_for_the_origin_that_asks_and_no_address_is_called() {
    let door = Door::open("").await;
    let options = |headers: &[(&str, &str)]| asks("OPTIONS", "/hooks/cloudevents", headers);
    let callback = ("webhook-request-callback", "http://127.0.0.1:9/consent");
    let origin = ("webhook-request-origin", "eventemitter.example.com");
    let got = door.greet(options(&[origin, callback, ("webhook-request-rate", "999")])).await;
    let granted = [("webhook-allowed-rate", "120"), ("webhook-allowed-origin", "eventemitter.example.com")];
    assert_eq!(got, fine(&granted, ""));
    assert_eq!(door.status(options(&[callback])).await, 405, "nobody says who asks");
    assert_eq!(door.status(options(&[("webhook-request-origin", &"x".repeat(1025))])).await, 405);
}

#[tokio::test]
async fn a_head_is_answered_without_a_body() {
    let door = Door::open(DOCSPACE).await;
    assert_eq!(door.greet(asks("HEAD", "/hooks/docspace", &[])).await, fine(&[], ""));
}

#[tokio::test]
async fn nothing_is_stored_of_handshakes_and_they_are_counted() {
    let door = Door::open(DOCSPACE).await;
    for greeting in greetings() {
        assert_eq!(door.status(greeting).await, 200);
    }
    assert_eq!(door.stored().await, 0);
    assert!(door.app.store.jobs(Default::default()).await.unwrap().is_empty());
    assert!(door.app.store.told_secret_times().await.unwrap().is_empty());
    let metrics = door.metrics();
    assert!(metrics.contains("usher_handshakes_total{source=\"hibob\"} 2\n"), "{metrics}");
    assert!(metrics.contains("usher_handshakes_total{source=\"okta\"} 1\n"), "{metrics}");
    assert!(!metrics.contains("usher_accepted_total{") && !metrics.contains("usher_refused_total{"), "{metrics}");
    assert_eq!(door.status(asks("GET", "/hooks/okta", &[("x-okta-verification-challenge", "a")])).await, 401);
    assert!(door.metrics().contains("usher_handshakes_total{source=\"okta\"} 1\n"), "a refused one does not count");
}

#[tokio::test]
async fn webhooks_of_all_these_platforms_are_stored() {
    let door = Door::open("").await;
    let bodies = [
        ("okta", r#"{"eventType":"com.okta.event_hook","verification":"x"}"#),
        ("graph", r#"{"value":[{"clientState":"","validationToken":"x"}]}"#),
        ("smartrecruiters", r#"{"x-hook-secret":"x"}"#),
        ("gusto", r#"{"event_type":"employee.created","entity_attributes":{"verification_token":"x"}}"#),
        ("hibob", r#"{"type":"employee.created","data":{"text":"Ping test"}}"#),
        ("google", r#"{"kind":"admin#directory#user","state":"sync"}"#),
        ("cloudevents", r#"{"type":"employee.created"}"#),
    ];
    for (number, (source, body)) in bodies.into_iter().enumerate() {
        assert_eq!(door.status(door.signed(source, SECRET, body)).await, 200, "{source}");
        assert_eq!(door.stored().await, number + 1, "{source}");
    }
    assert!(!door.metrics().contains("usher_handshakes_total{"));
}

#[tokio::test]
async fn methods_and_sizes_are_judged_before_handshakes() {
    let door = Door::open("").await;
    let large = vec![b' '; (1 << 20) + 1];
    assert_eq!(door.status(sends("POST", "/hooks/graph?validationToken=abc", &[], &large)).await, 413);
    assert_eq!(door.status(sends("PUT", "/hooks/graph?validationToken=abc", &[], &large)).await, 405);
    assert_eq!(door.status(asks("GET", "/hooks/graph?validationToken=abc", &[])).await, 405);
    assert_eq!(door.status(asks("POST", "/hooks/nobody?validationToken=abc", &[])).await, 404);
}

#[tokio::test]
async fn a_sender_in_a_hurry_gets_503_before_it_gives_up() {
    let door = Door::open("").await;
    let (release, hold) = std::sync::mpsc::channel::<()>();
    let (store, now) = (door.app.store.clone(), door.clock.now());
    let (begin, begun) = tokio::sync::oneshot::channel();
    let stuck = tokio::spawn(async move {
        let wait = move |_: &mut Ledger| {
            begin.send(()).unwrap();
            (Change::default(), hold.recv().is_ok())
        };
        store.write(Keys::default(), false, now, wait).await
    });
    begun.await.unwrap();
    // Nothing else happens while the writer is stuck, so time leaps to the end of each limit.
    tokio::time::pause();
    let body = json!({"value": [{"clientState": ""}]}).to_string();
    // What the request took so far is real time, and counts too.
    for (source, least, most) in [("graph", 1000, 2500), ("patient", 1000, 1000), ("hibob", 9000, 9000)] {
        let begun = tokio::time::Instant::now();
        let answer = door.ask(door.signed(source, SECRET, &body)).await;
        assert_eq!(answer.status(), 503, "{source}");
        assert!(answer.headers().contains_key("retry-after"));
        let limits = Duration::from_millis(least)..=Duration::from_millis(most + 5);
        assert!(limits.contains(&begun.elapsed()), "{source}: {:?}", begun.elapsed());
    }
    tokio::time::resume();
    release.send(()).unwrap();
    assert!(stuck.await.unwrap().unwrap());
}
