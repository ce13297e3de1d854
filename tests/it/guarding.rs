//! The guard: who is let in without anybody having looked, and who waits.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::{Clock, JobState};
use usher::sandbox::{SmtpFault, SmtpTrouble};

use crate::onboarding_links::{letters, stage};
use crate::onboarding_places::{envelope, scene};
use crate::scene::Scene;
use crate::support::TestApp;

pub(crate) const ADA: &str = "ada@corp.example";
pub(crate) const BOB: &str = "bob@corp.example";
pub(crate) const CAROL: &str = "carol@corp.example";
pub(crate) const USER: &str = r#"{ type = "User" }"#;

pub(crate) async fn guarded(onboard: &str, guard: &str) -> TestApp {
    TestApp::with(Scene { extra: format!("[guard]\n{guard}\n"), ..scene(onboard) }).await
}

pub(crate) async fn hire(t: &TestApp, number: usize, email: &str) {
    assert_eq!(t.hire(&number.to_string(), email).await, 200);
    t.drain().await;
}

/// States of the onboard jobs, in order.
pub(crate) async fn states(t: &TestApp) -> Vec<JobState> {
    t.jobs("onboard").await.iter().map(|job| job.state).collect()
}

/// How many people count at this moment.
pub(crate) async fn counted(t: &TestApp) -> u64 {
    t.app.store.recent(t.clock.now() - SignedDuration::from_hours(24)).await.unwrap().newcomers
}

#[tokio::test]
async fn each_person_beyond_the_limit_is_one_held_job_and_costs_no_call() {
    let t = guarded(USER, "new_people_per_day = 2").await;
    for number in 1..=4 {
        hire(&t, number, &format!("person{number}@corp.example")).await;
    }
    assert_eq!(t.users().len(), 2);
    assert_eq!(states(&t).await, [JobState::Done, JobState::Done, JobState::Held, JobState::Held]);
    let last = t.jobs("onboard").await.pop().unwrap();
    assert_eq!(
        last.reason.unwrap(),
        "the limit of new people within 24 hours, 2, is reached ([guard] new_people_per_day): release this job, or cancel it"
    );
    let steps: Vec<_> = last.steps.iter().map(|step| (step.name.as_str(), step.detail.as_str())).collect();
    assert_eq!(steps, [("guarded", "new_people_per_day")]);
    assert_eq!(t.calls("GET", "/people/email"), 2, "nothing is asked of the portal for those who wait");
    assert!(t.metrics().await.contains("usher_guarded_total{limit=\"new_people_per_day\"} 2\n"));
}

#[tokio::test]
async fn zero_holds_everybody_until_somebody_has_looked() {
    for rule in [USER, r#"{ type = "User", mode = "invite" }"#, r#"{ type = "Guest", rooms = [{ id = 1 }] }"#] {
        let t = guarded(rule, "new_people_per_day = 0").await;
        hire(&t, 7, ADA).await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!((state, t.mails(ADA).len()), (JobState::Held, 0), "{rule}");
        assert!(reason.starts_with("nobody is let in without having been looked at"), "{reason}");
        t.release("onboard").await;
        assert_eq!((states(&t).await, t.mails(ADA).len()), (vec![JobState::Done], 1), "{rule}");
    }
}

