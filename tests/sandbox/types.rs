use serde_json::{Value, json};
use usher::sandbox::{MailKind, Role};

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

async fn set(stage: &Stage, kind: &str, ids: &[&str]) -> crate::stage::Answer {
    stage.put(&format!("/people/type/{kind}"), json!({ "userIds": ids })).await
}

async fn created(stage: &Stage, email: &str, kind: &str) -> String {
    let body = json!({ "email": email, "firstName": "Ada", "lastName": "Example", "type": kind });
    text(&stage.post("/people", body).await.ok()["id"])
}

#[tokio::test]
async fn a_new_type_is_mailed_and_told_of() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = stage.create("ada@example.com").await;
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let answer = set(&stage, "RoomAdmin", &[&id, "00000000-0000-4000-8000-000000000000"]).await;
    assert_eq!((answer.ok().as_array().unwrap().len(), &answer.ok()[0]["isRoomAdmin"]), (1, &json!(true)));
    assert_eq!(stage.mails()[1], ("ada@example.com".to_owned(), MailKind::Type));
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.events(), [("user.updated".to_owned(), 1, 2, id)]);
}

#[tokio::test]
async fn a_paid_type_needs_a_seat_and_whoever_came_before_keeps_theirs() {
    let (receiver, stage) = (Receiver::new().await, Stage::with(|settings| settings.paid_seats = 1).await);
    let (one, two) = (stage.create("one@example.com").await, stage.create("two@example.com").await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    set(&stage, "RoomAdmin", &[&one, &two]).await.refused(402);
    let kinds: Vec<_> = stage.sandbox.state().users.into_iter().map(|user| user.kind).collect();
    assert_eq!(kinds, ["RoomAdmin", "User"]);
    // Between paid types no seat is counted.
    assert_eq!(set(&stage, "DocSpaceAdmin", &[&one]).await.ok()[0]["isAdmin"], true);
    stage.sandbox.webhooks_settled().await;
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn a_type_is_not_lowered_to_a_user_and_the_disabled_are_skipped() {
    let stage = Stage::new().await;
    let admin = created(&stage, "ada@example.com", "RoomAdmin").await;
    let gone = stage.create("gone@example.com").await;
    stage.terminate(&gone).await;
    let answer = set(&stage, "User", &[&admin, &gone]).await;
    assert_eq!((answer.ok().as_array().unwrap().len(), &answer.ok()[0]["isRoomAdmin"]), (1, &json!(true)));
    let guest = json!({ "isUser": true });
    stage.put(&format!("/people/{admin}"), guest).await.ok();
    assert_eq!(set(&stage, "4", &[&admin]).await.ok()[0]["isCollaborator"], true);
    set(&stage, "Boss", &[&admin]).await.invalid();
}

#[tokio::test]
async fn only_the_owner_gives_the_highest_type() {
    for (role, kind, status) in [
        (Role::DocSpaceAdmin, "DocSpaceAdmin", 403),
        (Role::DocSpaceAdmin, "RoomAdmin", 200),
        (Role::RoomAdmin, "RoomAdmin", 403),
        (Role::RoomAdmin, "User", 200),
        (Role::User, "User", 403),
    ] {
        let stage = Stage::with(|settings| settings.role = role).await;
        let form = json!({ "way": "domain", "email": "ada@example.com", "firstName": "Ada", "lastName": "Example" });
        let id = text(&stage.control("/join", form).await.json["id"]);
        assert_eq!(set(&stage, kind, &[&id]).await.status, status, "{role:?} {kind}");
    }
}

#[tokio::test]
async fn a_type_rises_by_an_invitation_without_a_letter_or_an_event() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = stage.create("ada@example.com").await;
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let body = json!({ "invitations": [{ "email": "ada@example.com", "type": "RoomAdmin" }] });
    stage.post("/people/invite", body).await.ok();
    assert_eq!(stage.get(&format!("/people/{id}")).await.ok()["isRoomAdmin"], Value::Bool(true));
    stage.sandbox.webhooks_settled().await;
    assert_eq!((stage.mails().len(), receiver.got().len()), (1, 0));
}
