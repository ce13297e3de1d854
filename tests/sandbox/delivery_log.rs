use serde_json::json;

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

#[tokio::test]
async fn the_log_holds_each_delivery_newest_first_and_filters() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    receiver.answer(&[404; 6]);
    stage.invite("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let all = stage.get("/settings/webhooks/log").await;
    assert_eq!((&all.ok()[0]["id"], &all.ok()[1]["id"], &all.json["total"]), (&json!(2), &json!(1), &json!(2)));
    let first = &all.ok()[1];
    assert_eq!((&first["status"], &first["trigger"], &first["configName"]), (&json!(200), &json!(1), &json!("usher")));
    assert_eq!(text(&first["requestPayload"]).as_bytes(), &receiver.got()[0].body);
    assert!(text(&first["requestHeaders"]).contains(receiver.got()[0].header("x-docspace-signature-256")));
    assert_eq!(first["delivery"], "2026-08-01T10:05:00.1234567Z");
    for (query, ids) in [
        ("groupStatus=2", vec![1]),
        ("groupStatus=8", vec![2]),
        ("groupStatus=10", vec![2, 1]),
        ("trigger=2", vec![2]),
        ("eventId=1", vec![1]),
        ("configId=9", vec![]),
        ("deliveryFrom=2026-08-01T00:00:00Z", vec![1]),
        ("deliveryTo=2026-07-01T00:00:00Z", vec![]),
        ("count=1&startIndex=1", vec![1]),
    ] {
        let answer = stage.get(&format!("/settings/webhooks/log?{query}")).await;
        let found: Vec<_> = answer.ok().as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
    }
}

#[tokio::test]
async fn a_manual_retry_has_a_new_id_and_the_old_time() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    let answer = stage.put("/settings/webhook/1/retry", json!({})).await;
    assert_eq!(answer.ok()["id"], 2);
    stage.sandbox.webhooks_settled().await;
    let [first, second] = [0, 1].map(|number| receiver.got()[number].json());
    assert_eq!((&first["event"]["id"], &second["event"]["id"]), (&json!(1), &json!(2)));
    assert_eq!((&first["event"]["createOn"], &first["payload"]), (&second["event"]["createOn"], &second["payload"]));
    for unknown in ["9", "last"] {
        stage.put(&format!("/settings/webhook/{unknown}/retry"), json!({})).await.refused(404);
    }
}
