//! Forgetting a human being.

use serde_json::json;
use usher::ledger::{Joined, Keys, Ledger};
use usher::model::{Event, EventKind, Grant, GrantKind, JobState, NewJob, Person, PersonId, Plan, Step, kind};
use usher::store::{Accepted, Change, Erase, Erased, PersonFilter, StepNote, StoreError};

use crate::knowing::hired;
use crate::scene::{Scene, action, at, end};

/// Everything that a row can hold.
async fn known(scene: &Scene, employee: &'static str, email: &'static str) -> PersonId {
    let edit = move |ledger: &mut Ledger| {
        let Joined::Person(id) = ledger.join("docspace", "acme", &hired(employee, email), at(1)) else { panic!() };
        let person = ledger.edit(id).unwrap();
        person.user_id = Some(format!("u-{employee}"));
        person.other_emails = vec![format!("old-{email}")];
        person.first_name = Some("Quixotina".to_owned());
        person.last_name = Some("Zebediah".to_owned());
        person.starts_on = Some("2026-09-01".to_owned());
        person.admitted_at = Some(at(1));
        person.invited_at = Some(at(2));
        person.grants = vec![Grant { kind: GrantKind::Group, id: "g-1".to_owned() }];
        let payload = json!({"event": hired(employee, email)});
        let key = format!("disable/{employee}");
        let plan = Plan { kind: kind::DISABLE.into(), due_at: at(900), key, delivery: None, hold: None, payload };
        ledger.plan(id, plan);
        (Change::default(), ())
    };
    scene.store.write(Keys::default(), true, at(1), edit).await.unwrap();
    scene.store.people(PersonFilter { who: Some(email.to_owned()), ids: Vec::new() }).await.unwrap().remove(0).id
}

fn about(person: PersonId, key: &str, state: JobState) -> NewJob {
    let payload = json!({"params": {}, "event": hired("e1", "ada@example.com")});
    NewJob { state, reason: Some("ada@example.com".to_owned()), payload, ..action(key, Some(person)) }
}

async fn forget(scene: &Scene, people: Vec<PersonId>) -> Result<Erased, StoreError> {
    scene.store.forget(Erase { people, ..Erase::default() }, "tests", at(50)).await
}

async fn person(scene: &Scene, id: PersonId) -> Person {
    scene.store.person(id).await.unwrap().unwrap()
}

/// Whether an old message that names somebody by one thing alone is known to be about somebody forgotten.
async fn is_forgotten(scene: &Scene, source: &'static str, change: impl FnOnce(&mut Event)) -> bool {
    let mut event = Event::new(EventKind::EmployeeUpdated);
    change(&mut event);
    let mut keys = Keys::default();
    keys.add(source, &event);
    let ask = move |ledger: &mut Ledger| (Change::default(), ledger.is_forgotten(source, &event));
    scene.store.write(keys, true, at(60), ask).await.unwrap()
}

#[tokio::test]
async fn a_forgotten_row_keeps_its_number_and_nothing_personal() {
    let scene = Scene::new().await;
    let ada = known(&scene, "e1", "ada@example.com").await;
    let bob = known(&scene, "e2", "bob@example.com").await;
    let other = person(&scene, bob).await;
    forget(&scene, vec![ada]).await.unwrap();
    let empty = Person {
        forgotten_at: Some(at(50)),
        // Or a limit of the guard could be passed by forgetting.
        admitted_at: Some(at(1)),
        ..Person::new(ada, "docspace", at(1))
    };
    assert_eq!(person(&scene, ada).await, empty);
    assert_eq!(person(&scene, bob).await, other, "nobody else is touched");
    for table in ["employees", "addresses", "plans"] {
        let count: i64 =
            scene.other().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1, "{table}");
    }
    let nobody = scene.store.people(PersonFilter { who: Some("ada@example.com".into()), ids: Vec::new() }).await;
    assert!(nobody.unwrap().is_empty());
}

