//! Who is who, end to end: two HR systems, addresses that change or are given to others, people who come back.

use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::ledger::{Key, Keys, Ledger};
use usher::model::{Clock, EmployeeId, Job, JobState, Person, Step};
use usher::store::{Change, Claim, StepNote, StoreError};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const HOME: &str = "ada@home.example";
const NEW: &str = "lovelace@corp.example";

/// A second HR system, of another vendor.
const HIRING: &str = "[sources.hiring]\nconnector = \"generic-hmac\"\nsecrets = [{ env = \"HR\" }]\n";

async fn two_systems() -> TestApp {
    TestApp::with(Scene { extra: HIRING.to_owned(), ..Scene::default() }).await
}

async fn tell(t: &TestApp, source: &str, kind: &str, data: serde_json::Value) {
    let (headers, body) = t.sign(source, json!({"type": kind, "data": data}).to_string().into_bytes());
    assert_eq!(t.post(source, headers, body).await.status(), 200);
}

async fn hire(t: &TestApp, source: &str, employee: &str, email: &str, more: serde_json::Value) {
    let mut data = json!({"employee_id": employee, "email": email, "first_name": "Ada", "last_name": "Example"});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    tell(t, source, "employee.hired", data).await;
}

/// Those rows that stand for somebody whom HR knows.
async fn employees(t: &TestApp) -> Vec<Person> {
    let mut people = t.people().await;
    people.retain(|person| person.is_current() && !person.employees.is_empty());
    people
}

async fn last(t: &TestApp) -> Job {
    t.jobs("onboard").await.pop().unwrap()
}

fn reason(job: &Job) -> &str {
    job.reason.as_deref().unwrap_or_default()
}

/// Cancel the held job and process its delivery again, as its reason says.
async fn start_again(t: &TestApp, job: &Job) {
    let delivery = job.delivery.unwrap();
    assert!(reason(job).contains(&format!("usher deliveries rerun {delivery}`")), "{job:#?}");
    t.app.store.cancel(vec![job.id], "tests", t.clock.now()).await.unwrap();
    t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap().unwrap();
    t.drain().await;
}

/// What `usher people split` and `merge` do.
async fn by_hand<R: Send + 'static>(
    t: &TestApp,
    people: &[&Person],
    act: impl FnOnce(&mut Ledger) -> R + Send + 'static,
) -> R {
    let keys = Keys { people: people.iter().map(|person| person.id).collect(), ..Keys::default() };
    t.app.store.write(keys, true, t.clock.now(), |ledger| (Change::default(), act(ledger))).await.unwrap()
}

#[tokio::test]
async fn a_candidate_with_a_private_address_and_an_employee_with_one_at_work_are_one_person() {
    let t = two_systems().await;
    // The portal is away while the applicant system tells, and back when the HR system does.
    t.fault(json!({"path": "/people/email", "status": 503, "times": 1}));
    hire(&t, "hiring", "c-1", HOME, json!({"match_id": "m-1"})).await;
    t.drain().await;
    assert!(t.users().is_empty());
    hire(&t, "own", "7", ADA, json!({"match_id": "m-1"})).await;
    t.drain().await;
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(60)).await;
    }
    assert_eq!(t.users(), [ADA], "invited at work");
    assert_eq!((t.mails(ADA).len(), t.mails(HOME).len(), t.calls("POST", "/people")), (1, 0, 1));
    let people = employees(&t).await;
    assert_eq!((people.len(), people[0].employees.len()), (1, 2));
    assert!(people[0].goes_by(HOME));
}

