//! Dates as texts: `YYYY-MM-DD`, or the date part of an RFC 3339 time as it is written.
//!
//! A time keeps the date its sender wrote: no time zone moves a first working day. Everything else is an
//! error and not a guess, `05/06/2026` above all. An empty text is absent.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::{Span, ToSpan};
use minijinja::Value;

use super::work::{Refusal, Work, absent};

/// Days that `add_days` moves at most, in either direction: about a century.
const MAX_DAYS: i64 = 36_600;

/// The filter `date`.
pub(super) fn date(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    Ok(read(work, "date", &values[0])?.map_or(Value::UNDEFINED, written))
}

/// The filter `add_days`.
pub(super) fn add_days(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let Some(date) = read(work, "add_days", &values[0])? else {
        return Ok(Value::UNDEFINED);
    };
    let days = values[1].as_i64().filter(|days| (-MAX_DAYS..=MAX_DAYS).contains(days));
    let days = days.ok_or_else(|| Refusal::new(format!("add_days needs a whole number of days, up to {MAX_DAYS}")))?;
    let span: Span = days.days();
    let moved = date.checked_add(span).map_err(|_| Refusal::new("add_days leaves the calendar"))?;
    Ok(written(moved))
}

/// The tests `before` and `on_or_before`; false where a date is absent.
pub(super) fn compare(
    work: &mut Work,
    test: &str,
    values: &[Value],
    wanted: fn(&Date, &Date) -> bool,
) -> Result<bool, Refusal> {
    let (left, right) = (read(work, test, &values[0])?, read(work, test, &values[1])?);
    Ok(left.zip(right).is_some_and(|(left, right)| wanted(&left, &right)))
}

fn read(work: &mut Work, what: &str, value: &Value) -> Result<Option<Date>, Refusal> {
    if absent(value) {
        return Ok(None);
    }
    let refusal = || Refusal::new(format!("{what} needs a date, YYYY-MM-DD or RFC 3339"));
    let text = value.as_str().ok_or_else(refusal)?.trim();
    work.spend(text.len() / 8)?;
    if text.is_empty() {
        return Ok(None);
    }
    Pieces::parse(text).map(|pieces| Some(pieces.date())).map_err(|_| refusal())
}

fn written(date: Date) -> Value {
    Value::from(date.to_string())
}
