//! Names as the portal takes them, and the quotas that an account needs.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;

use crate::onboarding_places::{envelope, scene};
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

async fn named(t: &TestApp, first: &str, last: &str) -> (JobState, String) {
    let data = json!({"employee_id": "7", "email": ADA, "first_name": first, "last_name": last});
    t.tell("employee.hired", data).await;
    t.drain().await;
    t.only("onboard").await
}

fn names(t: &TestApp) -> (Json, Json) {
    let user = t.state()["users"][0].clone();
    (user["firstName"].clone(), user["lastName"].clone())
}

#[tokio::test]
async fn names_that_the_portal_refuses_are_mended_and_the_step_does_not_tell_them() {
    let t = TestApp::start().await;
    assert_eq!(named(&t, "Anna-Maria 2.", "O\u{2019}Brien").await.0, JobState::Done);
    assert_eq!(names(&t), (json!("Anna-Maria"), json!("O'Brien")));
    let job = &t.jobs("onboard").await[0];
    let step = job.steps.iter().find(|step| step.name == "names").unwrap();
    assert!(step.detail.contains("first name") && !step.detail.contains("Anna"), "{}", step.detail);
    assert_eq!(job.steps.last().unwrap().name, "onboarded");
}

#[tokio::test]
async fn a_last_name_may_be_missing_and_a_first_name_may_not() {
    let t = TestApp::start().await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada"})).await;
    t.drain().await;
    assert_eq!(names(&t), (json!("Ada"), json!("")));
    let t = TestApp::start().await;
    let (state, reason) = named(&t, "42.", "Example").await;
    assert_eq!((state, t.calls("POST", "/people"), t.people().await[0].is_ours()), (JobState::Dead, 0, false));
    assert!(reason.contains("first name") && reason.contains("rerun"), "{reason}");
    let t = TestApp::with(scene(r#"{ type = "User", mode = "invite" }"#)).await;
    assert_eq!(named(&t, "42.", "Example").await.0, JobState::Done, "an invitation has no names");
}

#[tokio::test]
async fn the_portals_own_rule_is_asked_for_once_an_hour_and_kept_to() {
    let t = TestApp::start().await;
    let body = |rule: &str| json!({"response": {"userNameRegex": rule}, "count": 1, "status": 0, "statusCode": 200});
    t.fault(json!({"path": "/settings", "status": 200, "body": body(r"^[\p{L} ]+$")}));
    assert_eq!(named(&t, "Jean-Luc", "O'Brien").await.0, JobState::Done);
    assert_eq!(names(&t), (json!("Jean Luc"), json!("O Brien")));
    t.fault(json!({"path": "/settings", "status": 200, "body": body("^[A-Z]+$")}));
    t.clock.advance(SignedDuration::from_mins(59));
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    assert_eq!(t.calls("GET", "/settings"), 1);
    t.clock.advance(SignedDuration::from_mins(1));
    t.hire("9", "eve@corp.example").await;
    t.drain().await;
    let last = t.jobs("onboard").await.pop().unwrap();
    assert_eq!((t.calls("GET", "/settings"), last.state), (2, JobState::Dead));
    assert!(last.reason.as_deref().unwrap().contains("rule for names"), "{:?}", last.reason);
}

#[tokio::test]
async fn a_portal_that_does_not_tell_its_rule_is_taken_to_have_the_usual_one() {
    for fault in [
        json!({"status": 403}),
        json!({"status": 200, "body": "<html>"}),
        json!({"status": 404, "body": envelope(404, "no")}),
        json!({"status": 200, "body": {"response": {"userNameRegex": "(?!x)"}, "count": 1, "status": 0, "statusCode": 200}}),
    ] {
        let t = TestApp::start().await;
        let mut fault = fault;
        fault["path"] = json!("/settings");
        t.fault(fault.clone());
        assert_eq!(named(&t, "R2D2", "Example").await.0, JobState::Done, "{fault}");
        assert_eq!(names(&t).0, "RD", "{fault}");
    }
}

/// The seat of the portal's rule for names is decided by the server: what passes here may still be refused there.
#[tokio::test]
async fn a_name_that_the_portal_refuses_nevertheless_is_told_in_its_words() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people", "status": 400, "body": envelope(400, "Incorrect firstname or lastname")}));
    let (state, reason) = named(&t, "Ada", "Example").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("Incorrect firstname"), "{reason}");
}

#[tokio::test]
async fn a_quota_delays_and_is_never_the_end() {
    let limit = json!({"response": {"title": "One or more validation errors occurred.", "status": 400,
        "errors": {"Invitations": ["Invitation limit is exceeded"]}}, "count": 1, "status": 1, "statusCode": 400});
    for (mode, path, status, body) in [
        ("create", "/people", 402, envelope(402, "quota")),
        ("invite", "/people/invite", 402, envelope(402, "quota")),
        ("invite", "/people/invite", 400, limit),
    ] {
        let t = TestApp::with(scene(&format!(r#"{{ type = "User", mode = "{mode}" }}"#))).await;
        t.fault(json!({"method": "POST", "path": path, "status": status, "body": body, "times": 100_000}));
        t.hire("7", ADA).await;
        t.drain().await;
        let job = t.jobs("onboard").await[0].clone();
        let wait = job.due_at.duration_since(usher::model::Clock::now(&*t.clock));
        assert_eq!((job.state, job.attempts), (JobState::Ready, 0), "{mode} {status}");
        assert!((SignedDuration::from_hours(1)..SignedDuration::from_secs(3602)).contains(&wait), "{mode} {wait:?}");
        assert!(!t.people().await[0].is_ours(), "a refusal is definite");
        for _ in 0..8 {
            t.advance(SignedDuration::from_hours(23)).await;
        }
        let (state, reason) = t.only("onboard").await;
        assert_eq!(state, JobState::Held, "{mode} {status} {reason}");
        assert!(reason.contains("7 days") && reason.contains("release"), "{reason}");
        t.sandbox.reset();
        t.release("onboard").await;
        assert_eq!((t.only("onboard").await.0, t.users().len()), (JobState::Done, 1), "{mode} {status}");
    }
}

#[tokio::test]
async fn too_many_requests_for_a_week_are_held_and_not_given_up() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people", "status": 429, "headers": {"Retry-After": "7200"}, "times": 100_000}));
    t.hire("7", ADA).await;
    t.drain().await;
    for _ in 0..8 {
        t.advance(SignedDuration::from_hours(23)).await;
    }
    assert_eq!(t.only("onboard").await.0, JobState::Held);
    assert_eq!(t.jobs("onboard").await[0].attempts, 0);
}

#[tokio::test]
async fn a_mail_limit_at_the_second_call_does_not_delay_the_account() {
    let t = TestApp::start().await;
    let body = json!({"response": {"title": "x", "status": 400, "errors": {"Invitations": ["exceeded"]}}, "count": 1, "status": 1, "statusCode": 400});
    t.fault(json!({"path": "/people/invite", "status": 400, "body": body}));
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.mails(ADA)), (JobState::Done, vec!["activation".to_owned()]));
    assert!(reason.contains("activation letter is on its way"), "{reason}");
}

#[tokio::test]
async fn a_seat_that_was_missing_is_told_even_when_the_invitation_is_refused() {
    let rules = scene(r#"{ type = "RoomAdmin", allow_paid = true }"#).rules;
    let t = TestApp::with(Scene { rules, paid_seats: 0, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/invite", "status": 403, "body": envelope(403, "Access denied")}));
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("paid seat was missing") && reason.contains("refused"), "{reason}");
}
