use serde_json::{Value, json};
use usher::sandbox::{Mail, MailKind};

use crate::stage::{Answer, Stage};

async fn mention(stage: &Stage, emails: Value, message: &str) -> Answer {
    stage.post("/files/file/101/sendeditornotify", json!({ "emails": emails, "message": message })).await
}

fn mentions(stage: &Stage) -> Vec<Mail> {
    stage.sandbox.state().mails.into_iter().filter(|mail| mail.kind == MailKind::Mention).collect()
}

/// Somebody active in the room.
async fn member(stage: &Stage, email: &str) -> String {
    let id = stage.create(email).await;
    stage.put("/files/rooms/1/share", json!({ "invitations": [{ "id": id, "access": 2 }] })).await.ok();
    id
}

#[tokio::test]
async fn a_member_of_the_room_is_mailed_the_message() {
    let stage = Stage::new().await;
    member(&stage, "ada@example.com").await;
    let answer = mention(&stage, json!(["ADA@example.com"]), " Welcome, <b>Ada</b> & all! ").await;
    assert!(answer.ok().is_null() && answer.json.get("response").is_none());
    let mails = mentions(&stage);
    assert_eq!(
        (mails.len(), mails[0].to.as_str(), mails[0].text.as_deref()),
        (1, "ada@example.com", Some("Welcome, Ada & all!"))
    );
}

#[tokio::test]
async fn a_message_is_cut_at_200_signs_and_refused_beyond_255() {
    let stage = Stage::new().await;
    member(&stage, "ada@example.com").await;
    let emails = json!(["ada@example.com"]);
    for (length, mailed) in [(200, "é".repeat(200)), (201, "é".repeat(200) + "..."), (255, "é".repeat(200) + "...")]
    {
        mention(&stage, emails.clone(), &"é".repeat(length)).await.ok();
        assert_eq!(mentions(&stage).last().unwrap().text, Some(mailed), "{length}");
    }
    assert!(mention(&stage, emails, &"é".repeat(256)).await.invalid().get("Message").is_some());
    assert_eq!(mentions(&stage).len(), 3);
}

#[tokio::test]
async fn who_may_not_read_the_document_gets_nothing_and_the_answer_is_the_same() {
    let stage = Stage::new().await;
    stage.create("outside@example.com").await;
    let gone = member(&stage, "gone@example.com").await;
    stage.terminate(&gone).await;
    let body = json!({ "invitations": [{ "email": "pending@example.com", "access": 2 }] });
    stage.put("/files/rooms/1/share", body).await.ok();
    for email in ["outside@example.com", "gone@example.com", "pending@example.com"] {
        assert!(mention(&stage, json!([email]), "Hello").await.ok().is_null());
    }
    // An address of nobody lists those who may read.
    let answer = mention(&stage, json!(["nobody@example.com"]), "Hello").await;
    assert_eq!(answer.json["count"], 2);
    assert!(mentions(&stage).is_empty());
}

#[tokio::test]
async fn a_member_of_a_group_in_the_room_may_read_too() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    let group = stage.sandbox.add_group("Sales");
    stage.put(&format!("/group/{group}/members"), json!({ "members": [ada] })).await.ok();
    mention(&stage, json!(["ada@example.com"]), "Hello").await.ok();
    assert!(mentions(&stage).is_empty());
    stage.put("/files/rooms/1/share", json!({ "invitations": [{ "id": group, "access": 2 }] })).await.ok();
    mention(&stage, json!(["ada@example.com"]), "Hello").await.ok();
    assert_eq!(mentions(&stage).len(), 1);
}

#[tokio::test]
async fn an_unknown_document_is_a_404_and_missing_addresses_a_400() {
    let stage = Stage::new().await;
    let body = json!({ "emails": [], "message": "Hello" });
    for file in ["1", "102", "Welcome.docx"] {
        stage.post(&format!("/files/file/{file}/sendeditornotify"), body.clone()).await.refused(404);
    }
    stage.post("/files/file/101/sendeditornotify", json!({ "message": "Hello" })).await.invalid();
}
