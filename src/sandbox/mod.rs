//! The stand-in DocSpace: one implementation for `usher sandbox`, for the demo and for tests.
//!
//! It answers the calls Usher makes as the server of DocSpace 3.7 does, read from that server's source: the envelope and
//! its errors, who gets which letter, which call publishes which webhook, and the signed webhooks themselves with their
//! retries. [`Settings::version`] takes it back behind 3.7. Nothing here is shared with the client: wire types and signing
//! are its own, so that a mistake of the client shows. What differs from the real server:
//!
//! - loopback addresses may be registered as webhooks, and a webhook given in [`Settings`] is neither probed nor refused;
//! - without [`Settings::strict`] the congratulation key [`CONGRATULATION_KEY`] is accepted, as the published sample has it;
//! - mail is noted instead of sent, and nothing is kept on disk;
//! - rate limits are off unless [`Settings::limits`] asks for them, the portal is in order unless
//!   [`Settings::condition`] or [`Sandbox::set_condition`] says otherwise, and neither a probe nor an attempt need take
//!   as long as the real server would wait ([`Settings::probe_limit`], [`Settings::attempt_limit`]);
//! - keys cannot be made or changed by the API, all belong to one account, and only the first can expire;
//! - the three people calls whose scope the real server forgets to check are checked;
//! - messages are in English, whatever the language of the key's owner;
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
//! | `POST faults` | [`Fault`] or [`SmtpFault`] | [`Sandbox::add_fault`], [`Sandbox::add_smtp_fault`] |
//! | `POST condition` | `{condition}` | [`Sandbox::set_condition`] |
//! | `POST reset` | | [`Sandbox::reset`] |
//!
//! Beside the portal there may be a mail catcher ([`Sandbox::start_postbox`]), which no DocSpace has: it takes the
//! letters others send.

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
mod keys;
mod letter;
mod limits;
mod links;
mod mention;
mod people;
mod person;
mod policy;
mod portal;
mod postbox;
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
mod setup;
mod sharing;
mod smtp;
mod smtp_command;
mod smtp_fault;
mod standing;
mod state;
mod target;
mod triggers;
mod webhooks;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use regex::Regex;
use tokio_util::task::TaskTracker;

use crate::model::Timestamp;

pub use error::Error;
pub use fault::{DropPoint, Fault};
pub use joining::{JoinError, Joining, Way};
pub use keys::Key;
pub use letter::Letter;
pub use limits::Limits;
pub use person::ActivateError;
pub use policy::Role;
pub use portal::{Call, Mail, MailKind};
pub use postbox::{Postbox, PostboxSettings, SmtpLogin};
pub use server::Running;
pub use setup::{Settings, WebhookTarget};
pub use smtp_fault::{SmtpFault, SmtpTrouble};
pub use standing::Condition;
pub use state::{GroupState, RoomFile, RoomMember, RoomState, State, User};

use policy::Policy;
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

    /// Forget users, groups, rooms, mails, calls, faults, links, what limits have counted and the delivery log; condition
    /// and key are those of the settings again. Webhooks stay.
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
