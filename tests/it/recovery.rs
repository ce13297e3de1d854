//! Crashes: whatever was accepted is finished, and nothing is done twice.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Clock, JobState};
use usher::worker;

use crate::support::{TestApp, claim};

const ADA: &str = "ada@corp.example";

async fn finish(t: &TestApp) {
    for _ in 0..4 {
        t.advance(SignedDuration::from_secs(120)).await;
    }
    assert_eq!(t.users(), [ADA]);
    assert_eq!(t.mails(ADA), ["activation"]);
    assert_eq!(t.only("onboard").await.0, JobState::Done);
}

#[tokio::test]
async fn a_crash_after_the_answer_loses_nothing() {
    let mut t = TestApp::start().await;
    assert_eq!(t.hire("7", ADA).await, 200);
    t.restart().await;
    finish(&t).await;
}

#[tokio::test]
async fn a_crash_after_each_claim_loses_nothing() {
    let mut t = TestApp::start().await;
    t.hire("7", ADA).await;
    for kind in ["process", "onboard"] {
        let claimed = t.app.store.claim(claim(9, 9), t.clock.now()).await.unwrap();
        assert_eq!(claimed.process.len() + claimed.actions.len(), 1, "{kind}");
        t.restart().await;
        if kind == "process" {
            let claimed = t.app.store.claim(claim(9, 0), t.clock.now()).await.unwrap();
            usher::process::run(&t.app, &claimed.process, t.clock.now()).await.unwrap();
            t.restart().await;
        }
    }
    finish(&t).await;
}

/// The worker is cut off while the call is under way, before the portal has done anything.
#[tokio::test]
async fn a_crash_during_any_call_of_the_walk_leaves_one_account_and_one_mail() {
    for path in ["/people/email", "/people", "/people/invite"] {
        let mut t = TestApp::start().await;
        t.fault(json!({"path": path, "delay_ms": 60_000}));
        t.hire("7", ADA).await;
        let cut = tokio::time::timeout(Duration::from_millis(700), worker::drain(&t.app)).await;
        assert!(cut.is_err(), "{path}: the worker was to be in the call");
        t.restart().await;
        finish(&t).await;
    }
}

/// The portal has done the work, the answer is lost, and the process dies before it can look again.
#[tokio::test]
async fn a_crash_after_the_portal_has_done_the_work_leaves_one_account_and_one_mail() {
    for path in ["/people", "/people/invite"] {
        let mut t = TestApp::start().await;
        t.fault(json!({"path": path, "drop": "after"}));
        t.hire("7", ADA).await;
        t.drain().await;
        t.restart().await;
        finish(&t).await;
        assert_eq!(t.calls("POST", "/people"), 1, "{path}");
    }
}

#[tokio::test]
async fn a_crash_while_congratulating_is_held() {
    let mut t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.fault(json!({"path": "/portal/sendcongratulations", "delay_ms": 60_000}));
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.sandbox.webhooks_settled().await;
    let cut = tokio::time::timeout(Duration::from_millis(700), worker::drain(&t.app)).await;
    assert!(cut.is_err());
    t.restart().await;
    t.advance(SignedDuration::from_secs(120)).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("may have been sent"), "{reason}");
}

#[tokio::test]
async fn a_dead_delivery_can_be_mended_and_rerun() {
    let t = TestApp::start().await;
    t.tell("employee.hired", json!({"employee_id": "7"})).await;
    t.drain().await;
    let dead = t.only("process").await;
    assert_eq!(dead.0, JobState::Dead);
    assert!(dead.1.contains("email"), "{}", dead.1);
    // The same delivery again starts a new process job, since the first is dead.
    t.tell("employee.hired", json!({"employee_id": "7"})).await;
    t.drain().await;
    assert_eq!(t.jobs("process").await.len(), 2);
    let delivery = t.jobs("process").await[0].delivery.unwrap();
    assert!(t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap().is_some());
    assert_eq!(t.jobs("process").await.len(), 3);
}

#[tokio::test]
async fn a_rerun_of_a_done_delivery_makes_no_second_account() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    let delivery = t.jobs("process").await[0].delivery.unwrap();
    t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(t.jobs("onboard").await.len(), 2, "the rerun's action has a key of its own");
    assert_eq!((t.users().len(), t.calls("POST", "/people/invite")), (1, 1));
}

#[tokio::test]
async fn one_persons_jobs_run_in_order_and_others_do_not_wait() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people/email", "status": 500}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    assert_eq!(t.users(), ["bob@corp.example"], "the retrying job holds back its person's later one");
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(120)).await;
    }
    let ada: Vec<_> = t.jobs("onboard").await.into_iter().filter(|job| job.payload["event"]["email"] == ADA).collect();
    assert!(ada[0].finished_at.unwrap() <= ada[1].finished_at.unwrap());
    assert!(ada[1].reason.as_deref().unwrap().starts_with("known"));
}
