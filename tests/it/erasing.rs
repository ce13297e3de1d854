//! Forgetting a human being: nothing of them is left, and an old message brings nobody back.

use std::path::Path;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::catch_up::reconcile;
use usher::erase::Traces;
use usher::ledger::{Joined, Keys, Ledger};
use usher::model::{Clock, Event, EventKind, JobState, Person};
use usher::store::{Change, DeliveryFilter, Erased, JobFilter, PersonFilter};

use crate::discretion::{listen, logged};
use crate::scene::Scene;
use crate::support::TestApp;

pub(crate) const ADA: &str = "ada.zebediah@corp.example";
const BOB: &str = "bob@corp.example";
const EMPLOYEE: &str = "EMP-QX-4711";

fn ada() -> Json {
    json!({"employee_id": EMPLOYEE, "email": ADA, "first_name": "Quixotina", "last_name": "Zebediah", "match_id": "P-QX-9"})
}

pub(crate) async fn row(t: &TestApp, who: &str) -> Person {
    t.app.store.people(PersonFilter { who: Some(who.to_owned()), ids: Vec::new() }).await.unwrap().remove(0)
}

async fn traces(t: &TestApp, who: &str) -> Traces {
    Traces::of(&t.app.config, &t.app.store, row(t, who).await, t.clock.now()).await.unwrap()
}

async fn forget(t: &TestApp, who: &str) -> Erased {
    let erase = traces(t, who).await.erase();
    let erased = t.app.store.forget(erase, "tests", t.clock.now()).await.unwrap();
    t.app.store.scrub().await.unwrap();
    erased
}

/// Which of the texts stand in some file of a directory, whatever their case.
fn left(dir: &Path, texts: &[&str]) -> Vec<String> {
    let mut left = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let content = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        let found = texts.iter().filter(|text| content.contains(&text.to_lowercase()));
        left.extend(found.map(|text| format!("{text} in {}", path.display())));
    }
    left
}

async fn with_bodies(t: &TestApp) -> Vec<i64> {
    let list = t.app.store.deliveries(DeliveryFilter::default()).await.unwrap();
    list.into_iter().filter(|row| row.bytes.is_some()).map(|row| row.id.0).collect()
}

/// Hired, activated and congratulated, beside Bob.
async fn story() -> TestApp {
    let t = TestApp::start().await;
    t.hire("8", BOB).await;
    assert_eq!(t.tell("employee.hired", ada()).await, 200);
    t.drain().await;
    t.activate(ADA).await;
    t.activate(BOB).await;
    t
}

#[tokio::test]
async fn nothing_of_somebody_forgotten_is_left_in_the_files_of_the_store_or_in_the_log() {
    listen();
    let t = story().await;
    let user_id = t.user_id(ADA);
    let secrets = [ADA, "Quixotina", "Zebediah", EMPLOYEE, "P-QX-9", &user_id];
    assert!(left(t.dir.path(), &secrets).len() >= secrets.len(), "all of it was there");
    let bob = row(&t, BOB).await;
    let erased = forget(&t, ADA).await;
    assert_eq!((erased.jobs, erased.cancelled), (2, 0), "onboarded and congratulated");
    assert!(erased.deliveries >= 3, "the hire, and what the portal told: {erased:?}");
    assert_eq!(left(t.dir.path(), &secrets), Vec::<String>::new());
    let text = logged().to_lowercase();
    for secret in secrets {
        assert!(!text.contains(&secret.to_lowercase()), "{secret} is in the log");
    }
    assert_eq!(row(&t, BOB).await, bob);
    let others = left(t.dir.path(), &[BOB, "\"8\""]);
    assert!(others.iter().any(|text| text.starts_with(BOB)) && others.len() > 1, "{others:?}");
}

#[tokio::test]
async fn an_old_message_about_somebody_forgotten_brings_nobody_back() {
    let t = story().await;
    let user_id = t.user_id(ADA);
    let old = t.sign("own", json!({"type": "employee.hired", "data": ada()}).to_string().into_bytes());
    forget(&t, ADA).await;
    let people = t.people().await.len();
    let deliveries = with_bodies(&t).await;

    assert_eq!(t.post("own", old.0, old.1).await.status(), 200);
    t.drain().await;
    assert_eq!(with_bodies(&t).await, deliveries, "the same bytes were seen before");

    for kind in ["employee.updated", "employee.terminated", "employee.rescinded"] {
        t.tell(kind, json!({"employee_id": EMPLOYEE})).await;
    }
    let account = json!({"id": user_id, "email": ADA, "status": 1, "activationStatus": 1, "title": "Dr"});
    t.docspace("user.updated", 99, account).await;
    assert_eq!((t.people().await.len(), t.jobs("congratulate").await.len()), (people, 2));

    let mut again = ada();
    again["department"] = json!("Lab");
    let jobs = t.jobs("onboard").await.len();
    t.tell("employee.hired", again).await;
    t.drain().await;
    let new = t.jobs("onboard").await.split_off(jobs);
    assert_eq!((new.len(), new[0].state), (1, JobState::Held), "{new:#?}");
    assert!(new[0].reason.as_ref().unwrap().contains("erased"), "{new:#?}");
    assert_eq!(t.users().len(), 2, "no account was made");
}

