//! Actions and their parameters, as rules and jobs carry them.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Channel, Mode, Moment, OnExisting, RoomAccess, Way, Whom};

/// Account type in DocSpace. `All` is not among them: the server turns it into a paid room administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UserType {
    /// A member without a paid seat.
    User,
    /// A guest; DocSpace refuses to create or invite one directly.
    Guest,
    /// Room administrator: takes a paid seat.
    RoomAdmin,
    /// Administrator of the portal: takes a paid seat.
    DocSpaceAdmin,
}

impl UserType {
    /// The name DocSpace uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Guest => "Guest",
            Self::RoomAdmin => "RoomAdmin",
            Self::DocSpaceAdmin => "DocSpaceAdmin",
        }
    }

    /// Whether the type takes a paid seat.
    #[must_use]
    pub fn is_paid(self) -> bool {
        matches!(self, Self::RoomAdmin | Self::DocSpaceAdmin)
    }
}

impl std::fmt::Display for UserType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for UserType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::User, Self::Guest, Self::RoomAdmin, Self::DocSpaceAdmin]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("'{text}' is not an account type; use User, Guest, RoomAdmin or DocSpaceAdmin"))
    }
}

/// A room that a person is to have access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomGrant {
    /// Number of the room, as text.
    pub id: String,
    /// What the person may do there.
    pub access: RoomAccess,
}

/// Parameters of the action `onboard`. What is absent or usual is left out of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboard {
    /// Account type; there is no default on purpose.
    #[serde(rename = "type")]
    pub user_type: UserType,
    /// How the account comes to be. Guests come to be by their rooms, whatever stands here.
    #[serde(default)]
    pub mode: Mode,
    /// Language of the account and of DocSpace's letters, such as `de` or `pt-BR`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub culture: Option<String>,
    /// Groups to be put into, by id or name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<String>,
    /// Rooms to be let into.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rooms: Vec<RoomGrant>,
    /// What to do with an account that is there already.
    #[serde(skip_serializing_if = "is_usual", default)]
    pub on_existing: OnExisting,
    /// Name of the text that mode `link` mails; absent: the built-in one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// How long after the invitation somebody who has not come is reminded of it; absent: never. In JSON as ISO 8601
    /// has it, such as `PT120H`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remind_after: Option<SignedDuration>,
    /// When, counted from the first day of work; absent: at once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before_start: Option<Moment>,
}

impl Onboard {
    /// The usual parameters for this type.
    #[must_use]
    pub fn new(user_type: UserType) -> Self {
        Self {
            user_type,
            mode: Mode::default(),
            culture: None,
            groups: Vec::new(),
            rooms: Vec::new(),
            on_existing: OnExisting::default(),
            text: None,
            remind_after: None,
            before_start: None,
        }
    }

    /// How somebody of these parameters comes to the account. Guests come to be by their rooms, whatever the mode.
    #[must_use]
    pub fn way(&self) -> Way {
        match (self.user_type, self.mode) {
            (UserType::Guest, _) => Way::Room,
            (_, Mode::Create) => Way::Created,
            (_, Mode::Invite) => Way::Invited,
            (_, Mode::Link) => Way::Link,
        }
    }
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Parameters of the action `congratulate`. What is absent or usual is left out of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Congratulate {
    /// Channels, tried in order until one accepts.
    pub via: Vec<Channel>,
    /// The `Key` of `sendcongratulations`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// Who is congratulated.
    #[serde(skip_serializing_if = "is_usual", default)]
    pub whom: Whom,
    /// Name of the text for `smtp`, `mention` and `webhook`; absent: the built-in one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Language of that text; absent: that of the account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// Number of the welcome document of `mention`, as text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// The welcome room of `room`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub room: Option<RoomGrant>,
    /// Name of the receiver of `webhook`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receiver: Option<String>,
}

impl Congratulate {
    /// These channels, and nothing else.
    #[must_use]
    pub fn new(via: Vec<Channel>) -> Self {
        Self {
            via,
            key: None,
            whom: Whom::default(),
            text: None,
            language: None,
            file: None,
            room: None,
            receiver: None,
        }
    }
}

/// Parameters of the action `update`. What is absent is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Update {
    /// Account type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub user_type: Option<UserType>,
    /// Groups to be in, by id or name. Of others that we put the account into it is taken out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub groups: Option<Vec<String>>,
    /// Rooms to be let into. Of others that we let the account into it is taken out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rooms: Option<Vec<RoomGrant>>,
}

/// Parameters of the action `disable`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Disable {
    /// When, counted from the last day of work; absent: at once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after_end: Option<Moment>,
}

/// Parameters of the action `enable`: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Enable {}

/// Something a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create and invite.
    Onboard(Onboard),
    /// Congratulate on the activated account.
    Congratulate(Congratulate),
    /// Bring the account to what the rules say of a mover.
    Update(Update),
    /// Disable the account of a leaver.
    Disable(Disable),
    /// Enable the account of somebody who is back.
    Enable(Enable),
}

impl Action {
    /// The word in configuration, which is also the job's kind.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Onboard(_) => super::kind::ONBOARD,
            Self::Congratulate(_) => super::kind::CONGRATULATE,
            Self::Update(_) => super::kind::UPDATE,
            Self::Disable(_) => super::kind::DISABLE,
            Self::Enable(_) => super::kind::ENABLE,
        }
    }

    /// The parameters as JSON, as jobs and `explain` show them.
    #[must_use]
    pub fn params(&self) -> serde_json::Value {
        match self {
            Self::Onboard(params) => serde_json::json!(params),
            Self::Congratulate(params) => serde_json::json!(params),
            Self::Update(params) => serde_json::json!(params),
            Self::Disable(params) => serde_json::json!(params),
            Self::Enable(params) => serde_json::json!(params),
        }
    }
}
