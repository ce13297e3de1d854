//! Somebody leaves while the work of their hire is under way, or has failed.

use serde_json::json;
use usher::model::{Clock, JobState};

use crate::support::{TestApp, claim};

const ADA: &str = "ada@corp.example";
const LEFT: &str = "not onboarded: HR has told that the person leaves";

async fn end(t: &TestApp, kind: &str) {
    assert_eq!(t.tell(kind, json!({"employee_id": "7", "email": ADA})).await, 200);
}

#[tokio::test]
async fn a_leaver_is_not_invited_by_a_job_that_was_claimed_before_the_end_was_told_and_then_lost() {
    for kind in ["employee.terminated", "employee.rescinded"] {
        let mut t = TestApp::start().await;
        t.hire("7", ADA).await;
        let claimed = t.app.store.claim(claim(9, 0), t.clock.now()).await.unwrap();
        usher::process::run(&t.app, &claimed.process, t.clock.now()).await.unwrap();
        assert_eq!(t.app.store.claim(claim(0, 9), t.clock.now()).await.unwrap().actions.len(), 1);
        end(&t, kind).await;
        let claimed = t.app.store.claim(claim(9, 0), t.clock.now()).await.unwrap();
        usher::process::run(&t.app, &claimed.process, t.clock.now()).await.unwrap();
        t.restart().await;
        t.drain().await;
        assert!(t.users().is_empty(), "{kind}: {:?}", t.users());
        assert_eq!(t.only("onboard").await, (JobState::Done, LEFT.to_owned()));
    }
}

#[tokio::test]
async fn a_hire_that_comes_after_the_word_that_it_is_off_waits_for_a_person() {
    let t = TestApp::start().await;
    end(&t, "employee.rescinded").await;
    t.drain().await;
    let late =
        json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "last_name": "L", "starts_on": "2026-09-01"});
    assert_eq!(t.tell("employee.hired", late).await, 200);
    t.drain().await;
    assert!(t.users().is_empty(), "{:?}", t.users());
    assert_eq!(t.only("onboard").await.0, JobState::Held);
    t.release("onboard").await;
    assert_eq!(t.users(), [ADA]);
}

#[tokio::test]
async fn a_leaver_is_not_invited_by_trying_a_dead_job_again() {
    let t = TestApp::start().await;
    let body = json!({"error": {"message": "no"}, "status": 1, "statusCode": 400});
    t.fault(json!({"method": "POST", "path": "/people", "status": 400, "body": body}));
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!(t.only("onboard").await.0, JobState::Dead);
    end(&t, "employee.terminated").await;
    t.drain().await;
    let dead = t.jobs("onboard").await.iter().map(|job| job.id).collect();
    assert_eq!(t.app.store.retry(dead, "tests", t.clock.now()).await.unwrap(), 1);
    t.drain().await;
    assert!(t.users().is_empty(), "{:?}", t.users());
    assert_eq!(t.only("onboard").await, (JobState::Done, LEFT.to_owned()));
}

#[tokio::test]
async fn the_place_of_a_leaver_whose_account_was_not_made_after_all_is_free_again() {
    let t = TestApp::start().await;
    t.fault(json!({"method": "POST", "path": "/people", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    assert!(t.people().await[0].admitted_at.is_some());
    t.clock.advance(jiff::SignedDuration::from_secs(120));
    let claimed = t.app.store.claim(claim(9, 9), t.clock.now()).await.unwrap();
    assert_eq!(claimed.actions.len(), 1);
    end(&t, "employee.terminated").await;
    t.drain().await;
    t.advance(jiff::SignedDuration::from_secs(120)).await;
    assert!(t.users().is_empty(), "{:?}", t.users());
    assert_eq!(t.only("onboard").await, (JobState::Done, LEFT.to_owned()));
    let ada = t.people().await.remove(0);
    assert_eq!((ada.intent_at, ada.admitted_at), (None, None));
}
