use std::collections::BTreeSet;

use usher::model::JobState;
use usher::store::{Claim, StoreError};

use crate::scene::{Scene, action, at, claim, end, retry_at};

#[tokio::test]
async fn process_jobs_are_claimed_in_accept_order_with_their_deliveries() {
    let scene = Scene::new().await;
    for key in ["one", "two", "three"] {
        scene.delivered(key).await;
    }
    let claimed = scene.store.claim(claim(2, 5), at(1)).await.unwrap();
    let bodies: Vec<_> = claimed.process.iter().map(|(_, delivery)| delivery.body.clone().unwrap()).collect();
    assert_eq!(bodies, [b"one".to_vec(), b"two".to_vec()]);
    assert!(claimed.actions.is_empty(), "a process job is no action");
    let (job, _) = &claimed.process[0];
    assert_eq!((job.state, job.fence), (JobState::Running, 1));
    assert_eq!(scene.claim_process(at(1)).await.len(), 1, "the other two are taken");
}

#[tokio::test]
async fn a_process_job_without_a_body_comes_without_a_body() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    scene.other().execute("UPDATE deliveries SET body = NULL", []).unwrap();
    let (_, delivery) = scene.claim_process(at(1)).await.remove(0);
    assert_eq!(delivery.body, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_claimers_get_each_job_once() {
    let scene = Scene::new().await;
    let mut people = Vec::new();
    for number in 0..200 {
        people.push(action(&format!("job/{number}"), (number % 3 == 0).then(|| scene.person())));
    }
    scene.enqueue(people).await;
    let mut claimers = Vec::new();
    for _ in 0..8 {
        let store = scene.store.clone();
        claimers.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let jobs = store.claim(claim(0, 3), at(1)).await.unwrap().actions;
                if jobs.is_empty() {
                    return mine;
                }
                mine.extend(jobs.into_iter().map(|job| job.id));
            }
        }));
    }
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!(all.len(), 200);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 200);
}

#[tokio::test]
async fn a_lease_that_has_run_out_is_claimed_again_and_the_late_worker_writes_nothing() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("job", None)]).await;
    let first = scene.claim_actions(at(0)).await.remove(0);
    assert!(scene.claim_actions(at(60)).await.is_empty(), "the lease lasts to its last moment");
    let second = scene.claim_actions(at(61)).await.remove(0);
    assert_eq!((second.id, second.fence), (first.id, first.fence + 1));

    let mut late = end(&first, JobState::Done);
    late.then.push(action("follow-up", None));
    assert!(matches!(scene.settle(late, at(62)).await, Err(StoreError::LeaseLost)));
    assert_eq!(scene.all_jobs().await.len(), 1, "no follow-up");
    assert!(scene.store.attempts(first.id).await.unwrap().is_empty());
    scene.settle(end(&second, JobState::Done), at(63)).await.unwrap();
    assert!(matches!(scene.settle(end(&second, JobState::Done), at(64)).await, Err(StoreError::LeaseLost)));
}

#[tokio::test]
async fn process_leases_run_out_too() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    scene.delivered("two").await;
    assert_eq!(scene.store.claim(claim(1, 0), at(0)).await.unwrap().process.len(), 1);
    let again = scene.claim_process(at(61)).await;
    let keys: Vec<_> = again.iter().map(|(job, _)| (job.key.as_str(), job.fence)).collect();
    assert_eq!(keys, [("process/1/0", 2), ("process/2/0", 1)]);
}

#[tokio::test]
async fn an_extended_lease_lasts_longer_but_a_lost_one_stays_lost() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("job", None)]).await;
    let first = scene.claim_actions(at(0)).await.remove(0);
    scene.store.extend(vec![(first.id, first.fence)], at(100)).await.unwrap();
    assert!(scene.claim_actions(at(99)).await.is_empty());
    let second = scene.claim_actions(at(101)).await.remove(0);
    scene.store.extend(vec![(first.id, first.fence)], at(9000)).await.unwrap();
    let third = scene.claim_actions(at(162)).await.remove(0);
    assert_eq!(third.fence, second.fence + 1);
}

