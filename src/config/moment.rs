//! Moments counted from a day that an event names: `before_start` or `after_end`, with `at` and `zone`.

use jiff::Span;
use jiff::civil::Time;

use crate::document::Section;
use crate::model::Moment;
use crate::schedule;

/// The time of the day before or on a first day of work, where none is written.
const MORNING: Time = Time::constant(8, 0, 0, 0);
/// The time of the day on or after a last day of work, where none is written: nobody is locked out while still at work.
const EVENING: Time = Time::constant(18, 0, 0, 0);
/// The time zone where none is written.
const UTC: &str = "UTC";
/// Days that a moment may lie away from its day: about ten years.
const MOST_DAYS: i32 = 3660;

/// On which side of the day the moment lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

impl Side {
    fn time(self) -> Time {
        match self {
            Self::Before => MORNING,
            Self::After => EVENING,
        }
    }
}

/// The moment that `key` counts, with `at` and `zone` beside it; `None` without `key`.
pub(super) fn read(section: &Section<'_>, key: &str, side: Side) -> Option<Moment> {
    let days = section.get(key);
    let at = section.get("at");
    let zone = section.get("zone");
    if days.is_none() {
        for entry in [&at, &zone].into_iter().flatten() {
            entry.problem(format!("belongs to {key}, which is not there; add it, such as {key} = \"3d\""));
        }
        return None;
    }
    let days = days.and_then(|entry| {
        let text = entry.text()?;
        let days = whole_days(&text);
        if days.is_none() {
            entry.problem(format!(
                "'{text}' is not a number of whole days up to {MOST_DAYS}; write 3d, 2w, or 0d for the day itself"
            ));
        }
        days
    });
    let at = at.map_or(Some(side.time()), |entry| {
        let text = entry.text()?;
        // Two digits each and nothing more: a parser of times also takes other notations.
        let time = text.parse::<Time>().ok().filter(|_| text.len() == 5 && text.contains(':'));
        if time.is_none() {
            entry.problem(format!("'{text}' is not a time of the day; write 08:00"));
        }
        time
    });
    let zone = zone.map_or(Some(UTC.to_owned()), |entry| {
        let name = entry.text()?;
        if schedule::zone(&name).is_none() {
            entry.problem(format!("'{name}' is not a time zone; write one such as Europe/Berlin"));
            return None;
        }
        Some(name)
    });
    let days = match side {
        Side::Before => -days?,
        Side::After => days?,
    };
    Some(Moment { days, at: at?, zone: zone? })
}

/// `3d` or `2w`.
fn whole_days(text: &str) -> Option<i32> {
    let span = text.trim().parse::<Span>().ok()?;
    let days = span.get_weeks().checked_mul(7)?.checked_add(span.get_days())?;
    let is_whole = span.fieldwise() == Span::new().weeks(span.get_weeks()).days(span.get_days()).fieldwise();
    (is_whole && (0..=MOST_DAYS).contains(&days)).then_some(days)
}
