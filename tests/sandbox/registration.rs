use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{Answer, Stage};

fn config(url: &str) -> Value {
    json!({ "name": "onboarding", "uri": url, "secretKey": "Secret-Secret-1", "enabled": true, "ssl": false, "triggers": 7 })
}

async fn register(stage: &Stage, body: Value) -> Answer {
    stage.post("/settings/webhook", body).await
}

#[tokio::test]
async fn a_registration_probes_with_one_unsigned_head() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let answer = register(&stage, config(&receiver.url)).await;
    let shown = answer.ok();
    assert_eq!(
        (&shown["name"], &shown["uri"], &shown["triggers"]),
        (&json!("onboarding"), &json!(receiver.url), &json!(7))
    );
    assert_eq!((&shown["enabled"], &shown["ssl"]), (&json!(true), &json!(false)));
    assert!(!answer.text.contains("Secret-Secret-1"));
    let got = receiver.got();
    assert_eq!((got.len(), got[0].method.as_str()), (1, "HEAD"));
    assert!(got[0].headers.get("x-docspace-signature-256").is_none());
    let list = stage.get("/settings/webhook").await;
    assert_eq!((&list.ok()[0]["configs"]["id"], &list.ok()[0]["status"]), (&shown["id"], &json!(0)));
}

#[tokio::test]
async fn only_the_triggers_asked_for_are_delivered() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let mut body = config(&receiver.url);
    body["triggers"] = json!("2");
    register(&stage, body).await.ok();
    stage.create("ada@example.com").await;
    let id = stage.invite("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let posts: Vec<_> = receiver.got().into_iter().filter(|got| got.method == "POST").collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].json()["payload"]["id"], json!(id));
    assert_eq!(posts[0].json()["webhook"]["triggers"], json!(["user.invited"]));
}

#[tokio::test]
async fn a_target_narrows_a_webhook_to_one_user() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = stage.create("ada@example.com").await;
    let other = stage.create("eve@example.com").await;
    let mut body = config(&receiver.url);
    body["targetId"] = json!(id);
    register(&stage, body).await.ok();
    stage.sandbox.activate(&other).await.unwrap();
    stage.terminate(&id).await;
    stage.sandbox.webhooks_settled().await;
    let posts: Vec<_> = receiver.got().into_iter().filter(|got| got.method == "POST").collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].json()["webhook"]["target"], json!({ "id": id, "type": "user" }));
}

#[tokio::test]
async fn a_receiver_that_refuses_the_probe_is_a_400_and_a_dead_one_a_500() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    for status in [302, 404, 405, 500] {
        receiver.answer(&[status]);
        let answer = register(&stage, config(&receiver.url)).await;
        assert_eq!(answer.refused(400), "Webhook URL is not available. HEAD request is not response 200 http status.");
    }
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    register(&stage, config(&url)).await.refused(500);
    assert_eq!(stage.get("/settings/webhook").await.json["count"], 0);
}

#[tokio::test]
async fn private_addresses_other_schemes_and_bad_names_are_refused() {
    let stage = Stage::new().await;
    for url in [
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::]/",
        "http://[::ffff:10.0.0.1]/",
        "ftp://127.0.0.1/",
        "nothing",
        "http://no-such-name.invalid/",
    ] {
        register(&stage, config(url)).await.refused(400);
    }
}

#[tokio::test]
async fn secrets_names_and_doubles_are_checked() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let with = |member: &str, value: Value| {
        let mut body = config(&receiver.url);
        body[member] = value;
        body
    };
    for secret in ["short", "with space inside", "Ünicode-secret", &"x".repeat(31)] {
        register(&stage, with("secretKey", json!(secret))).await.refused(400);
    }
    register(&stage, with("secretKey", json!("x".repeat(51)))).await.invalid();
    register(&stage, with("name", json!("x".repeat(51)))).await.invalid();
    register(&stage, with("ssl", json!(true))).await.refused(400);
    register(&stage, json!({ "name": "onboarding" })).await.invalid();
    register(&stage, config(&receiver.url)).await.ok();
    register(&stage, config(&receiver.url)).await.refused(400);
    register(&stage, with("name", json!("second"))).await.ok();
}

#[tokio::test]
async fn an_update_probes_keeps_an_empty_secret_and_clears_what_is_left_out() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = register(&stage, config(&receiver.url)).await.ok()["id"].clone();
    let body = json!({ "id": id, "name": "renamed", "uri": receiver.url });
    let answer = stage.put("/settings/webhook", body.clone()).await;
    let shown = answer.ok();
    assert_eq!((&shown["name"], &shown["enabled"], &shown["triggers"]), (&json!("renamed"), &json!(false), &json!(0)));
    assert_eq!(receiver.got().len(), 2);
    receiver.answer(&[500]);
    stage.put("/settings/webhook", body.clone()).await.refused(400);
    let enable = json!({ "id": id, "enabled": true, "name": "ignored", "uri": "ignored" });
    let enabled = stage.put("/settings/webhook/enable", enable).await;
    assert_eq!((&enabled.ok()["name"], &enabled.ok()["enabled"]), (&json!("renamed"), &json!(true)));
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let last = receiver.got().pop().unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"Secret-Secret-1");
    let digits = last.header("x-docspace-signature-256").strip_prefix("sha256=").unwrap();
    aws_lc_rs::hmac::verify(&key, &last.body, &hex::decode(digits).unwrap()).unwrap();
    let mut unknown = body;
    unknown["id"] = json!(99);
    stage.put("/settings/webhook", unknown).await.refused(404);
    stage.put("/settings/webhook", json!({ "name": "x", "uri": receiver.url })).await.invalid();
}

#[tokio::test]
async fn a_removed_webhook_gets_nothing_more() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = register(&stage, config(&receiver.url)).await.ok()["id"].clone();
    assert_eq!(stage.delete(&format!("/settings/webhook/{id}")).await.ok()["id"], id);
    stage.delete(&format!("/settings/webhook/{id}")).await.refused(404);
    stage.delete("/settings/webhook/first").await.refused(404);
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn the_triggers_are_listed_with_their_flags() {
    let stage = Stage::new().await;
    let answer = stage.get("/settings/webhook/triggers").await;
    let triggers = answer.ok().as_array().unwrap();
    assert_eq!(triggers.len(), 37);
    assert_eq!(triggers[0], json!({ "name": "*", "id": 0, "available": true }));
    let flag = |name: &str| triggers.iter().find(|trigger| trigger["name"] == name).unwrap()["id"].clone();
    assert_eq!(
        ["user.deleted", "room.created", "agent.created", "folder.downloaded"].map(flag),
        [8, 4_194_304, 2_147_483_648_i64, 34_359_738_368]
    );
}
