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

fn jobs_where(change: impl FnOnce(&mut JobFilter)) -> JobFilter {
    let mut filter = JobFilter::default();
    change(&mut filter);
    filter
}

#[tokio::test]
async fn jobs_are_found_by_everything_they_can_be_asked_for() {
    let (scene, person) = story().await;
    let first_and_act = ["process/1/0", "act"];
    let cases = [
        (JobFilter::default(), vec!["process/1/0", "process/2/0", "act"]),
        (jobs_where(|f| f.ids = vec![JobId(3), JobId(1)]), first_and_act.to_vec()),
        (jobs_where(|f| f.states = vec![JobState::Done]), vec!["process/1/0"]),
        (jobs_where(|f| f.states = JobState::ALL[..2].to_vec()), vec!["process/2/0", "act"]),
        (jobs_where(|f| f.kind = Some("onboard".to_owned())), vec!["act"]),
        (jobs_where(|f| f.source = Some("acme".to_owned())), first_and_act.to_vec()),
        (jobs_where(|f| f.delivery = Some(DeliveryId(2))), vec!["process/2/0"]),
        (jobs_where(|f| f.person = Some(person)), vec!["act"]),
        (jobs_where(|f| f.keys = vec!["act".to_owned(), "none".to_owned()]), vec!["act"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(keys(&scene, filter.clone()).await, expected, "{filter:?}");
    }
    let both = jobs_where(|f| {
        f.source = Some("acme".to_owned());
        f.states = vec![JobState::Done];
    });
    assert_eq!(keys(&scene, both).await, ["process/1/0"]);
}

#[tokio::test]
async fn deliveries_are_listed_with_the_state_of_their_latest_process_job() {
    let (scene, _) = story().await;
    let list = scene.store.deliveries(DeliveryFilter::default()).await.unwrap();
    let shown: Vec<_> = list.iter().map(|row| (row.id.0, row.source.as_str(), row.bytes, row.state)).collect();
    let (one, two) = ((1, "acme", Some(3), JobState::Done), (2, "umbrella", Some(5), JobState::Running));
    assert_eq!(shown, [one, two]);
    assert_eq!((list[0].received_at, list[0].reason.as_deref()), (at(0), Some("went to done")));
    assert!(scene.store.delivery(DeliveryId(99)).await.unwrap().is_none());
}

async fn deliveries_where(scene: &Scene, change: impl FnOnce(&mut DeliveryFilter)) -> Vec<i64> {
    let mut filter = DeliveryFilter::default();
    change(&mut filter);
    let list = scene.store.deliveries(filter).await.unwrap();
    list.into_iter().map(|row| row.id.0).collect()
}

#[tokio::test]
async fn deliveries_are_found_by_id_source_and_state() {
    let (scene, _) = story().await;
    assert_eq!(deliveries_where(&scene, |f| f.ids = vec![DeliveryId(2)]).await, [2]);
    assert_eq!(deliveries_where(&scene, |f| f.source = Some("acme".to_owned())).await, [1]);
    assert_eq!(deliveries_where(&scene, |f| f.states = vec![JobState::Running]).await, [2]);
    scene.store.rerun(DeliveryId(1), "tests", at(9)).await.unwrap();
    let ready = deliveries_where(&scene, |f| f.states = vec![JobState::Ready]).await;
    assert_eq!(ready, [1], "the rerun counts now");
}

fn account(employee: &str, email: &str, user: &str) -> Event {
    let mut event = Event::new(EventKind::UserCreated);
    event.employee_id = Some(employee.to_owned());
    event.email = Some(email.to_owned());
    event.user_id = Some(user.to_owned());
    event
}

async fn people_called(scene: &Scene, who: &str, ids: Vec<PersonId>) -> Vec<i64> {
    let filter = PersonFilter { who: Some(who.to_owned()), ids };
    let people = scene.store.people(filter).await.unwrap();
    people.into_iter().map(|person| person.id.0).collect()
}

#[tokio::test]
async fn people_are_found_by_user_id_address_or_employee_id() {
    let scene = Scene::new().await;
    let edit = |ledger: &mut usher::ledger::Ledger| {
        ledger.join("docspace", "acme", &account("E1", "ada@example.com", "guid-a"), at(0));
        ledger.join("docspace", "acme", &account("2", "bob@example.com", "guid-b"), at(0));
        (Change::default(), ())
    };
    scene.store.write(Keys::default(), true, at(0), edit).await.unwrap();
    for who in ["guid-a", "GUID-A", "Ada@Example.com", "E1"] {
        assert_eq!(people_called(&scene, who, Vec::new()).await, [1], "{who}");
    }
    for who in ["1", "e1", "nobody"] {
        assert!(people_called(&scene, who, Vec::new()).await.is_empty(), "{who}");
    }
    assert!(people_called(&scene, "E1", vec![PersonId(2)]).await.is_empty());
    assert_eq!(scene.store.people(PersonFilter::default()).await.unwrap().len(), 2);
    let bob = scene.store.person(PersonId(2)).await.unwrap().unwrap();
    assert_eq!(bob.user_id.as_deref(), Some("guid-b"));
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
