//! The stand-in DocSpace: one implementation for `usher sandbox`, for the demo and for tests.
//!
//! It answers the calls Usher makes as the server of DocSpace 3.7 does, read from that server's source: the envelope and
//! its errors, who gets which letter, which call publishes which webhook, and the signed webhooks themselves with their
//! retries. [`Settings::version`] takes it back behind 3.7. Nothing here is shared with the client: wire types and signing
//! are its own, so that a mistake of the client shows. What differs from the real server:
//!
//! - loopback addresses may be registered as webhooks, and a webhook given in [`Settings`] is neither probed nor refused;
//! - without [`Settings::strict`] the congratulation key [`CONGRATULATION_KEY`] is accepted, as the published sample has it;
//! - mail is noted instead of sent, nothing is kept on disk, and there are no rate limits but ordered [`Fault`]s;
//! - only accounts publish webhooks; groups and rooms are silent;
//! - the key's owner owns every room, rooms have no links, and each holds one document;
//! - the limit of mailed invitations looks back over 24 hours, where the server starts anew a day after the first.
//!
//! Beside `/api/2.0` there is a control interface under `/_sandbox`, JSON in and out:
//!
//! | call | body | does |
//! | --- | --- | --- |
//! | `GET state` | | everything there is ([`State`]) |
//! | `POST people/{id}/activate` | | [`Sandbox::activate`]; with `?silently=true` [`Sandbox::activate_silently`] |
//! | `POST join` | [`Joining`] | [`Sandbox::join`]: every way to register |
//! | `POST groups` | `{name}` | [`Sandbox::add_group`] |
//! | `POST rooms` | `{title}` | [`Sandbox::add_room`] |
//! | `POST inviting` | `{members, guests}` | [`Sandbox::allow_inviting`] |
//! | `POST faults` | [`Fault`] | [`Sandbox::add_fault`] |
//! | `POST reset` | | [`Sandbox::reset`] |

mod account;
mod congratulation;
mod control;
mod creation;
mod delivery_log;
mod directory;
mod dotnet;
mod employee;
mod error;
mod fault;
mod gate;
mod group_calls;
mod groups;
mod hook;
mod invitation;
mod invitation_limit;
mod joining;
mod links;
mod mention;
mod people;
mod person;
mod policy;
mod portal;
mod profile;
mod request;
mod room_calls;
mod rooms;
mod routes;
mod scope;
mod seats;
mod sender;
mod server;
mod settings;
mod sharing;
mod state;
mod target;
mod webhooks;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regex::Regex;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::model::{Clock, Timestamp};

pub use error::Error;
pub use fault::{DropPoint, Fault};
pub use joining::{JoinError, Joining, Way};
pub use person::ActivateError;
pub use policy::Role;
pub use portal::{Call, Mail, MailKind};
pub use server::Running;
pub use state::{GroupState, RoomFile, RoomMember, RoomState, State, User};

use hook::Hook;
use policy::Policy;
use portal::Portal;

/// Where `usher sandbox` listens unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:8090";

/// The key that opens a sandbox nobody gave another one. It opens nothing else.
pub const DEFAULT_API_KEY: &str = "sk-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The `Key` of `sendcongratulations` that the published sample uses.
pub const CONGRATULATION_KEY: &str = "welcome_guest";

/// The server version the sandbox stands in for unless told otherwise.
const VERSION: &str = "3.7.2";

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
    /// Refuse every congratulation key, as the real server does.
    pub strict: bool,
    /// A webhook for all triggers that counts as registered; its receiver may start later.
    pub webhook: Option<WebhookTarget>,
    /// Paid seats beside the owner's.
    pub paid_seats: usize,
    /// How many accounts of type `User` there may be.
    pub user_limit: usize,
    /// The server's version, as it tells it; before 3.7 some calls are missing and others forgive more.
    pub version: String,
    /// What the key's owner is.
    pub role: Role,
    /// Whether members may be invited and created at first; see [`Sandbox::allow_inviting`].
    pub allow_inviting_members: bool,
    /// Whether guests may be invited at first.
    pub allow_inviting_guests: bool,
    /// How many invitations the portal mails in 24 hours, counted in addresses.
    pub invitation_limit: Option<usize>,
    /// Webhook retries come after 1, 2, 4, 8 and 16 times this; the real server has one second.
    pub retry_unit: Duration,
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
            strict: false,
            webhook: None,
            paid_seats: usize::MAX,
            user_limit: usize::MAX,
            version: VERSION.to_owned(),
            role: Role::Owner,
            allow_inviting_members: true,
            allow_inviting_guests: true,
            invitation_limit: None,
            retry_unit: Duration::from_secs(1),
            clock,
        }
    }
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
    deliveries: TaskTracker,
}

impl Sandbox {
    /// A portal with nobody but the owners of the portal and of the key.
    ///
    /// # Errors
    /// When the webhook address is no http or https URL.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let names = Regex::new(USER_NAME_RULE).map_err(Error::Names)?;
        let client = target::unverified_client().map_err(Error::Client)?;
        let portal = Mutex::new(Portal::new(Policy::new(&settings), settings.clock.now()));
        let deliveries = TaskTracker::new();
        // A closed tracker still takes tasks; closing lets `webhooks_settled` return.
        deliveries.close();
        let given = settings.webhook.clone();
        let sandbox = Self { inner: Arc::new(Inner { settings, names, client, portal, deliveries }) };
        if let Some(target) = given {
            sandbox.set_webhook(&target.url, &target.secret)?;
        }
        Ok(sandbox)
    }

    /// Register a webhook for all triggers, without a probe, in place of one given before.
    ///
    /// # Errors
    /// [`Error::WebhookUrl`].
    pub fn set_webhook(&self, url: &str, secret: &str) -> Result<(), Error> {
        let uri =
            Url::parse(url).ok().filter(|uri| matches!(uri.scheme(), "http" | "https")).ok_or(Error::WebhookUrl)?;
        self.change(|portal, now| {
            portal.hooks.retain(|_, hook| !hook.is_given);
            portal.register(|id| Hook {
                id,
                name: "usher".to_owned(),
                ssl: uri.scheme() == "https",
                uri,
                secret: secret.to_owned(),
                enabled: true,
                triggers: 0,
                target: None,
                is_given: true,
                created_at: now,
                modified_at: now,
                last_failure_at: None,
                last_failure: None,
                last_success_at: None,
            });
        });
        Ok(())
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

    /// Forget users, groups, rooms, mails, calls, faults, links and the delivery log; webhooks stay.
    pub fn reset(&self) {
        self.change(Portal::reset);
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
