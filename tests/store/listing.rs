use usher::ledger::Keys;
use usher::model::{DeliveryId, Event, EventKind, JobId, JobState, PersonId};
use usher::store::{Change, DeliveryFilter, JobFilter, PersonFilter};

use crate::scene::{Scene, action, at, end, verified};

async fn keys(scene: &Scene, filter: JobFilter) -> Vec<String> {
    scene.store.jobs(filter).await.unwrap().into_iter().map(|job| job.key).collect()
}

/// Two deliveries, the first one processed into a job about a person.
async fn story() -> (Scene, PersonId) {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let other = scene.store.accept("umbrella", verified(&[("x-a", "two")], b"12345"), at(1)).await.unwrap();
    assert_eq!(other, usher::store::Accepted::New(DeliveryId(2)));
    let person = scene.person();
    let (job, _) = scene.claim_process(at(2)).await.remove(0);
    let mut done = end(&job, JobState::Done);
    done.then.push(action("act", Some(person)));
    done.then[0].delivery = job.delivery;
    scene.settle(done, at(3)).await.unwrap();
    (scene, person)
}

#[tokio::test]
async fn jobs_are_found_by_everything_they_can_be_asked_for() {
    let (scene, person) = story().await;
    let all = JobFilter::default;
    let everything = ["process/1/0", "process/2/0", "act"];
    assert_eq!(keys(&scene, all()).await, everything);
    assert_eq!(keys(&scene, JobFilter { ids: vec![JobId(3), JobId(1)], ..all() }).await, ["process/1/0", "act"]);
    assert_eq!(keys(&scene, JobFilter { states: vec![JobState::Done], ..all() }).await, ["process/1/0"]);
    let waiting = vec![JobState::Ready, JobState::Running];
    assert_eq!(keys(&scene, JobFilter { states: waiting, ..all() }).await, ["process/2/0", "act"]);
    assert_eq!(keys(&scene, JobFilter { kind: Some("onboard".to_owned()), ..all() }).await, ["act"]);
    assert_eq!(keys(&scene, JobFilter { source: Some("acme".to_owned()), ..all() }).await, ["process/1/0", "act"]);
    assert_eq!(keys(&scene, JobFilter { delivery: Some(DeliveryId(2)), ..all() }).await, ["process/2/0"]);
    assert_eq!(keys(&scene, JobFilter { person: Some(person), ..all() }).await, ["act"]);
    assert_eq!(keys(&scene, JobFilter { keys: vec!["act".to_owned(), "none".to_owned()], ..all() }).await, ["act"]);
    let both = JobFilter { source: Some("acme".to_owned()), states: vec![JobState::Done], ..all() };
    assert_eq!(keys(&scene, both).await, ["process/1/0"]);
}

#[tokio::test]
async fn deliveries_are_listed_with_the_state_of_their_latest_process_job() {
    let (scene, _) = story().await;
    let list = scene.store.deliveries(DeliveryFilter::default()).await.unwrap();
    let shown: Vec<_> = list.iter().map(|row| (row.id.0, row.source.as_str(), row.bytes, row.state)).collect();
    assert_eq!(shown, [(1, "acme", Some(3), JobState::Done), (2, "umbrella", Some(5), JobState::Running)]);
    assert_eq!((list[0].received_at, list[0].reason.as_deref()), (at(0), Some("went to done")));

    let ids = |filter| {
        let store = scene.store.clone();
        async move { store.deliveries(filter).await.unwrap().into_iter().map(|row| row.id.0).collect::<Vec<_>>() }
    };
    let all = DeliveryFilter::default;
    assert_eq!(ids(DeliveryFilter { ids: vec![DeliveryId(2)], ..all() }).await, [2]);
    assert_eq!(ids(DeliveryFilter { source: Some("acme".to_owned()), ..all() }).await, [1]);
    assert_eq!(ids(DeliveryFilter { states: vec![JobState::Running], ..all() }).await, [2]);
    scene.store.rerun(DeliveryId(1), at(9)).await.unwrap();
    assert_eq!(ids(DeliveryFilter { states: vec![JobState::Ready], ..all() }).await, [1], "the rerun counts now");
    assert!(scene.store.delivery(DeliveryId(99)).await.unwrap().is_none());
}

#[tokio::test]
async fn people_are_found_by_user_id_address_or_employee_id() {
    let scene = Scene::new().await;
    let edit = |ledger: &mut usher::ledger::Ledger| {
        for (employee, email, user) in [("E1", "ada@example.com", "guid-a"), ("2", "bob@example.com", "guid-b")] {
            let mut event = Event::new(EventKind::UserCreated);
            (event.employee_id, event.email, event.user_id) =
                (Some(employee.into()), Some(email.into()), Some(user.into()));
            ledger.join("acme", &event, at(0));
        }
        (Change::default(), ())
    };
    scene.store.write(Keys::default(), true, at(0), edit).await.unwrap();
    for who in ["guid-a", "GUID-A", "Ada@Example.com", "E1"] {
        let filter = PersonFilter { who: Some(who.to_owned()), ids: Vec::new() };
        let found = scene.store.people(filter).await.unwrap();
        assert_eq!(found.iter().map(|person| person.id.0).collect::<Vec<_>>(), [1], "{who}");
    }
    for who in ["1", "e1", "nobody"] {
        let filter = PersonFilter { who: Some(who.to_owned()), ids: Vec::new() };
        assert!(scene.store.people(filter).await.unwrap().is_empty(), "{who}");
    }
    let both = PersonFilter { who: Some("E1".to_owned()), ids: vec![PersonId(2)] };
    assert!(scene.store.people(both).await.unwrap().is_empty());
    assert_eq!(scene.store.people(PersonFilter::default()).await.unwrap().len(), 2);
    assert_eq!(scene.store.person(PersonId(2)).await.unwrap().unwrap().user_id.as_deref(), Some("guid-b"));
    assert!(scene.store.person(PersonId(3)).await.unwrap().is_none());
}

#[tokio::test]
async fn jobs_are_counted_by_kind_and_state() {
    let (scene, _) = story().await;
    let stats = scene.store.stats().await.unwrap();
    let shown: Vec<_> = stats.jobs.iter().map(|(kind, state, count)| (kind.as_str(), *state, *count)).collect();
    assert_eq!(
        shown,
        [("onboard", JobState::Ready, 1), ("process", JobState::Done, 1), ("process", JobState::Running, 1)]
    );
    assert_eq!(stats.oldest_ready, Some(at(3)));
}
