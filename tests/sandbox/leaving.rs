use serde_json::{Value, json};
use usher::sandbox::MailKind;

use crate::receiver::Receiver;
use crate::stage::{Answer, Stage, text};

const SHARE: &str = "/files/rooms/1/share";

async fn set(stage: &Stage, status: &str, ids: &[&str]) -> Answer {
    stage.put(&format!("/people/status/{status}"), json!({ "userIds": ids })).await
}

/// Rights in the room that is there at first, by member.
fn rights(stage: &Stage) -> Vec<(String, i64)> {
    stage.sandbox.state().rooms[0].members.iter().map(|member| (member.id.clone(), member.access)).collect()
}

fn shared(id: &str, access: i64) -> Value {
    json!({ "invitations": [{ "id": id, "access": access }], "notify": false })
}

#[tokio::test]
async fn a_disabled_account_stays_in_its_groups_and_rooms_until_it_is_taken_out() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let (ada, group) = (stage.create("ada@example.com").await, stage.sandbox.add_group("Sales"));
    let members = format!("/group/{group}/members");
    stage.put(&members, json!({ "members": [ada] })).await.ok();
    stage.put(SHARE, shared(&ada, 10)).await.ok();
    let mails = stage.mails().len();
    let gone = set(&stage, "Terminated", &[&ada]).await;
    assert_eq!((&gone.ok()[0]["status"], &gone.ok()[0]["groups"][0]["id"]), (&json!(2), &json!(group)));
    assert_eq!(rights(&stage), [(ada.clone(), 10)]);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    assert_eq!(stage.take_out(&members, json!({ "members": [ada] })).await.ok()["membersCount"], 0);
    let left = stage.put(SHARE, shared(&ada, 0)).await;
    assert_eq!((left.ok().get("warning"), rights(&stage)), (None, vec![]));
    assert_eq!(stage.get(&format!("/people/{ada}")).await.ok().get("groups"), None);
    // Neither is told of, by webhook or by mail.
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
    assert_eq!(stage.mails().len(), mails);
}

#[tokio::test]
async fn whoever_is_in_no_group_and_no_room_can_be_taken_out_again() {
    let stage = Stage::new().await;
    let (ada, group) = (stage.create("ada@example.com").await, stage.sandbox.add_group("Sales"));
    let left = stage.take_out(&format!("/group/{group}/members"), json!({ "members": [ada] })).await;
    assert_eq!(left.ok()["membersCount"], 0);
    assert_eq!(stage.put(SHARE, shared(&ada, 0)).await.ok(), &json!({ "members": [] }));
    assert!(rights(&stage).is_empty());
}

#[tokio::test]
async fn enabling_a_paid_member_takes_a_seat_and_whoever_came_before_stays_enabled_untold() {
    let (receiver, stage) = (Receiver::new().await, Stage::with(|settings| settings.paid_seats = 2).await);
    let mut ids = Vec::new();
    for email in ["one@example.com", "two@example.com"] {
        let body = json!({ "email": email, "firstName": "Ada", "type": "RoomAdmin" });
        ids.push(text(&stage.post("/people", body).await.ok()["id"]));
    }
    let both = [ids[0].as_str(), ids[1].as_str()];
    set(&stage, "2", &both).await.ok();
    let body = json!({ "email": "new@example.com", "firstName": "Eve", "type": "RoomAdmin" });
    stage.post("/people", body).await.ok();
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    set(&stage, "1", &both).await.refused(402);
    let statuses: Vec<_> = stage.sandbox.state().users.iter().map(|user| user.status).collect();
    assert_eq!(statuses, [1, 2, 1]);
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn nobody_is_mailed_about_being_disabled_or_enabled() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    for status in ["Terminated", "Active"] {
        set(&stage, status, &[&ada]).await.ok();
    }
    assert_eq!(stage.mails(), [("ada@example.com".to_owned(), MailKind::Activation)]);
}
