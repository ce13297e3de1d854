//! Reminding people of an invitation not taken up yet.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::ledger::{Keys, Ledger};
use usher::model::{Clock, JobState, NewJob, Person, Way, kind};
use usher::sandbox::{Joining, SmtpFault, SmtpTrouble};
use usher::store::Change;

use crate::onboarding_links::{self, ADA, letters};
use crate::onboarding_places::scene;
use crate::support::TestApp;

const INVITE: &str = r#"{ type = "User", mode = "invite" }"#;

async fn invited(rule: &str) -> TestApp {
    let t = TestApp::with(scene(rule)).await;
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!(t.only("onboard").await.0, JobState::Done);
    t
}

/// Order a reminder, as the command does, and work.
async fn remind(t: &TestApp, again: bool) -> (JobState, String) {
    let person = t.people().await[0].id;
    let number = t.jobs("remind").await.len();
    let job = NewJob {
        kind: kind::REMIND,
        key: format!("remind/test/{number}"),
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person: Some(person),
        payload: json!({"params": null, "event": {"kind": "user.invited"}, "again": again}),
        due_at: None,
    };
    let edit = move |_: &mut Ledger| (Change { enqueue: vec![job], ..Change::default() }, ());
    t.app.store.write(Keys::default(), true, t.clock.now(), edit).await.unwrap();
    t.drain().await;
    last(t).await
}

async fn last(t: &TestApp) -> (JobState, String) {
    let job = t.jobs("remind").await.pop().unwrap();
    (job.state, job.reason.unwrap_or_default())
}

async fn ada(t: &TestApp) -> Person {
    t.people().await[0].clone()
}

#[tokio::test]
async fn an_invitation_is_mailed_again_once_and_a_second_time_only_on_order() {
    let t = invited(INVITE).await;
    t.clock.advance(SignedDuration::from_hours(24 * 5));
    let (state, reason) = remind(&t, false).await;
    assert_eq!((state, t.mails(ADA)), (JobState::Done, vec!["invitation".to_owned(), "invitation".to_owned()]));
    assert!(reason.contains("the invitation was mailed again"), "{reason}");
    let person = ada(&t).await;
    let life = person.link_expires_at.unwrap().duration_since(person.reminded_at.unwrap());
    assert_eq!((person.way, life), (Some(Way::Invited), SignedDuration::from_hours(7 * 24)));
    assert!(remind(&t, false).await.1.starts_with("known: reminded before"));
    assert_eq!(t.mails(ADA).len(), 2);
    assert_eq!(remind(&t, true).await.0, JobState::Done);
    assert_eq!((t.mails(ADA).len(), t.calls("PUT", "/people/invite")), (3, 2));
}

