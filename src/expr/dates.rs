//! Dates as texts: `YYYY-MM-DD`, or the date part of an RFC 3339 time as it is written.
//!
//! A time keeps the date its sender wrote: no time zone moves a first working day. Everything else is an
//! error and not a guess, `05/06/2026` above all, unless the filter `date` is told the form. An empty text is absent.

use jiff::civil::{self, Date};
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use minijinja::Value;

use super::work::{Refusal, Work, absent};

/// Days that `add_days` moves at most, in either direction: about a century.
const MAX_DAYS: i64 = 36_600;

/// Longest form of a date, and longest text that is read by one, in bytes.
const MAX_FORM: usize = 100;

/// The filter `date`; its argument is the form of a date, as strptime(3) has it.
pub(super) fn date(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let Some(form) = values.get(1) else {
        return Ok(read(work, "date", &values[0])?.map_or(Value::UNDEFINED, written));
    };
    let form = form.as_str().filter(|form| form.len() <= MAX_FORM);
    let form = form.ok_or_else(|| Refusal::new(format!("date needs a form of up to {MAX_FORM} bytes")))?;
    // A number is read as it is written: 20261201 and Unix seconds are dates to some.
    let text = work.text("date", &values[0])?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::UNDEFINED);
    }
    let found = (text.len() <= MAX_FORM).then(|| by_form(form, text)).flatten();
    found.map(written).ok_or_else(|| Refusal::new("date needs a text of the form that its argument tells"))
}

/// The day as it is written; that of Unix seconds, which name none, in UTC.
fn by_form(form: &str, text: &str) -> Option<Date> {
    let parts = strtime::parse(form, text).ok()?;
    parts.to_date().or_else(|_| Ok::<_, jiff::Error>(parts.to_timestamp()?.to_zoned(TimeZone::UTC).date())).ok()
}

/// What is wrong with the form of a date; `None`: it tells a day.
pub(super) fn problem_of_form(form: &str) -> Option<String> {
    if form.len() > MAX_FORM {
        return Some(format!("the form of a date has at most {MAX_FORM} bytes"));
    }
    // What is written by a form that tells a day can be read by it again.
    let day = civil::date(2026, 12, 31).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?;
    let read = strtime::format(form, &day).ok().and_then(|text| by_form(form, &text));
    (read != Some(day.date())).then(|| {
        "this form tells no day: %d is the day, %m the month as a number, %b its English name, %Y the year, as in \
         '%d.%m.%Y'"
            .to_owned()
    })
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
