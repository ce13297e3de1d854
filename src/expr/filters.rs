//! The filters on single values. All of them are absent where their value or an argument is, unless the
//! table says otherwise.

use std::ops::RangeInclusive;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::engine::Run;
use super::work::{Refusal, Work, absent, fits, made};
use super::{dates, lists};

/// A filter that expressions may name.
pub(super) struct Filter {
    pub(super) name: &'static str,
    /// How many arguments it takes, besides the value it stands behind.
    pub(super) args: RangeInclusive<usize>,
    /// Whether it runs on absent values too.
    pub(super) takes_absent: bool,
    pub(super) run: Run,
}

impl Filter {
    pub(super) const fn new(name: &'static str, args: RangeInclusive<usize>, run: Run) -> Self {
        Self { name, args, takes_absent: false, run }
    }

    pub(super) const fn taking_absent(self) -> Self {
        Self { takes_absent: true, ..self }
    }
}

/// Every filter on single values.
pub(super) static FILTERS: [Filter; 11] = [
    Filter::new("lower", 0..=0, |work, values| made("lower", work.text("lower", &values[0])?.to_lowercase())),
    Filter::new("upper", 0..=0, |work, values| made("upper", work.text("upper", &values[0])?.to_uppercase())),
    Filter::new("trim", 0..=1, trim),
    Filter::new("replace", 2..=2, replace),
    Filter::new("split", 0..=2, split),
    Filter::new("string", 0..=0, |work, values| made("string", work.text("string", &values[0])?)),
    Filter::new("int", 0..=1, int),
    Filter::new("length", 0..=0, length),
    Filter::new("default", 0..=2, default).taking_absent(),
    Filter::new("date", 0..=1, dates::date),
    Filter::new("add_days", 1..=1, dates::add_days),
];

/// The filter of that name, if expressions may use it.
pub(super) fn find(name: &str) -> Option<&'static Filter> {
    FILTERS.iter().chain(&lists::FILTERS).find(|filter| filter.name == name)
}

fn trim(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let text = work.text("trim", &values[0])?;
    let Some(ends) = values.get(1) else {
        return made("trim", text.trim());
    };
    let ends: Vec<char> = work.text("trim", ends)?.chars().take(100).collect();
    made("trim", text.trim_matches(ends.as_slice()))
}

fn replace(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let text = work.text("replace", &values[0])?;
    let (from, to) = (work.text("replace", &values[1])?, work.text("replace", &values[2])?);
    if from.is_empty() {
        return Err(Refusal::new("replace needs a text to look for that is not empty"));
    }
    let found = text.matches(&*from).count();
    let len = (text.len() - found * from.len()).saturating_add(found.saturating_mul(to.len()));
    fits("replace", len)?;
    made("replace", text.replace(&*from, &to))
}

fn split(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let text = work.text("split", &values[0])?;
    let Some(separator) = values.get(1) else {
        return lists::collect(work, text.split_whitespace().map(Value::from));
    };
    let separator = work.text("split", separator)?;
    if separator.is_empty() {
        return Err(Refusal::new("split needs a separator that is not empty"));
    }
    match values.get(2) {
        None => lists::collect(work, text.split(&*separator).map(Value::from)),
        Some(most) => {
            let most = most.as_usize().ok_or_else(|| Refusal::new("split needs a whole number of splits"))?;
            lists::collect(work, text.splitn(most.saturating_add(1), &*separator).map(Value::from))
        }
    }
}

/// A whole number: a float loses its fraction, a text is read as decimal. The argument stands in for a
/// text that is no number.
fn int(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let value = &values[0];
    let refusal = || Refusal::new("int needs a number, or a text that is one");
    match value.kind() {
        ValueKind::Number if value.is_integer() => Ok(value.clone()),
        ValueKind::Number => {
            let number = f64::try_from(value.clone()).map_err(|_| refusal())?;
            format!("{:.0}", number.trunc())
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| Refusal::new("int: the number is too large"))
        }
        ValueKind::Bool => Ok(Value::from(i64::from(value.is_true()))),
        ValueKind::String => {
            let number = work.text("int", value)?.trim().parse::<i64>().ok().map(Value::from);
            number.or_else(|| values.get(1).cloned()).ok_or_else(refusal)
        }
        _ => Err(refusal()),
    }
}

/// Entries of a list, fields of a mapping, characters of a text.
fn length(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let value = &values[0];
    match value.kind() {
        ValueKind::String => Ok(Value::from(work.text("length", value)?.chars().count())),
        _ => value.len().map(Value::from).ok_or_else(|| Refusal::new("length needs a text, a list or a mapping")),
    }
}

/// `default(other)` stands in for an absent value; `default(other, true)` for every value that is not true.
fn default(_: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let wanted = if values.get(2).is_some_and(Value::is_true) { values[0].is_true() } else { !absent(&values[0]) };
    if wanted {
        return Ok(values[0].clone());
    }
    Ok(values.get(1).cloned().unwrap_or_else(|| Value::from("")))
}
