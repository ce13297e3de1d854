//! The client of DocSpace's REST API: the calls Usher makes, what their answers mean, and the limits kept.
//!
//! Only this module knows DocSpace's paths. Facts about the server come from its source, version 3.7.2; callers
//! branch on [`Error`] and never on texts, which the server translates into the language of the key's owner.
//!
//! ```text
//! people, status, everybody, groups, rooms, links, webhooks, log, record, key, portal   the calls
//!   -> exchange    limits, sending, metrics
//!     -> limits    slots, pace, and the budget of the day and the quarter of an hour
//!     -> answer    status and bytes -> `response`, or an Error
//!       -> wire    the bodies as DocSpace spells them
//!   -> pause       whether the portal as a whole refuses us
//! ```

mod account;
mod address;
mod answer;
mod budget;
mod call;
mod client;
mod error;
mod everybody;
mod exchange;
mod groups;
mod key;
mod limits;
mod links;
mod log;
mod members;
mod outline;
mod page;
mod pause;
mod people;
mod portal;
mod rooms;
mod setup;
mod status;
mod webhooks;
mod wire;

pub use account::Account;
pub use address::reserved_address;
pub use budget::Kept;
pub use client::{Client, Observer};
pub use error::{Error, Trouble};
pub use everybody::People;
pub use groups::Group;
pub use key::KeyInfo;
pub use limits::{Limits, Usage};
pub use links::SharedLink;
pub use log::{LogQuery, LogRow};
pub use outline::{Expected, outline};
pub use page::Page;
pub use pause::Pause;
pub use people::{NewAccount, PeopleQuery};
pub use portal::{InvitationSettings, PortalSettings};
pub use rooms::Invitee;
pub use setup::{ClientError, Settings, Timeouts, http_client, is_loopback};
pub use webhooks::{NewWebhook, Webhook};
