use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use usher::sandbox::{DEFAULT_API_KEY, Key};

use crate::stage::{Answer, Stage, read};

async fn with_key(stage: &Stage, key: &str, method: Method, path: &str) -> Answer {
    let request = stage.client.request(method, format!("{}/api/2.0{path}", stage.url));
    read(request.header("authorization", format!("Bearer {key}")).json(&json!({})).send().await.unwrap()).await
}

#[tokio::test]
async fn a_key_that_expires_says_when_and_is_none_from_then_on() {
    let stage = Stage::with(|settings| {
        settings.key_expires_at = Some("2026-08-01T11:00:00Z".parse().unwrap());
    })
    .await;
    let shown = stage.get("/keys/@self").await;
    assert_eq!(
        (&shown.ok()["expiresAt"], &shown.ok()["isActive"]),
        (&json!("2026-08-01T11:00:00.0000000Z"), &json!(true))
    );
    stage.clock.advance(SignedDuration::from_mins(54));
    stage.get("/people/@self").await.ok();
    stage.clock.advance(SignedDuration::from_mins(1));
    for path in ["/people/@self", "/keys/@self", "/settings/webhook"] {
        stage.get(path).await.empty(401);
    }
    assert_eq!(stage.get("/settings").await.ok()["ownerId"], Value::Null);
}

#[tokio::test]
async fn a_key_without_an_end_shows_none() {
    let stage = Stage::new().await;
    assert!(stage.get("/keys/@self").await.ok().get("expiresAt").is_none());
}

#[tokio::test]
async fn a_key_that_is_switched_off_is_none_until_it_is_switched_on() {
    let stage = Stage::new().await;
    stage.sandbox.switch_key(false);
    stage.get("/keys/@self").await.empty(401);
    stage.get("/people").await.empty(401);
    stage.sandbox.switch_key(true);
    stage.get("/people").await.ok();
    stage.sandbox.switch_key(false);
    stage.sandbox.reset();
    stage.get("/people").await.ok();
}

#[tokio::test]
async fn a_key_may_be_switched_off_from_the_start() {
    let stage = Stage::with(|settings| settings.key_is_active = false).await;
    stage.get("/people").await.empty(401);
    stage.sandbox.switch_key(true);
    stage.get("/people").await.ok();
}

#[tokio::test]
async fn a_second_key_does_what_the_first_may_not() {
    let stage = Stage::with(|settings| {
        settings.permissions = vec!["accounts:write".to_owned()];
        settings.extra_keys = vec![Key { key: "sk-once".to_owned(), permissions: vec!["*:write".to_owned()] }];
    })
    .await;
    stage.get("/settings/webhook").await.empty(403);
    with_key(&stage, "sk-once", Method::GET, "/settings/webhook").await.ok();
    let shown = with_key(&stage, "sk-once", Method::GET, "/keys/@self").await;
    assert_eq!((&shown.ok()["permissions"], &shown.ok()["keyPostfix"]), (&json!(["*:write"]), &json!("once")));
    assert_eq!(stage.get("/keys/@self").await.ok()["permissions"], json!(["accounts:write"]));
    with_key(&stage, "sk-onc", Method::GET, "/keys/@self").await.empty(401);
    stage.sandbox.switch_key(false);
    with_key(&stage, DEFAULT_API_KEY, Method::GET, "/people").await.empty(401);
    with_key(&stage, "sk-once", Method::GET, "/people").await.ok();
}

/// One scope, what it opens and what it does not. Where a call is let in, what it answers is not looked at.
const AREAS: [(&str, &[&str], &[&str]); 9] = [
    (
        "rooms:read",
        &["GET /files/rooms/7"],
        &["PUT /files/rooms/7/share", "GET /files/7", "GET /people", "GET /settings/webhook"],
    ),
    (
        "rooms:write",
        &["GET /files/rooms", "PUT /files/rooms/7/share"],
        &["POST /files/file/7/sendeditornotify", "PUT /people/invite"],
    ),
    ("files:read", &["GET /files/file/7"], &["GET /files/rooms", "POST /files/file/7/sendeditornotify"]),
    (
        "files:write",
        &["GET /files/7", "POST /files/file/7/sendeditornotify"],
        &["GET /files/rooms/7", "PUT /files/rooms/7/share"],
    ),
    (
        "accounts:read",
        &["GET /group", "GET /group/user/7", "GET /people/filter"],
        &["POST /group", "GET /groups", "GET /people/@self"],
    ),
    (
        "accounts:write",
        &["PUT /group/7/members", "DELETE /people/7", "GET /group"],
        &["GET /keys", "GET /portal/users/7", "GET /files/rooms"],
    ),
    ("accounts.self:write", &["GET /people/@self", "PUT /people/@self"], &["GET /people", "PUT /people/7"]),
    (
        "*:read",
        &["GET /group", "GET /files/rooms", "GET /settings/webhooks/log", "GET /portal/users/7"],
        &["PUT /settings/webhook", "POST /group", "POST /keys"],
    ),
    (
        "*:write",
        &["PUT /settings/webhook/7/retry", "POST /files/rooms/7/resend", "GET /portal/users/7", "POST /group"],
        &[],
    ),
];

#[tokio::test]
async fn every_area_has_a_scope_to_read_and_one_to_write() {
    for (scope, allowed, refused) in AREAS {
        let stage = Stage::with(|settings| settings.permissions = vec![scope.to_owned()]).await;
        stage.get("/keys/@self").await.ok();
        for text in allowed.iter().chain(refused) {
            let (method, path) = text.split_once(' ').unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = stage.call(method, path, Some(json!({}))).await;
            let is_refused = (answer.status, answer.text.as_str()) == (403, "");
            assert_eq!(is_refused, refused.contains(text), "{scope} {text}: {answer:?}");
        }
    }
}
