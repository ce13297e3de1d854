//! Whoever has left and is hired again.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Clock, JobState};

use crate::identity::{ADA, NEW, employees, hire, last, reason};
use crate::scene::Scene;
use crate::support::TestApp;

#[tokio::test]
async fn who_comes_back_after_the_last_day_keeps_row_and_account() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await;
    t.drain().await;
    t.clock.advance(SignedDuration::from_hours(24 * 60));
    hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01"})).await;
    t.drain().await;
    let people = employees(&t).await;
    assert_eq!((people.len(), people[0].left_at, people[0].hired_at), (1, None, Some(t.clock.now())));
    assert!(reason(&last(&t).await).starts_with("known: onboarded before"));
}

#[tokio::test]
async fn who_comes_back_to_a_disabled_account_is_asked_about() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
    hire(&t, "own", "7", NEW, json!({"starts_on": "2026-10-01"})).await;
    t.drain().await;
    let held = last(&t).await;
    assert!(held.state == JobState::Held && reason(&held).contains("disabled account"), "{held:#?}");
    assert_eq!(t.users(), [ADA]);
}

/// With and without the webhook that tells of the deletion. The address is the one that HR tells now.
#[tokio::test]
async fn who_comes_back_after_the_account_was_deleted_gets_another_one() {
    for webhook in [true, false] {
        let t = TestApp::with(Scene { webhook, ..Scene::default() }).await;
        t.hire("7", ADA).await;
        t.drain().await;
        let first = t.user_id(ADA);
        t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await;
        t.drain().await;
        t.delete_sandbox_user(&first).await;
        t.clock.advance(SignedDuration::from_hours(24 * 60));
        hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01"})).await;
        t.drain().await;
        assert_ne!(t.user_id(ADA), first, "{webhook}");
        assert_eq!((employees(&t).await.len(), t.mails(ADA).len()), (1, 2), "{webhook}");
        assert_eq!(employees(&t).await[0].user_id, Some(t.user_id(ADA)), "{webhook}");
    }
}

/// An account that an administrator has deleted is not made again by a hire that is only told once more.
#[tokio::test]
async fn a_hire_told_again_makes_no_second_account_in_place_of_a_deleted_one() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    hire(&t, "own", "7", ADA, json!({"title": "again"})).await;
    t.drain().await;
    assert!(t.users().is_empty() && reason(&last(&t).await).starts_with("known: onboarded before"));
}

/// The old message of a hire comes once more, after its end was told.
#[tokio::test]
async fn the_hire_of_an_employment_that_has_ended_is_asked_about() {
    for end in ["employee.rescinded", "employee.terminated"] {
        let t = TestApp::start().await;
        hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01"})).await;
        t.drain().await;
        t.tell(end, json!({"employee_id": "7"})).await;
        t.drain().await;
        hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01", "title": "again"})).await;
        t.drain().await;
        assert_eq!(last(&t).await.state, JobState::Held, "{end}");
        assert!(employees(&t).await[0].left_at.is_some(), "{end}");
        t.release("onboard").await;
        assert!(employees(&t).await[0].left_at.is_none(), "{end}: a human being has said that they come back");
        assert_eq!(t.users().len(), 1, "{end}");
    }
}
