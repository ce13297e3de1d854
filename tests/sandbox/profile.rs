use serde_json::json;

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

async fn own_id(stage: &Stage) -> String {
    text(&stage.get("/people/@self").await.ok()["id"])
}

/// How many webhooks were sent.
async fn sent(stage: &Stage, receiver: &Receiver) -> usize {
    stage.sandbox.webhooks_settled().await;
    receiver.got().len()
}

#[tokio::test]
async fn names_of_somebody_else_stay_as_they_are_and_nothing_is_told() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = stage.create("ada@example.com").await;
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let body = json!({ "firstName": "Eve", "lastName": "Other", "location": "Riga", "department": [] });
    let answer = stage.put(&format!("/people/{id}"), body).await;
    assert_eq!((&answer.ok()["firstName"], &answer.ok()["location"]), (&json!("Ada"), &json!(null)));
    assert_eq!(sent(&stage, &receiver).await, 0);
    stage.put("/people/00000000-0000-4000-8000-000000000000", json!({})).await.refused(404);
}

#[tokio::test]
async fn somebody_else_is_disabled_and_enabled_by_the_profile() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = stage.create("ada@example.com").await;
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let path = format!("/people/{id}");
    let disabled = stage.put(&path, json!({ "disable": true })).await;
    assert_eq!((&disabled.ok()["status"], disabled.ok()["terminated"].is_string()), (&json!(2), true));
    assert_eq!(stage.put(&path, json!({ "disable": false })).await.ok()["status"], 1);
    assert_eq!(sent(&stage, &receiver).await, 2);
    assert_eq!(receiver.events()[0].0, "user.updated");
}

#[tokio::test]
async fn is_user_makes_a_guest_of_a_member_and_a_paid_member_of_a_guest() {
    let stage = Stage::with(|settings| settings.paid_seats = 1).await;
    let id = stage.create("ada@example.com").await;
    let path = format!("/people/{id}");
    assert_eq!(stage.put(&path, json!({ "isUser": true })).await.ok()["isVisitor"], true);
    assert_eq!(stage.put(&path, json!({ "isUser": false })).await.ok()["isRoomAdmin"], true);
    stage.put(&path, json!({ "isUser": true })).await.ok();
    stage.post("/people", json!({ "email": "eve@example.com", "firstName": "Eve", "type": "RoomAdmin" })).await.ok();
    stage.put(&path, json!({ "isUser": false })).await.refused(402);
}

#[tokio::test]
async fn the_own_profile_takes_names_and_groups() {
    let stage = Stage::new().await;
    let (id, group) = (own_id(&stage).await, stage.sandbox.add_group("Sales & Co"));
    let body = json!({ "firstName": "Olga", "department": [group], "disable": true });
    let answer = stage.put(&format!("/people/{id}"), body).await;
    assert_eq!((&answer.ok()["firstName"], &answer.ok()["lastName"]), (&json!("Olga"), &json!("Owner")));
    assert_eq!((&answer.ok()["department"], &answer.ok()["status"]), (&json!("Sales &amp; Co"), &json!(1)));
    assert_eq!(answer.ok()["groups"], json!([{ "id": group, "name": "Sales & Co", "isSystem": false }]));
    stage.put(&format!("/people/{id}"), json!({ "firstName": "R2" })).await.refused(400);
}

#[tokio::test]
async fn a_language_is_chosen_at_creation_and_invitation_and_changed_only_by_oneself() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let body = json!({ "email": "ada@example.com", "firstName": "Ada", "type": "User", "cultureName": "de" });
    let created = stage.post("/people", body).await;
    assert_eq!(created.ok()["cultureName"], "de");
    let body = json!({ "invitations": [{ "email": "eve@example.com", "type": "User" }], "culture": "lv" });
    stage.post("/people/invite", body).await.ok();
    assert_eq!(stage.get("/people/email?email=eve@example.com").await.ok()["cultureName"], "lv");
    stage.sandbox.webhooks_settled().await;
    let told: Vec<_> = receiver.got().iter().map(|got| got.json()["payload"]["cultureName"].clone()).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&json!("de")) && told.contains(&json!("lv")));
    let path = format!("/people/{}/culture", text(&created.ok()["id"]));
    stage.put(&path, json!({ "cultureName": "fr" })).await.refused(403);
    let own = format!("/people/{}/culture", own_id(&stage).await);
    assert_eq!(stage.put(&own, json!({ "cultureName": "fr" })).await.ok()["cultureName"], "fr");
    stage.put(&own, json!({})).await.invalid();
}

#[tokio::test]
async fn an_activation_status_is_set_and_told_of() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let id = stage.create("ada@example.com").await;
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let body = json!({ "userIds": [id, "00000000-0000-4000-8000-000000000000"] });
    let answer = stage.put("/people/activationstatus/1", body.clone()).await;
    assert_eq!((answer.ok().as_array().unwrap().len(), &answer.ok()[0]["activationStatus"]), (1, &json!(1)));
    stage.put("/people/activationstatus/AutoGenerated", body.clone()).await.ok();
    stage.sandbox.webhooks_settled().await;
    let mut flags: Vec<_> = receiver.events().into_iter().map(|(_, _, activation, _)| activation).collect();
    flags.sort_unstable();
    assert_eq!(flags, [1, 4]);
    // The people calls hide the bit that the webhook shows.
    assert_eq!(stage.get(&format!("/people/{id}")).await.ok()["activationStatus"], 0);
    stage.put("/people/activationstatus/Odd", body).await.invalid();
}

#[tokio::test]
async fn somebody_invited_who_was_disabled_waits_again_once_enabled() {
    let stage = Stage::new().await;
    let id = stage.invite("ada@example.com").await;
    stage.terminate(&id).await;
    let answer = stage.put("/people/status/Active", json!({ "userIds": [id] })).await;
    assert_eq!(answer.ok()[0]["status"], 4);
}