#[tokio::test]
async fn a_guest_is_reminded_of_the_room() {
    let t = invited(r#"{ type = "Guest", rooms = [{ id = 1 }] }"#).await;
    let (state, reason) = remind(&t, false).await;
    assert_eq!((state, t.mails(ADA).len()), (JobState::Done, 2), "{reason}");
    assert_eq!((t.calls("POST", "/files/rooms/1/resend"), t.calls("PUT", "/people/invite")), (1, 0));
}

/// The link of that letter leads nobody in whose account was made with its names.
#[tokio::test]
async fn nothing_is_asked_of_the_portal_for_an_account_that_was_created() {
    let t = invited(r#"{ type = "User" }"#).await;
    let before = t.state()["calls"].as_array().unwrap().len();
    let (state, reason) = remind(&t, false).await;
    assert_eq!((state, t.mails(ADA).len(), t.calls("PUT", "/people/invite")), (JobState::Held, 1, 0));
    assert!(reason.contains("Forgot password"), "{reason}");
    assert_eq!(t.state()["calls"].as_array().unwrap().len(), before + 1, "the look alone");
    assert_eq!(ada(&t).await.reminded_at, None);
}

#[tokio::test]
async fn with_a_mail_server_an_account_that_was_created_gets_advice() {
    let rules = scene(r#"{ type = "User", culture = "de", remind_after = "5d" }"#).rules;
    let t = onboarding_links::stage(&rules).await;
    t.hire("7", ADA).await;
    t.drain().await;
    assert!(letters(&t).is_empty());
    t.advance(SignedDuration::from_hours(24 * 5)).await;
    let (state, reason) = last(&t).await;
    assert_eq!((state, letters(&t).len(), t.calls("PUT", "/people/invite")), (JobState::Done, 1, 0), "{reason}");
    let text = letters(&t)[0].text.clone().unwrap();
    assert!(text.contains("Passwort vergessen") && text.contains("/login") && text.contains(ADA), "{text}");
    assert!(ada(&t).await.reminded_at.is_some());
}

#[tokio::test]
async fn a_link_is_mailed_again_to_whom_has_not_registered() {
    let t = onboarding_links::stage(&scene(r#"{ type = "User", mode = "link" }"#).rules).await;
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!(remind(&t, false).await.0, JobState::Done);
    assert_eq!(letters(&t).len(), 2);
    let link = letters(&t)[1].text.clone().unwrap();
    let link = link.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    onboarding_links::register(&t, link).await;
    let (state, reason) = remind(&t, true).await;
    assert_eq!((state, letters(&t).len()), (JobState::Held, 2));
    assert!(reason.contains("not confirmed"), "{reason}");
}

#[tokio::test]
async fn a_rule_may_order_the_reminder_with_the_invitation() {
    let t = invited(r#"{ type = "User", mode = "invite", remind_after = "5d" }"#).await;
    let job = t.jobs("remind").await[0].clone();
    assert_eq!(
        (job.state, job.due_at.duration_since(t.clock.now())),
        (JobState::Ready, SignedDuration::from_hours(120))
    );
    t.advance(SignedDuration::from_hours(119)).await;
    assert_eq!(t.mails(ADA).len(), 1);
    t.advance(SignedDuration::from_hours(1)).await;
    assert_eq!((last(&t).await.0, t.mails(ADA).len()), (JobState::Done, 2));
    // The same hire again orders no second reminder.
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    assert_eq!(t.jobs("remind").await.len(), 1);
}

#[tokio::test]
async fn a_reminder_by_hand_makes_the_one_of_the_rule_needless() {
    let t = invited(r#"{ type = "User", mode = "invite", remind_after = "5d" }"#).await;
    assert_eq!(remind(&t, false).await.0, JobState::Done);
    t.advance(SignedDuration::from_hours(24 * 5)).await;
    let jobs = t.jobs("remind").await;
    assert!(jobs[0].reason.as_deref().unwrap().starts_with("known: reminded before"));
    assert_eq!(t.mails(ADA).len(), 2);
}

async fn joins(t: &TestApp) {
    let joining = json!({"way": "invitation", "email": ADA, "firstName": "Ada", "lastName": "Example"});
    let joining: Joining = serde_json::from_value(joining).unwrap();
    t.sandbox.join(&joining).await.unwrap();
    t.drain().await;
}

#[tokio::test]
async fn the_activation_calls_the_reminder_off() {
    let t = invited(r#"{ type = "User", mode = "invite", remind_after = "5d" }"#).await;
    joins(&t).await;
    let (state, reason) = last(&t).await;
    assert_eq!(state, JobState::Cancelled);
    assert!(reason.contains("called off: the account is active"), "{reason}");
    t.advance(SignedDuration::from_hours(24 * 6)).await;
    assert_eq!(t.mails(ADA), ["invitation", "welcome", "congratulation"]);
}

#[tokio::test]
async fn whoever_has_come_without_a_webhook_is_not_reminded_and_still_congratulated_later() {
    let rule = r#"{ type = "User", mode = "invite" }"#;
    let t = TestApp::with(crate::scene::Scene { webhook: false, ..scene(rule) }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    joins(&t).await;
    let (state, reason) = remind(&t, false).await;
    assert_eq!((state, reason.as_str()), (JobState::Done, "known: active; nothing was mailed"));
    assert_eq!(t.calls("PUT", "/people/invite"), 0);
    let id = t.user_id(ADA);
    t.docspace("user.created", 5, json!({"id": id, "email": ADA, "status": 1, "activationStatus": 1})).await;
    assert_eq!(t.jobs("congratulate").await.len(), 1, "the look does not swallow the activation");
}

#[tokio::test]
async fn somebody_disabled_or_gone_is_not_reminded() {
    let t = TestApp::with(crate::scene::Scene { webhook: false, ..scene(INVITE) }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    let id = t.user_id(ADA);
    t.portal(http::Method::PUT, "/people/status/2", json!({"userIds": [id]})).await;
    assert!(remind(&t, false).await.1.contains("disabled"));
    t.portal(http::Method::DELETE, &format!("/people/{id}"), json!({})).await;
    let (state, reason) = remind(&t, false).await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("gone"), "{reason}");
}

fn resend(fault: Json) -> Json {
    let mut fault = fault;
    fault["method"] = json!("PUT");
    fault["path"] = json!("/people/invite");
    fault
}

#[tokio::test]
async fn a_reminder_that_was_put_off_goes_out_later_once() {
    for (fault, minutes) in [(json!({"status": 429}), 16), (json!({"status": 503}), 16)] {
        let t = invited(INVITE).await;
        t.fault(resend(fault.clone()));
        assert_eq!(remind(&t, false).await.0, JobState::Ready, "{fault}");
        t.advance(SignedDuration::from_mins(minutes)).await;
        assert_eq!((last(&t).await.0, t.mails(ADA).len()), (JobState::Done, 2), "{fault}");
    }
}

#[tokio::test]
async fn a_reminder_that_may_have_been_sent_is_held_until_somebody_decides() {
    for fault in [json!({"drop": "after"}), json!({"drop": "before"}), json!({"status": 500})] {
        let t = invited(INVITE).await;
        t.fault(resend(fault.clone()));
        let (state, reason) = remind(&t, false).await;
        assert_eq!(state, JobState::Held, "{fault} {reason}");
        assert!(reason.contains("may have been sent"), "{reason}");
        assert_eq!(remind(&t, false).await.0, JobState::Held, "another order does not go past it");
        let sent = t.mails(ADA).len();
        let first = t.jobs("remind").await[0].id;
        t.app.store.release(vec![first], "tests", t.clock.now()).await.unwrap();
        t.drain().await;
        assert_eq!((t.jobs("remind").await[0].state, t.mails(ADA).len()), (JobState::Done, sent + 1), "{fault}");
    }
}

#[tokio::test]
async fn a_missing_scope_holds_the_reminder_and_is_named() {
    let t = invited(INVITE).await;
    t.fault(resend(json!({"status": 403})));
    let (state, reason) = remind(&t, false).await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("accounts:write"), "{reason}");
    assert_eq!(ada(&t).await.reminded_at, None);
}

#[tokio::test]
async fn six_reminders_in_a_quarter_of_an_hour_are_spread_over_the_next() {
    let t = invited(INVITE).await;
    for number in 0..6 {
        t.hire(&format!("1{number}"), &format!("person{number}@corp.example")).await;
    }
    t.drain().await;
    let people = t.people().await;
    let jobs: Vec<_> = people
        .iter()
        .map(|person| NewJob {
            kind: kind::REMIND,
            key: format!("remind/test/{}", person.id),
            state: JobState::Ready,
            reason: None,
            delivery: None,
            person: Some(person.id),
            payload: json!({"params": null, "event": {"kind": "user.invited"}}),
            due_at: None,
        })
        .collect();
    let edit = move |_: &mut Ledger| (Change { enqueue: jobs, ..Change::default() }, ());
    t.app.store.write(Keys::default(), true, t.clock.now(), edit).await.unwrap();
    t.drain().await;
    assert_eq!(t.calls("PUT", "/people/invite"), 5);
    for _ in 0..3 {
        t.advance(SignedDuration::from_mins(16)).await;
    }
    assert!(t.jobs("remind").await.iter().all(|job| job.state == JobState::Done));
    assert_eq!(t.calls("PUT", "/people/invite"), 7);
}

#[tokio::test]
async fn advice_that_may_have_been_sent_is_held() {
    let t = onboarding_links::stage(&scene(r#"{ type = "User" }"#).rules).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.sandbox.add_smtp_fault(SmtpFault { smtp: SmtpTrouble::DropAfterData, times: 1 });
    let (state, reason) = remind(&t, false).await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("may have been sent"), "{reason}");
    assert!(ada(&t).await.is_ours(), "an uncertain reminder takes nothing back");
}
