//! Leavers whose account the portal keeps open, who are back by then, or whose address is another's.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::ledger::{Keys, Ledger};
use usher::model::{Clock, JobState};
use usher::store::Change;

use crate::onboarding_places::envelope;
use crate::scene::Scene;
use crate::support::TestApp;

pub(crate) const ADA: &str = "ada@corp.example";
pub(crate) const AT_ONCE: &str = "{}";

/// Hires are onboarded, leavers disabled like this.
pub(crate) fn rules(disable: &str) -> String {
    let onboard = r#"{ type = "User", mode = "invite", groups = ["Sales"], remind_after = "5d" }"#;
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {onboard}\n[[rules]]\non = \"employee.terminated\"\ndisable = {disable}\n\
         [[rules]]\non = \"employee.rescinded\"\ndisable = {{}}\n"
    )
}

async fn start(disable: &str, extra: &str) -> TestApp {
    let t = TestApp::with(Scene { rules: rules(disable), extra: extra.to_owned(), ..Scene::default() }).await;
    t.sandbox.add_group("Sales");
    t
}

/// Ada has an account that we made.
async fn hired(disable: &str, extra: &str) -> TestApp {
    let t = start(disable, extra).await;
    hire(&t, 7, ADA).await;
    t
}

pub(crate) async fn hire(t: &TestApp, number: usize, email: &str) {
    let data = json!({"employee_id": number.to_string(), "email": email, "first_name": "Ada", "last_name": "Example",
        "starts_on": "2026-08-03"});
    assert_eq!(t.tell("employee.hired", data).await, 200);
    t.drain().await;
}

pub(crate) async fn terminated(t: &TestApp, number: usize, fields: Json) {
    told(t, "employee.terminated", number, fields).await;
}

pub(crate) async fn told(t: &TestApp, kind: &str, number: usize, fields: Json) {
    let mut data = json!({"employee_id": number.to_string(), "occurred_at": t.clock.now().to_string()});
    data.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    assert_eq!(t.tell(kind, data).await, 200);
    t.drain().await;
}

/// What DocSpace says of the account: 1 active, 2 disabled, 4 invited.
pub(crate) fn status(t: &TestApp, email: &str) -> u8 {
    t.sandbox.state().users.iter().find(|user| user.email == email).unwrap().status
}

/// How many leavers count at this moment.
async fn counted(t: &TestApp) -> u64 {
    t.app.store.recent(t.clock.now() - SignedDuration::from_hours(24)).await.unwrap().leavers
}

/// How often somebody was to be disabled.
fn calls(t: &TestApp) -> usize {
    t.calls("PUT", "/people/status/2")
}

async fn states(t: &TestApp) -> Vec<JobState> {
    t.jobs("disable").await.iter().map(|job| job.state).collect()
}

/// The webhook of the portal is not there to say it.
#[tokio::test]
async fn nobody_who_was_disabled_is_reminded_or_congratulated() {
    let t = TestApp::with(Scene { rules: rules(AT_ONCE), webhook: false, ..Scene::default() }).await;
    t.sandbox.add_group("Sales");
    hire(&t, 7, ADA).await;
    let congratulation = json!({"employee_id": "7", "email": ADA});
    terminated(&t, 7, congratulation).await;
    assert_eq!((t.only("disable").await.0, t.only("remind").await.0), (JobState::Done, JobState::Cancelled));
}

#[tokio::test]
async fn a_refusal_is_held_and_does_not_count() {
    for (fault, why) in [
        (json!({"status": 403, "body": envelope(403, "Access denied")}), "only the owner of the portal"),
        (json!({"status": 403}), "accounts:write"),
        (
            json!({"status": 200, "body": {"response": [], "count": 0, "status": 0, "statusCode": 200}}),
            "enabled as before",
        ),
    ] {
        let t = hired(AT_ONCE, "[guard]\nleavers_per_day = 1\n").await;
        let mut fault = fault;
        fault["path"] = json!("/people/status/2");
        t.fault(fault);
        terminated(&t, 7, json!({})).await;
        let (state, reason) = t.only("disable").await;
        assert_eq!((state, counted(&t).await), (JobState::Held, 0), "{reason}");
        assert!(reason.contains(why), "{reason}");
        t.release("disable").await;
        assert_eq!((states(&t).await, status(&t, ADA), counted(&t).await), (vec![JobState::Done], 2, 1));
    }
}

