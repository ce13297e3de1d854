//! Plans: what becomes a job at its time.

use usher::ledger::{Keys, Ledger};
use usher::model::{DeliveryId, JobState, PersonId, Plan};
use usher::store::{Change, PersonFilter, Retention};

use crate::scene::{Scene, action, at, claim, days, end};

fn plan(kind: &str, due: i64, key: &str) -> Plan {
    Plan {
        kind: kind.to_owned(),
        due_at: at(due),
        key: key.to_owned(),
        delivery: None,
        hold: None,
        payload: serde_json::json!({ "params": {}, "event": {} }),
    }
}

impl Scene {
    async fn plan(&self, person: PersonId, plan: Plan) {
        let edit = move |ledger: &mut Ledger| {
            ledger.plan(person, plan);
            (Change::default(), ())
        };
        self.store.write(Keys::person(person), true, at(0), edit).await.unwrap();
    }

    /// Keys of what is planned for a person.
    async fn planned(&self, person: PersonId) -> Vec<String> {
        let filter = PersonFilter { ids: vec![person], who: None };
        let people = self.store.people(filter).await.unwrap();
        people[0].plans.iter().map(|plan| plan.key.clone()).collect()
    }
}

#[tokio::test]
async fn a_plan_becomes_a_job_at_its_time_and_not_before() {
    let scene = Scene::new().await;
    let person = scene.person();
    scene.plan(person, plan("onboard", 100, "a")).await;
    assert_eq!(scene.store.next_due().await.unwrap(), Some(at(100)));
    assert!(scene.claimed(at(99)).await.is_empty() && scene.all_jobs().await.is_empty());
    let scene = scene.reopened().await;
    let jobs = scene.claim_actions(at(100)).await;
    assert_eq!((jobs.len(), jobs[0].key.as_str(), jobs[0].person, jobs[0].due_at), (1, "a", Some(person), at(100)));
    assert!(scene.planned(person).await.is_empty());
    assert!(scene.claimed(at(101)).await.is_empty());
}

#[tokio::test]
async fn a_plan_of_the_same_kind_takes_the_others_place() {
    let scene = Scene::new().await;
    let person = scene.person();
    scene.plan(person, plan("onboard", 100, "a")).await;
    scene.plan(person, plan("onboard", 50, "b")).await;
    scene.plan(person, plan("disable", 200, "c")).await;
    assert_eq!(scene.planned(person).await, ["b", "c"]);
    assert_eq!(scene.store.stats().await.unwrap().plans, [("disable".to_owned(), 1), ("onboard".to_owned(), 1)]);
    assert_eq!(scene.claimed(at(100)).await, ["b"]);
}

#[tokio::test]
async fn what_came_due_in_the_meantime_is_done_in_the_order_it_was_due() {
    let scene = Scene::new().await;
    let (ada, bob) = (scene.person(), scene.person());
    scene.plan(ada, plan("disable", 20, "ada leaves")).await;
    scene.plan(ada, plan("onboard", 20, "ada comes")).await;
    scene.plan(bob, plan("onboard", 10, "bob comes")).await;
    let first = scene.claim_actions(at(99)).await;
    assert_eq!(first.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["bob comes", "ada comes"]);
    assert!(scene.claimed(at(99)).await.is_empty(), "one person's jobs run one at a time");
    scene.settle(end(&first[1], JobState::Done), at(99)).await.unwrap();
    assert_eq!(scene.claimed(at(99)).await, ["ada leaves"]);
}

#[tokio::test]
async fn a_plan_whose_key_is_taken_is_queued_under_another() {
    let scene = Scene::new().await;
    let person = scene.person();
    scene.enqueue(vec![action("a", None), action("a/planned", None)]).await;
    let jobs = scene.claim_actions(at(0)).await;
    for job in jobs {
        scene.settle(end(&job, JobState::Done), at(0)).await.unwrap();
    }
    scene.plan(person, plan("onboard", 10, "a")).await;
    assert_eq!(scene.claimed(at(10)).await, ["a/planned/planned"]);
    assert!(scene.planned(person).await.is_empty());
}

#[tokio::test]
async fn a_plan_with_a_hold_becomes_a_held_job() {
    let scene = Scene::new().await;
    let person = scene.person();
    scene.plan(person, Plan { hold: Some("look first".to_owned()), ..plan("onboard", 10, "a") }).await;
    assert!(scene.claimed(at(10)).await.is_empty());
    let job = scene.all_jobs().await.remove(0);
    assert_eq!((job.state, job.reason.as_deref()), (JobState::Held, Some("look first")));
}

