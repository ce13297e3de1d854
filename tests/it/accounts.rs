//! One person, one account, one letter: addresses that change, accounts that are found, gone or made anew.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::{AccountState, Clock, JobState};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const NEW: &str = "lovelace@corp.example";

/// What the portal says of an account that somebody else has made.
fn foreign(id: &str, email: &str, activation: i64) -> Json {
    json!({"response": {"id": id, "email": email, "firstName": "Some", "lastName": "Body", "displayName": "Some Body",
        "status": 1, "activationStatus": activation, "isOwner": false, "isAdmin": false, "isRoomAdmin": false,
        "isCollaborator": true, "isVisitor": false, "registrationDate": "2026-08-03T08:00:00.0000000Z",
        "createdBy": {"id": "11111111-1111-1111-1111-111111111111", "displayName": "Somebody Else"}},
        "count": 1, "status": 0, "statusCode": 200})
}

#[tokio::test]
async fn an_address_corrected_before_the_account_exists_is_the_one_invited() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people/email", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.tell("employee.updated", json!({"employee_id": "7", "email": NEW})).await;
    t.drain().await;
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(60)).await;
    }
    assert_eq!(t.users(), [NEW]);
    t.activate(NEW).await;
    assert_eq!(t.mails(NEW), ["activation", "congratulation"]);
    assert_eq!(t.people().await.iter().filter(|person| person.user_id.is_some()).count(), 1);
}

#[tokio::test]
async fn an_address_that_the_portal_refused_may_be_corrected_by_another_hire() {
    let t = TestApp::start().await;
    t.fault(
        json!({"path": "/people", "status": 400, "body": {"error": {"message": "no"}, "status": 1, "statusCode": 400}}),
    );
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!(t.only("onboard").await.0, JobState::Dead);
    t.hire("7", NEW).await;
    t.drain().await;
    assert_eq!(t.users(), [NEW]);
    assert_eq!(t.mails(NEW), ["activation"]);
}

/// The answer was lost and the address is corrected in between: the account that was made is found all the same.
#[tokio::test]
async fn an_address_corrected_after_the_intent_makes_no_second_account() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people", "drop": "after"}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.hire("7", NEW).await;
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(60)).await;
    }
    assert_eq!(t.users(), [ADA]);
    assert_eq!((t.calls("POST", "/people"), t.mails(ADA), t.mails(NEW).len()), (1, vec!["activation".to_owned()], 0));
}

#[tokio::test]
async fn an_account_whose_address_was_changed_at_the_portal_is_known_by_its_id() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox_user(ADA).await;
    t.hire("7", ADA).await;
    t.drain().await;
    // As if the portal had moved it: the look-up by address finds nobody any more.
    t.fault(json!({"path": "/people/email", "status": 404, "times": 9, "body": {"error": {"message": "no"}, "status": 1, "statusCode": 404}}));
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": NEW, "first_name": "Ada"})).await;
    t.drain().await;
    assert_eq!(
        (t.users(), t.calls("POST", "/people")),
        (vec![ADA.to_owned()], 1),
        "the one call is the administrator's"
    );
    for job in t.jobs("onboard").await {
        assert!(job.reason.as_deref().unwrap().starts_with("known"), "{:?}", job.reason);
    }
}

#[tokio::test]
async fn a_known_account_stays_known_however_often_the_person_is_hired() {
    let t = TestApp::start().await;
    t.sandbox_user(ADA).await;
    for title in ["one", "two", "three"] {
        t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": title})).await;
        t.drain().await;
    }
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (1, 0));
    assert_eq!(t.mails(ADA), ["activation"], "the administrator's own letter");
    let jobs = t.jobs("onboard").await;
    assert!(jobs.iter().all(|job| job.state == JobState::Done && job.reason.as_deref().unwrap().starts_with("known")));
}

#[tokio::test]
async fn an_account_of_somebody_else_found_after_a_refusal_is_known_and_not_ours() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let id = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";
    t.fault(json!({"path": "/people/email", "status": 404, "body": {"error": {"message": "no"}, "status": 1, "statusCode": 404}}));
    t.fault(json!({"path": "/people/email", "status": 200, "body": foreign(id, ADA, 1)}));
    t.fault(
        json!({"path": "/people", "status": 400, "body": {"error": {"message": "no"}, "status": 1, "statusCode": 400}}),
    );
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.starts_with("known"), "{reason}");
    assert_eq!(t.calls("POST", "/people/invite"), 0);
    let ada = &t.people().await[0];
    assert_eq!((ada.user_id.as_deref(), ada.account, ada.is_ours()), (Some(id), AccountState::Active, false));
}

