//! One normalised fact about a person.

use serde::{Deserialize, Serialize};

/// What happened. A closed list: connectors map to these, rules listen to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// Somebody was hired.
    #[serde(rename = "employee.hired")]
    EmployeeHired,
    /// Details of an employee changed.
    #[serde(rename = "employee.updated")]
    EmployeeUpdated,
    /// Somebody has left.
    #[serde(rename = "employee.terminated")]
    EmployeeTerminated,
    /// A hire was taken back before it began.
    #[serde(rename = "employee.rescinded")]
    EmployeeRescinded,
    /// DocSpace mailed an invitation to an address without an account.
    #[serde(rename = "user.invited")]
    UserInvited,
    /// A DocSpace account came to be.
    #[serde(rename = "user.created")]
    UserCreated,
    /// A DocSpace account changed.
    #[serde(rename = "user.updated")]
    UserUpdated,
    /// A DocSpace account became active for the first time: the ledger derives it from the two above, and takes it from a
    /// platform only as the first time.
    #[serde(rename = "user.activated")]
    UserActivated,
    /// A DocSpace account was deleted.
    #[serde(rename = "user.deleted")]
    UserDeleted,
}

/// The text is not one of [`EventKind::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not an event; the events are employee.hired, employee.updated, employee.terminated, employee.rescinded, user.invited, user.created, user.updated, user.activated, user.deleted"
)]
pub struct UnknownEventKind(pub String);

impl EventKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::EmployeeHired,
        Self::EmployeeUpdated,
        Self::EmployeeTerminated,
        Self::EmployeeRescinded,
        Self::UserInvited,
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserActivated,
        Self::UserDeleted,
    ];

    /// The name on the wire and in configuration, such as `employee.hired`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmployeeHired => "employee.hired",
            Self::EmployeeUpdated => "employee.updated",
            Self::EmployeeTerminated => "employee.terminated",
            Self::EmployeeRescinded => "employee.rescinded",
            Self::UserInvited => "user.invited",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserActivated => "user.activated",
            Self::UserDeleted => "user.deleted",
        }
    }

    /// Whether the event speaks of a DocSpace account (`user.*`) and not of an employee.
    #[must_use]
    pub fn is_user(self) -> bool {
        self.as_str().starts_with("user.")
    }
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownEventKind(text.to_owned()))
    }
}

/// One fact about one person, in the same words whatever platform it came from.
///
/// Absent fields are left out of its JSON, never null. Texts are trimmed and not empty; `email` is
/// lower-cased and checked. `employee.hired` has `employee_id` and `email`, the other `employee.*`
/// one of the two, `user.*` has `user_id`; `connector` guarantees that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The person's id in the HR platform.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub employee_id: Option<String>,
    /// E-mail address, lower case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_name: Option<String>,
    /// First day of work, as the platform wrote it (normally `YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starts_on: Option<String>,
    /// Last day of work, as the platform wrote it (normally `YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_on: Option<String>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// Kind of employment, in the platform's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub employment_type: Option<String>,
    /// Manager, in the platform's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manager: Option<String>,
    /// Place of work.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    /// A value that two platforms share for one person; joins their records.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub match_id: Option<String>,
    /// DocSpace user id (GUID).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<String>,
    /// DocSpace `status`: 1 active, 2 terminated, 4 pending.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<i64>,
    /// DocSpace `activationStatus` flags: 1 activated, 2 pending, 4 auto-generated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub activation_status: Option<i64>,
    /// When it happened, as the platform wrote it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub occurred_at: Option<String>,
}

impl Event {
    /// Names of all fields that expressions may read, `kind` first.
    pub const FIELDS: [&'static str; 17] = [
        "kind",
        "employee_id",
        "email",
        "first_name",
        "last_name",
        "starts_on",
        "ends_on",
        "department",
        "title",
        "employment_type",
        "manager",
        "location",
        "match_id",
        "user_id",
        "status",
        "activation_status",
        "occurred_at",
    ];

    /// An event of this kind with every other field absent.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            employee_id: None,
            email: None,
            first_name: None,
            last_name: None,
            starts_on: None,
            ends_on: None,
            department: None,
            title: None,
            employment_type: None,
            manager: None,
            location: None,
            match_id: None,
            user_id: None,
            status: None,
            activation_status: None,
            occurred_at: None,
        }
    }
}