#[tokio::test]
async fn links_are_guarded_and_only_those_that_were_sent_count() {
    let rules = scene(r#"{ type = "User", mode = "link" }"#).rules;
    let mut t = stage(&rules).await;
    t.restart_with(|scene| scene.extra.push_str("[guard]\nnew_people_per_day = 1\n")).await;
    t.sandbox.add_smtp_fault(SmtpFault { smtp: SmtpTrouble::RejectRecipient, times: 1 });
    hire(&t, 6, CAROL).await;
    assert_eq!((states(&t).await, counted(&t).await), (vec![JobState::Held], 0), "a refused letter brings nobody in");
    hire(&t, 7, ADA).await;
    hire(&t, 8, BOB).await;
    assert_eq!(states(&t).await, [JobState::Held, JobState::Done, JobState::Held]);
    assert_eq!((letters(&t).len(), counted(&t).await), (1, 1));
    t.release("onboard").await;
    assert_eq!(states(&t).await, [JobState::Held, JobState::Done, JobState::Done], "the first one met no guard before");
    assert_eq!((letters(&t).len(), counted(&t).await), (2, 2));
    assert_eq!(t.jobs("onboard").await[0].steps.last().unwrap().name, "guarded");
}

#[tokio::test]
async fn the_limit_counts_any_24_hours_and_what_was_held_stays_held() {
    let mut t = guarded(USER, "new_people_per_day = 1").await;
    hire(&t, 1, ADA).await;
    t.advance(SignedDuration::from_mins(24 * 60 - 1)).await;
    t.restart().await;
    hire(&t, 2, BOB).await;
    assert_eq!(t.users(), [ADA], "a restart forgets nothing");
    t.advance(SignedDuration::from_mins(1)).await;
    hire(&t, 3, CAROL).await;
    assert_eq!(t.users(), [ADA, CAROL]);
    assert_eq!(states(&t).await, [JobState::Done, JobState::Held, JobState::Done]);
}

#[tokio::test]
async fn whoever_has_another_domain_is_held_without_a_call() {
    let t = guarded(USER, "email_domains = [\"corp.example\"]").await;
    hire(&t, 1, ADA).await;
    hire(&t, 2, "eve@sub.corp.example").await;
    assert_eq!((t.users(), states(&t).await), (vec![ADA.to_owned()], vec![JobState::Done, JobState::Held]));
    assert_eq!(t.calls("GET", "/people/email"), 1);
    let reason = t.jobs("onboard").await[1].reason.clone().unwrap();
    assert!(reason.contains("none of the domains that are let in ([guard] email_domains)"), "{reason}");
    assert!(!reason.contains("eve"), "{reason}");
    t.release("onboard").await;
    assert_eq!((t.users().len(), counted(&t).await), (2, 2));
    assert!(t.metrics().await.contains("usher_guarded_total{limit=\"email_domains\"} 1\n"));
}

#[tokio::test]
async fn whoever_began_long_ago_or_at_no_known_day_is_held() {
    let t = guarded(USER, "hired_at_most_ago = \"30d\"").await;
    for (number, day) in [(1, json!("2026-07-04")), (2, json!("2026-07-03")), (3, json!("soon")), (4, Json::Null)] {
        let email = format!("person{number}@corp.example");
        let data = json!({"employee_id": number.to_string(), "email": email, "first_name": "Ada", "starts_on": day});
        t.tell("employee.hired", data).await;
        t.drain().await;
    }
    assert_eq!(states(&t).await, [JobState::Done, JobState::Held, JobState::Held, JobState::Held]);
    let reasons: Vec<_> = t.jobs("onboard").await.into_iter().filter_map(|job| job.reason).collect();
    for (reason, why) in reasons[1..].iter().zip(["more than 30 days back", "is no date", "has no first day of work"]) {
        assert!(reason.contains(why) && reason.contains("[guard] hired_at_most_ago"), "{reason}");
    }
    t.release("onboard").await;
    assert_eq!(t.users().len(), 4);
}

#[tokio::test]
async fn people_and_accounts_known_already_are_neither_held_nor_counted() {
    let t = guarded(USER, "new_people_per_day = 1\nemail_domains = [\"corp.example\"]").await;
    t.sandbox_user("known@elsewhere.example").await;
    hire(&t, 1, "known@elsewhere.example").await;
    assert_eq!((states(&t).await, counted(&t).await), (vec![JobState::Done], 0), "the portal's webhook told of it");
    hire(&t, 2, ADA).await;
    t.tell("employee.hired", json!({"employee_id": "2", "email": ADA, "first_name": "Ada", "title": "CEO"})).await;
    t.drain().await;
    assert_eq!((states(&t).await, counted(&t).await), (vec![JobState::Done; 3], 1), "hired by us before");
    let quiet = guarded(USER, "new_people_per_day = 1").await;
    quiet.shut();
    quiet.sandbox_user(BOB).await;
    quiet.reopen();
    hire(&quiet, 1, BOB).await;
    let (state, reason) = quiet.only("onboard").await;
    assert_eq!((state, counted(&quiet).await), (JobState::Done, 0), "found by the look-up: {reason}");
    hire(&quiet, 2, ADA).await;
    assert_eq!(states(&quiet).await, [JobState::Done, JobState::Done], "there is still room for one");
}

#[tokio::test]
async fn an_intent_that_was_taken_back_does_not_count() {
    let t = guarded(USER, "new_people_per_day = 1").await;
    t.fault(json!({"method": "POST", "path": "/people", "status": 400, "body": envelope(400, "no")}));
    hire(&t, 1, ADA).await;
    assert_eq!((t.only("onboard").await.0, counted(&t).await), (JobState::Dead, 0));
    assert_eq!((t.people().await[0].intent_at, t.people().await[0].admitted_at), (None, None));
    // Somebody else made the account between our look-up and our call.
    t.shut();
    t.portal(Method::POST, "/people", json!({"email": BOB, "firstName": "Bob", "lastName": "B", "type": "User"})).await;
    t.reopen();
    t.clock.advance(SignedDuration::from_hours(1));
    t.fault(json!({"method": "GET", "path": "/people/email", "status": 404, "body": envelope(404, "none")}));
    hire(&t, 2, BOB).await;
    let reason = t.jobs("onboard").await[1].reason.clone().unwrap();
    assert!(reason.starts_with("known"), "{reason}");
    assert!(t.jobs("onboard").await[1].has_step("intent") && counted(&t).await == 0);
    hire(&t, 3, CAROL).await;
    assert_eq!(states(&t).await[2], JobState::Done, "nobody was let in before");
}

#[tokio::test]
async fn of_two_at_once_at_the_limit_one_is_let_in() {
    let t = guarded(USER, "new_people_per_day = 1").await;
    t.fault(json!({"method": "GET", "path": "/people/email", "delay_ms": 1500, "times": 2}));
    t.hire("1", ADA).await;
    t.hire("2", BOB).await;
    t.drain().await;
    assert_eq!(t.calls("GET", "/people/email"), 2, "both had found room before the look-up");
    let mut states = states(&t).await;
    states.sort();
    assert_eq!((states, t.users().len(), counted(&t).await), (vec![JobState::Done, JobState::Held], 1, 1));
}
