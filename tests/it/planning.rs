//! Start dates: an onboarding is planned, moved and taken back, and done once on its day.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use usher::model::{Clock, JobState, Plan};
use usher::sandbox::DEFAULT_API_KEY;

use crate::scene::Scene;
use crate::support::TestApp;

pub(crate) const ADA: &str = "ada@corp.example";

/// One rule: three days before the first day, at eight in Berlin.
pub(crate) const RULE: &str = r#"
[[rules]]
on = "employee.hired"
onboard = { type = "User", before_start = "3d", at = "08:00", zone = "Europe/Berlin" }
"#;

pub(crate) async fn start() -> TestApp {
    with_rules(RULE).await
}

pub(crate) async fn with_rules(rules: &str) -> TestApp {
    TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await
}

/// A hire, with whatever is told beside the usual.
pub(crate) fn hire(more: &Json) -> Json {
    let mut data = json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "last_name": "Example"});
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    data
}

pub(crate) async fn tell(t: &TestApp, kind: &str, data: Json) {
    assert_eq!(t.tell(kind, data).await, 200);
    t.drain().await;
}

/// Hired with this first day.
pub(crate) async fn hired(t: &TestApp, starts_on: &str) {
    tell(t, "employee.hired", hire(&json!({"starts_on": starts_on}))).await;
}

pub(crate) async fn updated(t: &TestApp, mut data: Json) {
    data["employee_id"] = json!("7");
    tell(t, "employee.updated", data).await;
}

/// Everything planned, by when it is due.
pub(crate) async fn plans(t: &TestApp) -> Vec<Plan> {
    let mut plans: Vec<_> = t.people().await.into_iter().flat_map(|person| person.plans).collect();
    plans.sort_by_key(|plan| plan.due_at);
    plans
}

/// When each of them is due.
pub(crate) async fn due(t: &TestApp) -> Vec<String> {
    plans(t).await.iter().map(|plan| format!("{} {}", plan.kind, plan.due_at)).collect()
}

/// What the latest message came to.
pub(crate) async fn note(t: &TestApp) -> String {
    let jobs = t.jobs("process").await;
    jobs.iter().rfind(|job| job.source.as_deref() != Some("docspace")).unwrap().reason.clone().unwrap_or_default()
}

/// Move the clock to this moment and work.
pub(crate) async fn until(t: &TestApp, at: &str) {
    let by = at.parse::<Timestamp>().unwrap().duration_since(t.clock.now());
    assert!(by.is_positive(), "{at} is past");
    t.advance(by).await;
}

