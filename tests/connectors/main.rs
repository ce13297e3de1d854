//! Connectors: every fixture against what it means, the rules of mapping, and what the catalogue refuses.

#![expect(clippy::unwrap_used, reason = "a helper of tests has nobody to hand an error to")]

mod altering;
mod choices;
mod damage;
mod decoding;
mod fixtures;
mod handshakes;
mod handshakes_refused;
mod loading;
mod mapping;
mod robustness;
mod sending;
mod thin;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use usher::app::fixtures::Folder;
use usher::connector::{Catalog, Connector, Input, MapProblem, Mapped};
use usher::fixture::Fixture;
use usher::model::{Event, EventKind};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 9, 1);

fn catalog() -> Catalog {
    Catalog::embedded()
}

fn lines<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The `.http` files of a connector, sorted.
fn cases(connector: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(connector);
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "http"));
    paths.sort();
    paths
}

fn fixtures_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Each connector that has fixtures, with them.
fn fixtures() -> Vec<(Arc<Connector>, Folder)> {
    let catalog = catalog();
    let folders = usher::app::fixtures::read(&fixtures_directory()).unwrap();
    let known = |folder: Folder| Some((Arc::clone(catalog.get(&folder.name)?), folder));
    folders.into_iter().filter_map(known).collect()
}

fn read(path: &Path) -> Fixture {
    Fixture::parse(&std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn map_with(connector: &Connector, fixture: &Fixture, options: &Json) -> Result<Vec<Mapped>, MapProblem> {
    connector.map(&Input {
        source: &connector.name,
        options: options.as_object().unwrap(),
        headers: &fixture.headers,
        body: &fixture.body,
        fetched: None,
        today: TODAY,
    })
}

fn map(connector: &Connector, body: impl AsRef<[u8]>) -> Result<Vec<Mapped>, MapProblem> {
    let body = body.as_ref().to_vec();
    let fixture = Fixture { method: "POST".to_owned(), target: None, headers: Vec::new(), body };
    map_with(connector, &fixture, &json!({}))
}

/// The one event of a body.
fn event(connector: &Connector, body: &Json) -> Event {
    let mut mapped = map(connector, body.to_string()).unwrap();
    assert_eq!(mapped.len(), 1, "{mapped:?}");
    mapped.remove(0).result.unwrap()
}

/// The one problem of a body, wherever it arises.
fn problem(connector: &Connector, body: impl AsRef<[u8]>) -> MapProblem {
    match map(connector, body) {
        Err(problem) => problem,
        Ok(mapped) => {
            let mut problems: Vec<_> = mapped.into_iter().filter_map(|mapped| mapped.result.err()).collect();
            assert_eq!(problems.len(), 1, "{problems:?}");
            problems.remove(0)
        }
    }
}

const AUTH: &str =
    "[auth]\nkind = \"hmac\"\nhash = \"sha256\"\nsigned = \"{body}\"\nsig = \"header:x-sig\"\nencoding = \"hex\"\n";

/// A connector with these lines after its name and auth table.
fn acme(rest: &str) -> Connector {
    let mut catalog = Catalog::default();
    let text = format!("name = \"acme\"\n{AUTH}{rest}");
    catalog.add("acme.toml", &text).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    catalog.get("acme").unwrap().as_ref().clone()
}

const HIRED: &str = r#"
[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'hired'"
employee_id = "item.id"
email = "item.mail"
title = "item.title"
"#;

/// The problems of a file, one a line.
fn refusal(file: &str, text: &str) -> String {
    lines(&Catalog::default().add(file, text).unwrap_err())
}
