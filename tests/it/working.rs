//! The worker itself: waking, order, parallel work, pauses, the stop.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use usher::model::{Clock, JobState};
use usher::worker;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

fn work(t: &TestApp) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let working = tokio::spawn(worker::run(t.app.clone(), stop.clone()));
    (stop, working)
}

/// Wait until `check` holds, and say how long it took.
async fn until(t: &TestApp, what: &str, check: impl Fn(&TestApp) -> bool) -> Duration {
    let begun = Instant::now();
    while !check(t) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} does not come to be");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_webhook_wakes_the_worker() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let (stop, working) = work(&t);
    let mut waited = Duration::ZERO;
    for number in 1..=8 {
        t.hire(&number.to_string(), &format!("person{number}@corp.example")).await;
        waited += until(&t, "the account", |t| t.users().len() == number).await;
        // The worker has nothing left and waits again.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Without being woken the worker looks once a second.
    assert!(waited < Duration::from_secs(4), "{waited:?}");
    stop.cancel();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_queues_is_found_within_a_second_or_so() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let (stop, working) = work(&t);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let other = usher::store::Store::open(&t.dir.path().join("usher.db"), false).await.unwrap();
    let (headers, body) = t.sign(
        "own",
        json!({"type": "employee.hired", "data": {"employee_id": "7", "email": ADA, "first_name": "Ada"}})
            .to_string()
            .into(),
    );
    let source = &t.app.config.sources["own"];
    let verified =
        usher::auth::verify(&source.scheme, &source.keys, &source.dedupe, &headers, &body.into(), t.clock.now())
            .unwrap();
    other.accept("own", verified, t.clock.now()).await.unwrap();
    assert!(until(&t, "the account", |t| t.users().len() == 1).await < Duration::from_secs(5));
    stop.cancel();
    working.await.unwrap();
}

#[tokio::test]
async fn different_people_are_worked_for_side_by_side() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/email", "delay_ms": 1000, "times": 6}));
    for number in 1..=6 {
        t.hire(&number.to_string(), &format!("person{number}@corp.example")).await;
    }
    let begun = Instant::now();
    t.drain().await;
    assert_eq!(t.users().len(), 6);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn held_dead_and_cancelled_jobs_hold_nobody_back() {
    for end in ["held", "dead", "cancelled"] {
        let t = TestApp::start().await;
        let envelope = |status: u16| json!({"error": {"message": "no"}, "status": 1, "statusCode": status});
        match end {
            "held" => t.fault(json!({"path": "/people", "status": 403, "body": envelope(403)})),
            "dead" => t.fault(json!({"path": "/people", "status": 400, "body": envelope(400)})),
            _ => t.fault(json!({"path": "/people/email", "status": 503})),
        }
        t.hire("7", ADA).await;
        t.drain().await;
        let first = t.jobs("onboard").await[0].clone();
        if end == "cancelled" {
            assert_eq!(first.state, JobState::Ready);
            t.app.store.cancel(vec![first.id], "tests", t.clock.now()).await.unwrap();
        }
        t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"}))
            .await;
        t.drain().await;
        assert_eq!(t.users(), [ADA], "{end}");
        let states: Vec<_> = t.jobs("onboard").await.iter().map(|job| job.state.as_str()).collect();
        // What was held is decided by what was done.
        assert_eq!(states, [if end == "held" { "cancelled" } else { end }, "done"]);
        assert_eq!(t.mails(ADA), ["activation"]);
    }
}

/// The first delivery cannot be settled for a while; the second one comes meanwhile and has to wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_stay_in_order_when_the_store_fails_between_claim_and_settlement() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    conn.execute_batch(
        "CREATE TRIGGER stuck BEFORE UPDATE ON jobs WHEN NEW.state = 'done' BEGIN SELECT RAISE(ABORT, 'stuck'); END",
    )
    .unwrap();
    let (stop, working) = work(&t);
    t.hire("7", "info@corp.example").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(t.only("process").await.0, JobState::Running);
    t.hire("8", "info@corp.example").await;
    conn.execute_batch("DROP TRIGGER stuck").unwrap();
    until(&t, "the account", |t| t.users().len() == 1).await;
    stop.cancel();
    working.await.unwrap();
    let jobs = t.jobs("onboard").await;
    assert_eq!(jobs[0].payload["event"]["employee_id"], "7");
    assert_eq!(
        (jobs[0].state, jobs[1].state),
        (JobState::Done, JobState::Held),
        "the address is recycled by the second"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_without_an_answer_holds_up_neither_deliveries_nor_the_stop() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/email", "status": 401}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.fault(json!({"path": "/people/@self", "delay_ms": 60_000, "times": 9}));
    t.clock.advance(SignedDuration::from_secs(61));
    let (stop, working) = work(&t);
    until(&t, "the probe", |t| t.calls("GET", "/people/@self") == 1).await;
    t.tell("employee.hired", json!({"employee_id": "8"})).await;
    let begun = Instant::now();
    while t.jobs("process").await.last().unwrap().state != JobState::Dead {
        assert!(begun.elapsed() < Duration::from_secs(5), "the delivery waits for the probe");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), working).await.expect("the stop waits for the probe").unwrap();
}

