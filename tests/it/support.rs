//! The harness: the real router and worker, a real store file, the sandbox, and a clock moved by hand.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;
use usher::app::App;
use usher::auth;
use usher::fixture::Fixture;
use usher::http as web;
use usher::model::{Clock, Job, JobState, Person};
use usher::sandbox::{self, DEFAULT_API_KEY, Fault, Sandbox};
use usher::store::{Claim, JobFilter, PersonFilter};
use usher::worker;

use crate::scene::{DOCSPACE_SECRET, HandClock, Scene, Switch, build, listen};

/// The whole program in one process, with the other side.
pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) sandbox: Sandbox,
    pub(crate) dir: tempfile::TempDir,
    config: Scene,
    portal: SocketAddr,
    public: SocketAddr,
    switch: Switch,
    _ends: DropGuard,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(Scene::default()).await
    }

    pub(crate) async fn with(scene: Scene) -> Self {
        let clock = Arc::new(HandClock::starting("2026-08-03T08:00:00Z"));
        let settings = sandbox::Settings {
            strict: scene.strict,
            paid_seats: scene.paid_seats,
            permissions: scene.permissions.clone(),
            role: scene.role,
            retry_unit: Duration::from_millis(10),
            ..sandbox::Settings::new(clock.clone())
        };
        let ends = CancellationToken::new();
        let running = Sandbox::start(settings, "127.0.0.1:0".parse().unwrap(), ends.clone()).await.unwrap();
        let (sandbox, portal) = (running.sandbox.clone(), running.address);
        let dir = tempfile::tempdir().unwrap();
        let app = build(&scene, portal, dir.path().join("usher.db"), clock.clone()).await;
        let (public, switch) = listen(&app);
        if scene.webhook {
            sandbox.set_webhook(&format!("http://{public}/hooks/docspace"), DOCSPACE_SECRET).unwrap();
        }
        Self { app, clock, sandbox, dir, config: scene, portal, public, switch, _ends: ends.drop_guard() }
    }

    /// As after `kill -9`: everything in memory is gone, the file stays.
    pub(crate) async fn restart(&mut self) {
        let path = self.dir.path().join("usher.db");
        self.app = build(&self.config, self.portal, path, self.clock.clone()).await;
        self.app.store.recover(self.app.clock.now()).await.unwrap();
        *self.switch.lock().unwrap() = web::public(self.app.clone());
    }

    /// The same with another configuration.
    pub(crate) async fn restart_with(&mut self, change: impl FnOnce(&mut Scene)) {
        change(&mut self.config);
        self.restart().await;
    }

    /// From now on every webhook is answered 503.
    pub(crate) fn shut(&self) {
        *self.switch.lock().unwrap() = axum::Router::new().fallback(async || StatusCode::SERVICE_UNAVAILABLE);
    }

    /// Webhooks come in again.
    pub(crate) fn reopen(&self) {
        *self.switch.lock().unwrap() = web::public(self.app.clone());
    }

    pub(crate) fn portal_address(&self) -> SocketAddr {
        self.portal
    }

    pub(crate) fn public(&self) -> SocketAddr {
        self.public
    }

    /// A fixture, with `changes` made to its body, freshly signed.
    pub(crate) fn signed(&self, fixture: &str, source: &str, changes: &[(&str, &str)]) -> (HeaderMap, Vec<u8>) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{fixture}.http"));
        let mut fixture = Fixture::parse(&std::fs::read(&path).unwrap()).unwrap();
        for (at, value) in changes {
            fixture.set(at, value).unwrap();
        }
        self.sign(source, fixture.body)
    }

    pub(crate) fn sign(&self, source: &str, mut body: Vec<u8>) -> (HeaderMap, Vec<u8>) {
        let source = &self.app.config.sources[source];
        let mut headers = HeaderMap::new();
        auth::sign(&source.scheme, &source.keys[0], &mut headers, &mut body, self.clock.now()).unwrap();
        (headers, body)
    }

    /// Through the real router.
    pub(crate) async fn post(&self, source: &str, headers: HeaderMap, body: Vec<u8>) -> http::Response<Body> {
        let mut request = Request::post(format!("/hooks/{source}")).body(Body::from(body)).unwrap();
        *request.headers_mut() = headers;
        self.request(request).await
    }

    pub(crate) async fn request(&self, request: Request<Body>) -> http::Response<Body> {
        web::public(self.app.clone()).oneshot(request).await.unwrap()
    }

    /// What the admin listener tells.
    pub(crate) async fn metrics(&self) -> String {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let answer = web::admin(self.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        String::from_utf8(axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    /// Sign and post Usher's own JSON to the source `own`.
    pub(crate) async fn tell(&self, kind: &str, data: Json) -> StatusCode {
        let (headers, body) = self.sign("own", json!({"type": kind, "data": data}).to_string().into_bytes());
        self.post("own", headers, body).await.status()
    }

    pub(crate) async fn hire(&self, employee: &str, email: &str) -> StatusCode {
        let data = json!({"employee_id": employee, "email": email, "first_name": "Ada", "last_name": "Example"});
        self.tell("employee.hired", data).await
    }

    /// Do all that is due, here and at the portal, until nothing is left.
    pub(crate) async fn drain(&self) {
        for _ in 0..100 {
            self.sandbox.webhooks_settled().await;
            if worker::drain(&self.app).await.unwrap() == 0 {
                return;
            }
        }
        panic!("the work does not end");
    }

    pub(crate) async fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
        self.drain().await;
    }

    pub(crate) fn fault(&self, fault: Json) {
        let fault: Fault = serde_json::from_value(fault).unwrap();
        self.sandbox.add_fault(fault).unwrap();
    }

    /// Activate the account of an address as the person would.
    pub(crate) async fn activate(&self, email: &str) {
        let id = self.user_id(email);
        self.sandbox.activate(&id).await.unwrap();
        self.drain().await;
    }

    /// A call that an administrator makes at the portal, by the key's own user, and the webhooks it publishes.
    pub(crate) async fn portal(&self, method: Method, path: &str, body: Json) -> Json {
        let url = format!("http://{}/api/2.0{path}", self.portal);
        let client = usher::docspace::http_client(&url.parse().unwrap()).unwrap();
        let answer = client.request(method, url).bearer_auth(DEFAULT_API_KEY).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let answer: Json = answer.json().await.unwrap();
        self.drain().await;
        answer["response"].clone()
    }

    /// An account that is made at the portal.
    pub(crate) async fn sandbox_user(&self, email: &str) {
        let body = json!({"email": email, "firstName": "Some", "lastName": "Body", "type": "User"});
        self.portal(Method::POST, "/people", body).await;
    }

    /// An account that is deleted at the portal, as it has to be done: disabled first.
    pub(crate) async fn delete_sandbox_user(&self, user_id: &str) {
        self.portal(Method::PUT, "/people/status/2", json!({"userIds": [user_id]})).await;
        self.portal(Method::DELETE, &format!("/people/{user_id}"), json!({})).await;
    }

    /// A DocSpace webhook made by hand, signed, posted and worked off.
    pub(crate) async fn docspace(&self, trigger: &str, id: i64, payload: Json) {
        self.docspace_at(trigger, id, "2026-08-03T08:00:00Z", payload).await;
        self.drain().await;
    }

    /// The same, published at another time, and only posted.
    pub(crate) async fn docspace_at(&self, trigger: &str, id: i64, at: &str, payload: Json) {
        let body = json!({"event": {"id": id, "createOn": at, "trigger": trigger, "triggerId": 1}, "payload": payload,
            "webhook": {"id": 1, "name": "usher", "url": "http://localhost/", "triggers": ["*"]}});
        let (headers, body) = self.sign("docspace", body.to_string().into_bytes());
        assert_eq!(self.post("docspace", headers, body).await.status(), 200);
    }

    /// Release every held job of a kind, as by hand, and work.
    pub(crate) async fn release(&self, kind: &str) {
        let held = self.jobs(kind).await.into_iter().filter(|job| job.state == JobState::Held).map(|job| job.id);
        assert!(
            self.app.store.release(held.collect(), "tests", self.clock.now()).await.unwrap() > 0,
            "no {kind} is held"
        );
        self.drain().await;
    }

    pub(crate) fn user_id(&self, email: &str) -> String {
        let state = self.sandbox.state();
        state
            .users
            .iter()
            .find(|user| user.email == email)
            .unwrap_or_else(|| panic!("no account {email}"))
            .id
            .to_string()
    }

    pub(crate) fn state(&self) -> Json {
        json!(self.sandbox.state())
    }

    /// Addresses with an account.
    pub(crate) fn users(&self) -> Vec<String> {
        texts(&self.state()["users"], "email")
    }

    /// Kinds of the mails to an address, in order.
    pub(crate) fn mails(&self, email: &str) -> Vec<String> {
        let state = self.state();
        let mails = state["mails"].as_array().unwrap().iter().filter(|mail| mail["to"] == email).cloned().collect();
        texts(&Json::Array(mails), "kind")
    }

    /// How often the portal was asked this.
    pub(crate) fn calls(&self, method: &str, path: &str) -> usize {
        let state = self.state();
        let calls = state["calls"].as_array().unwrap();
        calls.iter().filter(|call| call["method"] == method && call["path"] == format!("/api/2.0{path}")).count()
    }

    pub(crate) async fn jobs(&self, kind: &str) -> Vec<Job> {
        let filter = JobFilter { kind: Some(kind.to_owned()), ..JobFilter::default() };
        self.app.store.jobs(filter).await.unwrap()
    }

    /// State and reason of the only job of a kind.
    pub(crate) async fn only(&self, kind: &str) -> (JobState, String) {
        let jobs = self.jobs(kind).await;
        assert_eq!(jobs.len(), 1, "{jobs:#?}");
        (jobs[0].state, jobs[0].reason.clone().unwrap_or_default())
    }

    pub(crate) async fn people(&self) -> Vec<Person> {
        self.app.store.people(PersonFilter::default()).await.unwrap()
    }
}

fn texts(list: &Json, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

/// As a worker claims: at most so many of process jobs, and of actions and questions.
pub(crate) fn claim(process: usize, actions: usize) -> Claim {
    let lease = Duration::from_secs(60);
    Claim { process, actions, questions: actions, resting: Vec::new(), paused: Vec::new(), lease }
}
