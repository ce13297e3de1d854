//! Onboarding by a shared link, which our own mail server mails.

use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use usher::model::{JobState, Way};
use usher::sandbox::{Joining, Mail, SmtpFault, SmtpTrouble};
use usher::worker;

use crate::onboarding_places::{envelope, scene};
use crate::support::TestApp;

pub(crate) const ADA: &str = "ada@corp.example";
const RULE: &str = r#"{ type = "User", mode = "link" }"#;

/// A program with a mail server and these rules.
pub(crate) async fn stage(rules: &str) -> TestApp {
    let mut t = TestApp::start().await;
    let postbox = t.sandbox.start_postbox("127.0.0.1:0".parse().unwrap(), CancellationToken::new()).await;
    let postbox = postbox.unwrap();
    let port = postbox.address.port();
    let smtp =
        format!("[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"HR <hr@corp.example>\"\n");
    t.restart_with(|scene| {
        scene.rules = rules.to_owned();
        scene.extra = smtp;
    })
    .await;
    t
}

async fn hired(t: &TestApp) -> (JobState, String) {
    t.hire("7", ADA).await;
    t.drain().await;
    t.only("onboard").await
}

pub(crate) fn letters(t: &TestApp) -> Vec<Mail> {
    t.sandbox.state().mails.into_iter().filter(|mail| mail.letter.is_some()).collect()
}

/// The link in a letter.
fn link(mail: &Mail) -> String {
    let text = mail.text.clone().unwrap();
    text.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned()
}

fn fault(t: &TestApp, smtp: SmtpTrouble, times: u32) {
    t.sandbox.add_smtp_fault(SmtpFault { smtp, times });
}

pub(crate) async fn register(t: &TestApp, link: &str) {
    let joining = json!({"way": "link", "link": link, "email": ADA, "firstName": "Ada", "lastName": "Example"});
    let joining: Joining = serde_json::from_value(joining).unwrap();
    t.sandbox.join(&joining).await.unwrap();
    t.drain().await;
}

#[tokio::test]
async fn a_link_is_mailed_once_and_whoever_registers_by_it_is_ours() {
    let congratulate = "[[rules]]\non = \"user.activated\"\ncongratulate = { via = [\"sendcongratulations\"], key = \"welcome_guest\", whom = \"onboarded\" }\n";
    let rules = format!("[[rules]]\non = \"employee.hired\"\nonboard = {RULE}\n{congratulate}");
    let t = stage(&rules).await;
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.users().len()), (JobState::Done, 0), "{reason}");
    let sent = letters(&t);
    assert_eq!((sent.len(), sent[0].to.as_str()), (1, ADA));
    let ada = t.people().await[0].clone();
    assert_eq!((ada.way, ada.invited_at.is_some(), ada.user_id), (Some(Way::Link), true, None));
    assert_eq!(ada.link_expires_at, None, "this portal's link has no end");
    register(&t, &link(&sent[0])).await;
    let people = t.people().await;
    assert_eq!((people.len(), people[0].way, people[0].is_ours()), (1, Some(Way::Link), true), "{people:#?}");
    t.activate(ADA).await;
    assert_eq!(t.mails(ADA).iter().filter(|kind| *kind == "congratulation").count(), 1);
    // Hired again, by another delivery.
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    let second = t.jobs("onboard").await.pop().unwrap();
    assert!(second.reason.as_deref().unwrap().starts_with("known"), "{:?}", second.reason);
    assert_eq!((letters(&t).len(), t.people().await[0].is_ours()), (1, true));
}

#[tokio::test]
async fn an_older_portal_gives_a_link_of_seven_days_and_the_letter_tells_its_last_day() {
    let t = stage(&scene(RULE).rules).await;
    t.fault(json!({"path": "/portal/users/invitationlink/User", "status": 404, "body": envelope(404, "no")}));
    hired(&t).await;
    let text = letters(&t)[0].text.clone().unwrap();
    assert!(text.contains("valid until 2026-08-10"), "{text}");
    assert_eq!(t.people().await[0].link_expires_at.unwrap().to_string(), "2026-08-10T08:00:00Z");
}

