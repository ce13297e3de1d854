//! The portal does what it is asked, and its answer never comes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, Uri, header};
use jiff::SignedDuration;
use usher::model::JobState;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// Something between the program and the portal, which keeps one answer to itself.
#[derive(Clone, Default)]
struct Between {
    portal: Arc<OnceLock<SocketAddr>>,
    kept_back: Arc<Mutex<Option<&'static str>>>,
}

impl Between {
    /// A scene whose portal is reached by way of this one.
    async fn scene(&self) -> Scene {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        let router = axum::Router::new().fallback(pass).with_state(self.clone());
        tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        Scene { portal: Some(address.leak()), portal_patience: Some(Duration::from_secs(2)), ..Scene::default() }
    }

    /// Keep the answer to the next call of this method and path.
    fn keep_back(&self, call: &'static str) {
        *self.kept_back.lock().unwrap() = Some(call);
    }
}

async fn pass(
    State(between): State<Between>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let url = format!("http://{}{uri}", between.portal.get().unwrap());
    headers.remove(header::HOST);
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let call = format!("{method} {}", uri.path());
    let answer = client.request(method, url).headers(headers).body(body).send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    if between.kept_back.lock().unwrap().take_if(|kept| *kept == call).is_some() {
        std::future::pending::<()>().await;
    }
    Response::builder().status(status).body(Body::from(body)).unwrap()
}

async fn start() -> (TestApp, Between) {
    let between = Between::default();
    let t = TestApp::with(between.scene().await).await;
    between.portal.set(t.portal_address()).unwrap();
    (t, between)
}

#[tokio::test]
async fn an_onboarding_whose_answer_never_comes_makes_one_account_and_one_mail() {
    for call in ["POST /api/2.0/people", "POST /api/2.0/people/invite", "GET /api/2.0/people/email"] {
        let (t, between) = start().await;
        between.keep_back(call);
        t.hire("7", ADA).await;
        t.drain().await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!(state, JobState::Ready, "{call} {reason}");
        assert!(reason.contains("no answer came in time"), "{call} {reason}");
        for _ in 0..3 {
            t.advance(SignedDuration::from_secs(120)).await;
        }
        assert_eq!(t.only("onboard").await.0, JobState::Done, "{call}");
        assert_eq!((t.calls("POST", "/people"), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{call}");
        assert!(t.people().await[0].is_ours(), "{call}");
    }
}

#[tokio::test]
async fn a_congratulation_whose_answer_never_comes_is_held_and_sent_once() {
    let (t, between) = start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    between.keep_back("POST /api/2.0/portal/sendcongratulations");
    t.activate(ADA).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held, "{reason}");
    assert!(reason.contains("may have been sent"), "{reason}");
    t.advance(SignedDuration::from_hours(24)).await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}