#[tokio::test]
async fn whatever_somebody_was_known_by_is_recognised_afterwards_and_nothing_else() {
    let scene = Scene::new().await;
    let ada = known(&scene, "e1", "ada@example.com").await;
    known(&scene, "e2", "bob@example.com").await;
    assert!(!is_forgotten(&scene, "acme", |event| event.email = Some("ada@example.com".into())).await);
    forget(&scene, vec![ada]).await.unwrap();
    let scene = scene.reopened().await;
    assert!(is_forgotten(&scene, "acme", |event| event.email = Some("ada@example.com".into())).await);
    assert!(is_forgotten(&scene, "acme", |event| event.email = Some("old-ada@example.com".into())).await);
    assert!(is_forgotten(&scene, "acme", |event| event.user_id = Some("u-e1".into())).await);
    assert!(is_forgotten(&scene, "acme", |event| event.match_id = Some("m-e1".into())).await);
    assert!(is_forgotten(&scene, "acme", |event| event.employee_id = Some("e1".into())).await);
    assert!(!is_forgotten(&scene, "other", |event| event.employee_id = Some("e1".into())).await, "of another source");
    assert!(!is_forgotten(&scene, "acme", |event| event.employee_id = Some("e2".into())).await);
    assert!(!is_forgotten(&scene, "acme", |event| event.match_id = Some("u-e1".into())).await);
}

#[tokio::test]
async fn open_jobs_are_cancelled_and_all_of_them_tell_only_what_they_did() {
    use JobState::{Cancelled, Dead, Done, Held, Ready};
    let scene = Scene::new().await;
    let ada = known(&scene, "e1", "ada@example.com").await;
    scene.enqueue(vec![about(ada, "done", Ready)]).await;
    let job = scene.claim_actions(at(2)).await.remove(0);
    let step = Step { at: at(2), name: "grouped".to_owned(), detail: "ada@example.com".to_owned() };
    let steps = vec![StepNote { job: job.id, fence: job.fence, step }];
    let settlements = vec![end(&job, Done)];
    scene.change(Change { steps, settlements, ..Change::default() }, at(3)).await.unwrap();
    scene.enqueue(vec![about(ada, "ready", Ready), about(ada, "held", Held), about(ada, "dead/u-e1", Dead)]).await;
    let erased = forget(&scene, vec![ada]).await.unwrap();
    assert_eq!(erased, Erased { jobs: 4, cancelled: 3, deliveries: 0 });
    let jobs = scene.all_jobs().await;
    assert_eq!(jobs.iter().map(|job| job.state).collect::<Vec<_>>(), [Done, Cancelled, Cancelled, Cancelled]);
    for job in &jobs {
        assert_eq!((job.reason.as_deref(), &job.payload), (Some("forgotten"), &json!({})), "{job:?}");
        assert!(!format!("{job:?}").contains("ada@") && !job.key.contains("u-e1"), "{job:?}");
    }
    assert_eq!((jobs[0].steps[0].name.as_str(), jobs[0].steps[0].detail.as_str()), ("grouped", ""));
    assert_eq!((jobs[0].finished_at, jobs[1].finished_at), (Some(at(3)), Some(at(50))));
    assert_eq!(scene.store.attempts(jobs[0].id).await.unwrap()[0].reason, None);
    let acts = scene.store.audit(at(50)).await.unwrap();
    assert_eq!((acts[0].what.as_str(), acts[0].subject.as_str()), ("forget", format!("person {ada}").as_str()));
    assert_eq!(acts[0].detail.as_deref(), Some("4 jobs (3 cancelled), 0 deliveries"));
}

