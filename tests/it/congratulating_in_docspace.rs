//! Congratulations by a mention in a document and by a welcome room.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const MENTION: &str = "via = [\"mention\"], file = 101";
const ROOM: &str = "via = [\"room\"], room = { id = 1, access = \"read\" }";
const MENTIONS: &str = "/files/file/101/sendeditornotify";
const SHARE: &str = "/files/rooms/1/share";

fn rules(congratulate: &str) -> String {
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n\
         [[rules]]\non = \"user.activated\"\ncongratulate = {{ {congratulate} }}\n"
    )
}

async fn onboarded(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

async fn activated(congratulate: &str, faults: &[Json]) -> TestApp {
    let t = onboarded(Scene { rules: rules(congratulate), ..Scene::default() }).await;
    faults.iter().for_each(|fault| t.fault(fault.clone()));
    t.activate(ADA).await;
    t
}

/// Let her read what is in the room, without a mail.
async fn let_in(t: &TestApp) {
    let share = json!({"invitations": [{"id": t.user_id(ADA), "access": 2}], "notify": false});
    t.portal(Method::PUT, SHARE, share).await;
}

/// The text of the last mail of a kind.
fn text_of(t: &TestApp, kind: &str) -> String {
    let state = t.state();
    let mail = state["mails"].as_array().unwrap().iter().rfind(|mail| mail["kind"] == kind);
    mail.unwrap_or_else(|| panic!("no {kind} in {state}"))["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mention_says_the_text_on_one_line() {
    let extra = "[texts.hi.en]\nsubject = \"-\"\ntext = \"\"\"\nHello {{ person.first_name }},\n\n  welcome!\n\"\"\"\n";
    let rules = rules(&format!("{MENTION}, text = \"hi\""));
    let t = onboarded(Scene { rules, extra: extra.to_owned(), ..Scene::default() }).await;
    let_in(&t).await;
    t.activate(ADA).await;
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by mention".to_owned()));
    assert_eq!(t.mails(ADA), ["activation", "mention"]);
    assert_eq!(text_of(&t, "mention"), "Hello Ada, welcome!");
}

#[tokio::test]
async fn a_mention_is_cut_before_the_portal_cuts_it() {
    // Two units of UTF-16 each.
    let long = "🎉".repeat(150);
    let extra = format!("[texts.hi.en]\nsubject = \"-\"\ntext = \"{long}\"\n");
    let rules = rules(&format!("{MENTION}, text = \"hi\""));
    let t = onboarded(Scene { rules, extra, ..Scene::default() }).await;
    let_in(&t).await;
    t.activate(ADA).await;
    assert_eq!(text_of(&t, "mention"), format!("{}…", "🎉".repeat(99)));
}

#[tokio::test]
async fn a_document_that_is_not_there_is_a_refusal() {
    let t = activated("via = [\"mention\"], file = 999", &[]).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("mention was refused") && reason.contains("404"), "{reason}");
}

#[tokio::test]
async fn a_scope_that_the_key_lacks_is_named() {
    for (congratulate, scope) in [(MENTION, "files:write"), (ROOM, "rooms:write")] {
        let permissions = ["accounts:write", "accounts.self:read"].map(str::to_owned).to_vec();
        let t = onboarded(Scene { rules: rules(congratulate), permissions, ..Scene::default() }).await;
        t.activate(ADA).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Held, "{reason}");
        assert!(reason.contains(scope), "{reason}");
    }
}

#[tokio::test]
async fn what_may_have_been_sent_is_held() {
    for (congratulate, path) in [(MENTION, MENTIONS), (ROOM, SHARE)] {
        let method = if path == SHARE { "PUT" } else { "POST" };
        for fault in [
            json!({"path": path, "drop": "after"}),
            json!({"path": path, "status": 500}),
            json!({"path": path, "status": 200, "body": "not the envelope"}),
        ] {
            let t = activated(congratulate, std::slice::from_ref(&fault)).await;
            let (state, reason) = t.only("congratulate").await;
            assert_eq!(state, JobState::Held, "{fault} {reason}");
            assert!(reason.contains("may have been sent"), "{fault} {reason}");
            t.advance(SignedDuration::from_hours(24)).await;
            assert_eq!(t.calls(method, path), 1, "{fault}");
        }
    }
}

#[tokio::test]
async fn what_is_put_off_is_sent_later() {
    for (congratulate, path, kind) in [(MENTION, MENTIONS, None), (ROOM, SHARE, Some("room"))] {
        for status in [503, 429] {
            let t = activated(congratulate, &[json!({"path": path, "status": status})]).await;
            assert_eq!(t.only("congratulate").await.0, JobState::Ready, "{path} {status}");
            for _ in 0..4 {
                t.advance(SignedDuration::from_mins(16)).await;
            }
            assert_eq!(t.only("congratulate").await.0, JobState::Done, "{path} {status}");
            assert_eq!(t.mails(ADA).get(1).map(String::as_str), kind, "{path} {status}");
        }
    }
}

#[tokio::test]
async fn a_room_is_shared_and_mailed_to_somebody_new_there() {
    let t = activated(ROOM, &[]).await;
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by room".to_owned()));
    assert_eq!(t.mails(ADA), ["activation", "room"]);
    assert_eq!(t.state()["rooms"][0]["members"][0]["id"], t.user_id(ADA));
}

#[tokio::test]
async fn who_is_in_the_room_already_is_not_mailed_again() {
    let t = onboarded(Scene { rules: rules(ROOM), ..Scene::default() }).await;
    let_in(&t).await;
    t.activate(ADA).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!(t.mails(ADA), ["activation"]);
}

#[tokio::test]
async fn a_warning_of_the_portal_is_a_refusal_whose_words_stand_in_the_steps_alone() {
    let response = json!({"members": [], "warning": "The user ada@corp.example cannot be added"});
    let body = json!({"response": response, "count": 1, "status": 0, "statusCode": 200});
    let t = activated(ROOM, &[json!({"path": SHARE, "method": "PUT", "status": 200, "body": body})]).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("room was refused") && !reason.contains("cannot be added"), "{reason}");
    let steps = t.jobs("congratulate").await.remove(0).steps;
    let refused = steps.iter().find(|step| step.name == "refused").unwrap();
    assert!(refused.detail.contains("cannot be added") && !refused.detail.contains("ada@"), "{refused:?}");
}
