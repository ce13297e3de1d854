//! Receiver, worker, store, sandbox and mail catcher, wired to each other and to nothing else.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::app::{App, SystemClock};
use crate::config::{Config, Needs, SecretRef};
use crate::connector::Catalog;
use crate::http::{self, Listener};
use crate::model::{Job, Person};
use crate::sandbox::{Postbox, Running, Sandbox, Settings, State};
use crate::store::{DeliveryFilter, DeliverySummary, JobFilter, PersonFilter, Store};
use crate::worker;

use super::super::output::Failure;
use super::overhear::Ear;

const CONFIG: &str = include_str!("../../../fixtures/demo/usher.toml");
/// The source of the configuration that takes the portal's own webhooks.
pub(super) const PORTAL_SOURCE: &str = "docspace";
/// Any free port of this machine.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Everything that runs.
pub(super) struct Stage {
    pub(super) app: Arc<App>,
    pub(super) sandbox: Sandbox,
    /// What comes in at the receiver.
    pub(super) ear: Ear,
    /// Address of the receiver.
    address: SocketAddr,
    portal: Running,
    /// The mail server, which delivers nothing.
    postbox: Postbox,
    stop: CancellationToken,
    stop_listening: Box<dyn Fn() + Send + Sync>,
    listening: JoinHandle<std::io::Result<()>>,
    working: JoinHandle<()>,
}

/// How things stand at one moment.
pub(super) struct Look {
    /// What the portal and the receiver had before is all seen.
    pub(super) at: Timestamp,
    pub(super) portal: State,
    pub(super) people: Vec<Person>,
    pub(super) jobs: Vec<Job>,
    pub(super) deliveries: Vec<DeliverySummary>,
}

impl Stage {
    /// Start everything. The store lies in `directory`.
    pub(super) async fn set_up(directory: &Path) -> Result<Self, Failure> {
        let stop = CancellationToken::new();
        let secret = fresh_secret();
        // Strict: a demo in which the portal takes what a real one refuses would promise too much.
        let settings = Settings { strict: true, ..Settings::new(Arc::new(SystemClock)) };
        let api_key = settings.api_key.clone();
        let portal = Sandbox::start(settings, ANYWHERE, stop.clone()).await.map_err(anyhow::Error::from)?;
        let postbox = portal.sandbox.start_postbox(ANYWHERE, stop.clone()).await.map_err(anyhow::Error::from)?;
        let config = config(&portal, &postbox, &api_key, &secret)?;
        let listener = Listener::bind(ANYWHERE, "[server] listen")?;
        let address = listener.address();
        let sandbox = portal.sandbox.clone();
        sandbox.set_webhook(hook(address, PORTAL_SOURCE)?.as_str(), &secret).map_err(anyhow::Error::from)?;
        let store = Store::open(&directory.join("usher.db"), true).await?;
        let app = App::new(config, store, Arc::new(SystemClock))?;
        let stop_listening = Box::new(listener.stopper());
        let ear = Ear::default();
        let listening = tokio::spawn(listener.serve(ear.beside(http::public(Arc::clone(&app)))));
        let working = tokio::spawn(worker::run(Arc::clone(&app), stop.clone()));
        Ok(Self { app, sandbox, ear, address, portal, postbox, stop, stop_listening, listening, working })
    }

    /// Address of the receiver.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address of the sandbox.
    pub(super) fn portal_url(&self) -> String {
        self.portal.url()
    }

    /// Address of the mail catcher.
    pub(super) fn postbox_url(&self) -> String {
        self.postbox.url()
    }

    /// Where webhooks of a source go.
    pub(super) fn hook(&self, source: &str) -> Result<Url, Failure> {
        hook(self.address, source)
    }

    /// How things stand.
    pub(super) async fn look(&self) -> Result<Look, Failure> {
        let store = &self.app.store;
        // The portal first: what it did is the cause of what the store has.
        Ok(Look {
            at: Timestamp::now(),
            portal: self.sandbox.state(),
            people: store.people(PersonFilter::default()).await?,
            jobs: store.jobs(JobFilter::default()).await?,
            deliveries: store.deliveries(DeliveryFilter::default()).await?,
        })
    }

    /// Stop everything; when this returns nobody uses the store any more.
    pub(super) async fn tear_down(self) {
        self.app.begin_stop();
        (self.stop_listening)();
        self.stop.cancel();
        // A task that panicked has said so; what is left is to stop the others.
        let _ = self.working.await;
        let _ = self.listening.await;
        self.postbox.stopped().await;
        self.portal.stopped().await;
        self.app.store.close().await;
    }
}

/// Letters and digits that fit DocSpace's rules for webhook secrets (8 to 30 printable characters).
fn fresh_secret() -> String {
    uuid::Uuid::new_v4().simple().to_string().split_off(4)
}

fn hook(address: SocketAddr, source: &str) -> Result<Url, Failure> {
    Ok(Url::parse(&format!("http://{address}/hooks/{source}")).map_err(anyhow::Error::from)?)
}

/// The embedded configuration, with sandbox and mail catcher as they run.
fn config(portal: &Running, postbox: &Postbox, api_key: &str, secret: &str) -> Result<Config, Failure> {
    let look_up = |reference: SecretRef<'_>| match reference {
        SecretRef::Env("DOCSPACE_API_KEY") => Ok(api_key.to_owned()),
        SecretRef::Env(_) => Ok(secret.to_owned()),
        SecretRef::File(path) => Err(format!("the demo has no file {path}")),
    };
    let mut config = Config::parse("usher.toml", CONFIG, &Catalog::embedded(), &look_up, Needs::Everything)?;
    for configured in &mut config.portals {
        configured.url = portal.url().parse().map_err(anyhow::Error::from)?;
    }
    if let Some(smtp) = &mut config.smtp {
        smtp.host = postbox.address.ip().to_string();
        smtp.port = postbox.address.port();
    }
    Ok(config)
}
