//! When planned work is due: moments counted from a day that an HR platform named.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::model::Moment;

/// Why a moment cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undue {
    /// The text is not a date.
    #[error("it is not a date, YYYY-MM-DD or RFC 3339")]
    Date,
    /// This machine knows no such time zone.
    #[error("this machine knows no time zone '{0}'")]
    Zone(String),
    /// The moment lies outside of the calendar.
    #[error("the moment lies outside of the calendar")]
    Calendar,
}

/// The date that a text names: `YYYY-MM-DD`, or the date part of an RFC 3339 time as its sender wrote it, so that no time
/// zone moves a first day of work.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    Pieces::parse(text.trim()).ok().map(|pieces| pieces.date())
}

/// The date of a moment, in UTC.
#[must_use]
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The moment counted from the day that `text` names. A time that the clock leaves out in spring is taken an hour later;
/// one that it shows twice in autumn is the first of the two.
///
/// # Errors
/// No date, no such zone, or outside of the calendar.
pub fn due(moment: &Moment, text: &str) -> Result<Timestamp, Undue> {
    let zone = TimeZone::get(&moment.zone).map_err(|_| Undue::Zone(moment.zone.clone()))?;
    let day = date(text).ok_or(Undue::Date)?;
    let day = day.checked_add(moment.days.days()).map_err(|_| Undue::Calendar)?;
    let at = day.to_datetime(moment.at).to_zoned(zone).map_err(|_| Undue::Calendar)?;
    Ok(at.timestamp())
}
