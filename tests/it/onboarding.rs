//! From the hire to the account and the one invitation.

use serde_json::json;
use usher::model::JobState;

use crate::scene::Scene;
use crate::support::TestApp;

#[tokio::test]
async fn a_new_hire_is_invited_once_even_when_delivered_twice() {
    let t = TestApp::start().await;
    assert_eq!(t.hire("7", "ada@corp.example").await, 200);
    assert_eq!(t.hire("7", "ada@corp.example").await, 200);
    t.drain().await;
    assert_eq!(t.users(), ["ada@corp.example"]);
    assert_eq!(t.mails("ada@corp.example"), ["activation"]);
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (1, 1));
}

#[tokio::test]
async fn the_same_hire_in_another_delivery_is_one_account() {
    let t = TestApp::start().await;
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": "ada@corp.example", "title": "Engineer"})).await;
    t.drain().await;
    assert_eq!(t.users().len(), 1);
    assert_eq!(t.calls("POST", "/people/invite"), 1);
    let jobs = t.jobs("onboard").await;
    assert_eq!(jobs.len(), 2);
    assert!(jobs[1].reason.as_deref().unwrap().starts_with("known"), "{:?}", jobs[1].reason);
}

#[tokio::test]
async fn a_second_platform_joins_the_person_by_address() {
    let t = TestApp::start().await;
    t.hire("7", "ada@corp.example").await;
    let (headers, body) =
        t.signed("bamboohr/hired", "bamboohr", &[("/employees/0/fields/Work Email/value", "Ada@Corp.Example")]);
    assert_eq!(t.post("bamboohr", headers, body).await.status(), 200);
    t.drain().await;
    let people: Vec<_> = t.people().await.into_iter().filter(|p| !p.employees.is_empty()).collect();
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].employees.len(), 2);
    assert_eq!(t.mails("ada@corp.example"), ["activation"]);
}

#[tokio::test]
async fn a_recycled_address_waits_for_a_person() {
    let t = TestApp::start().await;
    t.hire("7", "info@corp.example").await;
    t.drain().await;
    t.hire("8", "info@corp.example").await;
    t.drain().await;
    let jobs = t.jobs("onboard").await;
    assert_eq!((jobs[1].state, t.users().len()), (JobState::Held, 1));
    assert!(jobs[1].reason.as_deref().unwrap().contains("recycled"));
}

#[tokio::test]
async fn an_account_that_exists_gets_no_second_account_and_no_mail() {
    let t = TestApp::start().await;
    t.sandbox_user("ada@corp.example").await;
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (1, 0));
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.starts_with("known"), "{reason}");
}

#[tokio::test]
async fn the_invitation_names_the_type_read_back() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"RoomAdmin\", allow_paid = true }\n";
    let t = TestApp::with(Scene { rules: rules.to_owned(), paid_seats: 0, ..Scene::default() }).await;
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("User") && reason.contains("paid seat was missing"), "{reason}");
    assert_eq!(t.state()["users"][0]["type"], "User");
}

#[tokio::test]
async fn mode_invite_makes_one_call_and_one_mail() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }\n";
    let t = TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (0, 1));
    assert_eq!(t.mails("ada@corp.example"), ["invitation"]);
    assert_eq!(t.only("onboard").await.0, JobState::Done);
}

#[tokio::test]
async fn a_refused_invitation_call_does_not_undo_the_account() {
    let t = TestApp::start().await;
    t.fault(json!({"method": "POST", "path": "/people/invite", "status": 403,
        "body": {"error": {"message": "Access denied", "type": "x", "stack": null, "hresult": 1}, "status": 1, "statusCode": 403}}));
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.users().len()), (JobState::Done, 1));
    assert!(reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn a_rule_that_reads_a_missing_field_holds_the_job() {
    let rules = "[[rules]]\non = \"employee.hired\"\nwhen = \"event.employment_type != 'contractor'\"\nonboard = { type = \"User\" }\n";
    let t = TestApp::with(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.users().len()), (JobState::Held, 0));
    assert!(reason.contains("employment_type"), "{reason}");
    let job = t.jobs("onboard").await[0].id;
    t.app.store.release(vec![job], "tests", usher::model::Clock::now(&*t.clock)).await.unwrap();
    t.drain().await;
    assert_eq!(t.users(), ["ada@corp.example"]);
}

#[tokio::test]
async fn one_bad_item_of_a_batch_is_one_dead_job() {
    let t = TestApp::start().await;
    let (headers, body) = t.signed("bamboohr/hired", "bamboohr", &[]);
    let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let _ = headers;
    let good = body["employees"][0].clone();
    let mut bad = good.clone();
    bad["id"] = json!("9999");
    bad["fields"]["Work Email"]["value"] = json!("not an address");
    body["employees"] = json!([bad, good]);
    let (headers, body) = t.sign("bamboohr", body.to_string().into_bytes());
    assert_eq!(t.post("bamboohr", headers, body).await.status(), 200);
    t.drain().await;
    assert_eq!(t.users().len(), 1);
    let states: Vec<_> = t
        .jobs("process")
        .await
        .iter()
        .filter(|job| job.source.as_deref() == Some("bamboohr"))
        .map(|job| job.state)
        .collect();
    assert_eq!(states, [JobState::Done, JobState::Dead]);
}

#[tokio::test]
async fn each_step_is_recorded_on_the_job() {
    let t = TestApp::start().await;
    t.hire("7", "ada@corp.example").await;
    t.drain().await;
    let steps: Vec<_> = t.jobs("onboard").await[0].steps.iter().map(|step| step.name.clone()).collect();
    assert_eq!(steps, ["intent", "created", "invited", "onboarded"]);
}
