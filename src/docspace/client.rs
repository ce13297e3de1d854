//! The client itself, and the state its clones share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;
use tokio::sync::OnceCell;
use url::Url;

use super::account::Account;
use super::budget::Kept;
use super::limits::{Gate, Usage};
use super::pause::{Pause, PauseState};
use super::setup::{ClientError, Settings, base, bearer, builder, built, is_loopback};
use crate::model::Clock;

/// An idle connection is closed before servers and proxies usually do, so that a request is rarely sent into one
/// that the other side is closing.
const IDLE: Duration = Duration::from_secs(15);

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
    pub(super) name: String,
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
    pub(super) skew: Mutex<Option<SignedDuration>>,
}

/// Shows the portal alone: the shared state holds the key.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.shared.name)
            .field("host", &self.shared.host)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the portal of these settings. Opens no connection. TLS is set up for https addresses only, so
    /// that a machine without CA certificates can talk to a sandbox.
    ///
    /// # Errors
    /// The address or the key cannot be used, or TLS cannot be set up.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let Settings { name, url, api_key, limits, timeouts } = settings;
        let sandbox = is_loopback(&url);
        let builder = || builder(&url, timeouts);
        let (base, host) = base(&url)?;
        let shared = Shared {
            name,
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
            skew: Mutex::new(None),
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

    /// Name of the portal in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Host and, unless it is the scheme's own, port of the portal, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.shared.host
    }

    /// The pause, while there is one. It begins with a 401, empty 402 or empty 404 to any call, or an
    /// empty 403 while the portal is being restored, and ends with any
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

    /// How much of the limits is in use.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.shared.gate.usage(self.shared.clock.now())
    }

    /// Go on from what was counted before the program started. To be called before the first call; what does not
    /// belong to this day or quarter of an hour is left out.
    pub fn restore(&self, kept: Kept) {
        self.shared.gate.restore(kept, self.shared.clock.now());
    }

    /// How far the portal's clock is ahead of ours, in whole seconds and less the way of the answer, by the latest
    /// answer that told the time. Negative: it is behind.
    #[must_use]
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        *self.shared.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
