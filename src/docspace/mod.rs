//! The client of DocSpace's REST API: the calls Usher makes, what their answers mean, and the limits kept.
//!
//! Only this module knows DocSpace's paths. Facts about the server come from its source, version 3.7.2; callers
//! branch on [`Error`] and never on texts, which the server translates into the language of the key's owner.
//!
//! ```text
//! people, portal   the calls
//!   -> exchange    limits, sending, metrics
//!     -> answer    status and bytes -> `response`, or an Error
//!       -> wire    the bodies as DocSpace spells them
//!   -> pause       whether the portal as a whole refuses us
//! ```

mod address;
mod answer;
mod call;
mod client;
mod error;
mod exchange;
mod limits;
mod pause;
mod people;
mod portal;
mod wire;

pub use address::reserved_address;
pub use client::{Client, ClientError, Observer, Settings, Timeouts, http_client, is_loopback};
pub use error::{Error, Trouble};
pub use limits::Limits;
pub use pause::Pause;
pub use people::{Account, NewAccount};
pub use portal::{KeyInfo, PortalSettings, PortalUser};
