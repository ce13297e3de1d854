//! Jobs that ended so long ago that they tell nothing of their person any more: whether one may have sent something still
//! counts.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::ledger::{Keys, Ledger};
use usher::model::{Clock, JobState, NewJob, kind};
use usher::store::{Change, Retention};

use crate::erasing::{ADA, row};
use crate::scene::Scene;
use crate::support::TestApp;

/// Work about somebody as people order it.
async fn order(t: &TestApp, kind: &'static str, number: u8) -> (JobState, String) {
    let person = row(t, ADA).await;
    let event = json!({"kind": "user.activated", "user_id": person.user_id, "email": person.email});
    let params = match kind {
        kind::CONGRATULATE => json!({"via": ["sendcongratulations"], "key": "welcome_guest"}),
        _ => Json::Null,
    };
    let payload = json!({"params": params, "event": event, "again": false});
    let job = NewJob {
        kind,
        key: format!("{kind}/by-hand/{number}"),
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person: Some(person.id),
        payload,
        due_at: None,
    };
    let edit = move |_: &mut Ledger| (Change { enqueue: vec![job], ..Change::default() }, ());
    t.app.store.write(Keys::default(), true, t.clock.now(), edit).await.unwrap();
    t.drain().await;
    let job = t.jobs(kind).await.pop().unwrap();
    (job.state, job.reason.unwrap_or_default())
}

/// Call off whatever is held of a kind, and let it become so old that it tells nothing any more.
async fn called_off_long_ago(t: &TestApp, kind: &str) {
    let held: Vec<_> = t.jobs(kind).await.into_iter().map(|job| job.id).collect();
    t.app.store.cancel(held, "tests", t.clock.now()).await.unwrap();
    t.clock.advance(SignedDuration::from_hours(24 * 100));
    let keep = Retention { done_days: 30, held_days: 90, jobs_days: 90 };
    assert!(t.app.store.prune(keep, t.clock.now()).await.unwrap().jobs > 0);
    assert!(!format!("{:?}", t.jobs(kind).await).contains(ADA));
}

#[tokio::test]
async fn what_may_have_been_sent_is_not_sent_again_although_its_job_tells_nothing_any_more() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/portal/sendcongratulations", "drop": "after"}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    called_off_long_ago(&t, kind::CONGRATULATE).await;
    let (state, reason) = order(&t, kind::CONGRATULATE, 1).await;
    assert_eq!((state, t.calls("POST", "/portal/sendcongratulations")), (JobState::Held, 1), "{reason}");
    assert!(reason.contains("may have been sent"), "{reason}");
}

#[tokio::test]
async fn a_reminder_that_may_have_been_sent_is_not_sent_again_either() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }\n";
    let t = TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.fault(json!({"path": "/people/invite", "method": "PUT", "drop": "after"}));
    let (state, reason) = order(&t, kind::REMIND, 1).await;
    assert_eq!(state, JobState::Held, "{reason}");
    called_off_long_ago(&t, kind::REMIND).await;
    let (state, reason) = order(&t, kind::REMIND, 2).await;
    assert_eq!((state, t.calls("PUT", "/people/invite")), (JobState::Held, 1), "{reason}");
}
