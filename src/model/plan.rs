//! What is to be done for a person at its time, and what was given.

use jiff::Timestamp;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::{DeliveryId, PersonId};

/// A moment counted from a day that an event names, such as the first day of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Whole days from that day; before it where negative.
    pub days: i32,
    /// Time of the day there.
    pub at: Time,
    /// Name of the time zone (IANA), such as `Europe/Berlin`.
    pub zone: String,
}

/// Work for a person that becomes a job at its time. It is state of the ledger: a later event moves or removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Kind of the job; a person has at most one plan of a kind.
    pub kind: String,
    /// When it becomes a job.
    pub due_at: Timestamp,
    /// Key of that job.
    pub key: String,
    /// The delivery it follows from.
    pub delivery: Option<DeliveryId>,
    /// Why the job is to be born held.
    pub hold: Option<String>,
    /// Payload of that job.
    pub payload: serde_json::Value,
}

/// A job that nobody has begun or released, held or of a portal that is paused: a later event may still change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The person.
    pub person: PersonId,
    /// Kind of the job.
    pub kind: String,
    /// Key of the job.
    pub key: String,
    /// Its payload.
    pub payload: serde_json::Value,
}

/// What a grant lets a person into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantKind {
    /// A group.
    Group,
    /// A room.
    Room,
}

/// A group or room that we let a person into, and may take back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Which of the two.
    pub kind: GrantKind,
    /// Id of the group (GUID, lower case) or number of the room.
    pub id: String,
}
