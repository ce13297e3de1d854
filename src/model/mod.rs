//! The words of the program, as types: what arrives, what it means, what is to be done, who it is about.
//!
//! Nothing here touches a socket, a database, a file or the real clock.

mod act;
mod choice;
mod delivery;
mod event;
mod job;
mod person;
mod plan;
mod planned;
mod room;

pub use act::{Act, Recorded};
pub use choice::{Channel, Existing, Mode, OnExisting, Whom};
pub use delivery::{Delivery, DeliveryId};
pub use event::{Event, EventKind, UnknownEventKind};
pub use jiff::Timestamp;
pub use job::{Attempt, CallOff, Job, JobId, JobState, NewJob, Outcome, Step, UnknownJobState, kind};
pub use person::{AccountState, EmployeeId, Person, PersonId, Way};
pub use plan::{Grant, GrantKind, Moment, Plan, Waiting};
pub use planned::{Action, Congratulate, Disable, Enable, Onboard, RoomGrant, Update, UserType};
pub use room::RoomAccess;

/// Where the program asks for the time. The real one lives in `app`; tests move theirs by hand.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
