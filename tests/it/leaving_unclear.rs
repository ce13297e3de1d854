//! Disabling and enabling when the portal fails, or the process dies: each ends right, and counts once.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;
use usher::worker;

use crate::leavers::{AT_ONCE, counted, leaving, stage, status};
use crate::planning::{ADA, hire};
use crate::scene::Scene;
use crate::support::TestApp;

/// Each with the status that the call is to bring about.
const DEEDS: [(&str, u8); 2] = [("disable", 2), ("enable", 1)];

fn scene() -> Scene {
    let scene = leaving(AT_ONCE);
    let rules = format!("{}[[rules]]\non = \"employee.hired\"\nenable = {{}}\n", scene.rules);
    let extra = "[guard]\nleavers_per_day = 1\n".to_owned();
    Scene { rules, extra, ..scene }
}

/// Before the deed: Ada is onboarded, and has left where she is to be enabled.
async fn before(deed: &str) -> TestApp {
    let t = stage(scene()).await;
    if deed == "enable" {
        tell(&t, "disable").await;
        t.drain().await;
        assert_eq!((status(&t), counted(&t).await), (2, 1));
        // Whoever was disabled counts no more.
        t.advance(SignedDuration::from_hours(25)).await;
    }
    t
}

/// Accept what the deed follows from.
async fn tell(t: &TestApp, deed: &str) {
    let code = match deed {
        "disable" => t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-31"})).await,
        _ => t.tell("employee.hired", hire(&json!({"starts_on": "2026-10-01"}))).await,
    };
    assert_eq!(code, 200);
}

fn fault(wanted: u8, more: &Json) -> Json {
    let mut fault = json!({"method": "PUT", "path": format!("/people/status/{wanted}")});
    for (key, value) in more.as_object().unwrap() {
        fault[key] = value.clone();
    }
    fault
}

/// All is as it should be, without a word of a human being.
async fn ended(t: &TestApp, deed: &str, wanted: u8, what: &str) {
    for _ in 0..4 {
        t.advance(SignedDuration::from_mins(16)).await;
    }
    let (state, note) = t.only(deed).await;
    assert_eq!((state, status(t)), (JobState::Done, wanted), "{deed} {what}: {note}");
    assert!(note.starts_with(&format!("{deed}d")), "{deed} {what}: {note}");
    let person = &t.people().await[0];
    let is_off = wanted == 2;
    assert_eq!((counted(t).await, person.disabled_at.is_some()), (u64::from(is_off), is_off), "{deed} {what}");
    assert_eq!((person.left_at.is_some(), t.mails(ADA).len(), t.users().len()), (is_off, 1, 1), "{deed} {what}");
}

#[tokio::test]
async fn an_outage_is_waited_out_and_a_lost_answer_looked_up() {
    for (deed, wanted) in DEEDS {
        for (more, calls) in [
            (json!({"status": 500}), 2),
            (json!({"status": 503, "times": 3}), 4),
            (json!({"drop": "before"}), 2),
            (json!({"drop": "after"}), 1),
        ] {
            let t = before(deed).await;
            t.fault(fault(wanted, &more));
            tell(&t, deed).await;
            ended(&t, deed, wanted, &more.to_string()).await;
            assert_eq!(t.calls("PUT", &format!("/people/status/{wanted}")), calls, "{deed} {more}");
        }
    }
}

/// The call is answered too late, and was done all the same.
#[tokio::test]
async fn a_call_that_takes_too_long_is_looked_up() {
    for (deed, wanted) in DEEDS {
        let mut t = before(deed).await;
        t.restart_with(|scene| scene.portal_patience = Some(Duration::from_millis(700))).await;
        t.fault(fault(wanted, &json!({"delay_ms": 2000})));
        tell(&t, deed).await;
        ended(&t, deed, wanted, "late").await;
    }
}

#[tokio::test]
async fn a_crash_during_the_call_or_before_its_end_was_stored_changes_nothing() {
    for (deed, wanted) in DEEDS {
        // Cut off while the call is under way, and in the look that follows it.
        for is_done in [false, true] {
            let mut t = before(deed).await;
            if is_done {
                t.fault(fault(wanted, &json!({"drop": "after"})));
                tell(&t, deed).await;
                t.drain().await;
                assert_eq!((t.only(deed).await.0, status(&t)), (JobState::Ready, wanted));
            } else {
                t.fault(fault(wanted, &json!({"delay_ms": 60_000})));
                tell(&t, deed).await;
                let cut = tokio::time::timeout(Duration::from_secs(2), worker::drain(&t.app)).await;
                assert!(cut.is_err(), "{deed}: the worker was to be in the call");
            }
            t.restart().await;
            ended(&t, deed, wanted, "crashed").await;
        }
    }
}

/// The answer is success, and nothing has changed.
#[tokio::test]
async fn an_older_server_that_says_yes_and_does_nothing_is_not_believed() {
    for (deed, wanted) in DEEDS {
        let t = before(deed).await;
        let answer = json!({"response": [], "count": 0, "status": 0, "statusCode": 200});
        t.fault(fault(wanted, &json!({"status": 200, "body": answer})));
        tell(&t, deed).await;
        t.drain().await;
        let (state, reason) = t.only(deed).await;
        assert!(state == JobState::Held && reason.starts_with("DocSpace accepted the call"), "{deed}: {reason}");
        assert_eq!(counted(&t).await, 0, "{deed}");
        t.release(deed).await;
        ended(&t, deed, wanted, "released").await;
    }
}
