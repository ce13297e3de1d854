//! Whether a delivery without its people still means the same.

use crate::connector::{Connector, Input, ItemLook, TableLook, YieldedValue};

/// How what `after` means differs from what `before` does, each a sentence without a value; empty where both yield the same
/// kinds of events with the same fields. Either may be a thin payload whose platform was not asked.
#[must_use]
pub fn differences(connector: &Connector, before: &Input<'_>, after: &Input<'_>) -> Vec<String> {
    match (connector.look(before), connector.look(after)) {
        (Ok(before), Ok(after)) => {
            before.iter().zip(&after).flat_map(|(before, after)| of_table(before, after)).collect()
        }
        (Err(_), Err(_)) => Vec::new(),
        (Ok(_), Err(problem)) => vec![format!("nobody is found in it any more: {problem}")],
        (Err(problem), Ok(_)) => vec![format!("people are found in it, where before there was a problem: {problem}")],
    }
}

fn of_table(before: &TableLook, after: &TableLook) -> Vec<String> {
    let place = format!("[[event]] {} ({})", before.table + 1, before.kind);
    if before.found.len() != after.found.len() {
        return vec![format!("{place}: {} items, where there were {}", after.found.len(), before.found.len())];
    }
    let items = before.found.iter().zip(&after.found);
    items.flat_map(|(before, after)| of_item(&format!("{place}, item {}", before.item + 1), before, after)).collect()
}

fn of_item(place: &str, before: &ItemLook, after: &ItemLook) -> Vec<String> {
    if before.is_meant != after.is_meant {
        let says = |is_meant| match is_meant {
            Some(true) => "is meant",
            Some(false) => "is not meant",
            None => "cannot be told",
        };
        return vec![format!("{place}: {} by `when`, and before it {}", says(after.is_meant), says(before.is_meant))];
    }
    let fields = before.fields.iter().zip(&after.fields);
    let mut told = Vec::new();
    for (before, after) in before.needs.iter().zip(&after.needs).chain(fields) {
        let says = |value: &YieldedValue| match value {
            YieldedValue::Is(value) if value.as_str().is_some_and(|text| text.trim().is_empty()) => "absent",
            YieldedValue::Is(_) => "there",
            YieldedValue::Absent => "absent",
            YieldedValue::Waiting => "waiting",
            YieldedValue::Problem(_) => "a problem",
        };
        let (was, is) = (says(&before.value), says(&after.value));
        if was != is {
            told.push(format!("{place}: {} is {is}, and before it was {was}: `{}`", before.key, before.expression));
        }
    }
    told
}
