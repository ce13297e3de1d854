//! What somebody did by hand.

use jiff::Timestamp;
use serde::Serialize;

/// One act by hand, as it is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who: the operating system's user, or the name of a token.
    pub who: String,
    /// What, in one stable word such as `release`.
    pub what: &'static str,
    /// What it was done to, by numbers of rows: `job 4`, `person 2`; sources and portals by name. Never a person's name or
    /// address: the record outlives those.
    pub subject: String,
    /// More of it, without personal data.
    pub detail: Option<String>,
}

/// An act by hand, as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Row number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// What it was done to.
    pub subject: String,
    /// More of it.
    pub detail: Option<String>,
}
