//! The stand-in DocSpace: one implementation for `usher sandbox`, for the demo and for tests.
//!
//! It answers the calls Usher makes as the server of DocSpace 3.7 does, read from that server's source: the envelope and
//! its errors, who gets which letter, which call publishes which webhook, and the signed webhooks themselves with their
//! retries. Nothing here is shared with the client: wire types and signing are its own, so that a mistake of the client
//! shows. What differs from the real server:
//!
//! - loopback addresses may be registered as webhooks, and a webhook given in [`Settings`] is neither probed nor refused;
//! - without [`Settings::strict`] the congratulation key [`CONGRATULATION_KEY`] is accepted, as the published sample has it;
//! - mail is noted instead of sent, and nothing is kept on disk;
//! - rate limits are off unless [`Settings::limits`] asks for them, the portal is in order unless
//!   [`Settings::condition`] or [`Sandbox::set_condition`] says otherwise, and neither a probe nor an attempt need take
//!   as long as the real server would wait ([`Settings::probe_limit`], [`Settings::attempt_limit`]);
//! - every key belongs to the owner, cannot be made or changed by the API, and only the first can expire;
//! - the three people calls whose scope the real server forgets to check are checked;
//! - messages are in English, whatever the owner's language.
//!
//! Beside `/api/2.0` there is a control interface under `/_sandbox`: `GET state`, `POST people/{id}/activate`,
//! `POST join`, `POST faults`, `POST condition`, `POST reset`. Beside the portal there may be a mail catcher
//! ([`Sandbox::start_postbox`]), which no DocSpace has: it takes the letters others send.

mod account;
mod congratulation;
mod control;
mod creation;
mod delivery_log;
mod directory;
mod dotnet;
mod employee;
mod fault;
mod gate;
mod hook;
mod invitation;
mod keys;
mod letter;
mod limits;
mod links;
mod people;
mod person;
mod portal;
mod postbox;
mod request;
mod routes;
mod scope;
mod sender;
mod server;
mod settings;
mod smtp;
mod smtp_command;
mod smtp_fault;
mod standing;
mod target;
mod webhooks;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regex::Regex;
use tokio_util::task::TaskTracker;

use crate::model::{Clock, Timestamp};

pub use control::{State, User};
pub use fault::{DropPoint, Fault};
pub use keys::Key;
pub use letter::Letter;
pub use limits::Limits;
pub use person::{ActivateError, JoinError, Joining};
pub use portal::{Call, Mail, MailKind};
pub use postbox::{Postbox, PostboxSettings, SmtpLogin};
pub use server::Running;
pub use smtp_fault::{SmtpFault, SmtpTrouble};
pub use standing::Condition;

use portal::Portal;
use standing::Standing;

/// Where `usher sandbox` listens unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:8090";

/// The key that opens a sandbox nobody gave another one. It opens nothing else.
pub const DEFAULT_API_KEY: &str = "sk-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The `Key` of `sendcongratulations` that the published sample uses.
pub const CONGRATULATION_KEY: &str = "welcome_guest";

/// Prefix of every call of the API.
const API: &str = "/api/2.0";

/// The server's own rule for first and last names, as `GET /settings` publishes it.
const USER_NAME_RULE: &str = r"^[\p{L}\p{M}' \-]+$";

/// A webhook that exists from the start.
#[derive(Clone)]
pub struct WebhookTarget {
    /// Absolute http or https URL.
    pub url: String,
    /// Secret the deliveries are signed with.
    pub secret: String,
}

