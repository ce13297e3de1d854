use serde_json::{Value, json};

use crate::stage::{Stage, text};

#[tokio::test]
async fn the_obsolete_call_returns_a_short_address_for_every_type() {
    let stage = Stage::new().await;
    for kind in ["Guest", "User", "RoomAdmin", "2"] {
        let link = text(stage.get(&format!("/portal/users/invite/{kind}")).await.ok());
        let code = link.strip_prefix(&format!("{}/s/", stage.url)).unwrap();
        assert_eq!(code.len(), 15);
    }
    stage.get("/portal/users/invite/Boss").await.invalid();
}

#[tokio::test]
async fn a_link_of_a_type_is_made_once_and_shown() {
    let stage = Stage::new().await;
    let path = "/portal/users/invitationlink";
    let none = stage.get(&format!("{path}/User")).await;
    assert_eq!(none.ok(), &Value::Null);
    assert!(none.json.get("response").is_none());
    let end = "2026-08-08T10:05:00Z";
    let made = stage.post(path, json!({ "employeeType": "User", "maxUseCount": "3", "expiration": end })).await;
    let link = made.ok();
    assert_eq!(
        (&link["employeeType"], &link["maxUseCount"], &link["currentUseCount"]),
        (&json!(4), &json!(3), &json!(0))
    );
    assert_eq!(link["isExpired"], false);
    assert_eq!(link["expiration"], "2026-08-08T10:05:00.0000000Z");
    assert!(text(&link["url"]).starts_with(&format!("{}/s/", stage.url)));
    assert_eq!(stage.get(&format!("{path}/4")).await.ok(), link);
    stage.post(path, json!({ "employeeType": "User" })).await.refused(400);
    let endless = stage.post(path, json!({ "employeeType": "RoomAdmin" })).await;
    assert_eq!((&endless.ok()["isExpired"], endless.ok().get("expiration")), (&json!(false), None));
}

#[tokio::test]
async fn links_are_refused_for_guests_and_for_paid_types_without_a_seat() {
    let stage = Stage::with(|settings| settings.paid_seats = 0).await;
    let path = "/portal/users/invitationlink";
    stage.post(path, json!({ "employeeType": "Guest" })).await.refused(400);
    stage.post(path, json!({ "employeeType": "RoomAdmin" })).await.refused(402);
    stage.get(&format!("{path}/RoomAdmin")).await.refused(402);
    stage.post(path, json!({ "employeeType": "User", "maxUseCount": 1001 })).await.invalid();
    stage.post(path, json!({})).await.invalid();
}
