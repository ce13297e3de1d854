//! The operators, as filters that no expression can name: `a < b` is lowered to `a|_lt(b)`.

use std::cmp::Ordering;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::engine::Run;
use super::scope::to_json;
use super::work::{Refusal, Work, absent, as_text, made};

/// Operators that say themselves what an absent value means.
pub(super) const SEEING_ABSENT: [(&str, Run); 10] = [
    ("_eq", |work, values| Ok(Value::from(equal(work, &values[0], &values[1])?))),
    ("_ne", |work, values| Ok(Value::from(!equal(work, &values[0], &values[1])?))),
    ("_lt", |_, values| ordered(values, Ordering::is_lt)),
    ("_le", |_, values| ordered(values, Ordering::is_le)),
    ("_gt", |_, values| ordered(values, Ordering::is_gt)),
    ("_ge", |_, values| ordered(values, Ordering::is_ge)),
    ("_in", |work, values| Ok(Value::from(contained(work, &values[0], &values[1])?))),
    ("_list", |work, values| list(work, &values[0])),
    ("_known", |_, values| known(values)),
    ("_attribute", super::lists::attribute),
];

/// Operators that are absent where an operand is.
pub(super) const PASSING_ABSENT: [(&str, Run); 8] = [
    ("_add", add),
    ("_sub", |_, values| calculate("-", values, i128::checked_sub, |a, b| a - b)),
    ("_mul", |_, values| calculate("*", values, i128::checked_mul, |a, b| a * b)),
    ("_div", |_, values| divide("/", values, |a, b| a / b)),
    ("_floor", |_, values| calculate("//", values, floor_div, |a, b| (a / b).floor())),
    ("_rem", |_, values| calculate("%", values, floor_rem, |a, b| a - b * (a / b).floor())),
    ("_neg", |_, values| calculate("-", &[Value::from(0), values[0].clone()], i128::checked_sub, |_, b| -b)),
    ("_cat", concatenate),
];

/// Equality as minijinja has it: 1 is 1.0, a number is no text, absent is only absent.
pub(super) fn equal(work: &mut Work, left: &Value, right: &Value) -> Result<bool, Refusal> {
    if left.as_object().is_some() && right.as_object().is_some() {
        // minijinja compares to the end, whatever it costs: pay for both sides first.
        to_json(work, left)?;
        to_json(work, right)?;
    }
    Ok(left == right)
}

fn ordered(values: &[Value], wanted: fn(Ordering) -> bool) -> Result<Value, Refusal> {
    let (left, right) = (&values[0], &values[1]);
    if absent(left) || absent(right) {
        return Ok(Value::from(false));
    }
    let comparable = matches!(
        (left.kind(), right.kind()),
        (ValueKind::Number, ValueKind::Number) | (ValueKind::String, ValueKind::String)
    );
    if !comparable {
        return Err(Refusal::new(format!("a {} cannot be ordered against a {}", left.kind(), right.kind())));
    }
    Ok(Value::from(wanted(left.cmp(right))))
}

/// Whether `container` holds `value`: an entry of a list, a key of a mapping, a part of a text.
pub(super) fn contained(work: &mut Work, value: &Value, container: &Value) -> Result<bool, Refusal> {
    if absent(value) || absent(container) {
        return Ok(false);
    }
    match container.kind() {
        ValueKind::String => {
            let text = work.text("in", container)?;
            Ok(value.as_str().is_some_and(|part| text.contains(part)))
        }
        ValueKind::Map => Ok(container.get_item(value).is_ok_and(|field| !absent(&field))),
        ValueKind::Seq | ValueKind::Iterable if value.as_object().is_some() => {
            Err(Refusal::new("in looks for a text, a number or a bool"))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            work.spend(container.len().unwrap_or(usize::MAX))?;
            let mut entries = container.try_iter().map_err(|_| Refusal::new("in needs a list"))?;
            Ok(entries.any(|entry| entry == *value))
        }
        _ => Err(Refusal::new("in needs a list, a mapping or a text on its right")),
    }
}

/// A list literal, without its absent entries.
fn list(work: &mut Work, list: &Value) -> Result<Value, Refusal> {
    super::lists::entries(work, "a list", list).map(super::lists::listed)
}

/// A field of the event that the expression does not ask for.
fn known(values: &[Value]) -> Result<Value, Refusal> {
    if absent(&values[0]) {
        return Err(Refusal::Missing(values[1].to_string()));
    }
    Ok(values[0].clone())
}

fn add(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    if values.iter().all(|value| value.kind() == ValueKind::String) {
        return concatenate(work, values);
    }
    calculate("+", values, i128::checked_add, |a, b| a + b)
}

fn concatenate(work: &mut Work, values: &[Value]) -> Result<Value, Refusal> {
    let (Some(left), Some(right)) = (as_text(&values[0]), as_text(&values[1])) else {
        return Err(Refusal::new("~ needs texts, numbers or bools"));
    };
    let text = [left, right].concat();
    work.spend(text.len() / 8)?;
    made("~", text)
}

fn calculate(
    sign: &str,
    values: &[Value],
    whole: fn(i128, i128) -> Option<i128>,
    float: fn(f64, f64) -> f64,
) -> Result<Value, Refusal> {
    let (left, right) = (&values[0], &values[1]);
    if !(left.is_integer() && right.is_integer()) {
        return divide(sign, values, float);
    }
    let operands = i128::try_from(left.clone()).ok().zip(i128::try_from(right.clone()).ok());
    let result = operands.and_then(|(left, right)| whole(left, right)).ok_or_else(|| unable(sign))?;
    match (i64::try_from(result), u64::try_from(result)) {
        (Ok(result), _) => Ok(Value::from(result)),
        (_, Ok(result)) => Ok(Value::from(result)),
        _ => Err(unable(sign)),
    }
}

fn divide(sign: &str, values: &[Value], float: fn(f64, f64) -> f64) -> Result<Value, Refusal> {
    if !values.iter().all(Value::is_number) {
        return Err(Refusal::new(format!("{sign} needs two numbers")));
    }
    let operands = f64::try_from(values[0].clone()).ok().zip(f64::try_from(values[1].clone()).ok());
    let result = operands.map(|(left, right)| float(left, right)).filter(|result| result.is_finite());
    result.map(Value::from).ok_or_else(|| unable(sign))
}

fn unable(sign: &str) -> Refusal {
    Refusal::new(format!("{sign} has no result, or too large a one, for these numbers"))
}

/// Python's `//`: rounds down.
fn floor_div(a: i128, b: i128) -> Option<i128> {
    let quotient = a.checked_div(b)?;
    if a.checked_rem(b)? != 0 && (a < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
}

/// Python's `%`: has the sign of the divisor.
fn floor_rem(a: i128, b: i128) -> Option<i128> {
    let rest = a.checked_rem(b)?;
    if rest != 0 && (rest < 0) != (b < 0) { rest.checked_add(b) } else { Some(rest) }
}
