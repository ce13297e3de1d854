use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use usher::sandbox::{Error, MailKind, Sandbox, Settings};

use crate::receiver::Receiver;
use crate::stage::{Stage, read, text};

async fn state(stage: &Stage) -> Value {
    let answer = read(stage.client.get(format!("{}/_sandbox/state", stage.url)).send().await.unwrap()).await;
    assert_eq!(answer.status, 200);
    answer.json
}

#[tokio::test]
async fn the_state_tells_the_key_users_mails_and_calls() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    stage.get("/people/exists?email=ada@example.com").await.ok();
    stage.client.get(format!("{}/api/2.0/people", stage.url)).send().await.unwrap();
    let at = "2026-08-01T10:05:00.1234567Z";
    let user = json!({
        "id": id, "email": "ada@example.com", "status": 1, "activationStatus": 2, "firstName": "Ada", "lastName": "Example",
        "userName": "ada", "type": "User", "createdAt": at,
    });
    let expected = json!({
        "api_key": usher::sandbox::DEFAULT_API_KEY,
        "users": [user],
        "mails": [{ "to": "ada@example.com", "kind": "activation", "at": at }],
        "calls": [
            { "method": "POST", "path": "/api/2.0/people", "status": 200, "at": at },
            { "method": "GET", "path": "/api/2.0/people/exists", "status": 200, "at": at },
            { "method": "GET", "path": "/api/2.0/people", "status": 401, "at": at },
        ],
        "groups": [],
        "rooms": [{ "id": 1, "title": "Welcome", "members": [], "files": [{ "id": 101, "title": "Welcome.docx" }] }],
    });
    assert_eq!(state(&stage).await, expected);
}

#[tokio::test]
async fn activation_over_http_needs_no_body_and_happens_once() {
    let stage = Stage::new().await;
    let id = stage.invite("ada@example.com").await;
    let answer = stage.control(&format!("/people/{id}/activate"), Value::Null).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        (&answer.json["id"], &answer.json["status"], &answer.json["activationStatus"]),
        (&json!(id), &json!(1), &json!(1))
    );
    assert_eq!(stage.mails()[1], ("ada@example.com".to_owned(), MailKind::Welcome));
    assert_eq!(stage.control(&format!("/people/{id}/activate"), Value::Null).await.status, 409);
    assert_eq!(stage.control("/people/00000000-0000-4000-8000-000000000000/activate", Value::Null).await.status, 404);
    assert_eq!(stage.control("/people/nobody/activate", Value::Null).await.status, 404);
    assert_eq!(stage.mails().len(), 2);
}

#[tokio::test]
async fn a_created_account_gets_no_welcome_letter_and_a_disabled_one_is_not_activated() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    stage.terminate(&id).await;
    assert_eq!(stage.control(&format!("/people/{id}/activate"), Value::Null).await.status, 409);
    stage.put("/people/status/1", json!({ "userIds": [id] })).await.ok();
    assert_eq!(stage.control(&format!("/people/{id}/activate"), Value::Null).await.status, 200);
    assert_eq!(stage.mails(), [("ada@example.com".to_owned(), MailKind::Activation)]);
}

#[tokio::test]
async fn a_guest_joins_by_the_link_and_confirms_the_address() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let link = text(stage.get("/portal/users/invite/Guest").await.ok());
    let form = json!({ "link": link, "email": "guest@example.com", "firstName": "Gast", "lastName": "Example" });
    let answer = stage.control("/join", form.clone()).await;
    assert_eq!(
        (answer.status, &answer.json["type"], &answer.json["activationStatus"]),
        (200, &json!("Guest"), &json!(0))
    );
    let id = text(&answer.json["id"]);
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got()[0].json()["payload"].get("activationStatus").is_none());
    assert_eq!(stage.get(&format!("/people/{id}")).await.ok()["isVisitor"], true);
    stage.sandbox.activate(&id).await.unwrap();
    stage.sandbox.webhooks_settled().await;
    let expected = [("user.created".to_owned(), 1, 0, id.clone()), ("user.updated".to_owned(), 1, 1, id)];
    assert_eq!(receiver.events(), expected);
    assert_eq!(stage.mails()[0], ("guest@example.com".to_owned(), MailKind::Confirmation));
    assert_eq!(stage.control("/join", form.clone()).await.status, 409);
    let mut other = form;
    other["link"] = json!("http://127.0.0.1/s/unknown");
    assert_eq!(stage.control("/join", other).await.status, 404);
}

#[tokio::test]
async fn a_link_is_used_no_more_often_than_allowed_and_not_after_its_time() {
    let stage = Stage::new().await;
    let path = "/portal/users/invitationlink";
    let made = stage
        .post(path, json!({ "employeeType": "User", "maxUseCount": 1, "expiration": "2026-08-08T10:05:00Z" }))
        .await;
    let form = |email: &str, first: &str| json!({ "link": made.ok()["url"], "email": email, "firstName": first, "lastName": "" });
    assert_eq!(stage.control("/join", form("bad@example.com", "R2")).await.status, 400);
    assert_eq!(stage.control("/join", form("one@example.com", "Ada")).await.status, 200);
    assert_eq!(stage.control("/join", form("two@example.com", "Ada")).await.status, 409);
    assert_eq!(stage.get(&format!("{path}/User")).await.ok()["currentUseCount"], 1);
    stage.clock.advance(jiff::SignedDuration::from_hours(169));
    assert_eq!(stage.get(&format!("{path}/User")).await.ok()["isExpired"], true);
    let short = stage.post(path, json!({ "employeeType": "RoomAdmin", "expiration": "2026-08-09T00:00:00Z" })).await;
    stage.clock.advance(jiff::SignedDuration::from_hours(24));
    let late = json!({ "link": short.ok()["url"], "email": "three@example.com", "firstName": "Ada", "lastName": "" });
    assert_eq!(stage.control("/join", late).await.status, 409);
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_webhook() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.control("/faults", json!({ "status": 500, "times": 9 })).await;
    assert_eq!(stage.control("/reset", Value::Null).await.status, 200);
    let now = state(&stage).await;
    assert_eq!([&now["users"], &now["mails"], &now["calls"]], [&json!([]), &json!([]), &json!([])]);
    stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    // A receiver that knows event 1 must not take this one for it.
    assert_eq!(receiver.got()[1].json()["event"]["id"], 2);
    assert_eq!(stage.get("/people/@self").await.ok()["isOwner"], true);
}

#[tokio::test]
async fn a_portal_can_stop_and_come_back_with_what_it_knew() {
    let stage = Stage::new().await;
    let stop = CancellationToken::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sandbox, token) = (stage.sandbox.clone(), stop.clone());
    let serving = tokio::spawn(async move { sandbox.serve(listener, token).await });
    let url = format!("http://{address}/_sandbox/state");
    stage.client.get(&url).send().await.unwrap();
    stop.cancel();
    serving.await.unwrap();
    assert!(stage.client.get(&url).send().await.unwrap_err().is_connect());
    stage.create("ada@example.com").await;
    assert_eq!(stage.sandbox.state().users.len(), 1);
}

#[tokio::test]
async fn a_taken_address_and_a_webhook_without_one_are_errors() {
    let clock = Stage::new().await.clock.clone();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let started = Sandbox::start(Settings::new(clock), address, CancellationToken::new()).await;
    assert!(matches!(started.err(), Some(Error::Listen { .. })));
    let stage = Stage::new().await;
    for url in ["", "/hooks/docspace", "ftp://127.0.0.1/"] {
        assert!(matches!(stage.sandbox.set_webhook(url, "x"), Err(Error::WebhookUrl)));
    }
}