#[tokio::test]
async fn the_same_hire_in_two_deliveries_gets_one_link() {
    let t = stage(&scene(RULE).rules).await;
    t.hire("7", ADA).await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    assert_eq!(letters(&t).len(), 1);
    assert!(t.jobs("onboard").await[1].reason.as_deref().unwrap().starts_with("known: onboarded before"));
}

#[tokio::test]
async fn the_rules_own_text_is_mailed_in_the_rules_language() {
    let text = "[texts.join]\ndefault = \"en\"\n[texts.join.en]\nsubject = \"Join\"\ntext = \"Here: {{ link.url }}\"\n\
                [texts.join.de]\nsubject = \"Mitmachen\"\ntext = \"Hier: {{ link.url }}\"\n";
    let rule = r#"{ type = "User", mode = "link", text = "join", culture = "de-AT" }"#;
    let t = stage(&format!("{text}{}", scene(rule).rules)).await;
    hired(&t).await;
    let sent = letters(&t);
    assert_eq!(sent[0].letter.as_ref().unwrap().subject, "Mitmachen");
    assert!(sent[0].text.as_ref().unwrap().starts_with("Hier: http"));
}

#[tokio::test]
async fn somebody_with_an_account_gets_no_link() {
    let t = stage(&scene(RULE).rules).await;
    t.sandbox_user(ADA).await;
    let (state, reason) = hired(&t).await;
    assert_eq!((state, letters(&t).len()), (JobState::Done, 0));
    assert!(reason.starts_with("known"), "{reason}");
}

#[tokio::test]
async fn a_portal_that_gives_no_link_holds_the_job_and_says_what_to_do() {
    let t = stage(&scene(RULE).rules).await;
    t.fault(json!({"path": "/portal/users/invitationlink/User", "status": 404, "body": envelope(404, "no")}));
    let empty = json!({"response": "", "count": 1, "status": 0, "statusCode": 200});
    t.fault(json!({"path": "/portal/users/invite/User", "status": 200, "body": empty}));
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.people().await[0].is_ours(), letters(&t).len()), (JobState::Held, false, 0));
    assert!(reason.contains("gave no link") && reason.contains("owner of the API key"), "{reason}");
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, letters(&t).len()), (JobState::Done, 1));
}

#[tokio::test]
async fn a_scope_that_is_missing_for_links_is_named() {
    let t = stage(&scene(RULE).rules).await;
    t.fault(json!({"method": "GET", "path": "/portal/users/invitationlink/User", "status": 403}));
    let (state, reason) = hired(&t).await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("*:read"), "{reason}");
}

#[tokio::test]
async fn a_mail_server_that_does_not_take_the_letter_yet_gets_it_later_once() {
    for trouble in [SmtpTrouble::Refuse, SmtpTrouble::Tempfail] {
        let t = stage(&scene(RULE).rules).await;
        fault(&t, trouble, 2);
        let (state, reason) = hired(&t).await;
        assert_eq!((state, letters(&t).len()), (JobState::Ready, 0), "{trouble:?} {reason}");
        assert!(!t.people().await[0].is_ours(), "{trouble:?}: nothing was sent");
        for _ in 0..5 {
            t.advance(SignedDuration::from_mins(2)).await;
        }
        assert_eq!((t.only("onboard").await.0, letters(&t).len()), (JobState::Done, 1), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_recipient_that_the_mail_server_refuses_is_held() {
    let t = stage(&scene(RULE).rules).await;
    fault(&t, SmtpTrouble::RejectRecipient, 1);
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.people().await[0].is_ours()), (JobState::Held, false));
    assert!(reason.contains("550") && !reason.contains(ADA), "{reason}");
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, letters(&t).len()), (JobState::Done, 1));
}