#[tokio::test]
async fn a_comparison_of_accounts_brings_nobody_back() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.tell("employee.hired", ada()).await;
    t.drain().await;
    t.sandbox.activate_silently(&t.user_id(ADA)).await.unwrap();
    forget(&t, ADA).await;
    t.clock.advance(SignedDuration::from_hours(24 * 9));
    let compare = async || reconcile(&t.app, "docspace", &t.app.portals["docspace"], false).await.unwrap();
    let told = compare().await;
    assert_eq!((told.jobs, told.activated, told.noted), (0, 0, 1), "only the owner of the key is noted");
    assert_eq!(compare().await.noted, 0);
    let user_id = t.user_id(ADA);
    assert!(t.people().await.iter().all(|person| person.user_id.as_ref() != Some(&user_id)));
}

#[tokio::test]
async fn work_that_waits_for_somebody_forgotten_is_cancelled() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people", "method": "POST", "status": 403}));
    t.tell("employee.hired", ada()).await;
    t.drain().await;
    assert_eq!(t.only("onboard").await.0, JobState::Held);
    assert_eq!(forget(&t, EMPLOYEE).await.cancelled, 1);
    assert_eq!(t.only("onboard").await, (JobState::Cancelled, "forgotten".to_owned()));
    t.advance(SignedDuration::from_hours(24)).await;
    assert!(t.users().is_empty());
}

#[tokio::test]
async fn a_body_with_several_people_goes_as_a_whole() {
    let t = TestApp::start().await;
    let (_, body) = t.signed("bamboohr/hired", "bamboohr", &[]);
    let mut body: Json = serde_json::from_slice(&body).unwrap();
    let mut other = body["employees"][0].clone();
    other["id"] = json!("777");
    other["fields"]["Work Email"]["value"] = json!(BOB);
    body["employees"].as_array_mut().unwrap().push(other);
    let (headers, body) = t.sign("bamboohr", body.to_string().into_bytes());
    assert_eq!(t.post("bamboohr", headers, body).await.status(), 200);
    t.drain().await;
    let first = with_bodies(&t).await[0];
    assert!(traces(&t, BOB).await.deliveries.iter().any(|id| id.0 == first));
    let people = t.people().await.len();
    forget(&t, BOB).await;
    assert!(!with_bodies(&t).await.contains(&first));
    let left = t.people().await.into_iter().filter(|person| person.email.is_some()).count();
    assert_eq!(left, people - 1, "the other one is still known");
}

#[tokio::test]
async fn what_cannot_be_mapped_goes_where_the_address_stands_in_it() {
    let t = TestApp::start().await;
    t.tell("employee.hired", ada()).await;
    t.drain().await;
    let post = async |text: Json| {
        let before = with_bodies(&t).await;
        let (headers, body) = t.sign("own", text.to_string().replace("\\\\u", "\\u").into_bytes());
        assert_eq!(t.post("own", headers, body).await.status(), 200);
        t.drain().await;
        with_bodies(&t).await.into_iter().find(|id| !before.contains(id)).unwrap()
    };
    let dead = post(json!({"type": "employee.hired", "data": {"mail": ADA.to_uppercase()}})).await;
    let escaped = post(json!({"type": "nothing", "who": "ada.zebediah\\u0040corp.example"})).await;
    let form = post(json!({"type": "nothing", "who": "to=ada.zebediah%40corp.example&x=1"})).await;
    let account = post(json!({"type": "nothing", "who": t.user_id(ADA)})).await;
    let longer = post(json!({"type": "nothing", "who": format!("x{ADA}")})).await;
    let elsewhere = post(json!({"type": "nothing", "who": format!("{ADA}.org")})).await;
    let manager = post(json!({"type": "employee.hired", "data":
        {"employee_id": "8", "email": BOB, "first_name": "Bob", "last_name": "Example", "manager": ADA}}))
    .await;
    let found = traces(&t, ADA).await;
    assert_eq!(found.beside, 1, "the one whose manager she is");
    forget(&t, ADA).await;
    let kept = with_bodies(&t).await;
    for (id, is_kept) in [
        (dead, false),
        (escaped, false),
        (form, false),
        (account, false),
        (longer, true),
        (elsewhere, true),
        (manager, true),
    ] {
        assert_eq!(kept.contains(&id), is_kept, "{id}: {kept:?}");
    }
}

