//! When planned work is due: moments counted from a day that an HR platform named.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, ToSpan};

use crate::model::{Event, Moment};

/// Why a moment cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undue {
    /// The text is not a date.
    #[error(
        "it is not a date, YYYY-MM-DD or RFC 3339; if the HR system writes its dates so, it is the connector that reads it \
         wrongly, and the filter `date` takes the form, as `date('%d.%m.%Y')`"
    )]
    Date,
    /// The date stands for none, such as 0001-01-01 or 9999-12-31.
    #[error("it is more than ten years ahead or fifty years ago, as what stands for no date at all")]
    Placeholder,
    /// This machine knows no such time zone.
    #[error("this machine knows no time zone '{0}'")]
    Zone(String),
    /// The moment lies outside of the calendar.
    #[error("the moment lies outside of the calendar")]
    Calendar,
}

/// Days ahead that a date may lie to be meant.
const MOST_AHEAD: i32 = 3660;
/// Days ago that it may lie.
const MOST_AGO: i32 = 50 * 366;

/// The date that a text names: `YYYY-MM-DD`, or the date part of an RFC 3339 time as its sender wrote it, so that no time
/// zone moves a first day of work.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    Pieces::parse(text.trim()).ok().map(|pieces| pieces.date())
}

/// What is wrong with the days and the time of an event, a sentence each: what is no date passes, and nothing can be counted
/// from it.
#[must_use]
pub fn odd_days(event: &Event) -> Vec<String> {
    const DAY: &str = "YYYY-MM-DD, as by `| date('%d.%m.%Y')` from 01.12.2026";
    const TIME: &str = "RFC 3339, as 2026-12-01T08:00:00Z";
    let fields = [
        ("starts_on", &event.starts_on, DAY),
        ("ends_on", &event.ends_on, DAY),
        ("occurred_at", &event.occurred_at, TIME),
    ];
    let is_odd = |text: &Option<String>| text.as_ref().is_some_and(|text| date(text).is_none());
    let odd = fields.into_iter().filter(|(_, text, _)| is_odd(text));
    odd.map(|(field, _, wanted)| format!("{field} is no date: the connector has to yield {wanted}")).collect()
}

/// The date of a moment, in UTC.
#[must_use]
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The time zone of this IANA name: by the machine's own data, where they have it, else by those that come with the
/// program. A machine without any, or with a few zones only, knows the same names as all others.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).or_else(|_| TimeZoneDatabase::bundled().get(name)).ok()
}

/// The moment counted from the day that `text` names, as seen on the day `today`.
///
/// Days are days of the calendar there, so that the time of the day stays the same when daylight saving begins or ends in
/// between. A time that the clock leaves out in spring is taken as much later as it leaves out (02:30 is 03:30); of one
/// that it shows twice in autumn it is the first.
///
/// # Errors
/// No date, none that is meant, no such zone, or outside of the calendar.
pub fn due(moment: &Moment, text: &str, today: Date) -> Result<Timestamp, Undue> {
    let zone = zone(&moment.zone).ok_or_else(|| Undue::Zone(moment.zone.clone()))?;
    let day = date(text).ok_or(Undue::Date)?;
    let days = today.until(day).map_err(|_| Undue::Calendar)?.get_days();
    if !(-MOST_AGO..=MOST_AHEAD).contains(&days) {
        return Err(Undue::Placeholder);
    }
    let day = day.checked_add(moment.days.days()).map_err(|_| Undue::Calendar)?;
    let at = day.to_datetime(moment.at).to_zoned(zone).map_err(|_| Undue::Calendar)?;
    Ok(at.timestamp())
}

/// A length of time as people write it, such as `36h`, `90m` or `5d`; a day has 24 hours.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span = text.trim().parse::<Span>().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok().filter(SignedDuration::is_positive)
}
