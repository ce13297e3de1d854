//! Captured webhooks without their people: nothing of them is left, and what is made means the same.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod properties;
mod shapes;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use usher::anonymise::{Anonymous, Captured, anonymise, differences};
use usher::connector::{Catalog, Connector, Input, trial};
use usher::fixture::Fixture;

pub(crate) const AUTH: &str = "[auth]\nkind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x-sig\"\n";

pub(crate) fn lines<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A connector with these lines after its name and auth table.
pub(crate) fn acme(rest: &str) -> Connector {
    let mut catalog = Catalog::default();
    let text =
        format!("name = \"acme\"\n{}{AUTH}{}", rest.split("[[").next().unwrap(), &rest[rest.find("[[").unwrap()..]);
    catalog.add("acme.toml", &text).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    catalog.get("acme").unwrap().as_ref().clone()
}

pub(crate) fn made(connector: &Connector, headers: &[(String, String)], body: &[u8], seed: u64) -> Anonymous {
    anonymise(connector, &Map::new(), Captured { headers, body }, seed).unwrap()
}

/// A JSON body without its people.
pub(crate) fn of(connector: &Connector, body: &Json, seed: u64) -> Json {
    serde_json::from_slice(&made(connector, &[], body.to_string().as_bytes(), seed).body).unwrap()
}

fn input<'a>(options: &'a Map<String, Json>, headers: &'a [(String, String)], body: &'a [u8]) -> Input<'a> {
    Input { source: "hr", options, headers, body, fetched: None, today: trial::DAY }
}

/// The `.http` files of a connector that are webhooks.
fn cases(connector: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(connector);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let is_webhook = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".http") && !name.starts_with(trial::HANDSHAKE)
    };
    paths.retain(is_webhook);
    paths.sort();
    paths
}

#[test]
fn what_is_made_of_each_fixture_means_the_same_and_is_signed() {
    let catalog = Catalog::embedded();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for connector in catalog.iter() {
        for path in cases(&connector.name) {
            let fixture = Fixture::parse(&std::fs::read(&path).unwrap()).unwrap();
            let headers: Vec<_> =
                fixture.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
            let made = made(connector, &headers, &fixture.body, 7);
            let none = Map::new();
            let before = input(&none, &headers, &fixture.body);
            let after = input(&none, &made.headers, &made.body);
            let found = differences(connector, &before, &after);
            wrong.extend(found.iter().map(|found| format!("{}: {found}", path.display())));
            let mapped = |input: &Input<'_>| match connector.map(input) {
                Err(problem) => vec![problem.at],
                Ok(mapped) => mapped
                    .into_iter()
                    .map(|mapped| match mapped.result {
                        Ok(event) => lines(&json!(event).as_object().unwrap().keys().collect::<Vec<_>>()),
                        Err(problem) => problem.at,
                    })
                    .collect(),
            };
            if mapped(&before) != mapped(&after) {
                wrong.push(format!("{}: {:?} and {:?}", path.display(), mapped(&before), mapped(&after)));
            }
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
