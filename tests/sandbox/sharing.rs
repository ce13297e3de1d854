use serde_json::{Value, json};
use usher::sandbox::{MailKind, Role};

use crate::receiver::Receiver;
use crate::stage::{Answer, Stage, text};

const SHARE: &str = "/files/rooms/1/share";

async fn share(stage: &Stage, invitations: Value, notify: bool) -> Answer {
    stage.put(SHARE, json!({ "invitations": invitations, "notify": notify, "culture": "de" })).await
}

fn letter(to: &str, kind: MailKind) -> (String, MailKind) {
    (to.to_owned(), kind)
}

/// Rights in the room by member.
fn rights(stage: &Stage) -> Vec<(String, i64)> {
    stage.sandbox.state().rooms[0].members.iter().map(|member| (member.id.clone(), member.access)).collect()
}

#[tokio::test]
async fn an_unknown_address_becomes_a_pending_guest_with_one_letter_and_no_event() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let answer = share(&stage, json!([{ "email": "eve@example.com", "access": 2 }]), false).await;
    // Only who was named by id is among the members.
    assert_eq!(answer.ok(), &json!({ "members": [] }));
    let found = stage.get("/people/email?email=eve@example.com").await;
    let guest = found.ok();
    assert_eq!(
        (&guest["status"], &guest["activationStatus"], &guest["isVisitor"], &guest["cultureName"]),
        (&json!(4), &json!(2), &json!(true), &json!("de"))
    );
    assert_eq!(rights(&stage), [(text(&guest["id"]), 2)]);
    assert_eq!(stage.mails(), [letter("eve@example.com", MailKind::Invitation)]);
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn somebody_with_an_account_is_mailed_only_when_new_and_only_when_asked() {
    let stage = Stage::new().await;
    let (ada, eve) = (stage.create("ada@example.com").await, stage.create("eve@example.com").await);
    for id in [&ada, &eve] {
        stage.sandbox.activate(id).await.unwrap();
    }
    let before = stage.mails().len();
    let answer = share(&stage, json!([{ "id": ada, "access": 2 }]), true).await;
    assert_eq!(
        (&answer.ok()["members"][0]["sharedToUser"]["id"], &answer.ok()["members"][0]["access"]),
        (&json!(ada), &json!(2))
    );
    assert!(answer.ok().get("warning").is_none());
    share(&stage, json!([{ "id": ada, "access": 10 }]), true).await.ok();
    share(&stage, json!([{ "email": "ADA@example.com", "access": 10 }]), true).await.ok();
    share(&stage, json!([{ "email": "eve@example.com", "access": 6 }]), false).await.ok();
    assert_eq!(stage.mails()[before..], [letter("ada@example.com", MailKind::Room)]);
    assert_eq!(rights(&stage), [(ada, 10), (eve, 6)]);
}

#[tokio::test]
async fn an_address_that_is_still_awaited_is_invited_again_each_time() {
    let stage = Stage::new().await;
    stage.create("ada@example.com").await;
    for _ in 0..2 {
        share(&stage, json!([{ "email": "ada@example.com", "access": 2 }]), false).await.ok();
    }
    let invitation = letter("ada@example.com", MailKind::Invitation);
    assert_eq!(stage.mails()[1..], [invitation.clone(), invitation]);
}

#[tokio::test]
async fn whoever_cannot_be_added_is_a_warning_and_the_others_are_added() {
    let stage = Stage::new().await;
    let (gone, ada) = (stage.create("gone@example.com").await, stage.create("ada@example.com").await);
    stage.terminate(&gone).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let everybody = json!([
        { "id": gone, "access": 2 },
        { "email": "gone@example.com", "access": 2 },
        { "id": unknown, "access": 2 },
        { "id": ada, "access": 2 },
    ]);
    let answer = share(&stage, everybody, true).await;
    assert_eq!(answer.ok()["warning"], "User disabled: gone@example.com");
    assert_eq!(answer.ok()["members"].as_array().unwrap().len(), 1);
    assert_eq!(rights(&stage), [(ada, 2)]);
}

#[tokio::test]
async fn rights_are_taken_away_by_none_and_nobody_is_added_without_one() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    share(&stage, json!([{ "id": ada, "access": 2 }]), false).await.ok();
    share(&stage, json!([{ "id": ada, "access": 0 }, { "email": "eve@example.com" }]), true).await.ok();
    assert!(rights(&stage).is_empty());
    assert_eq!(stage.sandbox.state().users.len(), 1);
    assert_eq!(stage.put(SHARE, json!({})).await.ok(), &json!({}));
}

#[tokio::test]
async fn a_group_has_rights_in_a_room_too() {
    let stage = Stage::new().await;
    let group = stage.sandbox.add_group("Sales");
    let answer = share(&stage, json!([{ "id": group, "access": 5 }]), true).await;
    assert_eq!(answer.ok()["members"][0]["sharedToGroup"]["name"], "Sales");
    assert_eq!((rights(&stage), stage.mails()), (vec![(group, 5)], vec![]));
}

#[tokio::test]
async fn rights_that_do_not_fit_are_a_403_and_bad_requests_a_400() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    for access in [1, 3, 9, 999] {
        share(&stage, json!([{ "id": ada, "access": access }]), false).await.refused(403);
    }
    share(&stage, json!([{ "email": "eve@example.com", "access": 9 }]), false).await.refused(403);
    share(&stage, json!([{ "email": "no address", "access": 2 }]), false).await.invalid();
    share(&stage, json!([{ "id": "ada", "access": 2 }]), false).await.invalid();
    stage.put("/files/rooms/7/share", json!({ "invitations": [{ "id": ada, "access": 2 }] })).await.refused(404);
    assert!(rights(&stage).is_empty());
    let body = json!({ "email": "manager@example.com", "firstName": "Ada", "type": "RoomAdmin" });
    let manager = stage.post("/people", body).await.ok()["id"].clone();
    share(&stage, json!([{ "id": manager, "access": 9 }]), false).await.ok();
}

#[tokio::test]
async fn guests_are_not_invited_while_that_is_switched_off() {
    let stage = Stage::with(|settings| settings.allow_inviting_guests = false).await;
    let ada = stage.create("ada@example.com").await;
    share(&stage, json!([{ "email": "eve@example.com", "access": 2 }]), false).await.refused(403);
    share(&stage, json!([{ "id": ada, "access": 2 }]), false).await.ok();
    let plain = Stage::with(|settings| settings.role = Role::User).await;
    share(&plain, json!([{ "email": "eve@example.com", "access": 2 }]), false).await.refused(403);
}