#[tokio::test]
async fn a_kind_of_a_later_version_is_kept_and_shown_but_never_claimed_and_holds_nobody_back() {
    let scene = Scene::new().await;
    let person = scene.person();
    let insert = "INSERT INTO jobs (kind, state, key, person, payload, due_at, created_at) VALUES ('dance', ?1, ?2, ?3, '{}', 0, 0)";
    scene.other().execute(insert, ("ready", "dance/1", person.0)).unwrap();
    scene.other().execute(insert, ("running", "dance/2", person.0)).unwrap();
    assert_eq!(scene.store.next_due().await.unwrap(), None);
    scene.enqueue(vec![action("job", Some(person))]).await;
    assert_eq!(scene.claimed(at(1)).await, ["job"]);
    assert!(scene.claim_process(at(1)).await.is_empty());
    let shown = scene.all_jobs().await;
    assert_eq!((shown.len(), shown[0].kind.as_str(), shown[0].state), (3, "dance", JobState::Ready));
}

#[tokio::test]
async fn after_a_restart_every_running_job_is_ready_at_once() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    scene.enqueue(vec![action("job", None), action("other", None)]).await;
    let claimed = scene.store.claim(claim(9, 1), at(0)).await.unwrap();
    let scene = scene.reopened().await;
    assert_eq!(scene.store.recover(at(5)).await.unwrap(), 2);
    let again = scene.store.claim(claim(9, 9), at(5)).await.unwrap();
    assert_eq!((again.process.len(), again.actions.len()), (1, 2));
    assert_eq!((again.actions[0].id, again.actions[0].fence), (claimed.actions[0].id, 2));
    assert!(matches!(scene.settle(end(&claimed.actions[0], JobState::Done), at(6)).await, Err(StoreError::LeaseLost)));
}

#[tokio::test]
async fn the_next_due_time_is_that_of_the_first_ready_job() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.next_due().await.unwrap(), None);
    scene.enqueue(vec![action("job", None)]).await;
    assert_eq!(scene.store.next_due().await.unwrap(), Some(at(0)));
    let job = scene.claim_actions(at(1)).await.remove(0);
    assert_eq!(scene.store.next_due().await.unwrap(), None, "a running job is not due");
    scene.settle(retry_at(&job, at(500)), at(2)).await.unwrap();
    assert_eq!(scene.store.next_due().await.unwrap(), Some(at(500)));
}

#[tokio::test]
async fn claims_stay_quick_beside_many_finished_and_many_waiting_jobs() {
    let scene = Scene::new().await;
    let conn = scene.other();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
        INSERT INTO jobs (kind, state, key, payload, due_at, created_at, person) \
        SELECT ?2, ?3, ?3 || '/' || ?2 || '/' || i, '{}', 0, 0, ?4 FROM n";
    conn.execute(fill, (100_000, "process", "done", None::<i64>)).unwrap();
    // All for one person: only the first may be claimed, the others have to be passed over.
    conn.execute(fill, (10_000, "onboard", "ready", scene.person().0)).unwrap();
    let begun = std::time::Instant::now();
    let claim = Claim {
        process: 64,
        actions: 16,
        questions: 16,
        resting: Vec::new(),
        paused: Vec::new(),
        lease: std::time::Duration::from_secs(60),
    };
    assert_eq!(scene.store.claim(claim, at(1)).await.unwrap().actions.len(), 1);
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn questions_to_one_platform_take_no_place_from_another_one_nor_from_actions() {
    let scene = Scene::new().await;
    let ask = "INSERT INTO jobs (kind, state, key, source, payload, due_at, created_at) VALUES ('fetch', 'ready', ?1, ?2, '{}', 0, 0)";
    for number in 0..30 {
        scene.other().execute(ask, (format!("slow/{number}"), "slow")).unwrap();
    }
    scene.other().execute(ask, ("quick/0", "quick")).unwrap();
    scene.enqueue(vec![action("job", None)]).await;
    let take = async |now| {
        let claimed = scene.store.claim(Claim { questions: 2, ..claim(0, 1) }, now).await.unwrap();
        claimed.actions
    };
    let keys = |jobs: &[usher::model::Job]| jobs.iter().map(|job| job.key.clone()).collect::<Vec<_>>();
    let first = take(at(1)).await;
    assert_eq!(keys(&first), ["job", "quick/0", "slow/0", "slow/1"]);
    assert!(take(at(1)).await.is_empty(), "both places of the slow one are taken");
    scene.settle(end(&first[2], JobState::Done), at(2)).await.unwrap();
    assert_eq!(keys(&take(at(2)).await), ["slow/2"]);
    // Whoever took them is gone.
    let mut again = take(at(100)).await;
    again.extend(take(at(100)).await);
    assert_eq!(keys(&again), ["job", "slow/1", "slow/2", "quick/0"]);
}
