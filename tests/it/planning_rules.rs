//! A planned onboarding follows the rules: they are asked again with whatever is told before the day.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use usher::model::JobState;
use usher::sandbox::{self, Sandbox};

use crate::planning::{ADA, due, hire, hired, note, plans, start, tell, until, updated, with_rules};
use crate::scene::{HandClock, Scene};
use crate::support::TestApp;

const BY_TYPE: &str = r#"
[[rules]]
on = "employee.hired"
when = "event.employment_type != 'contractor'"
onboard = { type = "User", before_start = "3d", groups = [{ expr = "event.department or ''" }] }
"#;

#[tokio::test]
async fn a_department_told_before_the_day_changes_the_groups() {
    let t = with_rules(BY_TYPE).await;
    let data = hire(&json!({"starts_on": "2026-10-01", "employment_type": "permanent", "department": "Sales"}));
    tell(&t, "employee.hired", data).await;
    assert_eq!(plans(&t).await[0].payload["params"]["groups"], json!(["Sales"]));
    updated(&t, json!({"department": "Research"})).await;
    let plan = plans(&t).await.remove(0);
    assert_eq!((&plan.payload["params"]["groups"], plan.delivery.map(|id| id.0)), (&json!(["Research"]), Some(2)));
    assert_eq!(due(&t).await, ["onboard 2026-09-28T08:00:00Z"]);
}

#[tokio::test]
async fn somebody_whom_the_rule_means_no_more_is_not_planned_any_more() {
    let t = with_rules(BY_TYPE).await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-10-01", "employment_type": "permanent"}))).await;
    updated(&t, json!({"employment_type": "contractor"})).await;
    assert_eq!(note(&t).await, "employee.updated -> no longer planned: onboard");
    until(&t, "2026-12-01T00:00:00Z").await;
    assert!(t.users().is_empty() && t.jobs("onboard").await.is_empty());
}

#[tokio::test]
async fn what_a_condition_lacks_is_held_until_it_is_told() {
    let t = with_rules(BY_TYPE).await;
    hired(&t, "2026-10-01").await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held);
    assert!(
        reason.contains("employment_type")
            && reason.ends_with("It would be due at 2026-09-28T08:00:00Z; released, it is done at once"),
        "{reason}"
    );
    updated(&t, json!({"employment_type": "permanent"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-09-28T08:00:00Z"]);
    assert_eq!(t.only("onboard").await.0, JobState::Cancelled);
    until(&t, "2026-09-28T08:00:00Z").await;
    assert_eq!(t.users(), [ADA]);
}

#[tokio::test]
async fn a_condition_that_cannot_be_decided_any_more_holds_what_was_planned() {
    let rule = r#"
[[rules]]
on = "employee.hired"
when = "event.location | split('/') | length < 3 and (event.title is not defined or event.title | int > 0)"
onboard = { type = "User", before_start = "3d" }
"#;
    let t = with_rules(rule).await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-10-01", "location": "Berlin"}))).await;
    assert_eq!(plans(&t).await.len(), 1);
    updated(&t, json!({"title": "Engineer"})).await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, plans(&t).await.len()), (JobState::Held, 0));
    assert!(reason.contains("cannot be decided"), "{reason}");
    updated(&t, json!({"title": "42"})).await;
    assert_eq!((t.only("onboard").await.0, plans(&t).await.len()), (JobState::Cancelled, 1));
}

/// Rules about changes ask for onboarding themselves.
const OWN: &str = r#"
[[rules]]
on = "employee.hired"
onboard = { type = "User", before_start = "3d" }
[[rules]]
on = "employee.updated"
when = "event.employment_type == 'active'"
onboard = { type = "User" }
"#;

#[tokio::test]
async fn what_a_change_asks_for_itself_takes_the_place_of_what_was_planned() {
    let t = with_rules(OWN).await;
    hired(&t, "2026-10-01").await;
    updated(&t, json!({"employment_type": "active"})).await;
    assert_eq!((plans(&t).await.len(), t.users()), (0, vec![ADA.to_owned()]));
    until(&t, "2026-12-01T00:00:00Z").await;
    assert_eq!((t.jobs("onboard").await.len(), t.calls("POST", "/people")), (1, 1));
}

#[tokio::test]
async fn a_change_that_a_rule_of_its_own_cannot_decide_moves_the_plan_all_the_same() {
    let t = with_rules(OWN).await;
    hired(&t, "2026-10-01").await;
    updated(&t, json!({"starts_on": "2026-11-02"})).await;
    assert_eq!(
        (t.only("onboard").await.0, due(&t).await),
        (JobState::Held, vec!["onboard 2026-10-30T08:00:00Z".to_owned()])
    );
    // Both follow from one message, and the one is not lost for the other; once done, nothing is left to be decided.
    until(&t, "2026-10-30T08:00:00Z").await;
    let states: Vec<_> = t.jobs("onboard").await.iter().map(|job| job.state).collect();
    assert_eq!((states, t.users()), (vec![JobState::Cancelled, JobState::Done], vec![ADA.to_owned()]));
    let t = with_rules(OWN).await;
    hired(&t, "2026-10-01").await;
    updated(&t, json!({"starts_on": "2026-07-01"})).await;
    assert_eq!(t.users(), [ADA], "a start that is past by now is at once, beside what is held");
}

