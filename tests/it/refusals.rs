//! The portal refusing, failing and coming back.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::{Clock, JobState};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

async fn hire_after(fault: Json) -> TestApp {
    let t = TestApp::start().await;
    t.fault(fault);
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

fn envelope(status: u16, message: &str) -> Json {
    json!({"error": {"message": message, "type": "System.Exception", "stack": null, "hresult": 1}, "status": 1, "statusCode": status})
}

#[tokio::test]
async fn an_outage_at_any_call_ends_in_one_account_and_one_mail() {
    for path in ["/people/email", "/people", "/people/invite"] {
        for (what, fault) in [
            ("500", json!({"status": 500})),
            ("500 in the envelope", json!({"status": 500, "body": envelope(500, "unexpected")})),
            ("502 html", json!({"status": 502, "body": "<html>"})),
            ("503", json!({"status": 503})),
            ("429", json!({"status": 429})),
            ("200 html", json!({"status": 200, "body": "<html>"})),
            ("truncated", json!({"status": 200, "body": "{\"response\": {"})),
            ("no response", json!({"status": 200, "body": {"count": 0, "status": 0, "statusCode": 200}})),
            ("dropped before", json!({"drop": "before"})),
            ("dropped after", json!({"drop": "after"})),
        ] {
            // The answer to an invitation carries nothing we need.
            if (path, what) == ("/people/invite", "no response") {
                continue;
            }
            let mut fault = fault;
            fault["path"] = json!(path);
            let t = hire_after(fault).await;
            let (state, reason) = t.only("onboard").await;
            assert_eq!(state, JobState::Ready, "{path} {what} {reason}");
            assert_eq!(t.jobs("onboard").await[0].attempts, 0, "{path} {what}: outages use up no attempts");
            for _ in 0..3 {
                t.advance(SignedDuration::from_secs(120)).await;
            }
            assert_eq!(t.only("onboard").await.0, JobState::Done, "{path} {what}");
            assert_eq!((t.users().len(), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{path} {what}");
            t.activate(ADA).await;
            assert_eq!(t.mails(ADA), ["activation", "congratulation"], "{path} {what}");
        }
    }
}

#[tokio::test]
async fn an_outage_while_inviting_alone_ends_in_one_account_and_one_mail() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }\n";
    for path in ["/people/email", "/people/invite"] {
        for fault in
            [json!({"status": 500}), json!({"status": 429}), json!({"drop": "before"}), json!({"drop": "after"})]
        {
            let t = TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
            let mut fault = fault;
            fault["path"] = json!(path);
            t.fault(fault.clone());
            t.hire("7", ADA).await;
            t.drain().await;
            for _ in 0..3 {
                t.advance(SignedDuration::from_secs(120)).await;
            }
            assert_eq!(t.only("onboard").await.0, JobState::Done, "{fault}");
            assert_eq!((t.users().len(), t.mails(ADA)), (1, vec!["invitation".to_owned()]), "{fault}");
            assert!(t.people().await[0].invited_at.is_some(), "{fault}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let t = hire_after(json!({"path": "/people", "status": 429, "headers": {"Retry-After": "90"}})).await;
    t.advance(SignedDuration::from_secs(89)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Ready);
    t.advance(SignedDuration::from_secs(15)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Done);
}

#[tokio::test]
async fn an_outage_of_seven_days_ends_the_job() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people/email", "status": 500, "times": 100_000}));
    t.hire("7", ADA).await;
    t.drain().await;
    for _ in 0..8 {
        t.advance(SignedDuration::from_hours(23)).await;
    }
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead, "{reason}");
    assert!(reason.contains("7 days"), "{reason}");
}

#[tokio::test]
async fn refusals_of_the_whole_portal_pause_it_until_a_probe_succeeds() {
    for status in [401, 402, 404] {
        let t = hire_after(json!({"path": "/people/email", "status": status})).await;
        let (state, _) = t.only("onboard").await;
        assert_eq!(state, JobState::Ready, "{status}");
        assert!(t.app.portals["docspace"].pause_state().is_some(), "{status}");
        let before = t.state()["calls"].as_array().unwrap().len();
        t.hire("8", "bob@corp.example").await;
        t.drain().await;
        assert_eq!(t.state()["calls"].as_array().unwrap().len(), before, "{status}: nothing is sent while paused");
        for _ in 0..3 {
            t.advance(SignedDuration::from_secs(61)).await;
        }
        assert_eq!(t.users().len(), 2, "{status}");
        assert!(t.app.portals["docspace"].pause_state().is_none(), "{status}");
    }
}

#[tokio::test]
async fn a_wrong_key_pauses_and_says_so() {
    let t = TestApp::with(Scene { api_key: "sk-wrong".to_owned(), ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Ready);
    assert!(reason.contains("API key"), "{reason}");
}

#[tokio::test]
async fn without_retry_after_a_429_waits_for_the_window_of_a_minute() {
    let t = hire_after(json!({"path": "/people", "status": 429})).await;
    let due = t.jobs("onboard").await[0].due_at;
    let wait = due.duration_since(t.clock.now());
    assert!((SignedDuration::from_secs(60)..SignedDuration::from_secs(62)).contains(&wait), "{wait:?}");
    t.advance(SignedDuration::from_secs(59)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Ready);
    t.advance(SignedDuration::from_secs(3)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Done);
}

#[tokio::test]
async fn a_missing_scope_holds_that_job_and_leaves_the_rest_running() {
    let id = "/people/@self";
    for (path, scope, before) in [
        ("/people/email", "accounts:read", None),
        ("/people", "accounts:write", None),
        // The key's user is asked for only after an uncertain answer.
        (id, "accounts.self:read", Some(json!({"path": "/people", "drop": "after"}))),
    ] {
        let t = TestApp::start().await;
        if let Some(fault) = before {
            t.fault(fault);
        }
        t.fault(json!({"path": path, "status": 403}));
        t.hire("7", ADA).await;
        t.drain().await;
        t.advance(SignedDuration::from_secs(10)).await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!(state, JobState::Held, "{path} {reason}");
        assert!(reason.contains(scope), "{path} {reason}");
        t.hire("8", "bob@corp.example").await;
        t.drain().await;
        assert!(t.users().contains(&"bob@corp.example".to_owned()), "{path}");
        // With the scope given and the job released, all comes to its good end.
        t.release("onboard").await;
        assert_eq!(
            (t.mails(ADA), t.calls("POST", "/people")),
            (vec!["activation".to_owned()], 2 + usize::from(path == "/people")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_missing_scope_on_the_read_back_holds_and_on_the_invitation_does_not_undo_the_account() {
    let permissions = ["accounts:write", "accounts.self:read"].map(str::to_owned).to_vec();
    let t = TestApp::with(Scene { permissions, ..Scene::default() }).await;
    t.fault(json!({"path": "/people/invite", "status": 403}));
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.mails(ADA)), (JobState::Done, vec!["activation".to_owned()]));
    assert!(reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn failures_that_are_no_outage_end_after_ten_attempts() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people/invite", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    // An account that was made and cannot be read back.
    let path = format!("/people/{}", t.user_id(ADA));
    t.fault(json!({"path": path, "status": 404, "times": 100, "body": envelope(404, "not found")}));
    for attempt in 1..=10 {
        assert_eq!(t.only("onboard").await.0, JobState::Ready, "{attempt}");
        t.advance(SignedDuration::from_mins(16)).await;
    }
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("10 attempts"), "{reason}");
    assert_eq!((t.calls("POST", "/people"), t.mails(ADA).len()), (1, 1));
}

#[tokio::test]
async fn reserved_addresses_never_go_to_a_portal_that_is_no_sandbox() {
    // TEST-NET-1 (RFC 5737): nobody is there, and a call would be an outage.
    let t = TestApp::with(Scene { portal: Some("http://192.0.2.1"), ..Scene::default() }).await;
    let reserved =
        ["a@example.com", "b@mail.example.org", "c@corp.example", "d@x.test", "e@y.invalid", "f@z.localhost"];
    for (number, email) in reserved.iter().enumerate() {
        t.hire(&number.to_string(), email).await;
    }
    t.drain().await;
    let jobs = t.jobs("onboard").await;
    assert_eq!(jobs.len(), reserved.len());
    for job in jobs {
        assert_eq!(job.state, JobState::Dead, "{:?}", job.reason);
        assert!(job.reason.as_deref().unwrap().contains("reserved for examples"), "{:?}", job.reason);
    }
}

#[tokio::test]
async fn a_400_on_create_without_an_account_is_dead() {
    let t =
        hire_after(json!({"path": "/people", "status": 400, "body": envelope(400, "Incorrect firstname or lastname")}))
            .await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("400"), "{reason}");
    assert_eq!(t.calls("GET", "/people/email"), 2, "looked up again");
}

#[tokio::test]
async fn a_missing_right_is_held() {
    let t = hire_after(json!({"path": "/people", "status": 403, "body": envelope(403, "no")})).await;
    assert_eq!(t.only("onboard").await.0, JobState::Held);
}