#[tokio::test]
async fn a_link_that_may_have_been_sent_is_held_and_never_sent_again_by_itself() {
    let t = stage(&scene(RULE).rules).await;
    fault(&t, SmtpTrouble::DropAfterData, 1);
    let (state, reason) = hired(&t).await;
    assert_eq!((state, letters(&t).len(), t.people().await[0].is_ours()), (JobState::Held, 1, true), "{reason}");
    assert!(reason.contains("may have been sent"), "{reason}");
    t.advance(SignedDuration::from_hours(24)).await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    let states: Vec<_> = t.jobs("onboard").await.iter().map(|job| job.state).collect();
    assert_eq!((states, letters(&t).len()), (vec![JobState::Held, JobState::Held], 1));
    let first = t.jobs("onboard").await[0].id;
    t.app.store.release(vec![first], "tests", usher::model::Clock::now(&*t.clock)).await.unwrap();
    t.drain().await;
    assert_eq!((t.jobs("onboard").await[0].state, letters(&t).len()), (JobState::Done, 2), "a person has decided");
    let other = t.jobs("onboard").await.remove(1);
    assert_eq!(
        (other.state, other.reason.as_deref()),
        (JobState::Cancelled, Some("called off: onboarded by another job"))
    );
}

#[tokio::test]
async fn whoever_registered_by_a_link_that_may_have_been_sent_stays_ours() {
    let t = stage(&scene(RULE).rules).await;
    fault(&t, SmtpTrouble::DropAfterData, 1);
    hired(&t).await;
    register(&t, &link(&letters(&t)[0])).await;
    t.release("onboard").await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, reason.as_str()), (JobState::Done, "registered by the invitation link"));
    let ada = t.people().await[0].clone();
    assert_eq!((letters(&t).len(), ada.is_ours(), ada.way), (1, true, Some(Way::Link)));
}

#[tokio::test]
async fn a_crash_while_the_link_is_mailed_is_held() {
    let mut t = stage(&scene(RULE).rules).await;
    fault(&t, SmtpTrouble::Hang, 1);
    t.hire("7", ADA).await;
    let app = t.app.clone();
    let work = tokio::spawn(async move { worker::drain(&app).await });
    let is_sending = async || t.jobs("onboard").await.iter().any(|job| job.has_step("sending"));
    while !is_sending().await {
        assert!(!work.is_finished(), "the worker was to wait for the mail server");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    t.restart().await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held, "{reason}");
    assert!(reason.contains("stopped while sending"), "{reason}");
}

#[tokio::test]
async fn a_link_without_a_mail_server_is_held_until_there_is_one() {
    let mut t = stage(&scene(RULE).rules).await;
    fault(&t, SmtpTrouble::RejectRecipient, 1);
    hired(&t).await;
    let smtp = std::sync::Mutex::new(String::new());
    t.restart_with(|scene| {
        *smtp.lock().unwrap() = std::mem::take(&mut scene.extra);
        scene.rules = crate::scene::Scene::default().rules;
    })
    .await;
    t.release("onboard").await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("[smtp]"), "{reason}");
    t.restart_with(|scene| scene.extra = smtp.into_inner().unwrap()).await;
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, letters(&t).len()), (JobState::Done, 1));
}

#[tokio::test]
async fn a_paid_link_without_a_seat_is_waited_for() {
    let t = stage(&scene(r#"{ type = "RoomAdmin", mode = "link", allow_paid = true }"#).rules).await;
    t.fault(json!({"path": "/portal/users/invitationlink/RoomAdmin", "status": 402, "body": envelope(402, "no")}));
    assert_eq!(hired(&t).await.0, JobState::Ready);
    t.advance(SignedDuration::from_mins(61)).await;
    assert_eq!((t.only("onboard").await.0, letters(&t).len()), (JobState::Done, 1));
}

#[tokio::test]
async fn a_deleted_account_that_came_by_a_link_is_invited_anew() {
    let t = stage(&scene(RULE).rules).await;
    hired(&t).await;
    register(&t, &link(&letters(&t)[0])).await;
    let id = t.user_id(ADA);
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [id]})).await;
    t.portal(Method::DELETE, &format!("/people/{id}"), json!({})).await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    assert_eq!(letters(&t).len(), 2);
}