#[tokio::test]
async fn a_hire_is_planned_moved_and_invited_once_on_its_day() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    assert_eq!(due(&t).await, ["onboard 2026-09-28T06:00:00Z"]);
    assert_eq!(note(&t).await, "employee.hired -> planned onboard at 2026-09-28T06:00:00Z");
    assert!(t.state()["calls"].as_array().unwrap().is_empty(), "nothing is asked of the portal before");
    assert_eq!(t.app.store.next_due().await.unwrap(), Some("2026-09-28T06:00:00Z".parse().unwrap()));
    let text = t.metrics().await;
    assert!(text.contains("usher_plans{kind=\"onboard\"} 1\n"), "{text}");

    updated(&t, json!({"starts_on": "2026-11-02"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-30T07:00:00Z"], "winter time begins in between");
    until(&t, "2026-09-28T06:00:00Z").await;
    assert!(t.users().is_empty(), "the old day is none any more");
    until(&t, "2026-10-30T06:59:59Z").await;
    assert!(t.users().is_empty());
    until(&t, "2026-10-30T07:00:00Z").await;
    assert_eq!((t.users(), t.mails(ADA)), (vec![ADA.to_owned()], vec!["activation".to_owned()]));
    assert!(plans(&t).await.is_empty() && !t.metrics().await.contains("usher_plans{"));
    t.advance(SignedDuration::from_hours(24 * 60)).await;
    assert_eq!((t.calls("POST", "/people"), t.only("onboard").await.0), (1, JobState::Done));
    let job = &t.jobs("onboard").await[0];
    assert_eq!((job.created_at.to_string().as_str(), job.delivery.map(|id| id.0)), ("2026-10-30T07:00:00Z", Some(2)));
}

#[tokio::test]
async fn a_start_that_comes_nearer_is_noticed_and_a_past_one_is_at_once() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    updated(&t, json!({"starts_on": "2026-09-01"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-08-29T06:00:00Z"]);
    updated(&t, json!({"starts_on": "2026-08-05"})).await;
    assert!(plans(&t).await.is_empty());
    assert_eq!((t.users().len(), note(&t).await.as_str()), (1, "employee.updated -> onboard"));
    let t = start().await;
    for first_day in ["2026-08-06", "2026-08-03", "2026-07-01"] {
        let data = json!({"employee_id": first_day, "email": format!("{first_day}@corp.example"), "first_name": "Ada", "starts_on": first_day});
        tell(&t, "employee.hired", data).await;
    }
    assert_eq!((t.users().len(), plans(&t).await.len()), (3, 0));
}

#[tokio::test]
async fn a_hire_that_is_taken_back_or_ends_invites_nobody() {
    for kind in ["employee.rescinded", "employee.terminated"] {
        let t = start().await;
        hired(&t, "2026-10-01").await;
        tell(&t, kind, json!({"employee_id": "7"})).await;
        assert_eq!(note(&t).await, format!("{kind} -> no longer planned: onboard"));
        until(&t, "2026-12-01T00:00:00Z").await;
        assert!(t.users().is_empty() && t.jobs("onboard").await.is_empty(), "{kind}");
        // What comes afterwards brings nobody back, and is not taken for a new hire.
        updated(&t, json!({"starts_on": "2027-01-04"})).await;
        assert!(plans(&t).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn the_account_has_the_names_and_the_address_told_last() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    updated(&t, json!({"last_name": "Lovelace"})).await;
    updated(&t, json!({"email": "lovelace@corp.example", "title": "Countess"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-09-28T06:00:00Z"], "a message without a date leaves the date");
    until(&t, "2026-09-28T06:00:00Z").await;
    let state = t.state();
    let user = &state["users"][0];
    assert_eq!(
        (&user["email"], &user["firstName"], &user["lastName"]),
        (&json!("lovelace@corp.example"), &json!("Ada"), &json!("Lovelace"))
    );
    assert!(t.mails(ADA).is_empty());
}

#[tokio::test]
async fn a_first_day_that_was_not_told_or_is_none_is_held_and_done_at_once_when_released() {
    for (first_day, why) in [
        (json!(null), "event.starts_on, which was not told"),
        (json!("soon"), "it is not a date, YYYY-MM-DD"),
        (json!("01/10/2026"), "it is not a date, YYYY-MM-DD"),
        (json!("0001-01-01"), "as what stands for no date at all"),
        (json!("9999-12-31"), "as what stands for no date at all"),
    ] {
        let t = start().await;
        tell(&t, "employee.hired", hire(&json!({"starts_on": first_day}))).await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!(state, JobState::Held, "{first_day}");
        assert!(reason.contains(why) && reason.contains("release this job to act at once, or cancel it"), "{reason}");
        until(&t, "2027-12-01T00:00:00Z").await;
        assert!(t.users().is_empty(), "{first_day}");
        t.release("onboard").await;
        assert_eq!(t.users(), [ADA], "{first_day}");
    }
}

#[tokio::test]
async fn a_first_day_that_is_told_later_plans_what_was_held_for_want_of_it() {
    for together in [false, true] {
        let t = start().await;
        // Together: both are processed in one transaction.
        assert_eq!(t.tell("employee.hired", hire(&json!({}))).await, 200);
        if !together {
            t.drain().await;
        }
        updated(&t, json!({"title": "Engineer"})).await;
        let held = t.jobs("onboard").await;
        let states: Vec<_> = held.iter().map(|job| job.state).collect();
        assert_eq!(states, [JobState::Cancelled, JobState::Held], "one of them waits: the one with all that was told");
        assert_eq!(held[1].payload["event"]["title"], "Engineer");
        updated(&t, json!({"starts_on": "2026-10-01"})).await;
        assert_eq!(due(&t).await, ["onboard 2026-09-28T06:00:00Z"]);
        let (state, reason) = (t.jobs("onboard").await[1].state, t.jobs("onboard").await[1].reason.clone().unwrap());
        assert_eq!(state, JobState::Cancelled);
        assert!(reason.starts_with("called off: a later message"), "{reason}");
        until(&t, "2026-09-28T06:00:00Z").await;
        assert_eq!((t.users(), t.calls("POST", "/people")), (vec![ADA.to_owned()], 1), "together: {together}");
    }
}

#[tokio::test]
async fn what_is_planned_outlives_restarts_and_what_came_due_meanwhile_is_done() {
    let mut t = start().await;
    hired(&t, "2026-10-01").await;
    t.restart().await;
    updated(&t, json!({"starts_on": "2026-10-02"})).await;
    t.clock.advance(SignedDuration::from_hours(24 * 90));
    t.restart().await;
    t.drain().await;
    assert_eq!((t.users(), t.mails(ADA).len()), (vec![ADA.to_owned()], 1));
}

#[tokio::test]
async fn what_comes_due_while_the_portal_is_paused_waits_for_it_and_can_still_be_moved() {
    let scene = Scene { rules: RULE.to_owned(), api_key: "sk-wrong".to_owned(), ..Scene::default() };
    let mut t = TestApp::with(scene).await;
    let person = |id, start| json!({"employee_id": id, "email": format!("p{id}@corp.example"), "first_name": "Ada", "starts_on": start});
    tell(&t, "employee.hired", person("1", "2026-10-01")).await;
    tell(&t, "employee.hired", person("2", "2026-10-02")).await;
    until(&t, "2026-09-28T06:00:00Z").await;
    until(&t, "2026-09-29T06:00:00Z").await;
    let waiting: Vec<_> = t.jobs("onboard").await.iter().map(|job| (job.state, job.fence > 0)).collect();
    assert_eq!(waiting, [(JobState::Ready, true), (JobState::Ready, false)], "the first one was refused");
    tell(&t, "employee.updated", person("2", "2026-12-01")).await;
    assert_eq!(due(&t).await, ["onboard 2026-11-28T07:00:00Z"], "nobody had begun it");
    t.restart_with(|scene| scene.api_key = DEFAULT_API_KEY.to_owned()).await;
    t.advance(SignedDuration::from_hours(1)).await;
    assert_eq!(t.users(), ["p1@corp.example"]);
    until(&t, "2026-11-28T07:00:00Z").await;
    assert_eq!((t.users().len(), t.jobs("onboard").await.len()), (2, 3));
}

#[tokio::test]
async fn somebody_who_has_an_account_by_then_is_known() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    t.portal(Method::POST, "/people/invite", json!({"invitations": [{"email": ADA, "type": "User"}]})).await;
    assert_eq!(t.mails(ADA), ["invitation"]);
    until(&t, "2026-09-28T06:00:00Z").await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.starts_with("known"), "{reason}");
    assert_eq!(t.mails(ADA), ["invitation"], "no second letter");
}
