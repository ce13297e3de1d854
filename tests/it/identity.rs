//! Who is who, end to end: two HR systems that tell of the same people, and addresses that HR changes.

use jiff::SignedDuration;
use serde_json::json;
use usher::ledger::{Key, Keys, Ledger};
use usher::model::{Clock, Job, JobState, Person, Step};
use usher::store::{Change, StepNote, StoreError};

use crate::scene::Scene;
use crate::support::{TestApp, claim};

pub(crate) const ADA: &str = "ada@corp.example";
pub(crate) const HOME: &str = "ada@home.example";
pub(crate) const NEW: &str = "lovelace@corp.example";

/// A second HR system, of another vendor.
const HIRING: &str = "[sources.hiring]\nconnector = \"generic-hmac\"\nsecrets = [{ env = \"HR\" }]\n";

pub(crate) async fn two_systems() -> TestApp {
    TestApp::with(Scene { extra: HIRING.to_owned(), ..Scene::default() }).await
}

pub(crate) async fn tell(t: &TestApp, source: &str, kind: &str, data: serde_json::Value) {
    let (headers, body) = t.sign(source, json!({"type": kind, "data": data}).to_string().into_bytes());
    assert_eq!(t.post(source, headers, body).await.status(), 200);
}

pub(crate) async fn hire(t: &TestApp, source: &str, employee: &str, email: &str, more: serde_json::Value) {
    let mut data = json!({"employee_id": employee, "email": email, "first_name": "Ada", "last_name": "Example"});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    tell(t, source, "employee.hired", data).await;
}

/// Those rows that stand for somebody whom HR knows.
pub(crate) async fn employees(t: &TestApp) -> Vec<Person> {
    let mut people = t.people().await;
    people.retain(|person| person.is_current() && !person.employees.is_empty());
    people
}

pub(crate) async fn last(t: &TestApp) -> Job {
    t.jobs("onboard").await.pop().unwrap()
}

pub(crate) fn reason(job: &Job) -> &str {
    job.reason.as_deref().unwrap_or_default()
}

/// Cancel the held job and process its delivery again, as its reason says.
pub(crate) async fn start_again(t: &TestApp, job: &Job) {
    let delivery = job.delivery.unwrap();
    assert!(reason(job).contains(&format!("usher deliveries rerun {delivery}`")), "{job:#?}");
    t.app.store.cancel(vec![job.id], "tests", t.clock.now()).await.unwrap();
    t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap().unwrap();
    t.drain().await;
}

/// What `usher people split` and `merge` do.
pub(crate) async fn by_hand<R: Send + 'static>(
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
    // Before the job that waits comes due: from then on either may be first.
    t.drain().await;
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
