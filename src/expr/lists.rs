//! The filters on lists. A list never holds an absent entry.

use minijinja::Value;
use minijinja::value::ValueKind;

use super::filters::{self, Filter};
use super::predicates;
use super::work::{Refusal, Work, absent, as_text, fits, made};

/// Every filter on lists.
pub(super) static FILTERS: [Filter; 9] = [
    Filter::new("join", 0..=1, join),
    Filter::new("first", 0..=0, |work, values| end(work, "first", &values[0], false)),
    Filter::new("last", 0..=0, |work, values| end(work, "last", &values[0], true)),
    Filter::new("list", 0..=0, list),
    Filter::new("as_list", 0..=0, |_, values| Ok(as_list(&values[0]))).taking_absent(),
    Filter::new("select", 0..=2, |work, values| keep(work, "select", values, None, true)).taking_absent(),
    Filter::new("selectattr", 1..=3, |work, values| keep_by_field(work, "selectattr", values, true)).taking_absent(),
    Filter::new("rejectattr", 1..=3, |work, values| keep_by_field(work, "rejectattr", values, false)).taking_absent(),
    Filter::new("map", 1..=3, map).taking_absent(),
];

/// A list of these, without the absent ones.
pub(super) fn listed(mut entries: Vec<Value>) -> Value {
    entries.retain(|entry| !absent(entry));
    Value::from(entries)
}

/// A list of these, each paid for before the next is made.
pub(super) fn collect(work: &mut Work, entries: impl Iterator<Item = Value>) -> Result<Value, Refusal> {
    let mut list = Vec::new();
    for entry in entries {
        work.spend(1)?;
        list.push(entry);
    }
    Ok(Value::from(list))
}

/// The entries of a list; `what` says who needs one.
pub(super) fn entries(work: &mut Work, what: &str, list: &Value) -> Result<Vec<Value>, Refusal> {
    let refusal = || Refusal::new(format!("{what} needs a list; as_list makes one of a lone value"));
    if !is_list(list) {
        return Err(refusal());
    }
    work.spend(list.len().unwrap_or(usize::MAX))?;
    Ok(list.try_iter().map_err(|_| refusal())?.collect())
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn join(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let separator = match values.get(1) {
        Some(separator) => work.text("join", separator)?.into_owned(),
        None => String::new(),
    };
    let mut joined = String::new();
    for (index, entry) in entries(work, "join", &values[0])?.iter().enumerate() {
        if index > 0 {
            joined.push_str(&separator);
        }
        let text = as_text(entry).ok_or_else(|| Refusal::new("join needs texts, numbers or bools"))?;
        fits("join", joined.len().saturating_add(text.len()).saturating_add(separator.len()))?;
        joined.push_str(&text);
    }
    work.spend(joined.len() / 8)?;
    made("join", joined)
}

/// The first or last entry of a list or character of a text; absent where it is empty.
fn end(work: &mut Work, what: &str, value: &Value, last: bool) -> Result<Value, Refusal> {
    if let Some(text) = value.as_str() {
        let end = if last { text.chars().next_back() } else { text.chars().next() };
        return Ok(end.map_or(Value::UNDEFINED, |end| Value::from(end.to_string())));
    }
    if !is_list(value) {
        return Err(Refusal::new(format!("{what} needs a list or a text")));
    }
    work.spend(1)?;
    let index = if last { value.len().unwrap_or(0).saturating_sub(1) } else { 0 };
    Ok(value.get_item_by_index(index).unwrap_or_default())
}

/// A list stays, a mapping gives its keys.
fn list(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let value = &values[0];
    if value.kind() != ValueKind::Map {
        return entries(work, "list", value).map(Value::from);
    }
    work.spend(value.len().unwrap_or(usize::MAX))?;
    value.try_iter().map(|keys| Value::from(keys.collect::<Vec<_>>())).map_err(|_| Refusal::new("list needs a list"))
}

/// A list stays, absent is the empty list, anything else is a list of one.
fn as_list(value: &Value) -> Value {
    if absent(value) {
        Value::from(Vec::<Value>::new())
    } else if is_list(value) {
        value.clone()
    } else {
        Value::from(vec![value.clone()])
    }
}

fn keep_by_field(work: &mut Work, what: &str, values: &[Value], wanted: bool) -> Result<Value, Refusal> {
    let path = values[1].as_str().unwrap_or_default().to_owned();
    let mut rest = vec![values[0].clone()];
    rest.extend_from_slice(&values[2..]);
    keep(work, what, &rest, Some(&path), wanted)
}

/// `values`: the list, then perhaps the name of a test and its arguments.
fn keep(work: &mut Work, what: &str, values: &[Value], path: Option<&str>, wanted: bool) -> Result<Value, Refusal> {
    if absent(&values[0]) {
        return Ok(Value::UNDEFINED);
    }
    let test = values.get(1).and_then(|name| predicates::find(name.as_str()?));
    let mut kept = Vec::new();
    for entry in entries(work, what, &values[0])? {
        let tested = path.map_or_else(|| entry.clone(), |path| field(&entry, path));
        let passes = match test {
            Some(test) => {
                let mut operands = vec![tested];
                operands.extend_from_slice(&values[2..]);
                work.spend(1)?;
                (test.run)(work, &operands)?
            }
            None => tested.is_true(),
        };
        if passes == wanted {
            kept.push(entry);
        }
    }
    Ok(Value::from(kept))
}

/// `a.b` of an entry; absent where a step is.
fn field(entry: &Value, path: &str) -> Value {
    path.split('.').fold(entry.clone(), |value, name| value.get_attr(name).unwrap_or_default())
}

/// `map('filter', ...)`: the filter's name is checked at load.
fn map(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let Some(filter) = values[1].as_str().and_then(filters::find) else {
        return Err(Refusal::new("map needs the name of a filter"));
    };
    if absent(&values[0]) {
        return Ok(Value::UNDEFINED);
    }
    let mut mapped = Vec::new();
    for entry in entries(work, "map", &values[0])? {
        let mut operands = vec![entry];
        operands.extend_from_slice(&values[2..]);
        work.spend(1)?;
        if filter.takes_absent || !operands.iter().any(absent) {
            mapped.push((filter.run)(work, &operands)?);
        }
    }
    Ok(listed(mapped))
}

/// `map(attribute=..., default=...)`, lowered to `_attribute(path, default)`.
pub(super) fn attribute(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    if absent(&values[0]) {
        return Ok(Value::UNDEFINED);
    }
    let path = values[1].as_str().unwrap_or_default();
    let mut mapped = Vec::new();
    for entry in entries(work, "map", &values[0])? {
        let value = field(&entry, path);
        mapped.push(if absent(&value) { values.get(2).cloned().unwrap_or_default() } else { value });
    }
    Ok(listed(mapped))
}
