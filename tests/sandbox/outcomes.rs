//! What a delivery leaves behind: in the log, at the webhook, and in the bodies of its retries.

use std::time::Duration;

use aws_lc_rs::hmac;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

const SECRET: &str = "Secret-Secret-1";

async fn with_receiver() -> (Stage, Receiver) {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, SECRET).unwrap();
    (stage, receiver)
}

async fn row(stage: &Stage, query: &str) -> Value {
    stage.get(&format!("/settings/webhooks/log?{query}")).await.ok()[0].clone()
}

#[tokio::test]
async fn a_row_can_be_verified_again_from_its_texts() {
    let (stage, receiver) = with_receiver().await;
    receiver.answer(&[500, 503]);
    stage.create("zoe+hr@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let row = row(&stage, "count=1").await;
    let headers: Value = serde_json::from_str(row["requestHeaders"].as_str().unwrap()).unwrap();
    assert_eq!(headers["Accept"], json!(["*/*"]));
    let signature = text(&headers["x-docspace-signature-256"][0]);
    let body = text(&row["requestPayload"]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let digits = hex::decode(signature.strip_prefix("sha256=").unwrap()).unwrap();
    hmac::verify(&key, body.as_bytes(), &digits).unwrap();
    // It is the last of the three attempts.
    assert_eq!(body.as_bytes(), &receiver.got()[2].body);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["webhook"]["retryCount"], 2);
}

#[tokio::test]
async fn a_success_keeps_the_answer_and_a_failure_only_a_sentence() {
    let (stage, receiver) = with_receiver().await;
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let good = row(&stage, "groupStatus=2").await;
    let headers: Value = serde_json::from_str(good["responseHeaders"].as_str().unwrap()).unwrap();
    assert!(headers["date"][0].is_string() && headers.get("content-length").is_none(), "{headers}");
    assert_eq!((&good["responsePayload"], &good["status"]), (&json!(""), &json!(200)));
    assert!(good["delivery"].is_string());
    receiver.answer(&[404; 6]);
    stage.create("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let bad = row(&stage, "groupStatus=8").await;
    let sentence = "Response status code does not indicate success: 404 (Not Found).";
    assert_eq!(
        (&bad["responsePayload"], bad.get("responseHeaders"), bad.get("delivery")),
        (&json!(sentence), None, None)
    );
    let hooks = stage.get("/settings/webhook").await;
    let configs = &hooks.ok()[0]["configs"];
    assert_eq!(configs["lastFailureContent"], sentence);
    assert_eq!(
        (&configs["lastFailureOn"], &configs["lastSuccessOn"]),
        (&json!("2026-08-01T10:05:00"), &json!("2026-08-01T10:05:00"))
    );
    // The status of a webhook is that of its newest success.
    assert_eq!(hooks.ok()[0]["status"], 200);
}

#[tokio::test]
async fn the_log_has_no_outcome_while_attempts_are_left() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(|settings| settings.retry_unit = Duration::from_secs(600)).await;
    stage.sandbox.set_webhook(&receiver.url, SECRET).unwrap();
    receiver.answer(&[500]);
    stage.create("ada@example.com").await;
    while receiver.got().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let row = row(&stage, "groupStatus=1").await;
    assert_eq!((&row["status"], row.get("requestHeaders"), row.get("responsePayload")), (&json!(0), None, None));
    // What was published has no number yet.
    let published: Value = serde_json::from_str(row["requestPayload"].as_str().unwrap()).unwrap();
    assert_eq!((published["event"].get("id"), &published["event"]["trigger"]), (None, &json!("user.created")));
    let hooks = stage.get("/settings/webhook").await;
    assert!(hooks.ok()[0]["configs"].get("lastFailureOn").is_none());
}

#[tokio::test]
async fn a_retry_tells_how_the_attempt_before_failed() {
    let (stage, receiver) = with_receiver().await;
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.clock.advance(SignedDuration::from_mins(1));
    receiver.answer(&[500, 302]);
    stage.create("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let told = receiver.got().iter().map(|got| got.json()["webhook"].clone()).collect::<Vec<_>>();
    assert_eq!(told.len(), 4);
    for first in &told[..2] {
        assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "name", "url", "triggers"]);
    }
    for (number, failure) in [(2, "500 (Internal Server Error)."), (3, "302 (Found).")] {
        let webhook = &told[number];
        assert!(webhook["lastFailureContent"].as_str().unwrap().ends_with(failure), "{webhook}");
        assert_eq!(webhook["retryCount"], number - 1);
        for (member, at) in [("lastFailureOn", "06"), ("retryOn", "06"), ("lastSuccessOn", "05")] {
            assert_eq!(webhook[member], format!("2026-08-01T10:{at}:00Z"), "{member}");
        }
    }
}