/// The applicant system knows a private address, which the guard keeps out; the HR system the one at work.
#[tokio::test]
async fn who_waits_with_a_private_address_is_invited_at_work() {
    let extra = format!("{HIRING}[guard]\nemail_domains = [\"corp.example\"]\n");
    let t = TestApp::with(Scene { extra, ..Scene::default() }).await;
    hire(&t, "hiring", "c-1", HOME, json!({"match_id": "m-1"})).await;
    t.drain().await;
    let waiting = last(&t).await;
    assert_eq!((waiting.state, t.users().len()), (JobState::Held, 0), "{waiting:#?}");
    hire(&t, "own", "7", ADA, json!({"match_id": "m-1"})).await;
    t.drain().await;
    let people = employees(&t).await;
    assert_eq!((people.len(), people[0].employees.len()), (1, 2));
    assert_eq!((t.users(), t.mails(HOME).len()), (vec![ADA.to_owned()], 0));
    let states: Vec<_> = t.jobs("onboard").await.into_iter().map(|job| job.state).collect();
    assert_eq!(states, [JobState::Cancelled, JobState::Done], "what waited is called off");
}

/// An onboarding is planned, and then HR tells an address that is a colleague's: nobody is invited at the address of before.
#[tokio::test]
async fn a_planned_onboarding_whose_address_is_disputed_waits_for_a_person() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", before_start = \"3d\" }\n";
    let t = TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
    hire(&t, "own", "3", ADA, json!({"starts_on": "2026-08-03"})).await;
    t.drain().await;
    hire(&t, "own", "7", "adda@corp.example", json!({"starts_on": "2026-09-01"})).await;
    t.drain().await;
    assert_eq!(employees(&t).await[1].plans.len(), 1);
    t.tell("employee.updated", json!({"employee_id": "7", "email": ADA})).await;
    t.drain().await;
    let (held, people) = (last(&t).await, employees(&t).await);
    assert_eq!((held.state, held.person), (JobState::Held, Some(people[1].id)), "{held:#?}");
    assert!(people[1].plans.is_empty(), "{people:#?}");
    t.advance(SignedDuration::from_hours(24 * 40)).await;
    assert_eq!(t.users(), [ADA]);
    // It is another human being: the old account goes, and the address is the new person's.
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    let (id, now) = (people[0].id, t.clock.now());
    by_hand(&t, &[&people[0]], move |ledger| ledger.split(id, Key::Email(ADA.to_owned()), false, now).unwrap()).await;
    t.release("onboard").await;
    assert_eq!((t.users(), employees(&t).await[1].user_id.clone()), (vec![ADA.to_owned()], Some(t.user_id(ADA))));
}

/// The shared id is filled in after both have told: what waits for the first row goes on for the second.
#[tokio::test]
async fn rows_that_turn_out_to_be_one_person_share_their_jobs() {
    let t = two_systems().await;
    t.fault(json!({"path": "/people/email", "status": 503, "times": 1}));
    hire(&t, "hiring", "c-1", HOME, json!({"match_id": "m-1"})).await;
    t.drain().await;
    hire(&t, "own", "7", ADA, json!({})).await;
    t.drain().await;
    assert_eq!((employees(&t).await.len(), t.users()), (2, vec![ADA.to_owned()]));
    tell(&t, "own", "employee.updated", json!({"employee_id": "7", "match_id": "m-1"})).await;
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(60)).await;
    }
    let people = employees(&t).await;
    assert_eq!((people.len(), t.users(), t.calls("POST", "/people")), (1, vec![ADA.to_owned()], 1));
    let jobs = t.jobs("onboard").await;
    assert!(jobs.iter().all(|job| job.person == Some(people[0].id) && job.state == JobState::Done), "{jobs:#?}");
    assert!(reason(&jobs[0]).starts_with("known"), "{jobs:#?}");
}

