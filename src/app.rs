//! Wiring: the one value everything is passed by, the real clock, the reading of files and environment.

mod catalog;
mod channels;
mod fetching;
pub mod fixtures;
mod halts;
mod keys;
mod limits;
mod notices;
mod operator;
mod webhooks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::config::{self, Config, Needs, SecretRef, StoreUrl};
use crate::docspace::{self, Client, ClientError};
use crate::document::Problem;
use crate::fetch;
use crate::kept::Kept;
use crate::mail::{self, Mailer};
use crate::model::{Clock, Timestamp};
use crate::names::NameRule;
use crate::receiver::Receiver;
use crate::store::Store;
use crate::telemetry::Metrics;

pub use catalog::{add_directory, catalog};
pub use channels::mailer;
pub use fetching::Unanswered;
pub use halts::{Halt, Halts};
pub use notices::Notices;
pub use operator::operator;
pub use webhooks::{WebhookState, Webhooks};

/// The real time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Everything a part of the program needs, passed explicitly.
pub struct App {
    /// The configuration.
    pub config: Arc<Config>,
    /// The store.
    pub store: Store,
    /// The portals by name.
    pub portals: BTreeMap<String, Client>,
    /// Sends mails of our own; `None` without an `[smtp]`.
    pub mailer: Option<Mailer>,
    /// The receivers of webhooks by name.
    pub receivers: BTreeMap<String, Receiver>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: Metrics,
    /// Woken when a delivery was accepted.
    pub wake: Notify,
    /// What was said already.
    pub notices: Notices,
    /// What the portals ask of names.
    pub name_rules: Kept<NameRule>,
    /// The groups of the portals.
    pub groups: Kept<Vec<docspace::Group>>,
    /// The webhooks towards us, as they were seen last.
    pub webhooks: Webhooks,
    keys: keys::Keys,
    /// What asks the platforms of sources for what their webhooks leave out, by name of the source.
    desks: BTreeMap<String, fetching::Desk>,
    stopping: AtomicBool,
}

impl App {
    /// Put the parts together; secrets in files lie relative to the current folder.
    ///
    /// # Errors
    /// When a client, as of a portal, cannot be built, as for https on a machine without CA certificates.
    pub fn new(config: Config, store: Store, clock: Arc<dyn Clock>) -> Result<Arc<Self>, SetupError> {
        Self::within(PathBuf::new(), config, store, clock)
    }

    /// Put the parts together; secrets in files lie relative to `base`, the folder of the configuration file.
    ///
    /// # Errors
    /// As [`App::new`].
    pub fn within(base: PathBuf, config: Config, store: Store, clock: Arc<dyn Clock>) -> Result<Arc<Self>, SetupError> {
        let metrics = Metrics::new();
        let mut portals = BTreeMap::new();
        for portal in &config.portals {
            portals.insert(portal.name.clone(), client(portal, &metrics, &clock)?);
        }
        let keys = keys::Keys::new(&config, base);
        Ok(Arc::new(Self {
            mailer: channels::mailer(&config)?,
            receivers: channels::receivers(&config)?,
            desks: fetching::desks(&config, &metrics, &clock)?,
            config: Arc::new(config),
            store,
            portals,
            clock,
            metrics,
            wake: Notify::new(),
            notices: Notices::default(),
            name_rules: Kept::default(),
            groups: Kept::default(),
            webhooks: Webhooks::default(),
            keys,
            stopping: AtomicBool::new(false),
        }))
    }

    /// From now on new webhooks are answered 503.
    pub fn begin_stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the program is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

/// Why the parts could not be put together. The texts say what to change in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No client of a portal.
    #[error(transparent)]
    Portal(#[from] ClientError),
    /// No mailer.
    #[error("{key}: {error}")]
    Mail {
        /// Path of the key, or of the section.
        key: String,
        /// What is wrong with it.
        error: mail::SetupError,
    },
    /// No calls back to a platform.
    #[error(transparent)]
    Fetch(#[from] fetch::SetupError),
    /// No client of a receiver.
    #[error(
        "receivers.{name}: no client could be made: {cause}. For https this machine needs CA certificates (package ca-certificates)"
    )]
    Receiver {
        /// Its name.
        name: String,
        /// Why.
        cause: String,
    },
}

/// The client of a configured portal. Without its key every call fails.
///
/// # Errors
/// The address or the key cannot be used, or TLS cannot be set up.
pub fn client(portal: &config::Portal, metrics: &Metrics, clock: &Arc<dyn Clock>) -> Result<Client, ClientError> {
    let config::CallLimits { writes, reads, per_minute, writes_per_day } = portal.limits;
    let api_key = portal.api_key.clone().ok_or(ClientError::Key)?;
    let limits = docspace::Limits { writes, reads, per_minute, writes_per_day, ..docspace::Limits::default() };
    let name = portal.name.clone();
    let settings = docspace::Settings { name, limits, ..docspace::Settings::new(portal.url.clone(), api_key) };
    let calls = metrics.clone();
    let client = Client::new(settings, Arc::clone(clock))?;
    Ok(client.with_observer(Arc::new(move |method, status| calls.docspace_call(method, status))))
}

/// A configuration file that was read.
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The folder that its paths are relative to.
    pub base: PathBuf,
}

impl Loaded {
    /// Where the SQLite store lies.
    #[must_use]
    pub fn store_path(&self) -> PathBuf {
        let StoreUrl::Sqlite(path) = &self.config.store.url;
        self.base.join(path)
    }
}

/// Where the SQLite store of a configuration lies, of which nothing else can be used.
#[must_use]
pub fn store_path_alone(file: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(file).ok()?;
    let StoreUrl::Sqlite(path) = Config::store_of(&file.display().to_string(), &text).ok()?.url;
    Some(file.parent()?.join(path))
}

/// Read a configuration file, the connectors it adds and the secrets it names.
///
/// # Errors
/// All problems at once.
pub fn load(file: &Path, needs: Needs) -> Result<Loaded, Vec<Problem>> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        vec![problem(file, &format!("cannot be read ({error}); `usher init` writes one, --config names another"))]
    })?;
    let base = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let name = file.display().to_string();
    let (catalog, mut problems) = catalog(file, &text)?;
    let look_up = |reference: SecretRef<'_>| look_up(&base, reference);
    match Config::parse(&name, &text, &catalog, &look_up, needs) {
        Ok(config) if problems.is_empty() => Ok(Loaded { config, base }),
        Ok(_) => Err(problems),
        Err(mut more) => {
            // The TOML parser tells of what is not closed before what stands in it.
            more.sort_by_key(|problem| problem.at);
            problems.extend(more);
            Err(problems)
        }
    }
}

fn look_up(base: &Path, reference: SecretRef<'_>) -> Result<String, String> {
    match reference {
        SecretRef::Env(name) => std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => format!("the environment variable {name} is not set; set it"),
            std::env::VarError::NotUnicode(_) => {
                format!("the environment variable {name} is not UTF-8; put the secret there as text")
            }
        }),
        SecretRef::File(path) => read(&base.join(path)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| {
        let advice = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "run this as the user that may read it, such as the server's",
            _ => "put the secret there",
        };
        format!("the file {} cannot be read ({error}); {advice}", path.display())
    })
}

fn problem(file: &Path, message: &str) -> Problem {
    Problem { file: file.display().to_string(), at: None, key: String::new(), message: message.to_owned() }
}
