//! How a scene is set up: the configuration, the clock moved by hand, the parts of the program.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt;
use usher::app::App;
use usher::config::{Config, Needs, SecretRef};
use usher::connector::Catalog;
use usher::docspace;
use usher::http::{self as web, Listener};
use usher::mail;
use usher::model::Clock;
use usher::receiver::Receiver;
use usher::sandbox::{DEFAULT_API_KEY, Role};
use usher::store::Store;

/// Secret of every HR source of the harness.
pub(crate) const HR_SECRET: &str = "hr-secret-0123456789";
/// Secret of DocSpace's webhook.
pub(crate) const DOCSPACE_SECRET: &str = "docspace-secret-01";

/// The connectors of the program. Shared, for each is compiled when it is first asked for.
pub(crate) static EMBEDDED: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// A clock that moves only when a test moves it.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn starting(at: &str) -> Self {
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
    /// What the owner of the key is at the portal.
    pub(crate) role: Role,
    /// Whether the sandbox posts its webhooks to us.
    pub(crate) webhook: bool,
    /// Address of a portal that is not the sandbox.
    pub(crate) portal: Option<&'static str>,
    /// How often accounts are compared with the ledger.
    pub(crate) reconcile: Option<&'static str>,
    /// Address of another portal, `second`, with a source of its own of this name.
    pub(crate) second: Option<SocketAddr>,
    /// A connector of the configured directory.
    pub(crate) connector: Option<String>,
    /// How long mail servers and receivers are waited for, where that is not as long as usual.
    pub(crate) patience: Option<Duration>,
    /// The same of the portal.
    pub(crate) portal_patience: Option<Duration>,
    /// What environment variables hold, where that is not what they usually do.
    pub(crate) secrets: BTreeMap<&'static str, String>,
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
            role: Role::Owner,
            webhook: true,
            portal: None,
            reconcile: None,
            second: None,
            connector: None,
            patience: None,
            portal_patience: None,
            secrets: BTreeMap::new(),
        }
    }
}

/// What the configuration says of the second portal, and where the first source has to say that it is not its own.
fn second(scene: &Scene) -> (&'static str, String) {
    let Some(address) = scene.second else { return ("", String::new()) };
    let sections = format!(
        r#"
[portals.second]
url = "http://{address}"
api_key = {{ env = "API_KEY" }}
[sources.second]
connector = "docspace"
secrets = [{{ env = "DOCSPACE" }}]
portal = "second"
"#
    );
    ("portal = \"docspace\"", sections)
}

fn config(scene: &Scene, portal: SocketAddr) -> Config {
    let (first, second) = second(scene);
    let reconcile = scene.reconcile.map(|every| format!("reconcile = \"{every}\"")).unwrap_or_default();
    let portal = scene.portal.map_or_else(|| format!("http://{portal}"), str::to_owned);
    let text = format!(
        r#"
[docspace]
url = "{portal}"
api_key = {{ env = "API_KEY" }}
{reconcile}
[sources.docspace]
connector = "docspace"
secrets = [{{ env = "DOCSPACE" }}]
{first}
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
{second}
{}
{}
"#,
        scene.extra, scene.rules
    );
    let look_up = |reference: SecretRef<'_>| match reference {
        SecretRef::Env(name) if scene.secrets.contains_key(name) => Ok(scene.secrets[name].clone()),
        SecretRef::Env("API_KEY") => Ok(scene.api_key.clone()),
        SecretRef::Env("DOCSPACE") => Ok(DOCSPACE_SECRET.to_owned()),
        SecretRef::Env("STANDARD") => Ok("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        SecretRef::Env(_) => Ok(HR_SECRET.to_owned()),
        SecretRef::File(path) => std::fs::read_to_string(path).map_err(|_| format!("no file {path}")),
    };
    let mut catalog = EMBEDDED.clone();
    if let Some(connector) = &scene.connector {
        catalog.add("connectors.d/acme.toml", connector).unwrap();
    }
    Config::parse("usher.toml", &text, &catalog, &look_up, Needs::Everything)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub(crate) async fn build(scene: &Scene, portal: SocketAddr, path: PathBuf, clock: Arc<HandClock>) -> Arc<App> {
    let store = Store::open(&path, true).await.unwrap();
    let mut app = App::new(config(scene, portal), store, clock.clone()).unwrap();
    if let Some(call) = scene.portal_patience {
        let portal = app.config.portals[0].clone();
        let settings = docspace::Settings::new(portal.url, portal.api_key.unwrap());
        let timeouts = docspace::Timeouts { call, ..settings.timeouts };
        let client = docspace::Client::new(docspace::Settings { timeouts, ..settings }, clock).unwrap();
        Arc::get_mut(&mut app).unwrap().portals.insert(portal.name, client);
    }
    if let Some(patience) = scene.patience {
        hurry(Arc::get_mut(&mut app).unwrap(), patience);
    }
    app
}

/// The same mail server and receivers, waited for less long.
fn hurry(app: &mut App, patience: Duration) {
    if let Some(smtp) = &app.config.smtp {
        let from = smtp.from.parse().unwrap();
        let settings = mail::Settings::new(smtp.host.clone(), smtp.port, mail::Tls::None, from);
        app.mailer = Some(mail::Mailer::new(mail::Settings { timeout: patience, ..settings }).unwrap());
    }
    for (name, receiver) in &app.config.receivers {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(patience).build().unwrap();
        let key = receiver.key.clone().unwrap();
        app.receivers.insert(name.clone(), Receiver::new(receiver.url.clone(), client, receiver.scheme.clone(), key));
    }
}

/// What answers at the public address at this moment.
pub(crate) type Switch = Arc<Mutex<axum::Router>>;

/// A port that stays the same whichever program answers at it, as after a restart.
pub(crate) fn listen(app: &Arc<App>) -> (SocketAddr, Switch) {
    let switch: Switch = Arc::new(Mutex::new(web::public(app.clone())));
    let shared = switch.clone();
    let dispatch = axum::Router::new().fallback(move |request: axum::extract::Request| {
        let router = shared.lock().unwrap().clone();
        async move { router.oneshot(request).await.unwrap() }
    });
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "test").unwrap();
    let address = listener.address();
    tokio::spawn(listener.serve(dispatch));
    (address, switch)
}
