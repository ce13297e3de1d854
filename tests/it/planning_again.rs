//! Plans and messages that come, or are processed, more than once.

use serde_json::{Value as Json, json};
use usher::ledger::Ledger;
use usher::model::{Clock, DeliveryId, JobState, NewJob};
use usher::store::Change;

use crate::planning::{ADA, due, hire, hired, note, plans, start, tell, until, updated, with_rules};
use crate::support::TestApp;

async fn rerun(t: &TestApp, delivery: i64) {
    let job = t.app.store.rerun(DeliveryId(delivery), "tests", t.clock.now()).await.unwrap();
    assert!(job.is_some());
    t.drain().await;
}

#[tokio::test]
async fn a_redelivery_changes_nothing() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    let before = plans(&t).await;
    hired(&t, "2026-10-01").await;
    assert_eq!((plans(&t).await, t.jobs("process").await.len()), (before, 1));
}

#[tokio::test]
async fn a_rerun_plans_once_and_the_person_is_invited_once() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    rerun(&t, 1).await;
    rerun(&t, 1).await;
    assert_eq!(due(&t).await, ["onboard 2026-09-28T06:00:00Z"]);
    assert_eq!(plans(&t).await[0].key, "onboard/1/0/0/2", "the latest run");
    until(&t, "2026-09-28T06:00:00Z").await;
    rerun(&t, 1).await;
    assert_eq!((t.users(), t.mails(ADA).len(), t.jobs("onboard").await.len()), (vec![ADA.to_owned()], 1, 2));
    assert!(t.jobs("onboard").await[1].reason.as_ref().unwrap().starts_with("known"));
}

#[tokio::test]
async fn a_rerun_of_an_early_message_leaves_what_later_ones_told() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    updated(&t, json!({"starts_on": "2026-11-02", "email": "lovelace@corp.example"})).await;
    updated(&t, json!({"starts_on": "2026-12-01", "last_name": "Lovelace"})).await;
    let told = due(&t).await;
    assert_eq!(told, ["onboard 2026-11-28T07:00:00Z"]);
    for delivery in [1, 2, 3, 1] {
        rerun(&t, delivery).await;
        assert_eq!(due(&t).await, told, "delivery {delivery}");
    }
    let person = t.people().await.remove(0);
    assert_eq!((person.starts_on.as_deref(), person.last_name.as_deref()), (Some("2026-12-01"), Some("Lovelace")));
    until(&t, "2026-11-28T07:00:00Z").await;
    let state = t.state();
    assert_eq!(
        (&state["users"][0]["email"], &state["users"][0]["lastName"]),
        (&json!("lovelace@corp.example"), &json!("Lovelace"))
    );
    assert_eq!(t.users().len(), 1);
}

#[tokio::test]
async fn a_rule_that_was_mended_counts_from_the_rerun_on() {
    let mut t = start().await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-10-01", "department": "Sales"}))).await;
    updated(&t, json!({"starts_on": "2026-11-02"})).await;
    t.restart_with(|scene| scene.rules = scene.rules.replace("3d", "1w")).await;
    rerun(&t, 1).await;
    assert_eq!(due(&t).await, ["onboard 2026-10-26T07:00:00Z"]);
}

#[tokio::test]
async fn many_messages_before_the_day_are_kept_within_bounds() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    for number in 0..40 {
        updated(&t, json!({"title": format!("Title {number}"), "department": "Research"})).await;
    }
    let plan = plans(&t).await.remove(0);
    assert_eq!(
        (&plan.payload["event"]["title"], &plan.payload["event"]["first_name"]),
        (&json!("Title 39"), &json!("Ada"))
    );
    assert_eq!(plan.payload["told"].as_array().unwrap().len(), 16);
    rerun(&t, 1).await;
    assert_eq!(plans(&t).await[0].payload["event"]["title"], "Title 39");
}

#[tokio::test]
async fn a_plan_whose_key_is_taken_is_not_lost() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    let plan = plans(&t).await.remove(0);
    let person = t.people().await[0].id;
    let job = NewJob {
        kind: "onboard",
        key: plan.key.clone(),
        state: JobState::Held,
        reason: Some("in the way".to_owned()),
        delivery: plan.delivery,
        person: Some(person),
        payload: plan.payload.clone(),
        due_at: None,
    };
    let edit = move |_: &mut Ledger| (Change { enqueue: vec![job], ..Change::default() }, ());
    t.app.store.write(usher::ledger::Keys::default(), true, t.clock.now(), edit).await.unwrap();
    until(&t, "2026-09-28T06:00:00Z").await;
    assert_eq!((t.users(), plans(&t).await.len()), (vec![ADA.to_owned()], 0));
}

