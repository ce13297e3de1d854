//! A door with sources whose platforms send handshakes, as vendors describe them.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tower::ServiceExt;
use usher::app::App;
use usher::auth::{self, Key};
use usher::config::{Config, Needs, SecretRef};
use usher::connector::Catalog;
use usher::http as web;
use usher::model::Clock;
use usher::store::{DeliveryFilter, Store};

use crate::scene::HandClock;

/// The secret of every source that has one from the start.
pub(crate) const SECRET: &str = "Example-Secret-1";

/// The connectors, each with what tells its handshakes.
const CONNECTORS: [(&str, &str); 8] = [
    (
        "okta",
        r#"
[auth]
kind = "token"
token = "header:authorization"
[[handshake]]
method = "GET"
verified = true
echo = { from = "header:x-okta-verification-challenge", to = "json:/verification" }
"#,
    ),
    (
        "graph",
        r#"
[sender]
deadline = "3s"
[auth]
kind = "token"
token = "json:/value/*/clientState"
match = "all"
[[handshake]]
method = "POST"
echo = { from = "query:validationToken", to = "text" }
"#,
    ),
    (
        "smartrecruiters",
        r#"
[auth]
kind = "hmac"
signed = "{timestamp}.{body}"
sig = "header:smartrecruiters-signature"
entry = "v1={sig}"
list_sep = ";"
timestamp = { src = "header:smartrecruiters-timestamp" }
[[handshake]]
method = "POST"
echo = { from = "header:x-hook-secret", to = "header:x-hook-secret" }
"#,
    ),
    (
        "gusto",
        r#"
setup = "Enter {url} as the subscription's address; with the token call PUT /v1/webhook_subscriptions/UUID/verify."
[auth]
kind = "hmac"
signed = "{body}"
sig = "header:x-gusto-signature"
[[handshake]]
method = "POST"
secret = "json:/verification_token"
"#,
    ),
    (
        "hibob",
        r#"
[auth]
kind = "hmac"
hash = "sha512"
signed = "{body}"
sig = "header:bob-signature"
encoding = "base64"
[[handshake]]
method = "POST"
match = { body = "Ping test" }
[[handshake]]
method = "POST"
match = { "json:/text" = "Ping test" }
"#,
    ),
    (
        "google",
        r#"
[auth]
kind = "token"
token = "header:x-goog-channel-token"
[[handshake]]
method = "POST"
match = { "header:x-goog-resource-state" = "sync" }
"#,
    ),
    (
        "cloudevents",
        r#"
[auth]
kind = "token"
token = "header:authorization"
prefix = "Bearer "
[[handshake]]
method = "OPTIONS"
echo = { from = "header:webhook-request-origin", to = "header:webhook-allowed-origin" }
headers = { webhook-allowed-rate = "120" }
"#,
    ),
    (
        "patient",
        r#"
[sender]
deadline = "1s"
[auth]
kind = "hmac"
signed = "{body}"
sig = "header:x-signature"
"#,
    ),
];

/// Every connector by its own name, and what a scene adds.
pub(crate) struct Door {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) dir: tempfile::TempDir,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    /// Besides `x-content-type-options`, which every answer to a handshake must have, and the content length.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A request without a body.
pub(crate) fn asks(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<Body> {
    sends(method, target, headers, b"")
}

pub(crate) fn sends(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_vec())).unwrap()
}

/// As the answer to a handshake without anything special in it.
pub(crate) fn fine(headers: &[(&str, &str)], body: &str) -> Got {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Got { status: 200, headers, body: body.to_owned() }
}

impl Door {
    /// Sources of all connectors, each with the secret, and `more` lines of configuration.
    pub(crate) async fn open(more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut text = more.to_owned();
        for (name, _) in CONNECTORS {
            if !more.contains(&format!("[sources.{name}]")) {
                text.push_str(&format!(
                    "[sources.{name}]\nconnector = \"{name}\"\nsecrets = [{{ env = \"SECRET\" }}]\n"
                ));
            }
        }
        let clock = Arc::new(HandClock::starting("2026-08-03T08:00:00Z"));
        let store = Store::open(&dir.path().join("usher.db"), true).await.unwrap();
        let app = App::within(dir.path().to_owned(), config(&text, dir.path()), store, clock.clone()).unwrap();
        Self { app, clock, dir }
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> http::Response<Body> {
        web::public(self.app.clone()).oneshot(request).await.unwrap()
    }

    pub(crate) async fn status(&self, request: Request<Body>) -> u16 {
        self.ask(request).await.status().as_u16()
    }

    /// The answer to a handshake, as a whole.
    pub(crate) async fn greet(&self, request: Request<Body>) -> Got {
        let mut answer = self.ask(request).await;
        let status = answer.status().as_u16();
        let nosniff = answer.headers_mut().remove("x-content-type-options");
        assert_eq!(nosniff.as_ref().map(HeaderValue::as_bytes), Some(&b"nosniff"[..]), "{status}");
        answer.headers_mut().remove("content-length");
        let text = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), value.to_str().unwrap().to_owned());
        let headers = answer.headers().iter().map(text).collect();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Got { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// A webhook signed with the scheme of its source and a secret.
    pub(crate) fn signed(&self, source: &str, secret: &str, body: &str) -> Request<Body> {
        let scheme = &self.app.config.sources[source].scheme;
        let key: Key = scheme.key(secret).unwrap();
        let (mut headers, mut body) = (HeaderMap::new(), body.as_bytes().to_vec());
        auth::sign(scheme, &key, &mut headers, &mut body, self.clock.now()).unwrap();
        let mut request = Request::post(format!("/hooks/{source}")).body(Body::from(body)).unwrap();
        *request.headers_mut() = headers;
        request
    }

    pub(crate) async fn stored(&self) -> usize {
        self.app.store.deliveries(DeliveryFilter::default()).await.unwrap().len()
    }

    /// The texts that were told to a source.
    pub(crate) async fn told(&self, source: &str) -> Vec<String> {
        use secrecy::ExposeSecret;
        let told = self.app.store.told_secrets(source).await.unwrap();
        told.iter().map(|told| told.secret.expose_secret().to_owned()).collect()
    }

    pub(crate) fn metrics(&self) -> String {
        self.app.metrics.encode()
    }
}

fn config(text: &str, dir: &Path) -> Config {
    let look_up = |reference: SecretRef<'_>| match reference {
        SecretRef::Env("SECRET") => Ok(SECRET.to_owned()),
        SecretRef::Env(name) => Err(format!("the environment variable {name} is not set; set it")),
        SecretRef::File(path) => std::fs::read_to_string(dir.join(path)).map_err(|error| error.to_string()),
    };
    let mut catalog = Catalog::embedded().unwrap();
    for (name, text) in CONNECTORS {
        let file = format!("connectors.d/{name}.toml");
        catalog.add(&file, &format!("name = \"{name}\"\n{text}")).unwrap_or_else(|problems| panic!("{problems:#?}"));
    }
    Config::parse("usher.toml", text, &catalog, &look_up, Needs::Everything)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}