#[tokio::test]
async fn whoever_leaves_before_the_onboarding_gets_no_account_and_is_no_question() {
    let onboard = r#"{ type = "User", before_start = "3d" }"#;
    let rules = rules(AT_ONCE)
        .replace(r#"{ type = "User", mode = "invite", groups = ["Sales"], remind_after = "5d" }"#, onboard);
    let t = TestApp::with(Scene { rules, ..Scene::default() }).await;
    let data = json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "starts_on": "2026-09-01"});
    t.tell("employee.hired", data).await;
    t.drain().await;
    assert_eq!(t.people().await[0].plans.len(), 1);
    told(&t, "employee.rescinded", 7, json!({})).await;
    t.advance(SignedDuration::from_hours(24 * 60)).await;
    assert_eq!((t.users().len(), t.jobs("onboard").await.len(), states(&t).await), (0, 0, vec![JobState::Done]));
}

/// The ledger has learnt that the person stays while the job was waiting for the portal.
#[tokio::test]
async fn a_job_that_is_late_looks_whether_the_person_is_back() {
    let t = hired(AT_ONCE, "").await;
    t.fault(json!({"path": format!("/people/{}", t.user_id(ADA)), "status": 503}));
    terminated(&t, 7, json!({})).await;
    assert_eq!(states(&t).await, [JobState::Ready]);
    let id = t.people().await[0].id;
    let back = move |ledger: &mut Ledger| {
        ledger.edit(id).unwrap().left_at = None;
        (Change::default(), ())
    };
    t.app.store.write(Keys::person(id), true, t.clock.now(), back).await.unwrap();
    t.advance(SignedDuration::from_secs(120)).await;
    assert_eq!(t.only("disable").await, (JobState::Done, "not disabled: hired again".to_owned()));
    assert_eq!((status(&t, ADA), calls(&t), counted(&t).await), (4, 0, 0));
}

/// The address of somebody whose account is gone may be another's by now.
#[tokio::test]
async fn whoever_has_the_address_of_a_deleted_account_is_not_disabled_for_it() {
    let t = TestApp::with(Scene { rules: rules(AT_ONCE), webhook: false, ..Scene::default() }).await;
    t.sandbox.add_group("Sales");
    hire(&t, 7, ADA).await;
    let id = t.user_id(ADA);
    t.delete_sandbox_user(&id).await;
    t.sandbox_user(ADA).await;
    terminated(&t, 7, json!({})).await;
    let (state, reason) = t.only("disable").await;
    assert_eq!((state, status(&t, ADA)), (JobState::Done, 1), "{reason}");
    assert!(reason.contains("no account of this person"), "{reason}");
    assert_eq!(t.portal(Method::GET, &format!("/people/{}", t.user_id(ADA)), json!({})).await["status"], 1);
}
/// Made, and held before its end: the account is ours all the same.
#[tokio::test]
async fn an_account_whose_onboarding_was_not_finished_is_disabled() {
    let rules = rules(AT_ONCE).replace(r#"groups = ["Sales"]"#, "rooms = [{ id = 9 }]");
    let t = TestApp::with(Scene { rules, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!((t.only("onboard").await.0, t.people().await[0].invited_at), (JobState::Held, None));
    terminated(&t, 7, json!({})).await;
    assert_eq!((states(&t).await, status(&t, ADA)), (vec![JobState::Done], 2));
    assert_eq!(t.only("onboard").await.0, JobState::Cancelled);
}
