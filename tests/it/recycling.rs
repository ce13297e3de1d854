//! Addresses that change, are given to others, or are in dispute: nothing is guessed, and each question has an end.

use jiff::SignedDuration;
use serde_json::json;
use usher::ledger::Key;
use usher::model::{Clock, EmployeeId, JobState};

use crate::identity::{ADA, NEW, by_hand, employees, hire, last, reason, start_again, two_systems};
use crate::support::TestApp;

#[tokio::test]
async fn an_address_that_the_portal_changes_names_the_person_as_the_old_one_does() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    let record = json!({"id": t.user_id(ADA), "email": NEW, "status": 1, "activationStatus": 2});
    t.docspace("user.updated", 5, record).await;
    let ada = &employees(&t).await[0];
    assert_eq!((ada.email.as_deref(), ada.goes_by(ADA)), (Some(NEW), true));
    t.tell("employee.updated", json!({"employee_id": "7", "email": ADA})).await;
    t.hire("9", ADA).await;
    t.drain().await;
    let held = last(&t).await;
    assert_eq!((held.state, held.person), (JobState::Held, Some(ada.id)), "{held:#?}");
    assert!(reason(&held).contains("recycled"), "{held:#?}");
}

#[tokio::test]
async fn a_recycled_address_of_the_same_person_is_released_and_the_new_id_is_theirs_for_good() {
    let t = TestApp::start().await;
    t.hire("3", ADA).await;
    t.drain().await;
    t.tell("employee.terminated", json!({"employee_id": "3", "ends_on": "2026-07-31"})).await;
    hire(&t, "own", "9", ADA, json!({"starts_on": "2026-09-01"})).await;
    t.drain().await;
    assert_eq!(last(&t).await.state, JobState::Held);
    t.release("onboard").await;
    let people = employees(&t).await;
    assert_eq!((people.len(), people[0].employees.len(), people[0].left_at), (1, 2, None));
    assert_eq!(people[0].starts_on.as_deref(), Some("2026-09-01"));
    let job = last(&t).await;
    assert!(reason(&job).starts_with("known") && job.has_step("admitted"), "{job:#?}");
    hire(&t, "own", "9", NEW, json!({"title": "moved"})).await;
    t.drain().await;
    assert!(reason(&last(&t).await).starts_with("known"), "the id names the person");
    assert_eq!(t.users(), [ADA]);
}

#[tokio::test]
async fn a_recycled_address_of_somebody_else_is_split_off_and_a_new_person_onboarded() {
    let t = TestApp::start().await;
    t.hire("3", ADA).await;
    t.drain().await;
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    t.hire("9", ADA).await;
    t.drain().await;
    let (held, former) = (last(&t).await, employees(&t).await.remove(0));
    assert!(reason(&held).contains(&format!("usher people split {} --email", former.id)), "{held:#?}");
    let (id, now) = (former.id, t.clock.now());
    by_hand(&t, &[&former], move |ledger| ledger.split(id, Key::Email(ADA.to_owned()), false, now).unwrap()).await;
    start_again(&t, &held).await;
    let people = employees(&t).await;
    assert_eq!((people.len(), t.users()), (2, vec![ADA.to_owned()]));
    assert_eq!((people[1].email.as_deref(), people[1].user_id.clone()), (Some(ADA), Some(t.user_id(ADA))));
    assert_eq!(t.mails(ADA), ["activation", "activation"], "one for each of the two");
}

/// The old account was not freed first: it still has the address.
#[tokio::test]
async fn the_account_of_another_person_is_not_silently_taken_for_ones_own() {
    let t = TestApp::start().await;
    t.hire("3", ADA).await;
    t.drain().await;
    t.hire("9", ADA).await;
    t.drain().await;
    let (held, former) = (last(&t).await, employees(&t).await.remove(0));
    let (id, now) = (former.id, t.clock.now());
    by_hand(&t, &[&former], move |ledger| ledger.split(id, Key::Email(ADA.to_owned()), true, now).unwrap()).await;
    start_again(&t, &held).await;
    let asked = last(&t).await;
    assert_eq!(asked.state, JobState::Held, "{asked:#?}");
    assert!(reason(&asked).contains(&format!("the account of person {}", former.id)), "{asked:#?}");
    t.release("onboard").await;
    assert_eq!(last(&t).await.state, JobState::Held, "as long as it is so");
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    t.release("onboard").await;
    assert_eq!((last(&t).await.state, t.users().len(), t.calls("POST", "/people")), (JobState::Done, 1, 2));
    assert_eq!(employees(&t).await[1].user_id, Some(t.user_id(ADA)));
}

/// Both platforms have the same wrong number in the field that should join, so that two people were taken for one.
#[tokio::test]
async fn two_people_taken_for_one_are_told_apart_for_good() {
    const BOB: &str = "bob@corp.example";
    let t = two_systems().await;
    t.fault(json!({"path": "/people/email", "status": 503, "times": 1}));
    hire(&t, "own", "7", ADA, json!({"match_id": "m"})).await;
    hire(&t, "hiring", "c-2", BOB, json!({"match_id": "m"})).await;
    t.drain().await;
    let one = employees(&t).await;
    assert_eq!((one.len(), one[0].employees.len(), t.users().len()), (1, 2, 0));
    let (id, now) = (one[0].id, t.clock.now());
    by_hand(&t, &[&one[0]], move |ledger| {
        let bob = EmployeeId { source: "hiring".to_owned(), id: "c-2".to_owned() };
        ledger.split(id, Key::Email(BOB.to_owned()), false, now).unwrap();
        ledger.split(id, Key::Employee(bob), false, now).unwrap();
    })
    .await;
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(60)).await;
    }
    let moved = last(&t).await;
    assert_eq!((moved.state, t.users()), (JobState::Held, vec![ADA.to_owned()]), "{moved:#?}");
    t.release("onboard").await;
    assert_eq!(last(&t).await.state, JobState::Held, "by now the id is another one's");
    start_again(&t, &last(&t).await).await;
    assert_eq!((t.users().len(), t.mails(BOB).len(), employees(&t).await.len()), (2, 1, 2));
}

#[tokio::test]
async fn a_disputed_address_is_asked_about_until_somebody_has_said_whose_it_is() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    t.hire("8", ADA).await;
    t.drain().await;
    let people = employees(&t).await;
    let held = last(&t).await;
    assert_eq!((held.state, held.person), (JobState::Held, Some(people[1].id)), "{held:#?}");
    assert!(reason(&held).contains(&format!("usher people merge {} {}", people[1].id, people[0].id)), "{held:#?}");
    t.release("onboard").await;
    assert_eq!(last(&t).await.state, JobState::Held);
    t.tell("employee.terminated", json!({"employee_id": "8", "email": ADA})).await;
    t.drain().await;
    let people = employees(&t).await;
    assert!(people[0].left_at.is_none() && people[1].left_at.is_some(), "the id says who leaves: {people:#?}");
    assert_eq!(last(&t).await.state, JobState::Cancelled);
}

#[tokio::test]
async fn a_hire_and_its_end_in_one_batch_onboard_nobody() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.tell("employee.rescinded", json!({"employee_id": "7"})).await;
    t.drain().await;
    assert_eq!((t.users().len(), last(&t).await.state), (0, JobState::Cancelled));
}
