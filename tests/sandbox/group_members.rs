use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

fn members(group: &Value) -> Vec<String> {
    group["members"].as_array().unwrap().iter().map(|member| text(&member["id"])).collect()
}

#[tokio::test]
async fn members_are_added_replaced_and_removed_without_a_webhook() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    let (ada, eve) = (stage.create("ada@example.com").await, stage.create("eve@example.com").await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let (only_ada, only_eve) = (vec![ada.clone()], vec![eve.clone()]);
    let made = stage.control("/groups", json!({ "name": "Sales" })).await;
    assert_eq!((made.status, &made.json["name"]), (200, &json!("Sales")));
    let path = format!("/group/{}/members", text(&made.json["id"]));
    let twice = json!({ "members": [ada, ada] });
    assert_eq!(members(stage.put(&path, twice).await.ok()), only_ada);
    assert_eq!(members(stage.put(&path, json!({ "members": [eve] })).await.ok()), [ada.clone(), eve.clone()]);
    assert_eq!(members(stage.post(&path, json!({ "members": [eve] })).await.ok()), only_eve);
    assert!(members(stage.take_out(&path, json!({ "members": [eve, ada] })).await.ok()).is_empty());
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn whoever_cannot_be_a_member_is_skipped_silently() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    let gone = stage.create("gone@example.com").await;
    stage.terminate(&gone).await;
    let guest = stage.create("guest@example.com").await;
    stage.put(&format!("/people/{guest}"), json!({ "isUser": true })).await.ok();
    let path = format!("/group/{}/members", stage.sandbox.add_group("Sales"));
    let unfit = [gone, guest, "00000000-0000-4000-8000-000000000000".to_owned()];
    assert!(members(stage.put(&path, json!({ "members": unfit })).await.ok()).is_empty());
    stage.put(&path, json!({ "members": [ada] })).await.ok();
    // Replacing by nobody fit is refused, and the group stays.
    stage.post(&path, json!({ "members": unfit })).await.refused(400);
    let mixed = [unfit[0].clone(), ada.clone()];
    assert_eq!(members(stage.post(&path, json!({ "members": mixed })).await.ok()), [ada]);
    stage.put(&path, json!({ "members": ["ada"] })).await.invalid();
    stage.put(&path, json!({})).await.invalid();
}

#[tokio::test]
async fn members_of_an_unknown_group_are_a_404() {
    let stage = Stage::new().await;
    let body = json!({ "members": [stage.create("ada@example.com").await] });
    let path = "/group/00000000-0000-4000-8000-000000000000/members";
    stage.put(path, body.clone()).await.refused(404);
    stage.post(path, body.clone()).await.refused(404);
    stage.take_out(path, body).await.refused(404);
}
