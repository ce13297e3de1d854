//! The ledger's rows.

use usher::ledger::{Joined, Keys, Ledger};
use usher::model::{AccountState, EmployeeId, Event, EventKind, PersonId};
use usher::store::{Change, PersonFilter};

use crate::scene::{Scene, action, at};

pub(crate) fn hired(employee: &str, email: &str) -> Event {
    let mut event = Event::new(EventKind::EmployeeHired);
    event.employee_id = Some(employee.to_owned());
    event.email = Some(email.to_owned());
    event.match_id = Some(format!("m-{employee}"));
    event
}

/// Join an event and queue a job about whoever it is about.
async fn join(scene: &Scene, source: &'static str, event: Event, key: &'static str) -> Joined {
    let mut keys = Keys::default();
    keys.add(source, &event);
    let edit = move |ledger: &mut Ledger| {
        let joined = ledger.join("docspace", source, &event, at(3));
        (Change { enqueue: vec![action(key, Some(joined.person()))], ..Change::default() }, joined)
    };
    scene.store.write(keys, true, at(3), edit).await.unwrap()
}

#[tokio::test]
async fn a_new_person_and_the_jobs_about_them_are_written_together() {
    let scene = Scene::new().await;
    assert_eq!(join(&scene, "acme", hired("e1", "ada@example.com"), "job").await, Joined::Person(PersonId(-1)));
    let person = scene.store.people(PersonFilter::default()).await.unwrap().remove(0);
    assert!(person.id.0 > 0);
    assert_eq!(person.email.as_deref(), Some("ada@example.com"));
    assert_eq!(person.employees, [EmployeeId { source: "acme".to_owned(), id: "e1".to_owned() }]);
    assert_eq!((person.hired_at, person.created_at), (Some(at(3)), at(3)));
    assert_eq!(scene.all_jobs().await[0].person, Some(person.id));
}

/// Each of them alone.
fn ways_to(user: &str, source: &str, employee: &str, shared: &str, email: &str) -> Vec<Keys> {
    let mut ways = vec![Keys::person(PersonId(1)), Keys::default(), Keys::default()];
    ways[1].user_ids.insert(user.to_owned());
    ways[2].emails.insert(email.to_owned());
    let mut by_employee = Event::new(EventKind::EmployeeUpdated);
    by_employee.employee_id = Some(employee.to_owned());
    let mut by_match = Event::new(EventKind::EmployeeUpdated);
    by_match.match_id = Some(shared.to_owned());
    for event in [by_employee, by_match] {
        let mut keys = Keys::default();
        keys.add(source, &event);
        ways.push(keys);
    }
    ways
}

#[tokio::test]
async fn people_are_found_again_by_everything_they_are_known_by() {
    let scene = Scene::new().await;
    join(&scene, "acme", hired("e1", "ada@example.com"), "first").await;
    let id = scene.store.people(PersonFilter::default()).await.unwrap()[0].id;
    let edit = move |ledger: &mut Ledger| {
        ledger.adopt(id, "guid-1");
        let person = ledger.edit(id).unwrap();
        person.account = AccountState::Pending;
        person.first_name = Some("Ada".to_owned());
        person.invited_at = Some(at(9));
        person.employees.push(EmployeeId { source: "umbrella".to_owned(), id: "u7".to_owned() });
        (Change::default(), person.clone())
    };
    let written = scene.store.write(Keys::person(id), false, at(9), edit).await.unwrap();
    for keys in ways_to("guid-1", "umbrella", "u7", "m-e1", "ada@example.com") {
        let shown = format!("{keys:?}");
        let look = move |ledger: &mut Ledger| (Change::default(), ledger.get(id).cloned());
        let found = scene.store.write(keys, false, at(10), look).await.unwrap();
        assert_eq!(found.as_ref(), Some(&written), "{shown}");
    }
    assert_eq!(scene.store.person(id).await.unwrap(), Some(written));
}

#[tokio::test]
async fn an_employee_id_that_a_person_lost_is_gone() {
    let scene = Scene::new().await;
    join(&scene, "acme", hired("e1", "ada@example.com"), "first").await;
    let id = scene.store.people(PersonFilter::default()).await.unwrap()[0].id;
    let edit = move |ledger: &mut Ledger| {
        ledger.edit(id).unwrap().employees.clear();
        (Change::default(), ())
    };
    scene.store.write(Keys::person(id), true, at(4), edit).await.unwrap();
    assert!(scene.store.person(id).await.unwrap().unwrap().employees.is_empty());
}
