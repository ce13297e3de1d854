//! From the text of the configuration file and a way to look up secrets to a [`Config`].
//!
//! Everything wrong is found in one reading, with the key's path and line. Nothing here reads a file or
//! the environment: `app` hands in the text and the look-up.

mod advice;
mod channels;
mod congratulate;
mod feeds;
mod onboard;
mod portals;
mod rules;
mod secrets;
mod settings;
mod sources;

pub use portals::DEFAULT_PORTAL;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Map, Value as Json};
use url::Url;

use crate::auth::{Dedupe, Key, Scheme};
use crate::connector::{Catalog, Connector};
use crate::document::{Document, Problem};
use crate::rules::Rule;

/// How much of the configuration a command needs. What is there must be well-formed in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Everything, as `serve` does.
    Everything,
    /// Only `[sources]`, as `explain` and `sign` do: other sections may be missing, or their secrets unset.
    SourcesOnly,
    /// Only `[store]`, as lists and shows do: every section may be missing and every secret unset.
    StoreOnly,
    /// `[store]` and `[docspace]`, as work by hand does: no secret of a source is needed.
    PortalOnly,
}

impl Needs {
    /// Whether the secrets of sources are looked up.
    fn sources(self) -> bool {
        matches!(self, Self::Everything | Self::SourcesOnly)
    }

    /// Whether the key of the portal is looked up.
    fn portal(self) -> bool {
        matches!(self, Self::Everything | Self::PortalOnly)
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretRef<'a> {
    /// Name of an environment variable.
    Env(&'a str),
    /// Path of a file as written; relative to the configuration file.
    File(&'a str),
}

/// Fetches the whole of a secret, the final newline of a file included. The error is a sentence that
/// names the variable or file.
pub type LookUp<'a> = dyn Fn(SecretRef<'_>) -> Result<String, String> + 'a;

/// The configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`: the public listener.
    pub server: Server,
    /// `[admin]`: the listener for operators.
    pub admin: Admin,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[docspace]` and `[portals.NAME]`, in this order.
    pub portals: Vec<Portal>,
    /// `[smtp]`.
    pub smtp: Option<Smtp>,
    /// `[receivers.NAME]` by name.
    pub receivers: BTreeMap<String, Receiver>,
    /// `[sources.NAME]` by name.
    pub sources: BTreeMap<String, Arc<Source>>,
    /// `[[rules]]` in order.
    pub rules: Vec<Rule>,
    /// `[worker]`.
    pub worker: Worker,
    /// `[retention]`.
    pub retention: Retention,
    /// What is allowed but probably not meant, in the order of the text.
    pub warnings: Vec<Problem>,
    serve_problems: Vec<Problem>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address of the public listener; 127.0.0.1:8080 by default. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where platforms reach it from outside; ends in `/`.
    pub public_url: Option<Url>,
    /// Longest body taken, in bytes; 1 MiB by default.
    pub body_limit: usize,
}

/// `[admin]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Address of the listener for operators; 127.0.0.1:8081 by default.
    pub listen: SocketAddr,
}

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// Where it is; `sqlite://usher.db` by default.
    pub url: StoreUrl,
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// An SQLite file: its path as written, relative to the configuration file.
    Sqlite(String),
}

/// `[docspace]` or `[portals.NAME]`: a portal.
#[derive(Debug, Clone)]
pub struct Portal {
    /// Its name; that of `[docspace]` is [`DEFAULT_PORTAL`].
    pub name: String,
    /// Address of the portal: http or https, path `/`, nothing else.
    pub url: Url,
    /// The API key, visible ASCII; `None` where [`Needs`] leaves it out.
    pub api_key: Option<SecretString>,
    /// What the portal's people call their company, for texts.
    pub company: Option<String>,
    /// How often accounts are read to find activations that no webhook told; absent: never.
    pub reconcile: Option<SignedDuration>,
    /// What is asked of it at most.
    pub limits: CallLimits,
}

/// `limits` of a portal: what is asked of it at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Calls other than GET at one time.
    pub writes: u32,
    /// GET calls at one time.
    pub reads: u32,
    /// Calls in any one minute.
    pub per_minute: u32,
    /// POST and PUT calls of one day (UTC).
    pub writes_per_day: u32,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self { writes: 15, reads: 50, per_minute: 1500, writes_per_day: 10_000 }
    }
}

