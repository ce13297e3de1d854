//! What people did by hand is recorded with who, when and what.

use usher::ledger::{Joined, Keys, Ledger};
use usher::model::{Act, JobId, JobState, NewJob, PersonId};
use usher::store::Change;

use crate::knowing::hired;
use crate::scene::{Scene, action, at};

async fn told(scene: &Scene) -> Vec<(String, String)> {
    let acts = scene.store.audit(at(0)).await.unwrap();
    acts.into_iter().map(|act| (act.what, act.subject)).collect()
}

/// So many held jobs.
async fn held(scene: &Scene, number: i64) -> Vec<JobId> {
    let job = |number: i64| NewJob { state: JobState::Held, ..action(&number.to_string(), None) };
    scene.enqueue((0..number).map(job).collect()).await;
    scene.all_jobs().await.into_iter().map(|job| job.id).collect()
}

fn row(what: &str, subject: &str) -> (String, String) {
    (what.to_owned(), subject.to_owned())
}

#[tokio::test]
async fn many_jobs_are_told_in_few_words() {
    let scene = Scene::new().await;
    let ids = held(&scene, 1953).await;
    scene.store.release(ids[3..].to_vec(), "ada", at(1)).await.unwrap();
    scene.store.cancel(vec![ids[1], ids[0]], "ada", at(2)).await.unwrap();
    scene.store.cancel(vec![ids[2]], "bob", at(3)).await.unwrap();
    scene.store.cancel([4, 6, 8, 9, 10].map(JobId).to_vec(), "bob", at(4)).await.unwrap();
    assert_eq!(
        told(&scene).await,
        [
            row("release", "jobs 4-1953"),
            row("cancel", "jobs 1 2"),
            row("cancel", "job 3"),
            row("cancel", "jobs 4 6 8-10")
        ]
    );
    let acts = scene.store.audit(at(3)).await.unwrap();
    assert_eq!((acts.len(), acts[0].at, acts[0].who.as_str()), (2, at(3), "bob"));
}

#[tokio::test]
async fn what_changed_nothing_is_not_recorded_and_the_record_names_only_what_was_changed() {
    let scene = Scene::new().await;
    let ids = held(&scene, 3).await;
    scene.store.retry(ids.clone(), "ada", at(1)).await.unwrap();
    scene.store.cancel(vec![JobId(999)], "ada", at(1)).await.unwrap();
    scene.store.rerun(usher::model::DeliveryId(7), "ada", at(1)).await.unwrap();
    assert_eq!(told(&scene).await, []);
    scene.store.cancel(vec![ids[1]], "ada", at(2)).await.unwrap();
    scene.store.release([ids, vec![JobId(999)]].concat(), "ada", at(3)).await.unwrap();
    assert_eq!(told(&scene).await, [row("cancel", "job 2"), row("release", "jobs 1 3")]);
}

#[tokio::test]
async fn an_act_on_somebody_new_names_the_row_as_it_was_stored() {
    let scene = Scene::new().await;
    for _ in 0..12 {
        scene.person();
    }
    let edit = |ledger: &mut Ledger| {
        let mut acts = Vec::new();
        for number in 1..=12 {
            let event = hired(&format!("e{number}"), &format!("{number}@example.com"));
            let Joined::Person(person) = ledger.join("docspace", "acme", &event, at(1)) else { panic!("recycled") };
            acts.push(Act { who: "ada".into(), what: "invite", subject: format!("person {person}"), detail: None });
        }
        acts.push(Act { who: "ada".into(), what: "remind", subject: format!("person {}", PersonId(3)), detail: None });
        (Change { acts, ..Change::default() }, ())
    };
    scene.store.write(Keys::default(), true, at(1), edit).await.unwrap();
    let subjects: Vec<_> = told(&scene).await.into_iter().map(|(_, subject)| subject).collect();
    let people = scene.store.people(usher::store::PersonFilter::default()).await.unwrap();
    for (number, subject) in subjects[..12].iter().enumerate() {
        let email = format!("{}@example.com", number + 1);
        let person = people.iter().find(|person| person.email.as_ref() == Some(&email)).unwrap();
        assert_eq!(*subject, format!("person {}", person.id));
    }
    assert_eq!(subjects[12], "person 3");
}
