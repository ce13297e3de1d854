//! Two portals in one Usher have nothing to do with each other.

use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use usher::catch_up::{Order, catch_up, reconcile};
use usher::docspace::{LogQuery, PeopleQuery};
use usher::model::{JobState, Person};
use usher::sandbox::{self, Sandbox};
use usher::worker;

use crate::scene::{DOCSPACE_SECRET, HandClock, Scene};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const STRANGER: &str = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";

const RULES: &str = r#"
[[rules]]
on = "employee.hired"
portal = "docspace"
onboard = { type = "User" }
[[rules]]
on = "employee.hired"
portal = "second"
onboard = { type = "User" }
[[rules]]
on = "user.activated"
portal = "docspace"
congratulate = { via = ["sendcongratulations"], key = "welcome_guest" }
[[rules]]
on = "user.activated"
portal = "second"
congratulate = { via = ["sendcongratulations"], key = "welcome_guest", whom = "onboarded" }
"#;

/// One Usher with two portals.
struct Two {
    t: TestApp,
    second: Sandbox,
    _ends: DropGuard,
}

impl Two {
    async fn start() -> Self {
        Self::with("").await
    }

    async fn with(extra: &str) -> Self {
        let ends = CancellationToken::new();
        let clock = std::sync::Arc::new(HandClock::starting("2026-08-03T08:00:00Z"));
        let settings = sandbox::Settings { retry_unit: Duration::from_millis(10), ..sandbox::Settings::new(clock) };
        let running = Sandbox::start(settings, "127.0.0.1:0".parse().unwrap(), ends.clone()).await.unwrap();
        let scene = Scene {
            rules: RULES.to_owned(),
            extra: extra.to_owned(),
            second: Some(running.address),
            ..Scene::default()
        };
        let t = TestApp::with(scene).await;
        running.sandbox.set_webhook(&format!("http://{}/hooks/second", t.public()), DOCSPACE_SECRET).unwrap();
        Self { t, second: running.sandbox, _ends: ends.drop_guard() }
    }

    async fn drain(&self) {
        loop {
            self.t.drain().await;
            self.second.webhooks_settled().await;
            if worker::drain(&self.t.app).await.unwrap() == 0 {
                return;
            }
        }
    }

    async fn hire(&self) {
        self.t.hire("7", ADA).await;
        self.drain().await;
    }

    /// The account of Ada at the second portal.
    fn second_id(&self) -> String {
        let state = self.second.state();
        state.users.iter().find(|user| user.email == ADA).expect("an account at the second portal").id.to_string()
    }

    fn second_mails(&self) -> Vec<String> {
        let state = json!(self.second.state());
        let mails = state["mails"].as_array().unwrap().iter().filter(|mail| mail["to"] == ADA);
        mails.map(|mail| mail["kind"].as_str().unwrap().to_owned()).collect()
    }

    fn second_fault(&self, fault: Json) {
        self.second.add_fault(serde_json::from_value(fault).unwrap()).unwrap();
    }

    /// The row of Ada at a portal.
    async fn row(&self, portal: &str) -> Person {
        let mut rows = self.t.people().await;
        rows.retain(|person| person.portal == portal && person.email.as_deref() == Some(ADA));
        assert_eq!(rows.len(), 1, "{portal}: {rows:#?}");
        rows.remove(0)
    }

    /// Portal and state of the jobs of a kind.
    async fn jobs(&self, kind: &str) -> Vec<(String, JobState)> {
        let mut jobs: Vec<_> =
            self.t.jobs(kind).await.into_iter().map(|job| (job.portal.unwrap_or_default(), job.state)).collect();
        jobs.sort_by(|one, other| one.0.cmp(&other.0));
        jobs
    }
}

fn at(portal: &str, state: JobState) -> (String, JobState) {
    (portal.to_owned(), state)
}

#[tokio::test]
async fn somebody_hired_into_both_has_a_row_and_an_account_at_each() {
    let two = Two::start().await;
    two.hire().await;
    assert_eq!(two.jobs("onboard").await, [at("docspace", JobState::Done), at("second", JobState::Done)]);
    assert_eq!((two.t.mails(ADA), two.second_mails()), (vec!["activation".to_owned()], vec!["activation".to_owned()]));
    let (first, second) = (two.row("docspace").await, two.row("second").await);
    assert_ne!(first.id, second.id);
    assert_eq!((first.user_id, second.user_id), (Some(two.t.user_id(ADA)), Some(two.second_id())));
    assert_eq!(first.employees, second.employees, "it is one employee");
    two.hire().await;
    assert_eq!(two.t.calls("POST", "/people"), 1, "hired again, known at each");
}

