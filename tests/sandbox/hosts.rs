//! Names that change what they resolve to, and addresses that do not answer.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::receiver::Receiver;
use crate::stage::{Answer, Stage};

const NAME: &str = "hooks.example.test";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The receiver's address under a name.
fn named(receiver: &Receiver) -> String {
    receiver.url.replace("127.0.0.1", "Hooks.Example.test")
}

async fn register(stage: &Stage, url: &str, ssl: bool) -> Answer {
    let body = json!({ "name": "onboarding", "uri": url, "secretKey": "Secret-Secret-1", "enabled": true, "ssl": ssl });
    stage.post("/settings/webhook", body).await
}

/// An address that takes connections and says nothing.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_name_is_connected_to_where_it_was_checked() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_host(NAME, &[address("127.0.0.1")]);
    register(&stage, &named(&receiver), false).await.ok();
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let got = receiver.got();
    assert_eq!(got.iter().map(|got| got.method.as_str()).collect::<Vec<_>>(), ["HEAD", "POST"]);
    assert!(got.iter().all(|got| got.header("host").starts_with(NAME)));
}

#[tokio::test]
async fn one_private_address_among_several_is_refused_and_nothing_is_sent() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    for private in ["10.0.0.1", "192.168.0.1", "169.254.169.254", "fd00::1", "::ffff:10.0.0.1"] {
        stage.sandbox.set_host(NAME, &[address("127.0.0.1"), address(private)]);
        register(&stage, &named(&receiver), false).await.refused(400);
    }
    stage.sandbox.set_host(NAME, &[]);
    register(&stage, &named(&receiver), false).await.refused(400);
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn a_webhook_whose_name_becomes_private_is_removed() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_host(NAME, &[address("127.0.0.1")]);
    register(&stage, &named(&receiver), false).await.ok();
    stage.sandbox.set_host(NAME, &[address("10.1.2.3")]);
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(stage.get("/settings/webhook").await.json["count"], 0);
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn a_webhook_whose_name_is_gone_is_disabled_at_once() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_host(NAME, &[address("127.0.0.1")]);
    register(&stage, &named(&receiver), false).await.ok();
    stage.sandbox.set_host(NAME, &[]);
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let hooks = stage.get("/settings/webhook").await;
    assert_eq!(hooks.ok()[0]["configs"]["enabled"], false);
    // The event stays unsent, and is not tried again when the name is back.
    stage.sandbox.set_host(NAME, &[address("127.0.0.1")]);
    stage.create("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.got().len(), 1);
    let log = stage.get("/settings/webhooks/log?groupStatus=1").await;
    assert_eq!((log.ok().as_array().map(Vec::len), &log.ok()[0]["status"]), (Some(1), &json!(0)));
}

#[tokio::test]
async fn a_probe_that_is_not_answered_in_time_is_a_500() {
    let stage = Stage::with(|settings| settings.probe_limit = Duration::from_millis(50)).await;
    let (_listener, url) = silent().await;
    register(&stage, &url, false).await.refused(500);
    register(&stage, &url, true).await.refused(400);
    assert_eq!(stage.get("/settings/webhook").await.json["count"], 0);
}

#[tokio::test]
async fn an_update_for_an_unknown_webhook_probes_before_it_is_refused() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let body = json!({ "id": 99, "name": "onboarding", "uri": receiver.url });
    stage.put("/settings/webhook", body).await.refused(404);
    assert_eq!(receiver.got()[0].method, "HEAD");
}

#[tokio::test]
async fn a_name_and_an_address_are_required_even_where_they_are_ignored() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = register(&stage, &receiver.url, false).await.ok()["id"].clone();
    let enable = |name: &str, uri: &str| json!({ "id": id, "enabled": false, "name": name, "uri": uri });
    assert!(stage.put("/settings/webhook/enable", enable("", "x")).await.invalid()["Name"].is_array());
    assert!(stage.put("/settings/webhook/enable", enable("x", " ")).await.invalid()["Uri"].is_array());
    stage.put("/settings/webhook/enable", json!({ "id": id, "enabled": false })).await.invalid();
    stage.put("/settings/webhook/enable", enable("x", "x")).await.ok();
    // Disabling asks nobody.
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn an_attempt_that_times_out_for_good_is_a_500_and_disables_nothing() {
    let (_listener, url) = silent().await;
    let stage = Stage::with(|settings| {
        settings.attempt_limit = Duration::from_millis(30);
        settings.retry_unit = Duration::from_millis(1);
    })
    .await;
    stage.sandbox.set_webhook(&url, "Secret-Secret-1").unwrap();
    stage.clock.advance(jiff::SignedDuration::from_hours(24 * 4));
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let log = stage.get("/settings/webhooks/log?groupStatus=16").await;
    assert_eq!((&log.ok()[0]["status"], log.ok()[0].get("delivery")), (&json!(500), None));
    let hooks = stage.get("/settings/webhook").await;
    let configs = &hooks.ok()[0]["configs"];
    assert_eq!(configs["enabled"], true);
    assert!(configs["lastFailureContent"].as_str().unwrap().contains("Timeout"));
}

#[tokio::test]
async fn a_refused_connection_counts_as_a_failure_of_three_days() {
    // Bound and not listening: nobody else can take the port, and nobody answers.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = held.local_addr().unwrap();
    let stage = Stage::with(|settings| settings.retry_unit = Duration::from_millis(1)).await;
    stage.sandbox.set_webhook(&format!("http://{address}/"), "Secret-Secret-1").unwrap();
    let configs = async || -> Value { stage.get("/settings/webhook").await.ok()[0]["configs"].clone() };
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(configs().await["enabled"], true);
    stage.clock.advance(jiff::SignedDuration::from_hours(24 * 4));
    stage.create("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let told = configs().await;
    assert_eq!((&told["enabled"], &told["lastFailureOn"]), (&json!(false), &json!("2026-08-05T10:05:00")));
    assert_eq!(told["lastFailureContent"], format!("Connection refused ({address})"));
}
