use usher::ledger::Keys;
use usher::model::{CallOff, JobState, NewJob, Step};
use usher::store::{Change, PersonFilter, StepNote, StoreError};

use crate::knowing::hired;
use crate::scene::{Scene, action, at, end, retry_at};

#[tokio::test]
async fn a_settled_job_has_its_attempt_and_its_follow_ups() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let (job, _) = scene.claim_process(at(1)).await.remove(0);
    let mut done = end(&job, JobState::Done);
    done.then.push(action("next", None));
    done.then[0].delivery = job.delivery;
    let mut born_held = action("held", None);
    born_held.state = JobState::Held;
    born_held.reason = Some("a person has to look".to_owned());
    done.then.push(born_held);
    scene.settle(done, at(4)).await.unwrap();

    let jobs = scene.all_jobs().await;
    assert_eq!((jobs[0].state, jobs[0].finished_at, jobs[0].attempts), (JobState::Done, Some(at(4)), 1));
    assert_eq!((jobs[1].source.as_deref(), jobs[1].state, jobs[1].due_at), (Some("acme"), JobState::Ready, at(4)));
    assert_eq!((jobs[2].state, jobs[2].finished_at), (JobState::Held, Some(at(4))));
    assert_eq!(jobs[2].reason.as_deref(), Some("a person has to look"));
    let attempts = scene.store.attempts(job.id).await.unwrap();
    assert_eq!(attempts.len(), 1);
    let attempt = &attempts[0];
    assert_eq!((attempt.number, attempt.started_at, attempt.finished_at), (1, at(1), at(4)));
    assert_eq!((attempt.outcome.as_str(), attempt.reason.as_deref()), ("done", Some("went to done")));
}

#[tokio::test]
async fn a_retry_counts_its_attempts_and_keeps_its_reason() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("job", None)]).await;
    for round in 0..3 {
        let job = scene.claim_actions(at(round * 100)).await.remove(0);
        let mut again = retry_at(&job, at(round * 100 + 100));
        again.attempts = 2;
        again.outage_since = Some(at(5));
        scene.settle(again, at(round * 100 + 1)).await.unwrap();
    }
    let job = scene.all_jobs().await.remove(0);
    assert_eq!((job.state, job.attempts, job.outage_since), (JobState::Ready, 2, Some(at(5))));
    assert_eq!((job.due_at, job.finished_at, job.reason.as_deref()), (at(300), None, Some("went to ready")));
    let numbers: Vec<_> = scene.store.attempts(job.id).await.unwrap().iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn work_whose_key_exists_is_not_queued_again() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("job", None), action("job", None)]).await;
    let job = scene.claim_actions(at(1)).await.remove(0);
    let mut done = end(&job, JobState::Done);
    done.then.push(action("job", None));
    scene.settle(done, at(2)).await.unwrap();
    let jobs = scene.all_jobs().await;
    assert_eq!((jobs.len(), jobs[0].state), (1, JobState::Done));
}

#[tokio::test]
async fn steps_are_kept_in_order_and_only_while_the_lease_stands() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("job", None)]).await;
    let job = scene.claim_actions(at(1)).await.remove(0);
    let note = |name: &str, second| {
        let step = Step { at: at(second), name: name.to_owned(), detail: "A \"sentence\".".to_owned() };
        Change { steps: vec![StepNote { job: job.id, fence: job.fence, step }], ..Change::default() }
    };
    scene.change(note("intent", 2), at(2)).await.unwrap();
    scene.change(note("created", 3), at(3)).await.unwrap();
    let shown = scene.job(job.id).await;
    assert_eq!(shown.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["intent", "created"]);
    assert_eq!((shown.steps[0].at, shown.steps[0].detail.as_str()), (at(2), "A \"sentence\"."));
    scene.store.recover(at(4)).await.unwrap();
    assert!(matches!(scene.change(note("late", 5), at(5)).await, Err(StoreError::LeaseLost)));
    assert_eq!(scene.job(job.id).await.steps.len(), 2);
}

#[tokio::test]
async fn one_lost_lease_undoes_the_whole_write() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("mine", None), action("lost", None)]).await;
    let jobs = scene.claim_actions(at(1)).await;
    let mut lost = end(&jobs[1], JobState::Done);
    lost.fence -= 1;
    let event = hired("e1", "ada@example.com");
    let settlements = vec![end(&jobs[0], JobState::Done), lost];
    let edit = move |ledger: &mut usher::ledger::Ledger| {
        ledger.join("docspace", "acme", &event, at(2));
        (Change { settlements, ..Change::default() }, ())
    };
    assert!(matches!(scene.store.write(Keys::default(), true, at(2), edit).await, Err(StoreError::LeaseLost)));
    assert!(scene.all_jobs().await.iter().all(|job| job.state == JobState::Running));
    assert!(scene.store.people(PersonFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn work_is_called_off_for_one_person_and_where_wanted_only_what_is_held() {
    for (held_only, first, last) in
        [(true, JobState::Ready, JobState::Held), (false, JobState::Cancelled, JobState::Cancelled)]
    {
        let scene = Scene::new().await;
        let (ada, bob) = (scene.person(), scene.person());
        let held = |key: &str, person| NewJob { state: JobState::Held, ..action(key, Some(person)) };
        let elsewhere = serde_json::json!({"event": {"employee_id": "another"}});
        let elsewhere = NewJob { payload: elsewhere, ..held("perhaps another human being", ada) };
        let other_kind = NewJob { kind: "remind", ..held("another kind", ada) };
        let jobs = vec![action("done", Some(ada)), action("waits", Some(ada)), held("held", ada), held("bob", bob)];
        scene.enqueue(jobs).await;
        scene.enqueue(vec![other_kind, elsewhere]).await;
        let job = scene.claim_actions(at(1)).await.remove(0);
        let mut done = end(&job, JobState::Done);
        done.off.push(CallOff { person: ada, kinds: &["onboard"], held_only, reason: "called off".to_owned() });
        scene.settle(done, at(2)).await.unwrap();
        let states: Vec<_> = scene.all_jobs().await.iter().map(|job| job.state).collect();
        assert_eq!(states, [JobState::Done, first, JobState::Cancelled, JobState::Held, JobState::Held, last]);
        assert_eq!(scene.all_jobs().await[2].reason.as_deref(), Some("called off"));
    }
}