#[tokio::test]
async fn a_plan_of_a_kind_of_a_later_version_is_kept_and_shown() {
    let scene = Scene::new().await;
    let person = scene.person();
    scene.plan(person, plan("dance", 10, "a")).await;
    assert!(scene.claimed(at(99)).await.is_empty() && scene.all_jobs().await.is_empty());
    assert_eq!((scene.planned(person).await, scene.store.next_due().await.unwrap()), (vec!["a".to_owned()], None));
}

#[tokio::test]
async fn a_plan_of_a_paused_portal_becomes_a_job_that_waits() {
    let scene = Scene::new().await;
    let person = scene.person();
    scene.plan(person, plan("onboard", 10, "a")).await;
    let paused = usher::store::Claim { paused: vec!["docspace".to_owned()], ..claim(0, 100) };
    assert!(scene.store.claim(paused, at(10)).await.unwrap().actions.is_empty());
    assert_eq!(scene.claimed(at(10)).await, ["a"]);
}

#[tokio::test]
async fn more_plans_than_one_look_takes_are_all_done() {
    let scene = Scene::new().await;
    scene
        .other()
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450)
             INSERT INTO people (portal, account, created_at) SELECT 'docspace', 'unknown', 0 FROM n;
             INSERT INTO plans (person, kind, due_at, key, payload) SELECT id, 'onboard', 0, 'plan/' || id, '{}' FROM people;",
        )
        .unwrap();
    for expected in [200, 400, 450, 450] {
        scene.store.claim(claim(0, 1), at(0)).await.unwrap();
        assert_eq!(scene.all_jobs().await.len(), expected);
    }
}

#[tokio::test]
async fn the_body_of_a_delivery_stays_while_something_of_it_is_planned() {
    let scene = Scene::new().await;
    let delivery: DeliveryId = scene.delivered("one").await;
    let (job, _) = scene.claim_process(at(0)).await.remove(0);
    scene.settle(end(&job, JobState::Done), at(0)).await.unwrap();
    let person = scene.person();
    scene.plan(person, Plan { delivery: Some(delivery), ..plan("onboard", 100 * 24 * 3600, "a") }).await;
    let keep = Retention { done_days: 30, held_days: 90, jobs_days: 90 };
    assert_eq!(scene.store.prune(keep, days(99)).await.unwrap().bodies, 0);
    let job = scene.claim_actions(days(100)).await.remove(0);
    scene.settle(end(&job, JobState::Done), days(100)).await.unwrap();
    assert_eq!(scene.store.prune(keep, days(129)).await.unwrap().bodies, 0);
    assert_eq!(scene.store.prune(keep, days(130)).await.unwrap().bodies, 1);
}

#[tokio::test]
async fn jobs_that_wait_for_a_later_event_are_told_to_who_asks_and_superseded_unless_begun() {
    let scene = Scene::new().await;
    let person = scene.person();
    let held = |key: &str, told: bool| usher::model::NewJob {
        state: JobState::Held,
        payload: if told { serde_json::json!({"told": []}) } else { serde_json::json!({}) },
        ..action(key, Some(person))
    };
    scene.enqueue(vec![held("waits", true), held("other", false), held("begun", true)]).await;
    scene.other().execute("UPDATE jobs SET fence = 1 WHERE key = 'begun'", []).unwrap();
    let ask = |waiting| {
        let keys = Keys { waiting, ..Keys::person(person) };
        let edit = move |ledger: &mut Ledger| (Change::default(), ledger.stop_waiting(person, "onboard"));
        scene.store.write(keys, true, at(1), edit)
    };
    assert_eq!(ask(false).await.unwrap(), Vec::<String>::new());
    assert_eq!(ask(true).await.unwrap(), ["waits"]);
    let keys = ["waits", "begun", "unknown"].map(str::to_owned).to_vec();
    scene.change(Change { superseded: keys, ..Change::default() }, at(2)).await.unwrap();
    let states: Vec<_> = scene.all_jobs().await.iter().map(|job| job.state).collect();
    assert_eq!(states, [JobState::Cancelled, JobState::Held, JobState::Held]);
}
