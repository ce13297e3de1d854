use std::time::Duration;

use aws_lc_rs::hmac;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::receiver::{Got, Receiver};
use crate::stage::{Stage, text};

const SECRET: &str = "Secret-Secret-1";

async fn with_receiver() -> (Stage, Receiver) {
    let receiver = Receiver::new().await;
    let stage = Stage::new().await;
    stage.sandbox.set_webhook(&receiver.url, SECRET).unwrap();
    (stage, receiver)
}

/// Checked by another library than the sandbox signs with.
#[track_caller]
fn assert_signed(got: &Got) {
    let digits = got.header("x-docspace-signature-256").strip_prefix("sha256=").unwrap();
    assert!(digits.chars().all(|digit| matches!(digit, '0'..='9' | 'A'..='F')));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, &got.body, &hex::decode(digits).unwrap()).unwrap();
}

#[tokio::test]
async fn a_delivery_is_signed_over_its_exact_bytes() {
    let (stage, receiver) = with_receiver().await;
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let got = &receiver.got()[0];
    assert_eq!(got.method, "POST");
    assert_eq!(got.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(got.header("accept"), "*/*");
    assert!(got.headers.get("user-agent").is_none());
    assert_signed(got);
}

#[test]
fn a_machine_without_certificates_can_send_webhooks() {
    let same = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "delivery::a_delivery_is_signed_over_its_exact_bytes"])
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&same.stdout).into_owned();
    assert!(same.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
async fn the_body_is_written_as_the_servers_serializer_writes_it() {
    let (stage, receiver) = with_receiver().await;
    let body = json!({ "email": "zoe+hr@example.com", "firstName": "Zoë", "lastName": "O'Neil", "type": "User", "comment": "<\"&`𝒜\u{7f}/\\" });
    let id = text(&stage.post("/people", body).await.ok()["id"]);
    stage.sandbox.webhooks_settled().await;
    let owner = text(&stage.get("/people/@self").await.ok()["id"]);
    let expected = format!(
        concat!(
            r#"{{"event":{{"id":1,"createOn":"2026-08-01T10:05:00Z","createBy":"{owner}","trigger":"user.created","triggerId":1}},"#,
            r#""payload":{{"id":"{id}","firstName":"Zo\u00EB","lastName":"O\u0027Neil","userName":"zoe\u002Bhr","status":1,"#,
            r#""activationStatus":2,"email":"zoe\u002Bhr@example.com","notes":"\u003C\u0022\u0026\u0060\uD835\uDC9C\u007F/\\","#,
            r#""lastModified":"2026-08-01T10:05:00.1234567Z","tenantId":1,"createDate":"2026-08-01T10:05:00Z","createdBy":"{owner}","#,
            r#""checkActivation":true}},"webhook":{{"id":1,"name":"usher","url":"{url}","triggers":["*"]}}}}"#,
        ),
        owner = owner,
        id = id,
        url = receiver.url,
    );
    assert_eq!(String::from_utf8_lossy(&receiver.got()[0].body), expected);
}

#[tokio::test]
async fn somebody_created_and_then_invited_publishes_one_event() {
    let (stage, receiver) = with_receiver().await;
    let id = stage.create("ada@example.com").await;
    stage.invite("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.events(), [("user.created".to_owned(), 1, 2, id)]);
}

#[tokio::test]
async fn who_activates_a_created_account_updates_it_twice() {
    let (stage, receiver) = with_receiver().await;
    let id = stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.sandbox.activate(&id).await.unwrap();
    stage.sandbox.webhooks_settled().await;
    let updated = ("user.updated".to_owned(), 1, 1, id.clone());
    assert_eq!(receiver.events()[1..], [updated.clone(), updated]);
    let last = receiver.got()[2].json();
    assert_eq!((&last["event"]["createBy"], &last["payload"]["isActive"]), (&json!(id), &json!(true)));
    assert!(last["payload"].get("checkActivation").is_none());
    let first = receiver.got()[1].json();
    assert_eq!((&first["event"]["id"], &last["event"]["id"]), (&json!(2), &json!(3)));
    // Two changes within one second are told apart by the record alone.
    assert_eq!(first["event"]["createOn"], last["event"]["createOn"]);
    assert!(first["payload"]["lastModified"].as_str() < last["payload"]["lastModified"].as_str());
}

#[tokio::test]
async fn who_was_invited_registers_as_a_created_and_active_user() {
    let (stage, receiver) = with_receiver().await;
    let id = stage.invite("ada.example@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let invited = receiver.got()[0].json();
    // Empty texts are no defaults and stay.
    assert_eq!((&invited["payload"]["firstName"], &invited["payload"]["lastName"]), (&json!(""), &json!("")));
    stage.sandbox.activate(&id).await.unwrap();
    stage.sandbox.webhooks_settled().await;
    let expected = [("user.invited".to_owned(), 4, 2, id.clone()), ("user.created".to_owned(), 1, 1, id)];
    assert_eq!(receiver.events(), expected);
    let created = receiver.got()[1].json();
    assert_eq!(created["event"]["createBy"], invited["event"]["createBy"]);
    assert_eq!((&created["payload"]["firstName"], &created["payload"]["lastName"]), (&json!("Ada"), &json!("Example")));
}

#[tokio::test]
async fn a_failed_delivery_is_tried_six_times_under_one_event_id() {
    let (stage, receiver) = with_receiver().await;
    receiver.answer(&[500, 302, 404, 503, 500, 500]);
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let got = receiver.got();
    assert_eq!(got.len(), 6);
    let mut signatures = Vec::new();
    for (number, attempt) in got.iter().enumerate() {
        assert_signed(attempt);
        let json = attempt.json();
        assert_eq!((&json["event"]["id"], &json["event"]["createOn"]), (&json!(1), &json!("2026-08-01T10:05:00Z")));
        let retry_count = if number == 0 { Value::Null } else { json!(number) };
        assert_eq!(json["webhook"]["retryCount"], retry_count);
        for member in ["lastFailureOn", "retryOn"] {
            assert_eq!(json["webhook"].get(member).is_some(), number > 0, "{member} of attempt {number}");
        }
        signatures.push(attempt.header("x-docspace-signature-256").to_owned());
    }
    signatures.dedup();
    assert_eq!(signatures.len(), 6);
    let log = stage.get("/settings/webhooks/log").await;
    assert_eq!((&log.ok()[0]["status"], log.ok()[0].get("delivery")), (&json!(500), None));
}

#[tokio::test]
async fn the_pauses_between_attempts_double() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(|settings| settings.retry_unit = Duration::from_millis(20)).await;
    stage.sandbox.set_webhook(&receiver.url, SECRET).unwrap();
    receiver.answer(&[500; 6]);
    let started = std::time::Instant::now();
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    // 1 + 2 + 4 + 8 + 16 units.
    assert!(started.elapsed() >= Duration::from_millis(31 * 20));
    assert_eq!(receiver.got().len(), 6);
}

#[tokio::test]
async fn a_retry_does_not_hold_up_other_events() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(|settings| settings.retry_unit = Duration::from_millis(300)).await;
    stage.sandbox.set_webhook(&receiver.url, SECRET).unwrap();
    receiver.answer(&[500]);
    stage.create("one@example.com").await;
    while receiver.got().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stage.create("two@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let ids: Vec<_> = receiver.got().iter().map(|got| got.json()["event"]["id"].clone()).collect();
    assert_eq!(ids, [1, 2, 1]);
}

#[tokio::test]
async fn a_receiver_that_starts_later_gets_the_event_by_a_retry() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let target = usher::sandbox::WebhookTarget { url: format!("http://{address}/"), secret: SECRET.to_owned() };
    let stage = Stage::with(|settings| settings.webhook = Some(target)).await;
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    let log = stage.get("/settings/webhooks/log").await;
    assert_eq!(log.ok()[0]["status"], 0);
    let hooks = stage.get("/settings/webhook").await;
    assert_eq!(hooks.ok()[0]["configs"]["enabled"], true);
}

#[tokio::test]
async fn gone_at_the_last_attempt_removes_the_webhook() {
    let (stage, receiver) = with_receiver().await;
    receiver.answer(&[410, 410, 410, 410, 410]);
    stage.create("one@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(stage.get("/settings/webhook").await.json["count"], 1);
    receiver.answer(&[500, 500, 500, 500, 500, 410]);
    stage.create("two@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(stage.get("/settings/webhook").await.json["count"], 0);
}

#[tokio::test]
async fn three_days_without_a_success_disable_the_webhook() {
    let (stage, receiver) = with_receiver().await;
    let enabled = async || stage.get("/settings/webhook").await.ok()[0]["configs"]["enabled"].clone();
    stage.clock.advance(SignedDuration::from_hours(73));
    stage.create("one@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.clock.advance(SignedDuration::from_hours(71));
    receiver.answer(&[500; 6]);
    stage.create("two@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(enabled().await, true);
    stage.clock.advance(SignedDuration::from_hours(2));
    receiver.answer(&[500; 6]);
    stage.create("three@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(enabled().await, false);
    let before = receiver.got().len();
    stage.create("four@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.got().len(), before);
}
