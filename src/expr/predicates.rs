//! The tests: `value is name(arguments)`. They are false beside an absent value, but for `ne`.

use std::ops::RangeInclusive;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::work::{Refusal, Work, absent, as_text};
use super::{dates, operators};

/// A test that expressions may name.
pub(super) struct Test {
    pub(super) name: &'static str,
    /// How many arguments it takes, besides the value it stands behind.
    pub(super) args: RangeInclusive<usize>,
    pub(super) run: fn(&mut Work, &[Value]) -> Result<bool, Refusal>,
}

/// Every test.
pub(super) static TESTS: [Test; 11] = [
    Test { name: "defined", args: 0..=0, run: |_, values| Ok(!absent(&values[0])) },
    Test { name: "eq", args: 1..=1, run: |work, values| operators::equal(work, &values[0], &values[1]) },
    Test { name: "ne", args: 1..=1, run: |work, values| Ok(!operators::equal(work, &values[0], &values[1])?) },
    Test { name: "in", args: 1..=1, run: |work, values| operators::contained(work, &values[0], &values[1]) },
    Test {
        name: "startingwith",
        args: 1..=1,
        run: |work, values| edge(work, values, |text, edge| text.starts_with(edge)),
    },
    Test { name: "endingwith", args: 1..=1, run: |work, values| edge(work, values, |text, edge| text.ends_with(edge)) },
    Test { name: "mapping", args: 0..=0, run: |_, values| Ok(values[0].kind() == ValueKind::Map) },
    Test { name: "string", args: 0..=0, run: |_, values| Ok(values[0].kind() == ValueKind::String) },
    Test { name: "true", args: 0..=0, run: |_, values| Ok(values[0].kind() == ValueKind::Bool && values[0].is_true()) },
    Test { name: "before", args: 1..=1, run: |work, values| dates::compare(work, "before", values, |a, b| a < b) },
    Test {
        name: "on_or_before",
        args: 1..=1,
        run: |work, values| dates::compare(work, "on_or_before", values, |a, b| a <= b),
    },
];

/// The test of that name, if expressions may use it.
pub(super) fn find(name: &str) -> Option<&'static Test> {
    TESTS.iter().find(|test| test.name == name)
}

fn edge(work: &mut Work, values: &[Value], holds: fn(&str, &str) -> bool) -> Result<bool, Refusal> {
    let (Some(text), Some(edge)) = (as_text(&values[0]), as_text(&values[1])) else {
        return Ok(false);
    };
    work.spend(edge.len() / 8)?;
    Ok(holds(&text, &edge))
}
