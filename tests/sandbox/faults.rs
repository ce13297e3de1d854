use std::time::{Duration, Instant};

use serde_json::{Value, json};
use usher::sandbox::{DropPoint, Fault};

use crate::stage::{Stage, client, read};

fn new_user(email: &str) -> Value {
    json!({ "email": email, "firstName": "Ada", "type": "User" })
}

/// Post with the key; the client's own error where the connection breaks.
async fn send(stage: &Stage, email: &str) -> reqwest::Result<reqwest::Response> {
    stage
        .client
        .post(format!("{}/api/2.0/people", stage.url))
        .header("authorization", stage.key())
        .json(&new_user(email))
        .send()
        .await
}

#[tokio::test]
async fn a_status_is_answered_with_headers_and_an_empty_body_as_often_as_ordered() {
    let stage = Stage::new().await;
    let fault = json!({ "method": "post", "path": "/people", "times": 2, "status": 429, "headers": { "Retry-After": 7, "X-Note": "slow" } });
    assert_eq!(stage.control("/faults", fault).await.status, 200);
    assert_eq!(stage.get("/people").await.status, 200);
    let response = send(&stage, "ada@example.com").await.unwrap();
    assert_eq!(
        (response.headers()["retry-after"].to_str().unwrap(), response.headers()["x-note"].to_str().unwrap()),
        ("7", "slow")
    );
    read(response).await.empty(429);
    stage.post("/people", new_user("ada@example.com")).await.empty(429);
    assert!(stage.sandbox.state().users.is_empty());
    stage.post("/people", new_user("ada@example.com")).await.ok();
    let calls: Vec<_> =
        stage.sandbox.state().calls.into_iter().map(|call| (call.method, call.path, call.status)).collect();
    let call = |method: &str, status| (method.to_owned(), "/api/2.0/people".to_owned(), status);
    assert_eq!(calls, [call("GET", 200), call("POST", 429), call("POST", 429), call("POST", 200)]);
}

#[tokio::test]
async fn a_fault_comes_before_the_key_is_looked_at() {
    let stage = Stage::new().await;
    stage.control("/faults", json!({ "status": 503, "path": "/api/2.0/people/@self" })).await;
    read(stage.client.get(format!("{}/api/2.0/people/@self", stage.url)).send().await.unwrap()).await.empty(503);
}

#[tokio::test]
async fn a_body_is_sent_as_text_or_as_json() {
    let stage = Stage::new().await;
    stage.control("/faults", json!({ "body": "<html>maintenance</html>" })).await;
    stage.control("/faults", json!({ "status": 502, "body": { "error": "x" } })).await;
    let first = stage.get("/people").await;
    assert_eq!((first.status, first.text.as_str()), (200, "<html>maintenance</html>"));
    let second = stage.get("/people").await;
    assert_eq!((second.status, &second.json), (502, &json!({ "error": "x" })));
}

#[tokio::test]
async fn the_first_fault_that_fits_is_used_and_then_the_next() {
    let stage = Stage::new().await;
    stage
        .sandbox
        .add_fault(Fault { status: Some(500), path: Some("/people/filter".to_owned()), ..Fault::default() })
        .unwrap();
    stage.sandbox.add_fault(Fault { status: Some(502), ..Fault::default() }).unwrap();
    stage.sandbox.add_fault(Fault { status: Some(504), ..Fault::default() }).unwrap();
    stage.get("/people").await.empty(502);
    stage.get("/people/filter?count=1").await.empty(500);
    stage.get("/people").await.empty(504);
    stage.get("/people").await.ok();
}

#[tokio::test]
async fn a_connection_dropped_before_the_work_leaves_nothing_behind() {
    let stage = Stage::new().await;
    stage.control("/faults", json!({ "drop": "before", "path": "/people" })).await;
    let error = send(&stage, "ada@example.com").await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout() && !error.is_connect(), "{error:?}");
    let state = stage.sandbox.state();
    assert_eq!((state.users.len(), state.mails.len(), state.calls.len(), state.calls[0].status), (0, 0, 1, 0));
    stage.create("ada@example.com").await;
}

#[tokio::test]
async fn a_connection_dropped_after_the_work_leaves_the_work() {
    let stage = Stage::new().await;
    stage.sandbox.add_fault(Fault { drop: Some(DropPoint::After), ..Fault::default() }).unwrap();
    let error = send(&stage, "ada@example.com").await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout() && !error.is_connect(), "{error:?}");
    let state = stage.sandbox.state();
    assert_eq!((state.users.len(), state.mails.len(), state.calls.len(), state.calls[0].status), (1, 1, 1, 0));
}

#[tokio::test]
async fn a_dropped_connection_carries_not_one_byte_of_an_answer() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stage = Stage::new().await;
    stage.sandbox.add_fault(Fault { drop: Some(DropPoint::After), ..Fault::default() }).unwrap();
    let mut stream = tokio::net::TcpStream::connect(stage.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET /api/2.0/settings HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good an end as a close.
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(String::from_utf8_lossy(&answer), "");
}

#[tokio::test]
async fn a_delay_alone_holds_the_call_and_lets_it_go_on() {
    let stage = Stage::new().await;
    stage.control("/faults", json!({ "delay_ms": 1500, "path": "/people" })).await;
    let started = Instant::now();
    stage.post("/people", new_user("ada@example.com")).await.ok();
    assert!(started.elapsed() >= Duration::from_millis(1500));
    let started = Instant::now();
    stage.post("/people", new_user("eve@example.com")).await.ok();
    assert!(started.elapsed() < Duration::from_millis(1500));
}

#[tokio::test]
async fn a_client_that_gives_up_waiting_does_not_take_the_work_back() {
    let stage = Stage::new().await;
    stage.sandbox.add_fault(Fault { delay_ms: Some(150), ..Fault::default() }).unwrap();
    let hasty = client().timeout(Duration::from_millis(50)).build().unwrap();
    let request = hasty.post(format!("{}/api/2.0/people", stage.url)).header("authorization", stage.key());
    assert!(request.json(&new_user("ada@example.com")).send().await.unwrap_err().is_timeout());
    assert!(stage.sandbox.state().users.is_empty());
    assert_eq!(stage.sandbox.state().calls[0].status, 0);
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(stage.sandbox.state().users.len(), 1);
    assert_eq!(stage.sandbox.state().calls[0].status, 200);
}

#[tokio::test]
async fn a_fault_that_cannot_be_is_refused() {
    let stage = Stage::new().await;
    for fault in [
        json!({ "status": 99 }),
        json!({ "status": 600 }),
        json!({ "status": 500, "headers": { "bad name": "x" } }),
        json!({ "drop": "during" }),
        json!({ "statsu": 500 }),
        json!([]),
    ] {
        let answer = stage.control("/faults", fault.clone()).await;
        assert_eq!(answer.status, 400, "{fault}");
        assert!(answer.json["error"].is_string());
    }
    stage.get("/people").await.ok();
}