#[tokio::test]
async fn another_person_with_the_same_address_leaves_the_plan_alone() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    for kind in ["employee.hired", "employee.terminated"] {
        let data = json!({"employee_id": "8", "email": ADA, "first_name": "Eve", "starts_on": "2026-12-01"});
        tell(&t, kind, data).await;
        assert_eq!(due(&t).await, ["onboard 2026-09-28T06:00:00Z"], "{kind}");
    }
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("addresses get recycled"), "{reason}");
    until(&t, "2026-09-28T06:00:00Z").await;
    assert_eq!(t.state()["users"][0]["firstName"], "Ada");
}

#[tokio::test]
async fn somebody_hired_again_after_all_is_planned_anew() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    tell(&t, "employee.rescinded", json!({"employee_id": "7"})).await;
    hired(&t, "2026-11-02").await;
    assert_eq!(due(&t).await, ["onboard 2026-10-30T07:00:00Z"]);
    // A run of the first message once more does not show that it is a later hire.
    let t = start().await;
    hired(&t, "2026-08-20").await;
    until(&t, "2026-08-04T08:00:00Z").await;
    tell(&t, "employee.terminated", json!({"employee_id": "7", "ends_on": "2026-12-31"})).await;
    rerun(&t, 1).await;
    assert_eq!((t.only("onboard").await.0, plans(&t).await.len()), (JobState::Held, 0));
}

#[tokio::test]
async fn what_was_invited_by_hand_meanwhile_is_known_on_its_day() {
    let t = start().await;
    hired(&t, "2026-10-01").await;
    let person = t.people().await[0].clone();
    let event = json!({"kind": "employee.hired", "email": ADA, "first_name": "Ada"});
    let job = NewJob {
        kind: "onboard",
        key: "onboard/by-hand/1".to_owned(),
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person: Some(person.id),
        payload: json!({"params": {"type": "User"}, "event": event, "again": false}),
        due_at: None,
    };
    let edit = move |_: &mut Ledger| (Change { enqueue: vec![job], ..Change::default() }, ());
    t.app.store.write(usher::ledger::Keys::default(), true, t.clock.now(), edit).await.unwrap();
    t.drain().await;
    assert_eq!(t.mails(ADA).len(), 1);
    until(&t, "2026-09-28T06:00:00Z").await;
    let reasons: Vec<_> = t.jobs("onboard").await.iter().map(|job| job.reason.clone().unwrap_or_default()).collect();
    assert!(reasons.len() == 2 && reasons[1].starts_with("known"), "{reasons:?}");
    assert_eq!(t.mails(ADA).len(), 1);
}

/// Leavers wait for their last day in the same way.
#[tokio::test]
async fn a_last_day_that_moves_before_it_comes_moves_what_was_planned_for_it() {
    let mut t = with_rules("").await;
    hired(&t, "2026-08-01").await;
    let person = t.people().await[0].id;
    let told: Json = json!({"kind": "employee.terminated", "employee_id": "7", "ends_on": "2026-10-01"});
    let plan = usher::model::Plan {
        kind: "disable".to_owned(),
        due_at: "2026-10-02T08:00:00Z".parse().unwrap(),
        key: "disable/1/0/0".to_owned(),
        delivery: None,
        hold: None,
        payload: json!({"params": {"after_end": {"days": 1, "at": "08:00:00", "zone": "UTC"}}, "event": told}),
    };
    let edit = move |ledger: &mut Ledger| {
        ledger.edit(person).unwrap().left_at = Some(jiff::Timestamp::UNIX_EPOCH);
        ledger.plan(person, plan);
        (Change::default(), ())
    };
    t.app.store.write(usher::ledger::Keys::person(person), true, t.clock.now(), edit).await.unwrap();
    // No rule knows the portal: what was planned is kept, and moved.
    updated(&t, json!({"ends_on": "2026-12-31"})).await;
    assert_eq!(due(&t).await, ["disable 2027-01-01T08:00:00Z"]);
    assert_eq!(note(&t).await, "employee.updated -> planned disable at 2027-01-01T08:00:00Z");
    assert_eq!(t.people().await[0].ends_on.as_deref(), Some("2026-12-31"));
    t.restart().await;
    hired(&t, "2027-02-01").await;
    assert!(plans(&t).await.is_empty(), "hired again");
}