/// Two rows of the ledger that share an address: two people, or one at two portals.
async fn two_rows(t: &TestApp, portal: &'static str, employee: &'static str) -> [Person; 2] {
    let now = t.clock.now();
    let edit = move |ledger: &mut Ledger| {
        let mut event = Event::new(EventKind::EmployeeHired);
        for (portal, employee, email) in [("docspace", "7", ADA), (portal, employee, BOB)] {
            event.employee_id = Some(employee.to_owned());
            event.email = Some(email.to_owned());
            let Joined::Person(id) = ledger.join(portal, "own", &event, now) else { panic!("recycled") };
            ledger.edit(id).unwrap().other_emails = vec!["shared@corp.example".to_owned()];
        }
        (Change::default(), ())
    };
    t.app.store.write(Keys::default(), true, now, edit).await.unwrap();
    t.people().await.try_into().unwrap()
}

#[tokio::test]
async fn rows_at_several_portals_are_one_human_being() {
    let t = TestApp::start().await;
    let [first, second] = two_rows(&t, "second", "7").await;
    let found = traces(&t, BOB).await;
    assert_eq!(found.people.iter().map(|person| person.id).collect::<Vec<_>>(), [first.id, second.id]);
    assert!(found.others.is_empty());
    forget(&t, ADA).await;
    assert!(t.people().await.iter().all(|person| person.forgotten_at.is_some() && person.email.is_none()));
}

#[tokio::test]
async fn an_address_that_had_somebody_else_before_makes_nobody_be_forgotten_with_them() {
    let t = TestApp::start().await;
    let [first, second] = two_rows(&t, "docspace", "8").await;
    let found = traces(&t, ADA).await;
    assert_eq!((found.people.len(), found.people[0].id, found.others), (1, first.id, vec![second.id]));
    forget(&t, ADA).await;
    assert_eq!(t.people().await[1], second);
}

#[tokio::test]
async fn rows_that_were_given_up_and_their_jobs_go_with_the_one_that_took_over() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/invite", "status": 503}));
    t.fault(json!({"path": "/people", "drop": "after"}));
    t.tell("employee.hired", ada()).await;
    t.drain().await;
    let user_id = t.user_id(ADA);
    t.docspace("user.created", 5, json!({"id": user_id, "email": BOB, "status": 1, "activationStatus": 2})).await;
    t.docspace("user.updated", 6, json!({"id": user_id, "email": BOB, "status": 1, "activationStatus": 1})).await;
    for _ in 0..4 {
        t.advance(SignedDuration::from_secs(90)).await;
    }
    let given_up = t.people().await.into_iter().find(|person| person.merged_into.is_some()).unwrap();
    assert!(t.jobs("congratulate").await.iter().any(|job| job.person == given_up.merged_into));
    forget(&t, ADA).await;
    assert_eq!(left(t.dir.path(), &[ADA, BOB, &user_id, EMPLOYEE]), Vec::<String>::new());
}

#[tokio::test]
async fn a_job_of_somebody_else_that_holds_their_data_goes_too() {
    let t = TestApp::start().await;
    t.hire("7", BOB).await;
    t.drain().await;
    // The address is that of Bob: held, as a job of his row.
    t.hire(EMPLOYEE, BOB).await;
    t.hire(EMPLOYEE, ADA).await;
    t.drain().await;
    let held = t.jobs("onboard").await.into_iter().find(|job| job.state == JobState::Held).unwrap();
    assert_eq!(held.person, Some(row(&t, "7").await.id));
    forget(&t, ADA).await;
    let job = t.app.store.jobs(JobFilter { ids: vec![held.id], ..JobFilter::default() }).await.unwrap().remove(0);
    assert_eq!((job.state, job.payload), (JobState::Cancelled, json!({})));
    assert_eq!(left(t.dir.path(), &[EMPLOYEE, ADA]), Vec::<String>::new());
    assert!(row(&t, BOB).await.invited_at.is_some());
}
