//! A sandbox that listens, a clock moved by hand, and a client that keeps the raw answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use usher::model::Clock;
use usher::sandbox::{MailKind, Sandbox, Settings};

pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) url: String,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) client: reqwest::Client,
    stop: CancellationToken,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A raw answer. `json` is null where the body is empty.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    /// The `response` of a 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Value {
        assert_eq!(self.status, 200, "{}", self.text);
        assert_eq!((&self.json["status"], &self.json["statusCode"]), (&json!(0), &json!(200)));
        &self.json["response"]
    }

    /// The message of an error of the first shape.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!((&self.json["status"], &self.json["statusCode"]), (&json!(1), &json!(status)));
        assert!(self.json.get("response").is_none());
        self.json["error"]["message"].as_str().unwrap()
    }

    /// The `errors` of a refusal by model validation.
    #[track_caller]
    pub(crate) fn invalid(&self) -> &Value {
        assert_eq!(self.status, 400, "{}", self.text);
        assert_eq!((&self.json["status"], &self.json["statusCode"]), (&json!(1), &json!(400)));
        assert!(self.json.get("error").is_none());
        assert_eq!(self.json["response"]["status"], 400);
        &self.json["response"]["errors"]
    }

    #[track_caller]
    pub(crate) fn empty(&self, status: u16) {
        assert_eq!((self.status, self.text.as_str()), (status, ""));
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(HandClock(Mutex::new("2026-08-01T10:05:00.1234567Z".parse().unwrap())));
        let mut settings = Settings::new(clock.clone());
        settings.retry_unit = Duration::from_millis(5);
        set(&mut settings);
        let stop = CancellationToken::new();
        let running = Sandbox::start(settings, ([127, 0, 0, 1], 0).into(), stop.clone()).await.unwrap();
        let client = client().build().unwrap();
        Self { url: running.url(), sandbox: running.sandbox, clock, client, stop }
    }

    pub(crate) fn key(&self) -> String {
        format!("Bearer {}", self.sandbox.state().api_key)
    }

    /// A call under `/api/2.0` with the key.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request =
            self.client.request(method, format!("{}/api/2.0{path}", self.url)).header("authorization", self.key());
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// A `DELETE` with a body.
    pub(crate) async fn take_out(&self, path: &str, body: Value) -> Answer {
        self.call(Method::DELETE, path, Some(body)).await
    }

    /// A control call; a null body sends none.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Answer {
        let mut request = self.client.post(format!("{}/_sandbox{path}", self.url));
        if !body.is_null() {
            request = request.json(&body);
        }
        read(request.send().await.unwrap()).await
    }

    /// Create a `User` called Ada Example; the id.
    pub(crate) async fn create(&self, email: &str) -> String {
        let body = json!({ "email": email, "firstName": "Ada", "lastName": "Example", "type": "User" });
        text(&self.post("/people", body).await.ok()["id"])
    }

    /// Invite one address as `User`; the id.
    pub(crate) async fn invite(&self, email: &str) -> String {
        self.post("/people/invite", json!({ "invitations": [{ "email": email, "type": "User" }] })).await.ok();
        let path = format!("/people/email?email={}", email.replace('+', "%2B"));
        text(&self.get(&path).await.ok()["id"])
    }

    /// Register through the newest invitation to this address; the id.
    pub(crate) async fn accept(&self, email: &str) -> String {
        let form = json!({ "way": "invitation", "email": email, "firstName": "Eve", "lastName": "Guest" });
        let answer = self.control("/join", form).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        text(&answer.json["id"])
    }

    /// Disable an account.
    pub(crate) async fn terminate(&self, id: &str) {
        self.put("/people/status/Terminated", json!({ "userIds": [id] })).await.ok();
    }

    pub(crate) fn mails(&self) -> Vec<(String, MailKind)> {
        self.sandbox.state().mails.into_iter().map(|mail| (mail.to, mail.kind)).collect()
    }
}

pub(crate) fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_certs_only([])
}

pub(crate) async fn read(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, text, json }
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
