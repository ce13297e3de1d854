//! One fixture of one connector sent to the whole program, with a platform behind it that answers what the fixture says.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};
use usher::app::fixtures::Files;
use usher::auth::{self, Outgoing};
use usher::connector::{Call, Connector, Credentials, Input, trial};
use usher::fixture::Fixture;
use usher::model::{Clock, Job, JobState, Timestamp, kind};
use usher::store::{DeliveryFilter, JobFilter};

use crate::scene::Scene;
use crate::stand_in::{Asked, Says, StandIn};
use crate::support::TestApp;

/// Something is asked for by every kind of event.
const RULES: &str = r#"
[[rules]]
on = "employee.hired"
when = "event.first_name is not defined"
onboard = { type = "User", mode = "invite" }
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
[[rules]]
on = "employee.updated"
update = { type = "User" }
[[rules]]
on = "employee.terminated"
disable = {}
[[rules]]
on = "employee.rescinded"
disable = {}
[[rules]]
on = "user.activated"
congratulate = { via = ["sendcongratulations"], key = "welcome_guest" }
"#;
/// What the platform is shown: the secret of calls, whatever they travel as.
const TOKEN: &str = "token-of-the-source";

/// The program with a connector as its source, and a fixture of it.
pub(crate) struct Trial {
    pub(crate) t: TestApp,
    pub(crate) platform: StandIn,
    connector: Arc<Connector>,
    source: &'static str,
    pub(crate) fixture: Fixture,
    fetched: Option<Json>,
    /// What the expected file says.
    pub(crate) expected: Json,
}

/// All that is there to be compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// Kind, key and state of each.
    jobs: Vec<(String, String, JobState)>,
    users: Vec<String>,
    mails: Json,
    deliveries: usize,
    asked: usize,
}

impl State {
    pub(crate) fn deliveries(&self) -> usize {
        self.deliveries
    }

    /// Accounts and letters alone.
    pub(crate) fn outcome(&self) -> (Vec<String>, Json) {
        (self.users.clone(), self.mails.clone())
    }
}

impl Trial {
    pub(crate) async fn start(connector: &Arc<Connector>, files: &Files) -> Self {
        let platform = StandIn::start().await;
        // Of a portal there is one source; it has its place in every scene.
        let source = if connector.name == "docspace" { "docspace" } else { "tried" };
        let secret = connector.scheme.example_secret();
        let scene = Scene {
            rules: RULES.to_owned(),
            extra: if source == "tried" { section(connector, &platform) } else { String::new() },
            webhook: false,
            secrets: [("DOCSPACE", secret.clone()), ("TRIED", secret), ("TOKEN", TOKEN.to_owned())].into(),
            ..Scene::default()
        };
        let t = TestApp::with(scene).await;
        let read = |bytes: &Vec<u8>| serde_json::from_slice::<Json>(bytes).unwrap();
        let fixture = Fixture::parse(&files.request).unwrap();
        let fetched = files.fetched.as_ref().map(read);
        platform.answers(fetched.clone().map(Says::Json));
        let expected = files.expected.as_ref().map(read).unwrap_or_default();
        let trial = Self { t, platform, connector: connector.clone(), source, fixture, fetched, expected };
        trial.t.clock.advance(trial.sent_at().duration_since(trial.t.clock.now()));
        trial
    }

    /// When it was signed, else the noon of the day on which fixtures are mapped.
    fn sent_at(&self) -> Timestamp {
        let body = Bytes::from(self.fixture.body.clone());
        let noon = || trial::DAY.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        auth::sent_at(&self.connector.scheme, &self.headers(), &body).unwrap_or_else(noon)
    }

