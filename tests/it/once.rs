//! At most one congratulation, whatever fails and whoever orders it.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::ledger::{Keys, Ledger};
use usher::model::{Clock, JobState, NewJob, PersonId, kind};
use usher::store::Change;
use usher::worker;

use crate::scene::Scene;
use crate::support::{TestApp, claim};

const ADA: &str = "ada@corp.example";
const PATH: &str = "/portal/sendcongratulations";

async fn onboarded(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

/// Another congratulation for the person of the first, as `people congratulate` orders it.
async fn order(t: &TestApp, key: &str, person: Option<PersonId>, again: bool) {
    let first = t.jobs("congratulate").await[0].clone();
    let mut payload = first.payload.clone();
    payload["again"] = json!(again);
    let job = NewJob {
        kind: kind::CONGRATULATE,
        key: format!("congratulate/by-hand/{key}"),
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person: person.or(first.person),
        payload,
        due_at: None,
    };
    let edit = move |_: &mut Ledger| (Change { enqueue: vec![job], ..Change::default() }, ());
    t.app.store.write(Keys::default(), true, t.clock.now(), edit).await.unwrap();
    t.drain().await;
}

async fn reasons(t: &TestApp) -> Vec<(JobState, String)> {
    let jobs = t.jobs("congratulate").await;
    jobs.into_iter().map(|job| (job.state, job.reason.unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_second_order_after_a_congratulation_sends_nothing_unless_it_says_again() {
    let t = onboarded(Scene::default()).await;
    t.activate(ADA).await;
    order(&t, "one", None, false).await;
    assert_eq!(t.calls("POST", PATH), 1);
    assert!(reasons(&t).await[1].1.starts_with("known"));
    order(&t, "two", None, true).await;
    assert_eq!((t.calls("POST", PATH), reasons(&t).await[2].0), (2, JobState::Done));
}

#[tokio::test]
async fn a_second_order_after_an_uncertain_congratulation_is_held_until_somebody_decides() {
    for fault in [json!({"path": PATH, "drop": "after"}), json!({"path": PATH, "status": 500})] {
        let t = onboarded(Scene::default()).await;
        t.fault(fault.clone());
        t.activate(ADA).await;
        order(&t, "one", None, false).await;
        let (state, reason) = reasons(&t).await[1].clone();
        assert_eq!((state, t.calls("POST", PATH)), (JobState::Held, 1), "{fault} {reason}");
        assert!(reason.contains("may have been sent"), "{reason}");
        let second = t.jobs("congratulate").await[1].id;
        t.app.store.release(vec![second], "tests", t.clock.now()).await.unwrap();
        t.drain().await;
        assert_eq!(t.calls("POST", PATH), 2, "released by hand: sent");
        t.release("congratulate").await;
        assert_eq!(t.calls("POST", PATH), 2, "the first one finds it done");
        assert!(reasons(&t).await.iter().all(|(state, _)| *state == JobState::Done));
    }
}

#[tokio::test]
async fn two_rules_for_one_activation_are_one_congratulation() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n\
        [[rules]]\non = \"user.activated\"\ncongratulate = { key = \"welcome_guest\" }\n\
        [[rules]]\non = \"user.updated\"\nwhen = \"event.activation_status == 1\"\ncongratulate = { key = \"welcome_guest\" }\n";
    for fault in [None, Some(json!({"path": PATH, "drop": "after"}))] {
        let t = onboarded(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
        let sent = usize::from(fault.is_none());
        t.sandbox.add_fault(serde_json::from_value(fault.unwrap_or(json!({"path": "/nowhere"}))).unwrap()).unwrap();
        t.activate(ADA).await;
        let edited = json!({"id": t.user_id(ADA), "email": ADA, "status": 1, "activationStatus": 1, "title": "Dr"});
        t.docspace("user.updated", 99, edited).await;
        assert_eq!(t.jobs("congratulate").await.len(), 3, "one for each update, the activation among them");
        assert_eq!(t.calls("POST", PATH), 1);
        let done = reasons(&t).await.iter().filter(|(state, _)| *state == JobState::Done).count();
        assert!(sent == 0 || done == t.jobs("congratulate").await.len(), "{:?}", reasons(&t).await);
    }
}

/// The portal has accepted it, and the process ends before the job does.
#[tokio::test]
async fn a_crash_after_the_congratulation_was_noted_ends_the_job_without_another() {
    for again in [false, true] {
        let mut t = onboarded(Scene::default()).await;
        t.activate(ADA).await;
        if again {
            order(&t, "again", None, true).await;
        }
        let calls = t.calls("POST", PATH);
        let last = t.jobs("congratulate").await.pop().unwrap();
        // As it stands in the store when only the settlement is missing.
        unsettle(&t, last.id.0);
        t.restart().await;
        t.drain().await;
        assert_eq!(t.calls("POST", PATH), calls, "again: {again}");
        let last = t.jobs("congratulate").await.pop().unwrap();
        assert_eq!(last.state, JobState::Done);
        assert_eq!(last.reason.as_deref(), Some("congratulated by sendcongratulations"));
    }
}

fn unsettle(t: &TestApp, job: i64) {
    let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    conn.execute("UPDATE jobs SET state = 'running', lease_until = 0, finished_at = NULL WHERE id = ?1", [job])
        .unwrap();
}

#[tokio::test]
async fn an_onboarding_whose_settlement_was_lost_ends_as_what_it_was() {
    let mut t = onboarded(Scene::default()).await;
    let reason = t.only("onboard").await.1;
    unsettle(&t, t.jobs("onboard").await[0].id.0);
    t.restart().await;
    t.drain().await;
    assert_eq!(t.only("onboard").await, (JobState::Done, reason));
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (1, 1));
}

/// The store fails after the call and before its result is noted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_fails_while_the_call_is_under_way_leads_to_no_second_one() {
    let t = onboarded(Scene::default()).await;
    t.fault(json!({"path": PATH, "delay_ms": 600}));
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.sandbox.webhooks_settled().await;
    let path = t.dir.path().join("usher.db");
    let lock = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let lock = rusqlite::Connection::open(path).unwrap();
        lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
        // Two writes: that of the result, and that of the end of the job.
        tokio::time::sleep(Duration::from_secs(6)).await;
        lock.execute_batch("ROLLBACK").unwrap();
    };
    let (_, drained) = tokio::join!(lock, worker::drain(&t.app));
    drop(drained);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(90)).await;
    }
    assert_eq!(t.calls("POST", PATH), 1);
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("may have been sent"), "{reason}");
}

