//! `usher catch-up`, and the same at the start of a server, with the real program.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::actors::Sandbox;
use crate::stage::{DOCSPACE_SECRET, Place, until};
use crate::wire::{hmac, request};

const ID: &str = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";

/// A row of the delivery log, as the portal leaves it when nobody answered.
fn row(id: i64, trigger: (&str, i64), activation: i64) -> Json {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let body = json!({"event": {"id": id, "createOn": now, "trigger": trigger.0, "triggerId": trigger.1},
        "payload": {"id": ID, "email": "new@corp.example", "status": 1, "activationStatus": activation},
        "webhook": {"id": 1, "name": "usher", "url": "http://localhost/", "triggers": ["*"]}})
    .to_string();
    let signature = format!("sha256={}", hmac(DOCSPACE_SECRET, &body));
    json!({"id": id, "configName": "usher", "trigger": trigger.1, "creationTime": now, "status": 0,
        "requestHeaders": json!({"x-docspace-signature-256": [signature]}).to_string(), "requestPayload": body})
}

/// Let the log have an activation that was never delivered, so many times.
fn log(sandbox: &Sandbox, times: u32) {
    let rows = [row(12, ("user.updated", 4), 1), row(11, ("user.created", 1), 2)];
    let body = json!({"response": rows, "count": 2, "total": 2, "status": 0, "statusCode": 200});
    sandbox.fault(
        &json!({"method": "GET", "path": "/settings/webhooks/log", "status": 200, "body": body, "times": times}),
    );
}

#[test]
fn what_is_taken_in_without_a_server_is_worked_on_when_one_starts() {
    let place = Place::usual();
    let sandbox = place.sandbox(&[]);
    log(&sandbox, 3);
    let ran = place.run(&["catch-up", "--json"]).good();
    let told = ran.json();
    let log = &told["logs"][0];
    for (member, value) in [("looked_at", 2), ("missed", 2), ("taken_in", 2), ("seen", 0), ("not_verified", 0)] {
        assert_eq!(log[member], value, "{member}: {told}");
    }
    assert_eq!((&log["portal"], &log["source"], &log["webhooks"]), (&json!("docspace"), &json!("docspace"), &json!(1)));
    assert!(ran.notes().contains("no server works on this store"), "{}", ran.err);
    let since = "1970-01-01T00:00:00Z";
    let again = place.run(&["catch-up", "--since", since, "--dry-run"]).good();
    assert!(!again.notes().contains("no server works"), "nothing was stored: {again:#?}");
    assert_eq!(again.notes(), again.err, "the table is enough: {again:#?}");
    let columns: Vec<_> = again.out.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(columns, ["docspace", "docspace", "1", since, "2", "0", "0", "2", "0", "0"], "{}", again.out);
    assert!(!again.notes().contains("no server"), "nothing waits: {}", again.err);
    let _server = place.serve();
    until("the activation is congratulated on", || {
        let jobs = place.jobs(&["--kind", "congratulate"]);
        (jobs.len() == 1 && jobs[0]["state"] != "ready" && jobs[0]["state"] != "running").then_some(())
    });
}

#[test]
fn a_server_takes_in_what_was_missed_by_itself_and_works_on_what_a_command_takes_in() {
    let place = Place::usual();
    let sandbox = place.sandbox(&[]);
    log(&sandbox, 1);
    let server = place.serve();
    until("the start caught up", || (place.jobs(&["--kind", "congratulate"]).len() == 1).then_some(()));
    assert!(server.log().contains("read the delivery log"));
    let (_, metrics) = request(place.admin, "GET /metrics HTTP/1.1", &[], b"").unwrap();
    assert!(metrics.contains("usher_catch_up_rows_total{source=\"docspace\",outcome=\"taken_in\"} 2"), "{metrics}");
    let rows = [row(14, ("user.deleted", 8), 1)];
    let body = json!({"response": rows, "count": 1, "total": 1, "status": 0, "statusCode": 200});
    sandbox.fault(&json!({"method": "GET", "path": "/settings/webhooks/log", "status": 200, "body": body}));
    let ran = place.run(&["catch-up", "--reconcile"]).good();
    assert!(!ran.notes().contains("no server"), "{}", ran.err);
    assert!(ran.out.contains("noted as active"), "{}", ran.out);
    until("the server has worked on it", || {
        let people = place.run(&["people", "list", "--json"]).good().json();
        people.as_array().unwrap().iter().any(|person| person["deleted_at"].is_string()).then_some(())
    });
}

#[test]
fn a_missing_scope_is_named_by_the_command_and_stops_no_server() {
    let place = Place::usual();
    let sandbox = place.sandbox(&[]);
    sandbox.fault(&json!({"method": "GET", "path": "/settings/webhook", "status": 403, "times": 2}));
    let ran = place.run(&["catch-up"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.notes().contains("lacks the scope *:read"), "{}", ran.err);
    let server = place.serve();
    until("the server has told", || server.log().contains("lacks the scope *:read").then_some(()));
    assert_eq!(place.hire("7", "ada@corp.example"), Some(200));
    place.settled();
    assert_eq!(sandbox.users(), ["ada@corp.example"]);
}

#[test]
fn what_cannot_be_looked_at_is_told_by_the_exit_code() {
    let place = Place::usual();
    let ran = place.run(&["catch-up", "--portal", "nowhere"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.err.contains("there is docspace"), "{}", ran.err);
    let ran = place.run(&["catch-up"]);
    assert_eq!(ran.code, Some(1), "nobody answers there: {ran:#?}");
    assert!(ran.notes().contains("the delivery log cannot be read"), "{}", ran.err);
    let ran = place.run(&["catch-up", "--since", "yesterday"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
}

#[test]
fn a_webhook_that_posts_elsewhere_is_told() {
    let place = Place::usual();
    let _sandbox =
        place.sandbox(&["--webhook-url", "http://127.0.0.1:9/hooks/other", "--webhook-secret", DOCSPACE_SECRET]);
    let ran = place.run(&["catch-up"]).good();
    assert!(ran.notes().contains("no webhook posts to /hooks/docspace"), "{}", ran.err);
}

#[test]
fn a_slow_portal_delays_no_stop() {
    let place = Place::usual();
    let sandbox = place.sandbox(&[]);
    sandbox.fault(&json!({"method": "GET", "path": "/settings/webhook", "delay_ms": 25_000}));
    let mut server = place.serve();
    until("the log is being asked for", || {
        let state = sandbox.state();
        let calls = state["calls"].as_array().unwrap();
        calls.iter().any(|call| call["path"] == "/api/2.0/settings/webhook").then_some(())
    });
    server.signal("TERM");
    let (status, _) = server.ended(Duration::from_secs(15));
    assert!(status.success(), "{}", server.log());
}