#[tokio::test]
async fn the_rows_of_a_removed_webhook_are_gone() {
    let (stage, receiver) = with_receiver().await;
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    receiver.answer(&[410; 6]);
    stage.create("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.got().len(), 7);
    assert_eq!(stage.get("/settings/webhooks/log").await.json["total"], 0);
    stage.put("/settings/webhook/1/retry", json!({})).await.refused(404);
}

#[tokio::test]
async fn several_rows_are_retried_at_once_and_unknown_ones_left_out() {
    let (stage, receiver) = with_receiver().await;
    stage.create("ada@example.com").await;
    stage.create("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.clock.advance(SignedDuration::from_hours(1));
    let answer = stage.put("/settings/webhook/retry", json!({ "ids": [2, 99, 1] })).await;
    let ids: Vec<_> = answer.ok().as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, [3, 4]);
    assert_eq!(answer.ok()[0]["creationTime"], "2026-08-01T11:05:00.1234567Z");
    stage.sandbox.webhooks_settled().await;
    let again: Vec<_> = receiver.got()[2..].iter().map(|got| got.json()["payload"]["email"].clone()).collect();
    assert_eq!(again, ["eve@example.com", "ada@example.com"]);
    assert_eq!(stage.put("/settings/webhook/retry", json!({})).await.json["count"], 0);
    stage.put("/settings/webhook/0/retry", json!({})).await.refused(400);
}

#[tokio::test]
async fn a_manual_retry_goes_out_as_first_published_even_when_the_webhook_is_off() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let mut body = json!({ "name": "first", "uri": receiver.url, "secretKey": SECRET, "enabled": true, "triggers": 1 });
    let id = stage.post("/settings/webhook", body.clone()).await.ok()["id"].clone();
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    (body["id"], body["name"], body["enabled"]) = (id, json!("renamed"), json!(false));
    stage.put("/settings/webhook", body).await.ok();
    stage.put("/settings/webhook/1/retry", json!({})).await.ok();
    stage.sandbox.webhooks_settled().await;
    let last = receiver.got().pop().unwrap().json();
    assert_eq!((&last["event"]["id"], &last["webhook"]["name"]), (&json!(2), &json!("first")));
    // The log shows the name of today.
    let names: Vec<_> = [1, 2].map(|id| format!("eventId={id}")).into();
    for query in names {
        assert_eq!(row(&stage, &query).await["configName"], "renamed");
    }
    assert_eq!(stage.get("/settings/webhooks/log?trigger=3").await.json["total"], 0);
    assert_eq!(stage.get("/settings/webhooks/log?trigger=1").await.json["total"], 2);
}

#[tokio::test]
async fn the_log_comes_in_pages_of_at_most_a_hundred() {
    let (stage, _receiver) = with_receiver().await;
    for number in 0..103 {
        stage.create(&format!("ada{number}@example.com")).await;
    }
    stage.sandbox.webhooks_settled().await;
    for (query, first, length) in
        [("", 103, 100), ("count=500", 103, 100), ("startIndex=100&count=7", 3, 3), ("count=1", 103, 1)]
    {
        let answer = stage.get(&format!("/settings/webhooks/log?{query}")).await;
        let rows = answer.ok().as_array().unwrap();
        assert_eq!(
            (rows.len(), &rows[0]["id"], &answer.json["total"]),
            (length, &json!(first), &json!(103)),
            "{query}"
        );
    }
    stage.get("/settings/webhooks/log?configId=first").await.invalid();
}

#[tokio::test]
async fn a_row_of_an_old_server_is_sent_with_its_payload_as_one_text() {
    let (stage, receiver) = with_receiver().await;
    let payload = r#"{"id":"x","email":"ada@example.com"}"#;
    assert_eq!(stage.sandbox.keep_old_row(9, payload), None);
    let id = stage.sandbox.keep_old_row(1, payload).unwrap();
    let kept = row(&stage, "").await;
    assert_eq!((&kept["id"], &kept["trigger"], &kept["requestPayload"]), (&json!(id), &json!(0), &json!(payload)));
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
    stage.put(&format!("/settings/webhook/{id}/retry"), json!({})).await.ok();
    stage.sandbox.webhooks_settled().await;
    let sent = receiver.got()[0].json();
    assert_eq!((&sent["event"]["trigger"], sent["event"].get("triggerId")), (&json!("*"), None));
    assert_eq!(sent["payload"], payload);
}
