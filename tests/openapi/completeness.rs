//! Whether every call of the client's table was made, so that a new one cannot be forgotten here.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use crate::departures::UNDESCRIBED;
use crate::recorder::Exchange;
use crate::route::{self, Route};
use crate::stage::API;

/// Names of the client's table of calls, such as `GET /people/{id}`.
pub(crate) fn names() -> BTreeSet<String> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/docspace/call.rs");
    let text = std::fs::read_to_string(table).unwrap();
    let name = Regex::new(r#""((?:GET|PUT|POST|DELETE|PATCH) /[^"]*)""#).unwrap();
    name.captures_iter(&text).map(|found| found[1].to_owned()).collect()
}

/// Names of the table that no recorded exchange succeeded with.
pub(crate) fn missed(tape: &[Exchange]) -> Vec<String> {
    let names: Vec<(String, Route)> = names().into_iter().map(|name| (name.clone(), route_of(&name))).collect();
    let seen: BTreeSet<&String> = tape
        .iter()
        .filter(|exchange| (200..300).contains(&exchange.status))
        .filter_map(|exchange| {
            let path = exchange.path.strip_prefix(API)?;
            let fit: Vec<&(String, Route)> =
                names.iter().filter(|(name, _)| name.starts_with(&format!("{} ", exchange.method))).collect();
            route::best(&fit, |(_, route)| route, path).map(|((name, _), _)| name)
        })
        .collect();
    names.iter().map(|(name, _)| name).filter(|name| !seen.contains(name)).cloned().collect()
}

fn route_of(name: &str) -> Route {
    Route::parse(name.split_once(' ').unwrap().1)
}

#[test]
fn the_table_of_calls_is_read() {
    let names = names();
    assert!(names.len() > 10 && names.contains("POST /people") && names.contains("GET /people/{id}"), "{names:?}");
}

#[test]
fn a_call_that_is_not_made_is_missed() {
    assert_eq!(missed(&[]), names().into_iter().collect::<Vec<_>>());
}

#[test]
fn calls_that_need_no_description_are_calls_of_the_client() {
    let names = names();
    for (name, reason) in UNDESCRIBED {
        assert!(names.contains(name) && !reason.is_empty(), "{name} is no call of the client");
    }
}