#[tokio::test]
async fn a_change_that_plans_is_moved_by_the_next_one() {
    let rule = r#"
[[rules]]
on = "employee.updated"
when = "event.employment_type == 'signed'"
onboard = { type = "User", before_start = "3d" }
"#;
    let t = with_rules(rule).await;
    hired(&t, "2026-10-01").await;
    assert!(plans(&t).await.is_empty());
    updated(&t, json!({"employment_type": "signed"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-09-28T08:00:00Z"], "the date that was told before");
    updated(&t, json!({"starts_on": "2026-11-02"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-30T08:00:00Z"]);
    updated(&t, json!({"employment_type": "gone"})).await;
    assert!(plans(&t).await.is_empty() && t.jobs("onboard").await.is_empty());
}

#[tokio::test]
async fn a_hire_told_again_is_the_one_that_counts() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-11-02", "last_name": "Lovelace"}))).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-30T07:00:00Z"]);
    until(&t, "2026-10-30T07:00:00Z").await;
    assert_eq!((t.calls("POST", "/people"), &t.state()["users"][0]["lastName"]), (1, &json!("Lovelace")));
}

/// What another platform tells of a person whom both know by a shared id.
async fn other(t: &TestApp, kind: &str, data: serde_json::Value) {
    let (headers, body) = t.sign("standard", json!({"type": kind, "data": data}).to_string().into_bytes());
    assert_eq!(t.post("standard", headers, body).await.status(), 200);
    t.drain().await;
}

#[tokio::test]
async fn another_platform_moves_and_takes_back_what_the_first_one_planned() {
    let t = start().await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-10-01", "match_id": "m7"}))).await;
    other(&t, "employee.updated", json!({"employee_id": "A-1", "match_id": "m7", "starts_on": "2026-11-02"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-30T07:00:00Z"]);
    other(&t, "employee.hired", json!({"employee_id": "A-1", "match_id": "m7", "email": ADA, "title": "Engineer"}))
        .await;
    assert_eq!(due(&t).await, ["onboard 2026-10-30T07:00:00Z"], "a hire without a date leaves the one that was told");
    assert_eq!((t.people().await.len(), plans(&t).await[0].payload["event"]["title"].as_str()), (1, Some("Engineer")));
    other(&t, "employee.rescinded", json!({"employee_id": "A-1"})).await;
    assert!(plans(&t).await.is_empty());
}

async fn second_portal() -> (Sandbox, std::net::SocketAddr, tokio_util::sync::DropGuard) {
    let ends = CancellationToken::new();
    let clock = std::sync::Arc::new(HandClock::starting("2026-08-03T08:00:00Z"));
    let settings = sandbox::Settings { retry_unit: Duration::from_millis(10), ..sandbox::Settings::new(clock) };
    let running = Sandbox::start(settings, "127.0.0.1:0".parse().unwrap(), ends.clone()).await.unwrap();
    (running.sandbox, running.address, ends.drop_guard())
}

const TWO: &str = r#"
[[rules]]
on = "employee.hired"
portal = "docspace"
onboard = { type = "User", before_start = "3d" }
[[rules]]
on = "employee.hired"
portal = "second"
onboard = { type = "User", before_start = "1w" }
"#;

#[tokio::test]
async fn each_portal_has_a_plan_of_its_own() {
    let (second, address, _ends) = second_portal().await;
    let t = TestApp::with(Scene { rules: TWO.to_owned(), second: Some(address), ..Scene::default() }).await;
    hired(&t, "2026-10-01").await;
    assert_eq!(due(&t).await, ["onboard 2026-09-24T08:00:00Z", "onboard 2026-09-28T08:00:00Z"]);
    updated(&t, json!({"starts_on": "2026-11-02"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-26T08:00:00Z", "onboard 2026-10-30T08:00:00Z"]);
    until(&t, "2026-10-26T08:00:00Z").await;
    assert_eq!((t.users().len(), second.state().users.len()), (0, 1));
    tell(&t, "employee.rescinded", json!({"employee_id": "7"})).await;
    until(&t, "2026-12-01T08:00:00Z").await;
    assert_eq!((t.users().len(), plans(&t).await.len()), (0, 0));
}

#[tokio::test]
async fn a_plan_of_a_portal_that_has_another_name_by_now_is_held_and_not_lost() {
    let (_second, address, _ends) = second_portal().await;
    let mut t = TestApp::with(Scene { rules: TWO.to_owned(), second: Some(address), ..Scene::default() }).await;
    hired(&t, "2026-10-01").await;
    let one = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", before_start = \"3d\" }\n";
    t.restart_with(|scene| (scene.rules, scene.second) = (one.to_owned(), None)).await;
    updated(&t, json!({"starts_on": "2026-11-02"})).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-26T08:00:00Z", "onboard 2026-10-30T08:00:00Z"]);
    until(&t, "2026-10-26T08:00:00Z").await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("no portal 'second'"), "{reason}");
}