#[tokio::test]
async fn an_activation_at_one_portal_is_none_at_the_other() {
    let two = Two::start().await;
    two.hire().await;
    two.second.activate(&two.second_id()).await.unwrap();
    two.drain().await;
    assert_eq!(two.jobs("congratulate").await, [at("second", JobState::Done)]);
    assert!(two.row("docspace").await.activated_at.is_none());
    assert_eq!((two.t.mails(ADA).len(), two.second_mails().len()), (1, 2));
    two.t.activate(ADA).await;
    two.drain().await;
    assert_eq!(two.jobs("congratulate").await, [at("docspace", JobState::Done), at("second", JobState::Done)]);
    assert_eq!((two.t.mails(ADA).len(), two.second_mails().len()), (2, 2));
}

/// The same id at both, as where one portal was made from a copy of the other.
#[tokio::test]
async fn events_go_to_the_portal_of_their_source() {
    let two = Two::start().await;
    let record = |activation: i64| json!({"id": STRANGER, "email": "new@corp.example", "status": 1, "activationStatus": activation});
    two.t.docspace("user.created", 5, record(2)).await;
    let body = json!({"event": {"id": 6, "createOn": "2026-08-03T08:00:00Z", "trigger": "user.updated", "triggerId": 4},
        "payload": record(1), "webhook": {"id": 1, "name": "usher", "url": "http://localhost/", "triggers": ["*"]}});
    let (headers, body) = two.t.sign("second", body.to_string().into_bytes());
    assert_eq!(two.t.post("second", headers, body).await.status(), 200);
    two.drain().await;
    assert!(two.jobs("congratulate").await.is_empty(), "the second portal had never told of this account");
    two.t.docspace("user.updated", 6, record(1)).await;
    assert_eq!(two.jobs("congratulate").await.len(), 1);
    assert_eq!(two.jobs("congratulate").await[0].0, "docspace");
}

#[tokio::test]
async fn who_is_congratulated_is_the_matter_of_each_portals_rule() {
    let two = Two::start().await;
    for (source, id) in [("docspace", 5), ("second", 6)] {
        let body = json!({"event": {"id": id, "createOn": "2026-08-03T08:00:00Z", "trigger": "user.created", "triggerId": 1},
            "payload": {"id": STRANGER, "email": "new@corp.example", "status": 1, "activationStatus": 1},
            "webhook": {"id": 1, "name": "usher", "url": "http://localhost/", "triggers": ["*"]}});
        let (headers, body) = two.t.sign(source, body.to_string().into_bytes());
        assert_eq!(two.t.post(source, headers, body).await.status(), 200);
    }
    two.drain().await;
    let portals: Vec<_> = two.jobs("congratulate").await.into_iter().map(|(portal, _)| portal).collect();
    assert_eq!(portals, ["docspace"], "at the second only those whom we onboarded");
}

#[tokio::test]
async fn a_pause_of_one_portal_leaves_the_other_at_work() {
    let two = Two::start().await;
    two.second_fault(json!({"status": 401, "times": 9}));
    two.hire().await;
    assert_eq!(two.jobs("onboard").await, [at("docspace", JobState::Done), at("second", JobState::Ready)]);
    let metrics = two.t.metrics().await;
    for line in ["usher_portal_paused{portal=\"docspace\"} 0", "usher_portal_paused{portal=\"second\"} 1"] {
        assert!(metrics.lines().any(|got| got == line), "{line} is not in\n{metrics}");
    }
    two.t.hire("8", "bob@corp.example").await;
    two.drain().await;
    assert_eq!(two.t.users().len(), 2, "the other goes on");
    for _ in 0..12 {
        two.t.clock.advance(SignedDuration::from_secs(61));
        two.drain().await;
    }
    assert!(two.jobs("onboard").await.iter().all(|(_, state)| *state == JobState::Done));
    assert_eq!(two.second_mails(), ["activation"]);
}