    fn headers(&self) -> HeaderMap {
        let pair = |(name, value): &(String, String)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::try_from(value).unwrap())
        };
        self.fixture.headers.iter().map(pair).collect()
    }

    /// Send the fixture as it is: its method, query, head and body.
    pub(crate) async fn send(&self) -> Response<Body> {
        let target = self.fixture.target.as_deref().unwrap_or_default();
        let query = target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        let request = Request::builder().method(self.fixture.method.as_str());
        let mut request =
            request.uri(format!("/hooks/{}{query}", self.source)).body(Body::from(self.fixture.body.clone())).unwrap();
        *request.headers_mut() = self.headers();
        self.t.request(request).await
    }

    /// Send it a minute later and signed at that time, as a platform does that tries again.
    pub(crate) async fn send_anew(&mut self) -> Response<Body> {
        self.t.clock.advance(SignedDuration::from_mins(1));
        let source = &self.t.app.config.sources[self.source];
        let target = self.fixture.target.clone().unwrap_or_default();
        let mut query = target.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
        let (mut headers, mut body) = (self.headers(), self.fixture.body.clone());
        let outgoing = Outgoing { query: &mut query, headers: &mut headers, body: &mut body };
        auth::sign_request(&source.scheme, &source.keys[0], outgoing, self.t.clock.now()).unwrap();
        let text = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), value.to_str().unwrap().to_owned());
        self.fixture.headers = headers.iter().map(text).collect();
        self.fixture.target = (!query.is_empty()).then(|| format!("/?{query}"));
        self.fixture.body = body;
        self.send().await
    }

    /// The answer as an expected file has it.
    pub(crate) async fn shake_hands(&self) -> Json {
        let answer = self.send().await;
        let status = answer.status().as_u16();
        let mut headers = Map::new();
        for (name, value) in answer.headers() {
            if !["x-content-type-options", "content-length"].contains(&name.as_str()) {
                headers.insert(name.to_string(), json!(value.to_str().unwrap()));
            }
        }
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        json!({"handshake": {"status": status, "headers": headers, "body": String::from_utf8_lossy(&body)}})
    }

    /// Another signature or token in place of the sound one; whether there was any.
    pub(crate) fn forge(&mut self) -> bool {
        let before = self.fixture.clone();
        let signing = self.connector.scheme.headers_set_by_sign();
        for (name, value) in &mut self.fixture.headers {
            if signing.iter().any(|signing| signing.as_str().eq_ignore_ascii_case(name)) {
                let middle = value.len() / 2;
                let other = if value[middle..].starts_with('1') { "2" } else { "1" };
                value.replace_range(middle..=middle, other);
            }
        }
        let sig = self.connector.auth.get("sig").and_then(Json::as_str).and_then(|sig| sig.strip_prefix("json:"));
        let body = serde_json::from_slice::<Json>(&self.fixture.body).unwrap_or_default();
        let sig = sig.and_then(|pointer| body.pointer(pointer)?.as_str()).unwrap_or("Example-Secret-1");
        let other = |text: &str| text.replace(sig, &sig.replace('1', "2"));
        self.fixture.target = self.fixture.target.as_deref().map(other);
        if let Ok(body) = std::str::from_utf8(&self.fixture.body) {
            self.fixture.body = other(body).into_bytes();
        }
        self.fixture != before
    }

    pub(crate) async fn jobs(&self) -> Vec<Job> {
        self.t.app.store.jobs(JobFilter::default()).await.unwrap()
    }

    pub(crate) async fn state(&self) -> State {
        let mut jobs: Vec<_> = self.jobs().await.into_iter().map(|job| (job.kind, job.key, job.state)).collect();
        // What died of its content is tried again when it comes again, and of a thin message without id or time it is
        // asked again a minute later: neither is an action.
        let again = |state| state == JobState::Dead || (state == JobState::Ready && self.connector.has_fetch());
        jobs.retain(|(kind, _, state)| !(kind == kind::PROCESS && again(*state)));
        State {
            jobs,
            users: self.t.users(),
            mails: self.t.state()["mails"].clone(),
            deliveries: self.t.app.store.deliveries(DeliveryFilter::default()).await.unwrap().len(),
            asked: self.platform.asked().len(),
        }
    }

    /// The calls that the connector makes of the fixture.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let headers = auth::kept_headers(&self.connector.scheme, &self.headers());
        let input = Input {
            source: self.source,
            options: &Map::new(),
            headers: &headers,
            body: &self.fixture.body,
            fetched: self.fetched.as_ref(),
            today: trial::DAY,
        };
        let thin = self.connector.thin(&input).map(|(thin, _)| thin).unwrap_or_default();
        thin.into_iter().filter_map(|thin| thin.call?.ok()).collect()
    }

    /// Whether what the platform was asked is such a call, with all that it wants to see.
    pub(crate) fn is_asked_by(&self, call: &Call, asked: &Asked) -> bool {
        let Some(fetch) = &self.connector.fetch else { return false };
        let method = if call.body.is_some() { "POST" } else { "GET" };
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let shown = match fetch.auth.first() {
            None => None,
            Some(Credentials::Bearer) => Some(format!("Bearer {TOKEN}")),
            Some(Credentials::OAuth2) => Some("Bearer token-of-the-stand-in".to_owned()),
            // usher and the token.
            Some(Credentials::Basic) => Some("Basic dXNoZXI6dG9rZW4tb2YtdGhlLXNvdXJjZQ==".to_owned()),
        };
        asked.method == method
            && asked.path_and_query == call.path_and_query
            && asked.body == body
            && (shown.is_none()
                || asked.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes) == shown.as_deref().map(str::as_bytes))
            && fetch.secret_headers.iter().all(|name| asked.headers.get(name).is_some_and(|value| value == TOKEN))
            && call.headers.iter().all(|(name, value)| asked.headers.get(name) == Some(value))
    }
}

/// The source, as an administrator would write it.
fn section(connector: &Connector, platform: &StandIn) -> String {
    let mut text = format!("[sources.tried]\nconnector = \"{}\"\nsecrets = [{{ env = \"TRIED\" }}]\n", connector.name);
    if !connector.evidence.assumed().is_empty() {
        text.push_str("accept_assumptions = true\n");
    }
    let Some(fetch) = &connector.fetch else { return text };
    text.push_str(&format!(
        "[sources.tried.fetch]\nbase = \"http://{}\"\nallow = [\"127.0.0.1\"]\nper_minute = 6000\n",
        platform.address
    ));
    text.push_str(&match fetch.auth.first() {
        None => String::new(),
        Some(Credentials::Bearer) => "bearer = { env = \"TOKEN\" }\n".to_owned(),
        Some(Credentials::Basic) => "basic = { user = \"usher\", password = { env = \"TOKEN\" } }\n".to_owned(),
        Some(Credentials::OAuth2) => format!(
            "oauth2 = {{ client_id = \"usher\", client_secret = {{ env = \"TOKEN\" }}, token_url = \"{}\" }}\n",
            platform.token_url()
        ),
    });
    let header = |name: &HeaderName| format!("headers.{name} = {{ env = \"TOKEN\" }}\n");
    text.extend(fetch.secret_headers.iter().map(header));
    text
}
