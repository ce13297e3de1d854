//! The harness: the real router and worker, a real store file, the sandbox, and a clock moved by hand.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;
use usher::app::App;
use usher::auth;
use usher::config::{Config, Needs, SecretRef};
use usher::connector::Catalog;
use usher::fixture::Fixture;
use usher::http::{self as web, Listener};
use usher::model::{Clock, Job, JobState, Person};
use usher::sandbox::{self, DEFAULT_API_KEY, Fault, Sandbox};
use usher::store::{JobFilter, PersonFilter, Store};
use usher::worker;

/// Secret of every HR source of the harness.
pub(crate) const HR_SECRET: &str = "hr-secret-0123456789";
/// Secret of DocSpace's webhook.
pub(crate) const DOCSPACE_SECRET: &str = "docspace-secret-01";

/// A clock that moves only when a test moves it.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    fn starting(at: &str) -> Self {
        Self(AtomicI64::new(at.parse::<Timestamp>().unwrap().as_millisecond()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// How a scene is set up; change what matters to it.
pub(crate) struct Scene {
    pub(crate) rules: String,
    pub(crate) extra: String,
    pub(crate) strict: bool,
    pub(crate) api_key: String,
    pub(crate) paid_seats: usize,
    pub(crate) permissions: Vec<String>,
    /// Whether the sandbox posts its webhooks to us.
    pub(crate) webhook: bool,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            rules: r#"
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
[[rules]]
on = "user.activated"
congratulate = { via = ["sendcongratulations"], key = "welcome_guest" }
"#
            .to_owned(),
            extra: String::new(),
            strict: false,
            api_key: DEFAULT_API_KEY.to_owned(),
            paid_seats: usize::MAX,
            permissions: Vec::new(),
            webhook: true,
        }
    }
}

/// The whole program in one process, with the other side.
pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) sandbox: Sandbox,
    pub(crate) dir: tempfile::TempDir,
    config: Scene,
    portal: SocketAddr,
    public: SocketAddr,
    stop: Box<dyn Fn()>,
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
            retry_unit: Duration::from_millis(10),
            ..sandbox::Settings::new(clock.clone())
        };
        let ends = CancellationToken::new();
        let running = Sandbox::start(settings, "127.0.0.1:0".parse().unwrap(), ends.clone()).await.unwrap();
        let (sandbox, portal) = (running.sandbox.clone(), running.address);
        let dir = tempfile::tempdir().unwrap();
        let app = build(&scene, portal, dir.path().join("usher.db"), clock.clone()).await;
        let (public, stop) = listen(&app);
        if scene.webhook {
            sandbox.set_webhook(&format!("http://{public}/hooks/docspace"), DOCSPACE_SECRET).unwrap();
        }
        Self { app, clock, sandbox, dir, config: scene, portal, public, stop, _ends: ends.drop_guard() }
    }

    /// As after `kill -9`: everything in memory is gone, the file stays.
    pub(crate) async fn restart(&mut self) {
        (self.stop)();
        let path = self.dir.path().join("usher.db");
        self.app = build(&self.config, self.portal, path, self.clock.clone()).await;
        self.app.store.recover(self.app.clock.now()).await.unwrap();
        let (public, stop) = listen(&self.app);
        (self.public, self.stop) = (public, stop);
        self.sandbox.set_webhook(&format!("http://{public}/hooks/docspace"), DOCSPACE_SECRET).unwrap();
    }

    pub(crate) fn portal(&self) -> SocketAddr {
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

    /// An account that somebody else made at the portal, and the webhook it published.
    pub(crate) async fn sandbox_user(&self, email: &str) {
        let body = json!({"email": email, "firstName": "Some", "lastName": "Body", "type": "User"});
        let url = format!("http://{}/api/2.0/people", self.portal);
        let client = usher::docspace::http_client(&url.parse().unwrap()).unwrap();
        let answer = client.post(url).bearer_auth(DEFAULT_API_KEY).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
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

fn config(scene: &Scene, portal: SocketAddr) -> Config {
    let text = format!(
        r#"
[docspace]
url = "http://{portal}"
api_key = {{ env = "API_KEY" }}
[sources.docspace]
connector = "docspace"
secrets = [{{ env = "DOCSPACE" }}]
[sources.own]
connector = "generic-hmac"
secrets = [{{ env = "HR" }}]
[sources.standard]
connector = "standard-webhooks"
secrets = [{{ env = "STANDARD" }}]
[sources.bamboohr]
connector = "bamboohr"
secrets = [{{ env = "HR" }}]
[sources.greenhouse]
connector = "greenhouse"
secrets = [{{ env = "HR" }}]
{}
{}
"#,
        scene.extra, scene.rules
    );
    let look_up = |reference: SecretRef<'_>| match reference {
        SecretRef::Env("API_KEY") => Ok(scene.api_key.clone()),
        SecretRef::Env("DOCSPACE") => Ok(DOCSPACE_SECRET.to_owned()),
        SecretRef::Env("STANDARD") => Ok("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        SecretRef::Env(_) => Ok(HR_SECRET.to_owned()),
        SecretRef::File(path) => Err(format!("no file {path}")),
    };
    let catalog = Catalog::embedded().unwrap();
    Config::parse("usher.toml", &text, &catalog, &look_up, Needs::Everything)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

async fn build(scene: &Scene, portal: SocketAddr, path: PathBuf, clock: Arc<HandClock>) -> Arc<App> {
    let store = Store::open(&path, true).await.unwrap();
    App::new(config(scene, portal), store, clock).unwrap()
}

fn listen(app: &Arc<App>) -> (SocketAddr, Box<dyn Fn()>) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "test").unwrap();
    let (address, stop) = (listener.address(), listener.stopper());
    tokio::spawn(listener.serve(web::public(app.clone())));
    (address, Box::new(stop))
}
