//! The check of names at load: filters, tests, their arguments, and the roots with a fixed list of fields.

use std::ops::{Range, RangeInclusive};

use minijinja::machinery::Span;
use minijinja::machinery::ast::{CallArg, Expr};

use super::filters::{self, Filter};
use super::predicates::{self, Test};
use super::{ExprError, dates, lists};
use crate::model::Event;

/// The root whose absent fields are errors, unless asked for.
pub(super) const EVENT: &str = "event";

/// The root whose names have no case; its scope holds them in lower case.
pub(super) const HEADERS: &str = "headers";

/// A checked call: the name to write, and the arguments.
pub(super) type Call<'t, 'e> = (&'static str, Vec<&'e Expr<'t>>);

/// Fields of a root that has a fixed list of them.
pub(super) fn fields_of(root: &str) -> Option<&'static [&'static str]> {
    match root {
        EVENT => Some(&Event::FIELDS),
        "source" => Some(&["name", "connector", "options"]),
        _ => None,
    }
}

pub(super) fn refuse<T>(range: Range<usize>, message: impl Into<String>) -> Result<T, ExprError> {
    Err(ExprError { message: message.into(), range: Some(range) })
}

pub(super) fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// The span of a filter or test begins at its name.
pub(super) fn name_bytes(span: Span, name: &str) -> Range<usize> {
    let start = span.start_offset as usize;
    start..start + name.len()
}

/// Check `value | name(args)`.
pub(super) fn filter_call<'t, 'e>(
    name: &str,
    args: &'e [CallArg<'t>],
    range: Range<usize>,
) -> Result<Call<'t, 'e>, ExprError> {
    let filter = find_filter(name, &range)?;
    if filter.name == "map" && args.iter().any(|arg| matches!(arg, CallArg::Kwarg(..))) {
        return Ok(("_attribute", attribute_arguments(args, range)?));
    }
    let args = positional(filter.name, args, &range)?;
    count(filter.name, &filter.args, args.len(), &range)?;
    match (filter.name, args.as_slice()) {
        ("select", [name, rest @ ..]) => inner_test(name, rest.len())?,
        ("selectattr" | "rejectattr", [field, rest @ ..]) => {
            literal(field, "the name of a field")?;
            if let [name, rest @ ..] = rest {
                inner_test(name, rest.len())?;
            }
        }
        ("map", [name, rest @ ..]) => inner_filter(name, rest)?,
        ("date", [form]) => day_form(form)?,
        _ => {}
    }
    Ok((filter.name, args))
}

/// Check `value is name(args)`.
pub(super) fn test_call<'t, 'e>(
    name: &str,
    args: &'e [CallArg<'t>],
    range: Range<usize>,
) -> Result<Call<'t, 'e>, ExprError> {
    let test = find_test(name, &range)?;
    let args = positional(test.name, args, &range)?;
    count(test.name, &test.args, args.len(), &range)?;
    Ok((test.name, args))
}

/// The text of a literal text, with its bytes.
fn literal(expr: &Expr<'_>, what: &str) -> Result<(String, Range<usize>), ExprError> {
    let range = bytes(expr.span());
    match expr {
        Expr::Const(text) if text.value.as_str().is_some() => {
            Ok((text.value.as_str().unwrap_or_default().to_owned(), range))
        }
        _ => refuse(range, format!("{what} must be written out, as a literal text")),
    }
}

fn inner_test(name: &Expr<'_>, args: usize) -> Result<(), ExprError> {
    let (name, range) = literal(name, "the name of a test")?;
    count(&name, &find_test(&name, &range)?.args, args, &range)
}

/// A filter inside of `map`: any but those that take the name of another.
fn inner_filter(name: &Expr<'_>, args: &[&Expr<'_>]) -> Result<(), ExprError> {
    let (name, range) = literal(name, "the name of a filter")?;
    let filter = find_filter(&name, &range)?;
    if ["select", "selectattr", "rejectattr", "map"].contains(&filter.name) {
        return refuse(range, format!("map cannot apply the filter {name}"));
    }
    count(&name, &filter.args, args.len(), &range)?;
    match (filter.name, args) {
        ("date", [form]) => day_form(form),
        _ => Ok(()),
    }
}

/// The form of a date, where it is written out.
fn day_form(form: &Expr<'_>) -> Result<(), ExprError> {
    let Expr::Const(text) = form else { return Ok(()) };
    let problem = text
        .value
        .as_str()
        .map_or_else(|| Some("the form of a date is a text, such as '%d.%m.%Y'".to_owned()), dates::problem_of_form);
    problem.map_or(Ok(()), |problem| refuse(bytes(form.span()), problem))
}

/// `attribute=` and perhaps `default=`, as arguments of `_attribute`.
fn attribute_arguments<'t, 'e>(args: &'e [CallArg<'t>], range: Range<usize>) -> Result<Vec<&'e Expr<'t>>, ExprError> {
    let named = |wanted: &str| {
        args.iter().find_map(|arg| match arg {
            CallArg::Kwarg(name, value) if *name == wanted => Some(value),
            _ => None,
        })
    };
    let (attribute, default) = (named("attribute"), named("default"));
    let Some(attribute) = attribute.filter(|_| args.len() == 1 + usize::from(default.is_some())) else {
        return refuse(range, "map takes the name of a filter, or attribute= and perhaps default=");
    };
    literal(attribute, "the name of an attribute")?;
    Ok(std::iter::once(attribute).chain(default).collect())
}

fn positional<'t, 'e>(
    name: &str,
    args: &'e [CallArg<'t>],
    range: &Range<usize>,
) -> Result<Vec<&'e Expr<'t>>, ExprError> {
    args.iter()
        .map(|arg| match arg {
            CallArg::Pos(value) => Ok(value),
            CallArg::Kwarg(key, _) => refuse(range.clone(), format!("{name} takes no argument named {key}")),
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                refuse(range.clone(), format!("{name} takes no * or ** arguments"))
            }
        })
        .collect()
}

fn count(name: &str, allowed: &RangeInclusive<usize>, found: usize, range: &Range<usize>) -> Result<(), ExprError> {
    if allowed.contains(&found) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let plural = if *most == 1 { "" } else { "s" };
    refuse(range.clone(), format!("{name} takes {wanted} argument{plural}, not {found}"))
}

fn find_filter(name: &str, range: &Range<usize>) -> Result<&'static Filter, ExprError> {
    filters::find(name).map_or_else(
        || {
            let known = filters::FILTERS.iter().chain(&lists::FILTERS).map(|filter| filter.name);
            refuse(range.clone(), format!("unknown filter {name}; the filters are {}", join(known)))
        },
        Ok,
    )
}

fn find_test(name: &str, range: &Range<usize>) -> Result<&'static Test, ExprError> {
    predicates::find(name).map_or_else(
        || {
            let known = predicates::TESTS.iter().map(|test| test.name);
            refuse(range.clone(), format!("unknown test {name}; the tests are {}", join(known)))
        },
        Ok,
    )
}

/// Names for people to read.
pub(super) fn join<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