/// A worker that is about to make an account for a row that is given up meanwhile makes none.
#[tokio::test]
async fn a_job_loses_its_lease_with_its_row() {
    let t = two_systems().await;
    hire(&t, "own", "7", ADA, json!({})).await;
    hire(&t, "hiring", "c-1", HOME, json!({})).await;
    let claim = |process, actions| Claim { process, actions, paused: Vec::new(), lease: Duration::from_secs(60) };
    let batch = t.app.store.claim(claim(10, 0), t.clock.now()).await.unwrap().process;
    usher::process::run(&t.app, &batch, t.clock.now()).await.unwrap();
    let running = t.app.store.claim(claim(0, 10), t.clock.now()).await.unwrap().actions;
    let people = employees(&t).await;
    let (keep, give) = (people[0].id, people[1].id);
    let job = running.into_iter().find(|job| job.person == Some(give)).unwrap();
    by_hand(&t, &[&people[0], &people[1]], move |ledger| ledger.merge(keep, give).unwrap()).await;
    let step = Step { at: t.clock.now(), name: "intent".to_owned(), detail: String::new() };
    let note = StepNote { job: job.id, fence: job.fence, step };
    let change = move |_: &mut Ledger| (Change { steps: vec![note], ..Change::default() }, ());
    let intent = t.app.store.write(Keys::person(give), true, t.clock.now(), change).await;
    assert!(matches!(intent, Err(StoreError::LeaseLost)), "{intent:?}");
    t.advance(SignedDuration::from_secs(61)).await;
    assert_eq!((t.users(), t.calls("POST", "/people")), (vec![ADA.to_owned()], 1));
    let jobs = t.jobs("onboard").await;
    assert!(jobs.iter().all(|job| job.person == Some(keep) && job.state == JobState::Done), "{jobs:#?}");
}

#[tokio::test]
async fn two_hr_systems_that_tell_the_same_address_onboard_once() {
    let t = two_systems().await;
    hire(&t, "own", "7", ADA, json!({})).await;
    hire(&t, "hiring", "c-1", ADA, json!({})).await;
    t.drain().await;
    assert_eq!((employees(&t).await.len(), t.calls("POST", "/people"), t.mails(ADA).len()), (1, 1, 1));
}

#[tokio::test]
async fn an_address_that_hr_changes_later_invites_nobody_twice() {
    let t = two_systems().await;
    hire(&t, "own", "7", ADA, json!({})).await;
    t.drain().await;
    tell(&t, "own", "employee.updated", json!({"employee_id": "7", "email": NEW})).await;
    hire(&t, "own", "7", NEW, json!({})).await;
    hire(&t, "hiring", "c-1", NEW, json!({})).await;
    t.drain().await;
    assert_eq!((t.users(), t.mails(NEW).len()), (vec![ADA.to_owned()], 0));
    let jobs = t.jobs("onboard").await;
    assert!(jobs[1..].iter().all(|job| reason(job).starts_with("known: onboarded before")), "{jobs:#?}");
    assert_eq!(employees(&t).await.len(), 1);
}

#[tokio::test]
async fn an_address_that_the_portal_changes_names_the_person_as_the_old_one_does() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    let record = json!({"id": t.user_id(ADA), "email": NEW, "status": 1, "activationStatus": 2});
    t.docspace("user.updated", 5, record).await;
    let ada = &employees(&t).await[0];
    assert_eq!((ada.email.as_deref(), ada.goes_by(ADA)), (Some(NEW), true));
    t.tell("employee.updated", json!({"employee_id": "7", "email": ADA})).await;
    t.hire("9", ADA).await;
    t.drain().await;
    let held = last(&t).await;
    assert_eq!((held.state, held.person), (JobState::Held, Some(ada.id)), "{held:#?}");
    assert!(reason(&held).contains("recycled"), "{held:#?}");
}

#[tokio::test]
async fn a_recycled_address_of_the_same_person_is_released_and_the_new_id_is_theirs_for_good() {
    let t = TestApp::start().await;
    t.hire("3", ADA).await;
    t.drain().await;
    t.tell("employee.terminated", json!({"employee_id": "3", "ends_on": "2026-07-31"})).await;
    hire(&t, "own", "9", ADA, json!({"starts_on": "2026-09-01"})).await;
    t.drain().await;
    assert_eq!(last(&t).await.state, JobState::Held);
    t.release("onboard").await;
    let people = employees(&t).await;
    assert_eq!((people.len(), people[0].employees.len(), people[0].left_at), (1, 2, None));
    assert_eq!(people[0].starts_on.as_deref(), Some("2026-09-01"));
    let job = last(&t).await;
    assert!(reason(&job).starts_with("known") && job.has_step("admitted"), "{job:#?}");
    hire(&t, "own", "9", NEW, json!({"title": "moved"})).await;
    t.drain().await;
    assert!(reason(&last(&t).await).starts_with("known"), "the id names the person");
    assert_eq!(t.users(), [ADA]);
}

