use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::stage::Stage;

async fn limited(limit: usize) -> Stage {
    Stage::with(|settings| settings.invitation_limit = Some(limit)).await
}

fn invitations(emails: &[&str]) -> Value {
    let items: Vec<_> = emails.iter().map(|email| json!({ "email": email, "type": "User" })).collect();
    json!({ "invitations": items })
}

async fn left(stage: &Stage) -> Value {
    stage.get("/settings").await.ok()["invitationLimit"].clone()
}

#[tokio::test]
async fn invitations_beyond_the_limit_are_a_400_of_the_second_shape_before_anything_is_sent() {
    let stage = limited(2).await;
    let answer = stage.post("/people/invite", invitations(&["a@example.com", "b@example.com", "c@example.com"])).await;
    assert_eq!(answer.invalid()["Invitations"], json!(["Invitation limit is exceeded"]));
    assert!(stage.mails().is_empty());
    stage.post("/people/invite", invitations(&["a@example.com"])).await.ok();
    assert_eq!(left(&stage).await, 1);
    stage.post("/people/invite", invitations(&["b@example.com"])).await.ok();
    assert_eq!(left(&stage).await, 0);
    stage.post("/people/invite", invitations(&["c@example.com"])).await.invalid();
    assert_eq!(stage.mails().len(), 2);
}

#[tokio::test]
async fn an_invitation_counts_for_a_day() {
    let stage = limited(1).await;
    stage.post("/people/invite", invitations(&["a@example.com"])).await.ok();
    stage.clock.advance(SignedDuration::from_secs(24 * 3600 - 1));
    stage.post("/people/invite", invitations(&["b@example.com"])).await.invalid();
    stage.clock.advance(SignedDuration::from_secs(1));
    stage.post("/people/invite", invitations(&["b@example.com"])).await.ok();
}

#[tokio::test]
async fn addresses_invited_to_rooms_count_too() {
    let stage = limited(2).await;
    let share = async |emails: &[&str]| {
        let items: Vec<_> = emails.iter().map(|email| json!({ "email": email, "access": 2 })).collect();
        stage.put("/files/rooms/1/share", json!({ "invitations": items })).await
    };
    share(&["a@example.com"]).await.ok();
    assert!(share(&["b@example.com", "c@example.com"]).await.invalid().get("Invitations").is_some());
    assert_eq!(stage.sandbox.state().users.len(), 1);
    stage.post("/people/invite", invitations(&["b@example.com"])).await.ok();
    assert_eq!(left(&stage).await, 0);
}

#[tokio::test]
async fn only_mailed_invitations_are_used_up_and_registering_gives_one_back() {
    let stage = limited(1).await;
    stage.create("known@example.com").await;
    stage.post("/people/invite", invitations(&["known@example.com"])).await.ok();
    assert_eq!(left(&stage).await, 1);
    stage.invite("a@example.com").await;
    assert_eq!(left(&stage).await, 0);
    stage.accept("a@example.com").await;
    assert_eq!(left(&stage).await, 1);
}

#[tokio::test]
async fn without_a_limit_the_settings_tell_the_largest_number() {
    let stage = Stage::new().await;
    stage.invite("a@example.com").await;
    assert_eq!(left(&stage).await, i32::MAX);
}