/// Made by our key's user, but before we meant to: by an administrator.
#[tokio::test]
async fn an_account_older_than_our_intent_is_known_and_one_of_five_minutes_is_ours() {
    for (minutes, known) in [(6, true), (4, false)] {
        let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
        t.sandbox_user(ADA).await;
        t.clock.advance(SignedDuration::from_mins(minutes));
        t.fault(json!({"path": "/people/email", "status": 404, "body": {"error": {"message": "no"}, "status": 1, "statusCode": 404}}));
        t.hire("7", ADA).await;
        t.drain().await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!((state, reason.starts_with("known")), (JobState::Done, known), "{minutes} {reason}");
        assert_eq!(t.calls("POST", "/people/invite"), usize::from(!known), "{minutes}");
    }
}

/// The account is from an earlier job that never came to its end.
#[tokio::test]
async fn an_account_made_by_an_earlier_job_is_finished_by_the_next_one() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people", "drop": "after"}));
    t.hire("7", ADA).await;
    t.drain().await;
    let first = t.jobs("onboard").await[0].id;
    t.app.store.cancel(vec![first], "tests", t.clock.now()).await.unwrap();
    t.clock.advance(SignedDuration::from_hours(24 * 20));
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (1, 1));
    assert_eq!(t.mails(ADA), ["activation"]);
    assert!(t.people().await[0].invited_at.is_some());
}

#[tokio::test]
async fn whoever_is_hired_again_after_the_account_was_deleted_gets_a_new_one() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    let first = t.user_id(ADA);
    t.delete_sandbox_user(&first).await;
    assert!(t.users().is_empty());
    t.clock.advance(SignedDuration::from_hours(24 * 90));
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    assert_ne!(t.user_id(ADA), first);
    t.activate(ADA).await;
    let each = ["activation", "congratulation"];
    assert_eq!(t.mails(ADA), [each, each].concat());
    let people = t.people().await;
    assert_eq!((people.len(), people[0].deleted_at), (1, None), "{people:#?}");
}

#[tokio::test]
async fn an_account_deleted_while_its_job_waits_is_not_made_again_by_that_job() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people/invite", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    t.advance(SignedDuration::from_secs(60)).await;
    assert!(t.users().is_empty());
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("gone from the portal"), "{reason}");
}

/// Between our creation and the invitation the address is changed: the invitation goes to the account's own address.
#[tokio::test]
async fn the_invitation_never_makes_a_second_account_at_an_old_address() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/invite", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    let id = t.user_id(ADA);
    let mut moved = foreign(&id, NEW, 2);
    moved["response"]["createdBy"]["id"] = json!("66faa6e4-f133-11ea-b126-00ffeec8b4ef");
    t.fault(json!({"path": format!("/people/{id}"), "status": 200, "times": 9, "body": moved}));
    t.fault(json!({"path": "/people/email", "status": 404, "times": 9, "body": {"error": {"message": "no"}, "status": 1, "statusCode": 404}}));
    t.advance(SignedDuration::from_secs(60)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Done);
    assert_eq!(t.calls("POST", "/people"), 1);
    // The sandbox does not know of the move, so its second account shows which address was invited.
    assert_eq!(t.users(), [ADA, NEW]);
}

#[tokio::test]
async fn an_employee_whose_address_turns_into_a_colleagues_waits_for_a_person() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    t.hire("8", ADA).await;
    t.drain().await;
    let jobs = t.jobs("onboard").await;
    assert_eq!(jobs[2].state, JobState::Held);
    assert!(jobs[2].reason.as_deref().unwrap().contains("recycled"));
    t.release("onboard").await;
    assert_eq!((t.users().len(), t.calls("POST", "/people")), (2, 2));
    let owner = t.people().await.into_iter().find(|person| person.email.as_deref() == Some(ADA)).unwrap();
    assert_eq!(owner.employees[0].id, "7");
}

#[tokio::test]
async fn a_disabled_account_is_no_deleted_one() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
    assert!(t.people().await[0].deleted_at.is_none(), "disabled is not deleted");
    t.portal(Method::DELETE, &format!("/people/{}", t.user_id(ADA)), json!({})).await;
    assert!(t.people().await[0].deleted_at.is_some());
}
