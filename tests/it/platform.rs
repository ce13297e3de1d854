//! A stand-in for a platform that is asked for what its webhooks leave out.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::Value as Json;

use crate::scene::{HR_SECRET, Scene};
use crate::support::TestApp;

#[derive(Default)]
struct Desk {
    people: BTreeMap<String, Json>,
    /// Statuses of the next answers, instead.
    faults: VecDeque<u16>,
    asked: Vec<String>,
}

/// A running platform; it answers `/v1/staff/ID` to whoever brings the token.
#[derive(Clone)]
pub(crate) struct Platform {
    desk: Arc<Mutex<Desk>>,
    pub(crate) address: SocketAddr,
}

/// The connector of the platform. It names ids only, several in one message, and tells nothing of who is gone.
pub(crate) const CONNECTOR: &str = r#"
name = "acme"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-acme-signature"
encoding = "hex"
[fetch]
path = "/v1/staff/{{ item.id }}"
auth = ["bearer"]
per_minute = 6000
[fields]
employee_id = "item.id"
email = "fetched.mail"
first_name = "fetched.first"
last_name = "fetched.last"
[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'new' and fetched.state == 'active'"
[[event]]
kind = "employee.terminated"
items = "body.people"
when = "item.news == 'gone'"
fetch = false
"#;

/// The source `acme` with its platform at this address.
pub(crate) fn source_at(address: SocketAddr) -> String {
    format!(
        "[sources.acme]\nconnector = \"acme\"\nsecrets = [{{ env = \"HR\" }}]\n[sources.acme.fetch]\n\
         base = \"http://{address}\"\nallow = [\"127.0.0.1\"]\nbearer = {{ env = \"HR\" }}\n"
    )
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let desk: Arc<Mutex<Desk>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { desk, address }
    }

    /// The program with this platform as its source `acme`.
    pub(crate) async fn hired_by(&self) -> TestApp {
        let extra = source_at(self.address);
        TestApp::with(Scene { extra, connector: Some(CONNECTOR.to_owned()), ..Scene::default() }).await
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    pub(crate) fn knows(&self, id: &str, person: Json) {
        self.desk().people.insert(id.to_owned(), person);
    }

    /// The next answers are these statuses and nothing else.
    pub(crate) fn fails(&self, statuses: impl IntoIterator<Item = u16>) {
        self.desk().faults.extend(statuses);
    }

    /// The paths asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.desk().asked.clone()
    }
}

async fn answer(State(desk): State<Arc<Mutex<Desk>>>, request: Request) -> Response {
    let mut desk = desk.lock().unwrap();
    let path = request.uri().path().to_owned();
    desk.asked.push(path.clone());
    if let Some(status) = desk.faults.pop_front() {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if token != Some(format!("Bearer {HR_SECRET}").as_str()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match path.strip_prefix("/v1/staff/").and_then(|id| desk.people.get(id)) {
        Some(person) => axum::Json(person.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