#[tokio::test]
async fn a_used_up_limit_of_one_portal_leaves_the_other_at_work() {
    let two = Two::with("[portals.second.limits]\nwrites_per_day = 1\n").await;
    two.hire().await;
    assert_eq!(two.jobs("onboard").await, [at("docspace", JobState::Done), at("second", JobState::Ready)]);
    let usage = |portal: &str| two.t.app.portals[portal].usage().writes_today;
    assert_eq!((usage("docspace"), usage("second")), (2, 1));
    two.t.app.remember_limits(&mut std::collections::BTreeMap::new()).await;
    for (portal, writes) in [("docspace", 2), ("second", 1)] {
        let kept: usher::docspace::Kept =
            two.t.app.store.recall(&format!("limits/{portal}")).await.unwrap().expect("counters of each portal");
        assert_eq!(kept.writes_today, writes, "{portal}");
    }
}

#[tokio::test]
async fn each_portals_log_and_accounts_are_compared_with_its_own_rows() {
    let two = Two::start().await;
    two.hire().await;
    two.second.activate_silently(&two.second_id()).await.unwrap();
    let told = reconcile(&two.t.app, "docspace", &two.t.app.portals["docspace"], false).await.unwrap();
    assert_eq!(told.activated, 0);
    let told = reconcile(&two.t.app, "second", &two.t.app.portals["second"], false).await.unwrap();
    assert_eq!(told.activated, 1);
    two.drain().await;
    assert_eq!(two.jobs("congratulate").await, [at("second", JobState::Done)]);
    two.t.shut();
    two.t.activate(ADA).await;
    two.t.reopen();
    for (portal, taken_in) in [("second", 0), ("docspace", 2)] {
        let source = &two.t.app.config.sources[portal];
        let told = catch_up(&two.t.app, source, &two.t.app.portals[portal], Order::default()).await.unwrap();
        assert_eq!((told.portal.as_str(), told.webhooks, told.taken_in), (portal, 1, taken_in));
    }
    two.drain().await;
    assert_eq!(two.jobs("congratulate").await, [at("docspace", JobState::Done), at("second", JobState::Done)]);
}

#[tokio::test]
async fn an_account_deleted_at_one_portal_stays_at_the_other() {
    let two = Two::start().await;
    two.hire().await;
    two.t.delete_sandbox_user(&two.t.user_id(ADA)).await;
    two.drain().await;
    assert!(two.row("docspace").await.deleted_at.is_some());
    assert!(two.row("second").await.deleted_at.is_none());
    two.second.activate(&two.second_id()).await.unwrap();
    two.drain().await;
    assert_eq!(two.jobs("congratulate").await, [at("second", JobState::Done)]);
}

#[tokio::test]
async fn a_termination_calls_work_off_at_every_portal() {
    let two = Two::start().await;
    two.hire().await;
    two.second_fault(json!({"path": "/portal/sendcongratulations", "status": 503, "times": 9}));
    two.t.fault(json!({"path": "/portal/sendcongratulations", "status": 503, "times": 9}));
    two.second.activate(&two.second_id()).await.unwrap();
    two.t.activate(ADA).await;
    two.drain().await;
    assert_eq!(two.jobs("congratulate").await, [at("docspace", JobState::Ready), at("second", JobState::Ready)]);
    two.t.tell("employee.terminated", json!({"employee_id": "7"})).await;
    two.drain().await;
    assert_eq!(
        two.jobs("congratulate").await,
        [at("docspace", JobState::Cancelled), at("second", JobState::Cancelled)]
    );
}

#[tokio::test]
async fn each_client_asks_its_own_portal() {
    let two = Two::start().await;
    two.hire().await;
    two.t
        .portal(Method::POST, "/people/invite", json!({"invitations": [{"email": "eve@corp.example", "type": "User"}]}))
        .await;
    let count = async |portal: &str| {
        let client = &two.t.app.portals[portal];
        let people = client.people(&PeopleQuery { count: 100, ..PeopleQuery::default() }).await.unwrap();
        let rows = client.webhook_log(&LogQuery { count: 100, ..LogQuery::default() }).await.unwrap();
        (people.items.len(), rows.items.len())
    };
    assert_eq!((count("docspace").await, count("second").await), ((3, 2), (2, 1)));
    assert_eq!(two.t.app.portals["second"].name(), "second");
}
