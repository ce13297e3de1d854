//! How a sandbox is set up.

use std::sync::Arc;
use std::time::Duration;

use super::DEFAULT_API_KEY;
use super::keys::Key;
use super::limits::Limits;
use super::policy::Role;
use super::postbox::PostboxSettings;
use super::standing::Condition;
use crate::model::{Clock, Timestamp};

/// The server version the sandbox stands in for unless told otherwise.
const VERSION: &str = "3.7.2";

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
    /// Whether that key is switched on; see [`super::Sandbox::switch_key`].
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
    /// The server's version, as it tells it; before 3.7 some calls are missing and others forgive more.
    pub version: String,
    /// What the key's owner is.
    pub role: Role,
    /// Whether members may be invited and created at first; see [`super::Sandbox::allow_inviting`].
    pub allow_inviting_members: bool,
    /// Whether guests may be invited at first.
    pub allow_inviting_guests: bool,
    /// How many invitations the portal mails in 24 hours, counted in addresses.
    pub invitation_limit: Option<usize>,
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
            version: VERSION.to_owned(),
            role: Role::Owner,
            allow_inviting_members: true,
            allow_inviting_guests: true,
            invitation_limit: None,
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
