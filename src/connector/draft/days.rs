//! Dates as platforms write them, told by their shape.

use jiff::fmt::strtime;

use crate::schedule;

/// A form of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// As strptime(3) has it; `None`: as events have it.
    pub(super) written: Option<&'static str>,
    /// Whether day and month might be the other way round.
    pub(super) is_ambiguous: bool,
}

/// Forms that are looked for, the likelier first.
const FORMS: [&str; 9] =
    ["%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y"];

/// Earliest year that has four digits. Two say too little: 31.12.26 would be a day of the year 26.
const EARLIEST: i16 = 1000;

/// The form of a text that is a date.
pub(super) fn form(text: &str) -> Option<Form> {
    let text = text.trim();
    if text.len() < 8 || text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if schedule::date(text).is_some() {
        return Some(Form { written: None, is_ambiguous: false });
    }
    let fits = |form: &str| {
        strtime::parse(form, text).and_then(|parts| parts.to_date()).is_ok_and(|date| date.year() >= EARLIEST)
    };
    let mut fitting = FORMS.into_iter().filter(|form| fits(form));
    let written = fitting.next()?;
    Some(Form { written: Some(written), is_ambiguous: fitting.next().is_some() })
}
