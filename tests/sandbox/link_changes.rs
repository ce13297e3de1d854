use serde_json::{Value, json};

use crate::stage::Stage;

const LINKS: &str = "/portal/users/invitationlink";

async fn made(stage: &Stage) -> Value {
    stage.post(LINKS, json!({ "employeeType": "User", "maxUseCount": 3 })).await.ok().clone()
}

#[tokio::test]
async fn what_a_change_of_a_link_leaves_out_is_cleared() {
    let stage = Stage::new().await;
    let id = made(&stage).await["id"].clone();
    let body = json!({ "id": id, "expiration": "2026-09-01T00:00:00Z", "maxUseCount": 7 });
    let changed = stage.put(LINKS, body).await;
    assert_eq!(
        (&changed.ok()["expiration"], &changed.ok()["maxUseCount"]),
        (&json!("2026-09-01T00:00:00.0000000Z"), &json!(7))
    );
    let cleared = stage.put(LINKS, json!({ "id": id })).await;
    assert_eq!(cleared.ok()["isExpired"], false);
    assert!(["expiration", "maxUseCount"].iter().all(|member| cleared.ok().get(member).is_none()));
    stage.clock.advance(jiff::SignedDuration::from_hours(24 * 365));
    assert_eq!(stage.get(&format!("{LINKS}/User")).await.ok()["isExpired"], false);
}

#[tokio::test]
async fn a_link_has_no_end_in_the_past_and_no_fewer_uses_than_it_had() {
    let stage = Stage::new().await;
    let link = made(&stage).await;
    for email in ["one@example.com", "two@example.com"] {
        let form = json!({ "link": link["url"], "email": email, "firstName": "Ada", "lastName": "" });
        assert_eq!(stage.control("/join", form).await.status, 200);
    }
    let change = |member: &str, value: Value| {
        let mut body = json!({ "id": link["id"] });
        body[member] = value;
        body
    };
    stage.put(LINKS, change("maxUseCount", json!(1))).await.refused(400);
    stage.put(LINKS, change("maxUseCount", json!(0))).await.invalid();
    stage.put(LINKS, change("maxUseCount", json!(2))).await.ok();
    let past = json!("2026-07-01T00:00:00Z");
    stage.put(LINKS, change("expiration", past.clone())).await.refused(400);
    stage.post(LINKS, json!({ "employeeType": "RoomAdmin", "expiration": past })).await.refused(400);
}

#[tokio::test]
async fn a_deleted_link_lets_nobody_in_and_makes_room_for_another() {
    let stage = Stage::new().await;
    let link = made(&stage).await;
    let body = json!({ "id": link["id"] });
    let answer = stage.take_out(LINKS, body.clone()).await;
    assert!(answer.ok().is_null() && answer.json.get("response").is_none());
    stage.take_out(LINKS, body.clone()).await.refused(404);
    stage.put(LINKS, body).await.refused(404);
    let form = json!({ "link": link["url"], "email": "ada@example.com", "firstName": "Ada", "lastName": "" });
    assert_eq!(stage.control("/join", form).await.status, 404);
    assert_ne!(made(&stage).await["url"], link["url"]);
    stage.put(LINKS, json!({ "id": "first" })).await.invalid();
    stage.take_out(LINKS, json!({})).await.invalid();
}