/// Claimed, and the worker is gone before it did anything: nothing was sent, so it is sent now.
#[tokio::test]
async fn a_crash_before_the_intent_loses_no_congratulation() {
    let mut t = onboarded(Scene::default()).await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.sandbox.webhooks_settled().await;
    let claimed = t.app.store.claim(claim(9, 9), t.clock.now()).await.unwrap();
    usher::process::run(&t.app, &claimed.process, t.clock.now()).await.unwrap();
    assert_eq!(t.app.store.claim(claim(9, 9), t.clock.now()).await.unwrap().actions.len(), 1);
    t.restart().await;
    t.drain().await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

/// A webhook told of the account under another address before our read-back joined the two rows.
#[tokio::test]
async fn a_congratulation_queued_for_a_row_that_was_joined_since_counts_for_the_person() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/invite", "status": 503}));
    t.fault(json!({"path": PATH, "status": 503}));
    t.fault(json!({"path": "/people", "drop": "after"}));
    t.hire("7", ADA).await;
    t.drain().await;
    let id = t.user_id(ADA);
    let payload =
        |bits: i64| -> Json { json!({"id": id, "email": "other@corp.example", "status": 1, "activationStatus": bits}) };
    t.sandbox.activate(&id).await.unwrap();
    t.docspace("user.created", 5, payload(2)).await;
    t.docspace("user.updated", 6, payload(1)).await;
    for _ in 0..4 {
        t.advance(SignedDuration::from_secs(90)).await;
    }
    assert_eq!(t.calls("POST", PATH), 2, "put off once");
    let person = t.people().await.into_iter().find(|person| person.user_id.is_some()).unwrap();
    assert_eq!(person.email.as_deref(), Some(ADA));
    assert!(person.congratulated_at.is_some() && person.invited_at.is_some() && person.activated_at.is_some());
}

/// The same, and the person is congratulated by hand while the queued job waits for its turn.
#[tokio::test]
async fn a_job_of_a_row_that_was_joined_since_stands_in_line_with_the_persons_own() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people", "drop": "after"}));
    t.hire("7", ADA).await;
    t.drain().await;
    let id = t.user_id(ADA);
    let payload = |bits: i64| json!({"id": id, "email": "other@corp.example", "status": 1, "activationStatus": bits});
    t.sandbox.activate(&id).await.unwrap();
    t.fault(json!({"path": PATH, "status": 503, "headers": {"Retry-After": "3600"}}));
    t.docspace("user.created", 5, payload(2)).await;
    t.docspace("user.updated", 6, payload(1)).await;
    t.advance(SignedDuration::from_secs(60)).await;
    let person = t.people().await.into_iter().find(|person| person.invited_at.is_some()).unwrap();
    let first = t.jobs("congratulate").await[0].clone();
    assert_eq!(first.person, Some(person.id), "queued for the row of the webhook");
    order(&t, "by-hand", Some(person.id), false).await;
    t.advance(SignedDuration::from_hours(2)).await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
    assert!(reasons(&t).await[1].1.starts_with("known"), "{:?}", reasons(&t).await);
}

#[tokio::test]
async fn a_portal_that_cannot_be_reached_is_congratulated_through_later() {
    let mut t = onboarded(Scene { webhook: false, ..Scene::default() }).await;
    let active = json!({"id": t.user_id(ADA), "email": ADA, "status": 1, "activationStatus": 1});
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.restart_with(|scene| scene.portal = Some("http://127.0.0.1:9")).await;
    t.docspace("user.updated", 5, active).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Ready, "{reason}");
    assert!(reason.contains("was not sent"), "{reason}");
    t.restart_with(|scene| scene.portal = None).await;
    t.advance(SignedDuration::from_secs(10)).await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

/// The portal has taken the invitation, and the process ends before the onboarding does.
#[tokio::test]
async fn an_invitation_that_was_noted_is_not_sent_again() {
    let mut t = onboarded(Scene::default()).await;
    let job = t.jobs("onboard").await[0].id.0;
    unsettle(&t, job);
    let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    conn.execute("UPDATE jobs SET steps = json_remove(steps, '$[#-1]') WHERE id = ?1", [job]).unwrap();
    conn.execute("UPDATE people SET invited_at = NULL", []).unwrap();
    t.restart().await;
    t.drain().await;
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (1, 1));
    assert!(t.people().await[0].invited_at.is_some());
}