/// `[smtp]`: the mail server for mails of our own.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Name or address of the server.
    pub host: String,
    /// Its port; 587, 465 or 25 by default, as `tls` has it.
    pub port: u16,
    /// How the connection is secured.
    pub tls: SmtpTls,
    /// User and password; the password is empty where [`Needs`] leaves it out.
    pub login: Option<(String, SecretString)>,
    /// Who the mails come from: `Name <address>` or an address.
    pub from: String,
    /// Whom answers go to.
    pub reply_to: Option<String>,
}

/// How the connection to the mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Begins in plain text and must change to TLS.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Plain text.
    None,
}

/// `[receivers.NAME]`: somebody who takes signed webhooks of ours.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Where to post to.
    pub url: Url,
    /// The secret to sign with, as Standard Webhooks has it; `None` where [`Needs`] leaves it out.
    pub secret: Option<SecretString>,
}

/// `[worker]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Jobs worked on at a time; 8 by default.
    pub concurrency: usize,
}

/// `[retention]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days a body is kept once its jobs are done; 30 by default.
    pub bodies_days: u32,
    /// Days a body is kept while a job of it is held or dead; 90 by default.
    pub held_days: u32,
}

/// `[sources.NAME]`: one endpoint `/hooks/NAME`.
#[derive(Clone)]
pub struct Source {
    /// The name.
    pub name: String,
    /// What is known of the platform.
    pub connector: Arc<Connector>,
    /// The connector's scheme with `[sources.NAME.auth]` worked in.
    pub scheme: Scheme,
    /// What makes two deliveries the same.
    pub dedupe: Dedupe,
    /// Every live secret; not empty, except where [`Needs`] leaves them out.
    pub keys: Vec<Key>,
    /// `[sources.NAME.options]` as written.
    pub options: Map<String, Json>,
    /// Name of the portal that its `user.*` events are about.
    pub portal: String,
    /// Where its secrets are kept, in order.
    pub secret_places: Vec<SecretPlace>,
}

/// Where a secret is kept, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// Name of an environment variable.
    Env(String),
    /// Path of a file; relative to the configuration file.
    File(String),
}

/// Keys and options stay out of it, whatever their types print.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("connector", &self.connector.name)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Read `text`; `file` is the name that problems carry.
    ///
    /// # Errors
    /// Every problem, in the order of the text. None contains a secret.
    pub fn parse(
        file: &str,
        text: &str,
        catalog: &Catalog,
        look_up: &LookUp<'_>,
        needs: Needs,
    ) -> Result<Self, Vec<Problem>> {
        let document = Document::parse(file, text)?;
        let root = document.root();
        let secrets = secrets::Secrets { look_up, needs };
        let (server, admin) = settings::listeners(&root);
        let (portals, all_portals) = portals::portals(&root, &secrets);
        let (sources, feeds) = sources::sources(&root, catalog, &portals, all_portals, &secrets);
        let smtp = channels::smtp(&root, &secrets);
        let receivers = channels::receivers(&root, &secrets);
        let rules = rules::Reader { feeds: &feeds, portals: &portals, all_portals }.rules(&root);
        let mut config = Self {
            server,
            admin,
            store: settings::store(&root),
            portals,
            smtp,
            receivers,
            sources,
            rules,
            worker: settings::worker(&root),
            retention: settings::retention(&root),
            warnings: Vec::new(),
            serve_problems: Vec::new(),
        };
        settings::connectors(&root);
        root.finish(
            "the sections are server, admin, store, connectors, docspace, portals, smtp, receivers, sources, rules, worker and retention",
        );
        let problems = document.into_problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        config.warnings = advice::warnings(file, text, &config, catalog, &feeds);
        config.serve_problems = advice::serve_problems(file, text, &config);
        Ok(config)
    }

    /// The portal of this name.
    #[must_use]
    pub fn portal(&self, name: &str) -> Option<&Portal> {
        self.portals.iter().find(|portal| portal.name == name)
    }

    /// What only `serve` refuses: sources that can be verified and explained, but not acted upon safely.
    #[must_use]
    pub fn serve_problems(&self) -> Vec<Problem> {
        self.serve_problems.clone()
    }
}

/// Where the optional directory with more connectors is, as written; to be read before the catalogue is
/// complete and [`Config::parse`] can run. `None` also where the text is broken, which `parse` will tell.
#[must_use]
pub fn connectors_directory(file: &str, text: &str) -> Option<String> {
    let document = Document::parse(file, text).ok()?;
    settings::connectors(&document.root())
}