/// How a sandbox is set up.
#[derive(Clone)]
pub struct Settings {
    /// The key expected in `Authorization: Bearer <key>`.
    pub api_key: String,
    /// Scopes of that key, such as `accounts:write`; empty: all.
    pub permissions: Vec<String>,
    /// When that key expires; from then on it is a 401.
    pub key_expires_at: Option<Timestamp>,
    /// Whether that key is switched on; see [`Sandbox::switch_key`].
    pub key_is_active: bool,
    /// More keys of the same owner.
    pub extra_keys: Vec<Key>,
    /// Refuse every congratulation key, as the real server does.
    pub strict: bool,
    /// A webhook for all triggers that counts as registered; its receiver may start later.
    pub webhook: Option<WebhookTarget>,
    /// Paid seats beside the owner's.
    pub paid_seats: usize,
    /// How many accounts of type `User` there may be.
    pub user_limit: usize,
    /// Webhook retries come after 1, 2, 4, 8 and 16 times this; the real server has one second.
    pub retry_unit: Duration,
    /// How long one attempt of a webhook may take; the real server has 100 seconds.
    pub attempt_limit: Duration,
    /// How long the probe of a registration may take; the real server has 10 seconds.
    pub probe_limit: Duration,
    /// Rate limits; none, as on a self-hosted server by default.
    pub limits: Limits,
    /// What the portal is in at first and after a reset.
    pub condition: Condition,
    /// How mail catchers behave.
    pub postbox: PostboxSettings,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Settings {
    /// The usual settings: the documented key with every scope, not strict, no webhook, seats for everybody.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            api_key: DEFAULT_API_KEY.to_owned(),
            permissions: Vec::new(),
            key_expires_at: None,
            key_is_active: true,
            extra_keys: Vec::new(),
            strict: false,
            webhook: None,
            paid_seats: usize::MAX,
            user_limit: usize::MAX,
            retry_unit: Duration::from_secs(1),
            attempt_limit: Duration::from_secs(100),
            probe_limit: Duration::from_secs(10),
            limits: Limits::default(),
            condition: Condition::default(),
            postbox: PostboxSettings::default(),
            clock,
        }
    }
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The webhook address is not an absolute http or https URL.
    #[error("the webhook address is not an absolute http or https URL")]
    WebhookUrl,
    /// The HTTP client for webhooks could not be made.
    #[error("the HTTP client for webhooks cannot be made")]
    Client(#[source] reqwest::Error),
    /// The rule for names does not compile.
    #[error("the rule for names does not compile")]
    Names(#[source] regex::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A stand-in DocSpace. Clones share one state.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    names: Regex,
    /// For http, and for https without verification: needs no certificates of the machine.
    client: reqwest::Client,
    portal: Mutex<Portal>,
    standing: Mutex<Standing>,
    deliveries: TaskTracker,
}

impl Sandbox {
    /// A portal with nobody but the key's owner.
    ///
    /// # Errors
    /// When the webhook address is no http or https URL.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let names = Regex::new(USER_NAME_RULE).map_err(Error::Names)?;
        let client = target::unverified_client().map_err(Error::Client)?;
        let portal = Mutex::new(Portal::new(settings.clock.now()));
        let deliveries = TaskTracker::new();
        // A closed tracker still takes tasks; closing lets `webhooks_settled` return.
        deliveries.close();
        let given = settings.webhook.clone();
        let standing = Mutex::new(Standing::new(&settings));
        let sandbox = Self { inner: Arc::new(Inner { settings, names, client, portal, standing, deliveries }) };
        if let Some(target) = given {
            sandbox.set_webhook(&target.url, &target.secret)?;
        }
        Ok(sandbox)
    }

    /// The portal as a router: the API and the control interface.
    pub fn router(&self) -> axum::Router {
        routes::router(self.clone())
    }

    /// Order a fault.
    ///
    /// # Errors
    /// A sentence, when its status or a header cannot be sent.
    pub fn add_fault(&self, fault: Fault) -> Result<(), String> {
        fault.answer()?;
        self.change(|portal, _| portal.faults.push(fault));
        Ok(())
    }

    /// Forget users, mails, calls, faults, links, what limits have counted and the delivery log; condition and key are
    /// those of the settings again. Webhooks stay.
    pub fn reset(&self) {
        self.change(Portal::reset);
        self.reset_standing();
    }

    /// Wait until every webhook published so far is delivered or given up.
    pub async fn webhooks_settled(&self) {
        self.inner.deliveries.wait().await;
    }

    /// Whether the server takes such a name. The last name may be empty.
    fn takes_names(&self, first: &str, last: &str) -> bool {
        self.inner.names.is_match(first) && (last.is_empty() || self.inner.names.is_match(last))
    }

    /// Look at the state or change it, then send what was published meanwhile.
    fn change<T>(&self, work: impl FnOnce(&mut Portal, Timestamp) -> T) -> T {
        let now = self.inner.settings.clock.now();
        let (outcome, published) = {
            let mut portal = self.inner.portal.lock().unwrap_or_else(PoisonError::into_inner);
            let outcome = work(&mut portal, now);
            (outcome, portal.take_outbox())
        };
        for (_, rows) in published {
            self.deliver(rows);
        }
        outcome
    }
}
