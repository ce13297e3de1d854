use serde_json::{Value, json};
use usher::sandbox::MailKind;

use crate::stage::{Stage, text};

fn invitation(email: &str, kind: &str) -> Value {
    json!({ "invitations": [{ "email": email, "type": kind }] })
}

fn letter(to: &str, kind: MailKind) -> (String, MailKind) {
    (to.to_owned(), kind)
}

#[tokio::test]
async fn an_unknown_address_becomes_a_pending_account_with_one_letter() {
    let stage = Stage::new().await;
    let answer = stage.post("/people/invite", invitation("ada@example.com", "User")).await;
    let listed = answer.ok().as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["displayName"], "ada@example.com");
    assert!(listed[0].get("email").is_none());
    let answer = stage.get("/people/email?email=ada%40example.com").await;
    let user = answer.ok();
    assert_eq!((&user["status"], &user["activationStatus"]), (&json!(4), &json!(2)));
    assert_eq!((&user["firstName"], &user["lastName"]), (&json!(""), &json!("")));
    assert_eq!(user["id"], listed[0]["id"]);
    assert_eq!(stage.mails(), [letter("ada@example.com", MailKind::Invitation)]);
}

#[tokio::test]
async fn the_published_sequence_of_create_then_invite_mails_exactly_once() {
    let stage = Stage::new().await;
    stage.create("ada@example.com").await;
    stage.post("/people/invite", invitation("ada@example.com", "All")).await.ok();
    stage.post("/people/invite", invitation("Ada@Example.com", "User")).await.ok();
    assert_eq!(stage.mails(), [letter("ada@example.com", MailKind::Activation)]);
    let state = stage.sandbox.state();
    assert_eq!((state.users.len(), state.users[0].kind.as_str(), state.users[0].status), (1, "User", 1));
}

#[tokio::test]
async fn a_known_account_is_only_raised_never_lowered() {
    let stage = Stage::new().await;
    stage.create("ada@example.com").await;
    let kind = || stage.sandbox.state().users[0].kind.clone();
    for (asked, becomes) in
        [("All", "User"), ("RoomAdmin", "RoomAdmin"), ("User", "RoomAdmin"), ("DocSpaceAdmin", "DocSpaceAdmin")]
    {
        stage.post("/people/invite", invitation("ada@example.com", asked)).await.ok();
        assert_eq!(kind(), becomes, "{asked}");
    }
    assert_eq!(stage.mails().len(), 1);
}

#[tokio::test]
async fn a_disabled_account_is_refused() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    stage.terminate(&id).await;
    let answer = stage.post("/people/invite", invitation("ada@example.com", "User")).await;
    assert_eq!(answer.refused(400), "User disabled: ada@example.com");
}

#[tokio::test]
async fn the_answer_lists_everybody_who_is_awaited() {
    let stage = Stage::new().await;
    stage.invite("one@example.com").await;
    let active = stage.invite("two@example.com").await;
    stage.sandbox.activate(&active).await.unwrap();
    let answer = stage.post("/people/invite", invitation("three@example.com", "User")).await;
    let names: Vec<_> = answer.ok().as_array().unwrap().iter().map(|user| text(&user["displayName"])).collect();
    assert_eq!(names, ["one@example.com", "three@example.com"]);
    assert_eq!(answer.json["count"], 2);
}

#[tokio::test]
async fn items_before_a_refused_one_stay_invited() {
    let stage = Stage::new().await;
    let body = json!({ "invitations": [
        { "email": "one@example.com", "type": "User" },
        { "email": "two@example.com", "type": "Guest" },
        { "email": "three@example.com", "type": "User" },
    ] });
    assert_eq!(stage.post("/people/invite", body).await.refused(403), "Access denied");
    assert_eq!(stage.mails(), [letter("one@example.com", MailKind::Invitation)]);
}

#[tokio::test]
async fn a_bad_address_stops_the_request_before_anything_is_sent() {
    let stage = Stage::new().await;
    let body = json!({ "invitations": [{ "email": "one@example.com", "type": "User" }, { "email": "nobody" }] });
    stage.post("/people/invite", body).await.invalid();
    stage.post("/people/invite", json!({})).await.invalid();
    stage.post("/people/invite", invitation("one@example.com", "Boss")).await.invalid();
    assert!(stage.mails().is_empty());
}

#[tokio::test]
async fn named_paid_types_are_counted_first_and_all_fails_on_its_way() {
    let stage = Stage::with(|settings| settings.paid_seats = 1).await;
    let two = |kind: &str| {
        let item = |email: &str| json!({ "email": email, "type": kind });
        json!({ "invitations": [item("one@example.com"), item("two@example.com")] })
    };
    stage.post("/people/invite", two("RoomAdmin")).await.refused(402);
    assert!(stage.mails().is_empty());
    stage.post("/people/invite", two("All")).await.refused(402);
    assert_eq!(stage.mails(), [letter("one@example.com", MailKind::Invitation)]);
    assert_eq!(stage.sandbox.state().users[0].kind, "RoomAdmin");
}

#[tokio::test]
async fn a_repeated_invitation_reaches_only_those_who_have_not_activated() {
    let stage = Stage::new().await;
    let pending = stage.invite("pending@example.com").await;
    let created = stage.create("created@example.com").await;
    let active = stage.create("active@example.com").await;
    let gone = stage.create("gone@example.com").await;
    stage.sandbox.activate(&active).await.unwrap();
    stage.terminate(&gone).await;
    let before = stage.mails().len();
    let answer =
        stage.put("/people/invite", json!({ "userIds": [pending, created, active, gone], "resendAll": false })).await;
    assert_eq!(answer.ok().as_array().unwrap().len(), 2);
    assert_eq!(answer.ok()[0]["email"], "pending@example.com");
    // The letter to a created account is the real server's trap: its link leads nowhere.
    let expected =
        [letter("pending@example.com", MailKind::Invitation), letter("created@example.com", MailKind::Invitation)];
    assert_eq!(stage.mails()[before..], expected);
    stage.put("/people/invite", json!({ "resendAll": true })).await.ok();
    assert_eq!(stage.mails().len(), before + 4);
    stage.put("/people/invite", json!({ "userIds": ["x"] })).await.invalid();
}