#[tokio::test]
async fn a_recycled_address_of_somebody_else_is_split_off_and_a_new_person_onboarded() {
    let t = TestApp::start().await;
    t.hire("3", ADA).await;
    t.drain().await;
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    t.hire("9", ADA).await;
    t.drain().await;
    let (held, former) = (last(&t).await, employees(&t).await.remove(0));
    assert!(reason(&held).contains(&format!("usher people split {} --email", former.id)), "{held:#?}");
    let (id, now) = (former.id, t.clock.now());
    by_hand(&t, &[&former], move |ledger| ledger.split(id, Key::Email(ADA.to_owned()), false, now).unwrap()).await;
    start_again(&t, &held).await;
    let people = employees(&t).await;
    assert_eq!((people.len(), t.users()), (2, vec![ADA.to_owned()]));
    assert_eq!((people[1].email.as_deref(), people[1].user_id.clone()), (Some(ADA), Some(t.user_id(ADA))));
    assert_eq!(t.mails(ADA), ["activation", "activation"], "one for each of the two");
}

/// The old account was not freed first: it still has the address.
#[tokio::test]
async fn the_account_of_another_person_is_not_silently_taken_for_ones_own() {
    let t = TestApp::start().await;
    t.hire("3", ADA).await;
    t.drain().await;
    t.hire("9", ADA).await;
    t.drain().await;
    let (held, former) = (last(&t).await, employees(&t).await.remove(0));
    let (id, now) = (former.id, t.clock.now());
    by_hand(&t, &[&former], move |ledger| ledger.split(id, Key::Email(ADA.to_owned()), true, now).unwrap()).await;
    start_again(&t, &held).await;
    let asked = last(&t).await;
    assert_eq!(asked.state, JobState::Held, "{asked:#?}");
    assert!(reason(&asked).contains(&format!("the account of person {}", former.id)), "{asked:#?}");
    t.release("onboard").await;
    assert_eq!(last(&t).await.state, JobState::Held, "as long as it is so");
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    t.release("onboard").await;
    assert_eq!((last(&t).await.state, t.users().len(), t.calls("POST", "/people")), (JobState::Done, 1, 2));
    assert_eq!(employees(&t).await[1].user_id, Some(t.user_id(ADA)));
}

/// Both platforms have the same wrong number in the field that should join, so that two people were taken for one.
#[tokio::test]
async fn two_people_taken_for_one_are_told_apart_for_good() {
    const BOB: &str = "bob@corp.example";
    let t = two_systems().await;
    t.fault(json!({"path": "/people/email", "status": 503, "times": 1}));
    hire(&t, "own", "7", ADA, json!({"match_id": "m"})).await;
    hire(&t, "hiring", "c-2", BOB, json!({"match_id": "m"})).await;
    t.drain().await;
    let one = employees(&t).await;
    assert_eq!((one.len(), one[0].employees.len(), t.users().len()), (1, 2, 0));
    let (id, now) = (one[0].id, t.clock.now());
    by_hand(&t, &[&one[0]], move |ledger| {
        let bob = EmployeeId { source: "hiring".to_owned(), id: "c-2".to_owned() };
        ledger.split(id, Key::Email(BOB.to_owned()), false, now).unwrap();
        ledger.split(id, Key::Employee(bob), false, now).unwrap();
    })
    .await;
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(60)).await;
    }
    let moved = last(&t).await;
    assert_eq!((moved.state, t.users()), (JobState::Held, vec![ADA.to_owned()]), "{moved:#?}");
    t.release("onboard").await;
    assert_eq!(last(&t).await.state, JobState::Held, "by now the id is another one's");
    start_again(&t, &last(&t).await).await;
    assert_eq!((t.users().len(), t.mails(BOB).len(), employees(&t).await.len()), (2, 1, 2));
}

