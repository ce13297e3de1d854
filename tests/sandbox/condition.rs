use serde_json::{Value, json};
use usher::sandbox::Condition;

use crate::stage::{Stage, read};

#[tokio::test]
async fn a_portal_that_does_not_serve_answers_every_call_empty() {
    let stage = Stage::new().await;
    for (condition, status) in [("unpaid", 402), ("suspended", 404), ("restoring", 403)] {
        let ordered = stage.control("/condition", json!({ "condition": condition })).await;
        assert_eq!((ordered.status, &ordered.json["condition"]), (200, &json!(condition)));
        stage.get("/people/@self").await.empty(status);
        stage.get("/settings/webhook").await.empty(status);
        stage.post("/people", json!({ "email": "ada@example.com" })).await.empty(status);
        stage.post("/portal/sendcongratulations", json!({})).await.empty(status);
    }
    stage.control("/condition", json!({ "condition": "normal" })).await;
    stage.get("/people/@self").await.ok();
    assert!(stage.sandbox.state().users.is_empty());
}

#[tokio::test]
async fn the_settings_tell_how_the_portal_stands() {
    let stage = Stage::new().await;
    for (condition, status, build) in [
        (Condition::Normal, 0, 200),
        (Condition::Unpaid, 0, 200),
        (Condition::Suspended, 1, 404),
        (Condition::Restoring, 4, 403),
    ] {
        stage.sandbox.set_condition(condition);
        assert_eq!(stage.get("/settings").await.ok()["tenantStatus"], status);
        assert_eq!(stage.get("/settings/version/build").await.status, build);
    }
}

#[tokio::test]
async fn a_missing_key_is_told_before_the_condition() {
    let stage = Stage::with(|settings| {
        settings.condition = Condition::Unpaid;
        settings.permissions = vec!["accounts:read".to_owned()];
    })
    .await;
    read(stage.client.get(format!("{}/api/2.0/people", stage.url)).send().await.unwrap()).await.empty(401);
    stage.get("/settings/webhook").await.empty(403);
    stage.get("/people").await.empty(402);
}

#[tokio::test]
async fn a_reset_restores_the_condition_of_the_settings() {
    let stage = Stage::with(|settings| settings.condition = Condition::Suspended).await;
    stage.sandbox.set_condition(Condition::Normal);
    stage.get("/people").await.ok();
    stage.control("/reset", Value::Null).await;
    stage.get("/people").await.empty(404);
}

#[tokio::test]
async fn an_unknown_condition_is_refused() {
    let stage = Stage::new().await;
    for order in [json!({ "condition": "late" }), json!({}), json!({ "condition": "unpaid", "for": 3 }), json!([])] {
        assert_eq!(stage.control("/condition", order).await.status, 400);
    }
    stage.get("/people").await.ok();
}