#[tokio::test]
async fn work_that_is_under_way_is_not_torn_away() {
    let scene = Scene::new().await;
    let ada = known(&scene, "e1", "ada@example.com").await;
    let before = person(&scene, ada).await;
    scene.enqueue(vec![about(ada, "job", JobState::Ready)]).await;
    let job = scene.claim_actions(at(2)).await.remove(0);
    let refused = forget(&scene, vec![ada]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Underway(id) if id == job.id), "{refused}");
    assert!(refused.to_string().contains("try again in a moment"), "{refused}");
    assert_eq!(person(&scene, ada).await, before);
    scene.settle(end(&job, JobState::Done), at(3)).await.unwrap();
    forget(&scene, vec![ada]).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_still_to_be_read_is_not_taken_away() {
    let scene = Scene::new().await;
    let delivery = scene.delivered("one").await;
    let erase = Erase { deliveries: vec![delivery], ..Erase::default() };
    for _ in 0..2 {
        let refused = scene.store.forget(erase.clone(), "tests", at(50)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Underway(_)), "{refused}");
        scene.claim_process(at(1)).await;
    }
    assert!(scene.store.delivery(delivery).await.unwrap().unwrap().body.is_some());
    scene.store.recover(at(2)).await.unwrap();
    let (job, _) = scene.claim_process(at(2)).await.remove(0);
    scene.settle(end(&job, JobState::Dead), at(2)).await.unwrap();
    assert_eq!(scene.store.forget(erase, "tests", at(50)).await.unwrap().deliveries, 1);
    let left = scene.store.delivery(delivery).await.unwrap().unwrap();
    assert_eq!((left.body, left.headers.len()), (None, 0));
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(delivery), "its keys are kept");
    assert_eq!(scene.all_jobs().await.len(), 1, "and nothing is tried again");
}

/// Rows grow and move between pages; what they leave in gaps is not overwritten by SQLite.
#[tokio::test]
async fn nothing_of_many_that_came_and_changed_is_left_in_the_files() {
    let scene = Scene::new().await;
    let mut people = Vec::new();
    for number in 0..60 {
        let (employee, email) = (format!("qx-{number}-zz"), format!("somebody{number}@corp.example"));
        people.push(known(&scene, employee.leak(), email.leak()).await);
    }
    for round in 0..6 {
        for (number, id) in people.iter().enumerate() {
            let payload =
                json!({"event": hired(&format!("qx-{number}-zz"), &format!("somebody{number}@corp.example"))});
            let job = NewJob { payload, ..action(&format!("{round}/{number}"), Some(*id)) };
            scene.enqueue(vec![job]).await;
        }
        for job in scene.claim_actions(at(round)).await {
            let step = Step { at: at(2), name: "told".to_owned(), detail: "somebody@corp.example, ".repeat(9) };
            let steps = vec![StepNote { job: job.id, fence: job.fence, step }];
            let settlements = vec![end(&job, JobState::Done)];
            scene.change(Change { steps, settlements, ..Change::default() }, at(round)).await.unwrap();
        }
    }
    // The others stay, so that pages do not become empty as a whole.
    let (gone, stay): (Vec<_>, Vec<_>) = (0..60).partition(|number| number % 2 == 0);
    forget(&scene, gone.iter().map(|number| people[*number]).collect()).await.unwrap();
    assert!(scene.store.is_scrub_due().await.unwrap());
    scene.store.scrub().await.unwrap();
    assert!(!scene.store.is_scrub_due().await.unwrap());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(scene.dir.path()).unwrap() {
        files.push(String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()).into_owned());
    }
    let is_there = |text: &str| files.iter().any(|file| file.contains(text));
    for number in gone {
        assert!(!is_there(&format!("somebody{number}@corp")), "{number}");
        assert!(!is_there(&format!("qx-{number}-zz")), "{number}");
    }
    for number in stay {
        assert!(is_there(&format!("somebody{number}@corp")) && is_there(&format!("qx-{number}-zz")), "{number}");
    }
    assert_eq!(std::fs::metadata(scene.dir.path().join("usher.db-wal")).map_or(0, |wal| wal.len()) / 100_000, 0);
}

#[tokio::test]
async fn the_store_is_written_anew_beside_those_who_read_and_store() {
    let scene = Scene::new().await;
    for number in 0..40 {
        scene.delivered(&number.to_string()).await;
    }
    let (scrubbed, accepted, listed) = tokio::join!(scene.store.scrub(), scene.accept("new"), scene.all_jobs());
    scrubbed.unwrap();
    assert!(matches!(accepted.unwrap(), Accepted::New(_)));
    assert!(listed.len() >= 40);
    assert_eq!(scene.claim_process(at(1)).await.len(), 41);
}