#[tokio::test]
async fn a_pause_of_seven_days_ends_the_jobs_that_wait_for_it() {
    let t = TestApp::start().await;
    t.fault(json!({"method": "GET", "status": 401, "times": 100_000}));
    t.hire("7", ADA).await;
    t.drain().await;
    for _ in 0..7 {
        t.advance(SignedDuration::from_hours(23)).await;
    }
    assert_eq!(t.only("onboard").await.0, JobState::Ready);
    assert_eq!(t.calls("GET", "/people/email"), 1, "a paused portal is only probed");
    for _ in 0..2 {
        t.advance(SignedDuration::from_hours(23)).await;
    }
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead, "{reason}");
    assert!(reason.contains("7 days"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_lets_a_call_under_way_finish() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people", "delay_ms": 700}));
    let (stop, working) = work(&t);
    t.hire("7", ADA).await;
    until(&t, "the call", |t| t.calls("POST", "/people") == 1).await;
    stop.cancel();
    working.await.unwrap();
    assert_eq!((t.users(), t.only("onboard").await.0), (vec![ADA.to_owned()], JobState::Done));
}

/// The lease of a job whose call takes long is lengthened, so that nobody else takes it.
#[tokio::test]
async fn a_long_call_keeps_its_lease() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people", "delay_ms": 25_000}));
    let (stop, working) = work(&t);
    t.hire("7", ADA).await;
    until(&t, "the call", |t| t.calls("POST", "/people") == 1).await;
    // Leases are counted by our clock, the worker's looks and the portal's delay by that of the runtime.
    for seconds in [21, 6] {
        t.clock.advance(SignedDuration::from_secs(50));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    until(&t, "the account", |t| t.users().len() == 1).await;
    stop.cancel();
    working.await.unwrap();
    let job = &t.jobs("onboard").await[0];
    assert_eq!((job.state, job.fence), (JobState::Done, 1), "claimed once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_retention_no_longer_keeps_is_removed_from_the_start() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.clock.advance(SignedDuration::from_hours(24 * 31));
    let delivery = t.jobs("process").await[0].delivery.unwrap();
    let (stop, working) = work(&t);
    let begun = Instant::now();
    while t.app.store.delivery(delivery).await.unwrap().unwrap().body.is_some() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the body stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    working.await.unwrap();
}

/// Together they have more items than one transaction takes.
#[tokio::test]
async fn a_crowd_of_many_deliveries_is_worked_off_whole_and_in_order() {
    let rules = "[[rules]]\non = \"user.activated\"\ncongratulate = { key = \"welcome_guest\" }\n";
    let t = TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
    let (_, body) = t.signed("bamboohr/hired", "bamboohr", &[]);
    let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let one = body["employees"][0].clone();
    for round in 0..4 {
        let many = (0..200).map(|number| {
            let mut one = one.clone();
            one["id"] = json!(number.to_string());
            one["fields"]["Work Email"]["value"] = json!(format!("person{number}@corp.example"));
            one["fields"]["First name"]["value"] = json!(format!("Round{round}"));
            one
        });
        body["employees"] = many.collect();
        let (headers, body) = t.sign("bamboohr", body.to_string().into_bytes());
        assert_eq!(t.post("bamboohr", headers, body).await.status(), 200);
    }
    t.drain().await;
    let jobs = t.jobs("process").await;
    assert!(jobs.len() == 4 && jobs.iter().all(|job| job.state == JobState::Done), "{jobs:#?}");
    let people = t.people().await;
    assert_eq!(people.len(), 200);
    assert!(people.iter().all(|person| person.first_name.as_deref() == Some("Round3")), "{:?}", people[0]);
}
