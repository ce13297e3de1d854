//! What each section says.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Map, Value as Json};
use url::Url;

use super::{FetchOutline, SourceFetch};
use crate::auth::{Dedupe, Key, Scheme};
use crate::connector::Connector;

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
    /// Its name; that of `[docspace]` is [`super::DEFAULT_PORTAL`].
    pub name: String,
    /// Address of the portal: http or https, path `/`, nothing else.
    pub url: Url,
    /// The API key, visible ASCII; `None` where [`super::Needs`] leaves it out.
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
    /// User and password; the password is empty where [`super::Needs`] leaves it out.
    pub login: Option<(String, SecretString)>,
    /// Who the mails come from: `Name <address>` or an address.
    pub from: String,
    /// Whom answers go to.
    pub reply_to: Option<String>,
}

impl Smtp {
    /// Whether the mail server runs on this machine, as a catcher of mails for tests does.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
    }
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
    /// How requests are signed: as Standard Webhooks has it.
    pub scheme: Scheme,
    /// The secret to sign with; `None` where [`super::Needs`] leaves it out.
    pub key: Option<Key>,
}

/// `[worker]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Jobs worked on at a time, beside questions to the platforms of sources; 8 by default.
    pub concurrency: usize,
}

/// `[retention]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days a body is kept once its jobs are done; 30 by default.
    pub bodies_days: u32,
    /// Days a body is kept while a job of it is held or dead; 90 by default.
    pub held_days: u32,
    /// Days that jobs tell what they were about after they were done or cancelled; 90 by default.
    pub jobs_days: u32,
    /// Days after which people who have left are forgotten; absent: never.
    pub leavers_days: Option<u32>,
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
    /// Every live secret; not empty, except where [`super::Needs`] leaves them out or the source still awaits its secret.
    pub keys: Vec<Key>,
    /// `[sources.NAME.options]` as written.
    pub options: Map<String, Json>,
    /// Name of the portal that its `user.*` events are about.
    pub portal: String,
    /// Where its secrets are kept, in order.
    pub secret_places: Vec<SecretPlace>,
    /// `awaiting_secret`: it may be without a secret. Until there is one, only handshakes are answered.
    pub awaits_secret: bool,
    /// With `awaits_secret`: which of `secret_places`, from 0, held no secret, and why, as a sentence.
    pub unset: Vec<(usize, String)>,
    /// How the platform is asked for what its webhooks leave out; `None` where the connector asks for nothing, and where
    /// [`super::Needs`] leaves it out.
    pub fetch: Option<SourceFetch>,
    /// Whether it is served although its connector assumes something.
    pub accepts_assumptions: bool,
    /// What `[sources.NAME.fetch]` says that is no secret.
    pub fetch_outline: FetchOutline,
}

/// Where a secret is kept, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// Name of an environment variable.
    Env(String),
    /// Path of a file; relative to the configuration file.
    File(String),
}

impl SecretPlace {
    /// The place that a reference names, `{ env = "NAME" }` or `{ file = "path" }`.
    pub(super) fn of(reference: &Json) -> Option<Self> {
        let text = |key: &str| reference.get(key).and_then(Json::as_str).map(str::to_owned);
        text("env").map(Self::Env).or_else(|| text("file").map(Self::File))
    }
}

impl std::fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {path}"),
        }
    }
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
