//! Actions and their parameters, as rules and jobs carry them.

use serde::{Deserialize, Serialize};

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

/// How an account comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `POST /people` with names, then the invitation call, as the published flow does.
    #[default]
    Create,
    /// `POST /people/invite` alone: no names, DocSpace's own welcome letter on registration.
    Invite,
}

/// A way to congratulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// `POST /portal/sendcongratulations`, as published.
    SendCongratulations,
}

impl Channel {
    /// The word in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendCongratulations => "sendcongratulations",
        }
    }
}

/// Parameters of the action `onboard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboard {
    /// Account type; there is no default on purpose.
    #[serde(rename = "type")]
    pub user_type: UserType,
    /// How the account comes to be.
    #[serde(default)]
    pub mode: Mode,
}

/// Parameters of the action `congratulate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Congratulate {
    /// Channels, tried in order until one accepts.
    pub via: Vec<Channel>,
    /// The `Key` of `sendcongratulations`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
}

/// Something a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create and invite.
    Onboard(Onboard),
    /// Congratulate on the activated account.
    Congratulate(Congratulate),
}

impl Action {
    /// The word in configuration, which is also the job's kind.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Onboard(_) => super::kind::ONBOARD,
            Self::Congratulate(_) => super::kind::CONGRATULATE,
        }
    }

    /// The parameters as JSON, as jobs and `explain` show them.
    #[must_use]
    pub fn params(&self) -> serde_json::Value {
        match self {
            Self::Onboard(params) => serde_json::json!(params),
            Self::Congratulate(params) => serde_json::json!(params),
        }
    }
}