#[tokio::test]
async fn a_disputed_address_is_asked_about_until_somebody_has_said_whose_it_is() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    t.hire("8", ADA).await;
    t.drain().await;
    let people = employees(&t).await;
    let held = last(&t).await;
    assert_eq!((held.state, held.person), (JobState::Held, Some(people[1].id)), "{held:#?}");
    assert!(reason(&held).contains(&format!("usher people merge {} {}", people[1].id, people[0].id)), "{held:#?}");
    t.release("onboard").await;
    assert_eq!(last(&t).await.state, JobState::Held);
    t.tell("employee.terminated", json!({"employee_id": "8", "email": ADA})).await;
    t.drain().await;
    let people = employees(&t).await;
    assert!(people[0].left_at.is_none() && people[1].left_at.is_some(), "the id says who leaves: {people:#?}");
    assert_eq!(last(&t).await.state, JobState::Cancelled);
}

#[tokio::test]
async fn a_hire_and_its_end_in_one_batch_onboard_nobody() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.tell("employee.rescinded", json!({"employee_id": "7"})).await;
    t.drain().await;
    assert_eq!((t.users().len(), last(&t).await.state), (0, JobState::Cancelled));
}

#[tokio::test]
async fn who_comes_back_after_the_last_day_keeps_row_and_account() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await;
    t.drain().await;
    t.clock.advance(SignedDuration::from_hours(24 * 60));
    hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01"})).await;
    t.drain().await;
    let people = employees(&t).await;
    assert_eq!((people.len(), people[0].left_at, people[0].hired_at), (1, None, Some(t.clock.now())));
    assert!(reason(&last(&t).await).starts_with("known: onboarded before"));
}

#[tokio::test]
async fn who_comes_back_to_a_disabled_account_is_asked_about() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
    hire(&t, "own", "7", NEW, json!({"starts_on": "2026-10-01"})).await;
    t.drain().await;
    let held = last(&t).await;
    assert!(held.state == JobState::Held && reason(&held).contains("disabled account"), "{held:#?}");
    assert_eq!(t.users(), [ADA]);
}

/// With and without the webhook that tells of the deletion. The address is the one that HR tells now.
#[tokio::test]
async fn who_comes_back_after_the_account_was_deleted_gets_another_one() {
    for webhook in [true, false] {
        let t = TestApp::with(Scene { webhook, ..Scene::default() }).await;
        t.hire("7", ADA).await;
        t.drain().await;
        let first = t.user_id(ADA);
        t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await;
        t.drain().await;
        t.delete_sandbox_user(&first).await;
        t.clock.advance(SignedDuration::from_hours(24 * 60));
        hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01"})).await;
        t.drain().await;
        assert_ne!(t.user_id(ADA), first, "{webhook}");
        assert_eq!((employees(&t).await.len(), t.mails(ADA).len()), (1, 2), "{webhook}");
        assert_eq!(employees(&t).await[0].user_id, Some(t.user_id(ADA)), "{webhook}");
    }
}

/// An account that an administrator has deleted is not made again by a hire that is only told once more.
#[tokio::test]
async fn a_hire_told_again_makes_no_second_account_in_place_of_a_deleted_one() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.delete_sandbox_user(&t.user_id(ADA)).await;
    hire(&t, "own", "7", ADA, json!({"title": "again"})).await;
    t.drain().await;
    assert!(t.users().is_empty() && reason(&last(&t).await).starts_with("known: onboarded before"));
}

/// The old message of a hire comes once more, after its end was told.
#[tokio::test]
async fn the_hire_of_an_employment_that_has_ended_is_asked_about() {
    for end in ["employee.rescinded", "employee.terminated"] {
        let t = TestApp::start().await;
        hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01"})).await;
        t.drain().await;
        t.tell(end, json!({"employee_id": "7"})).await;
        t.drain().await;
        hire(&t, "own", "7", ADA, json!({"starts_on": "2026-10-01", "title": "again"})).await;
        t.drain().await;
        assert_eq!(last(&t).await.state, JobState::Held, "{end}");
        assert!(employees(&t).await[0].left_at.is_some(), "{end}");
        t.release("onboard").await;
        assert!(employees(&t).await[0].left_at.is_none(), "{end}: a human being has said that they come back");
        assert_eq!(t.users().len(), 1, "{end}");
    }
}
