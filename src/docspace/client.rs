//! The client itself: settings, set-up, and the state its clones share.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::limits::{Gate, Limits};
use super::pause::{Pause, PauseState};
use super::people::Account;
use crate::model::Clock;

/// An idle connection is closed before servers and proxies usually do, so that a request is rarely sent into one
/// that the other side is closing.
const IDLE: Duration = Duration::from_secs(15);

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a whole call, from connecting to the last byte of the answer; waiting for our own limits is not in it.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), call: Duration::from_secs(30) }
    }
}

/// What the client needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Address of the portal, without `/api/2.0`.
    pub url: Url,
    /// API key of the portal, `sk-` and 64 hex digits.
    pub api_key: SecretString,
    /// Limits to keep.
    pub limits: Limits,
    /// Time limits.
    pub timeouts: Timeouts,
}

impl Settings {
    /// Settings with the usual limits.
    #[must_use]
    pub fn new(url: Url, api_key: SecretString) -> Self {
        Self { url, api_key, limits: Limits::default(), timeouts: Timeouts::default() }
    }
}

/// Why a client could not be set up. The texts say what to change in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not http or https, or without a host.
    #[error("[docspace] url must begin with https:// or http:// and name a host")]
    Address,
    /// A name or password stands in the address.
    #[error("[docspace] url must not hold a name or password; the API key belongs in [docspace] api_key")]
    Credentials,
    /// The key is empty or cannot stand in a header.
    #[error("[docspace] api_key is empty or holds characters that a key never has, such as a line break")]
    Key,
    /// The HTTP client could not be made, for https mostly for want of CA certificates.
    #[error(
        "no client for [docspace] url could be made: {0}. For https this machine needs CA certificates (package ca-certificates)"
    )]
    Tls(String),
}

/// Told of every call that ended: its HTTP method, and the status or 0 without an answer.
pub type Observer = Arc<dyn Fn(&'static str, u16) + Send + Sync>;

/// The client of one portal. Cheap to clone: clones share connections, limits and the pause.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) observer: Option<Observer>,
}

/// What clones share.
pub(super) struct Shared {
    /// Ends in `/api/2.0`.
    pub(super) base: Url,
    pub(super) host: String,
    sandbox: bool,
    pub(super) bearer: HeaderValue,
    /// Keeps connections.
    pub(super) pooled: reqwest::Client,
    /// Opens a connection for every call. A call that must not be repeated goes through it: a kept connection
    /// that breaks would leave open whether the call arrived.
    pub(super) fresh: reqwest::Client,
    pub(super) gate: Gate,
    pub(super) pause: PauseState,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) owner: OnceCell<Account>,
}

/// Shows the portal alone: the shared state holds the key.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("host", &self.shared.host).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the portal of these settings. Opens no connection. TLS is set up for https addresses only, so
    /// that a machine without CA certificates can talk to a sandbox.
    ///
    /// # Errors
    /// The address or the key cannot be used, or TLS cannot be set up.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let Settings { url, api_key, limits, timeouts } = settings;
        let sandbox = is_loopback(&url);
        let builder = || builder(&url, timeouts);
        let (base, host) = base(&url)?;
        let shared = Shared {
            base,
            host,
            sandbox,
            bearer: bearer(&api_key)?,
            pooled: built(builder().pool_idle_timeout(IDLE))?,
            fresh: built(builder().pool_max_idle_per_host(0))?,
            gate: Gate::new(limits),
            pause: PauseState::default(),
            clock,
            owner: OnceCell::new(),
        };
        Ok(Self { shared: Arc::new(shared), observer: None })
    }

    /// The same client, telling `observer` of every call it makes.
    #[must_use]
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Whether the portal runs on this machine (`localhost` or a loopback address) and so counts as a sandbox.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.shared.sandbox
    }

    /// Host and, unless it is the scheme's own, port of the portal, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.shared.host
    }

    /// The pause, while there is one. It begins with a 401, empty 402 or empty 404 to any call and ends with any
    /// answer that shows that the portal takes the key.
    #[must_use]
    pub fn pause_state(&self) -> Option<Pause> {
        self.shared.pause.get()
    }

    /// Whether the portal is paused and has to be asked again with [`Client::probe`]: once a minute.
    #[must_use]
    pub fn probe_due(&self, now: Timestamp) -> bool {
        self.pause_state().is_some_and(|pause| pause.next_probe_at <= now)
    }
}

/// A client for requests to `url` that are not calls of DocSpace, such as replayed webhooks; the same rules for TLS,
/// proxies and redirects.
///
/// # Errors
/// TLS cannot be set up.
pub fn http_client(url: &Url) -> Result<reqwest::Client, ClientError> {
    built(builder(url, Timeouts::default()))
}

fn builder(url: &Url, timeouts: Timeouts) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("docspace-usher/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.call);
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    // Without this the set-up looks for CA certificates, and fails where there are none.
    if url.scheme() == "https" { builder.https_only(true) } else { builder.tls_certs_only([]) }
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, ClientError> {
    builder.build().map_err(|error| ClientError::Tls(super::exchange::root_cause(&error)))
}

/// The API's base address, and the host for messages.
fn base(url: &Url) -> Result<(Url, String), ClientError> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ClientError::Address)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ClientError::Address);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::Credentials);
    }
    let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    base.path_segments_mut().map_err(|()| ClientError::Address)?.pop_if_empty().extend(["api", "2.0"]);
    Ok((base, named))
}

/// DocSpace takes an API key only behind `Bearer`, spelled so (`BaseStartup.cs`).
fn bearer(api_key: &SecretString) -> Result<HeaderValue, ClientError> {
    let key = api_key.expose_secret();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::Key);
    }
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| ClientError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether an address lies on this machine: `localhost`, a name under it, or a loopback address.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}
