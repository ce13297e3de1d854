//! The parser and the schemas know the same tables and the same keys.
//!
//! A file is made from the schema that has every key, and one odd key in every table. What the parser says of it names every
//! key that it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;
use usher::config::{Config, Needs, SecretRef};
use usher::connector::Catalog;
use usher::document::Problem;
use usher::model::Event;

use super::samples::{ODD, Tables, Writer, toml};
use super::{CONFIG, CONNECTOR, root};

/// What the parser says of odd keys, by the path of their table.
fn odd(problems: &[Problem]) -> BTreeMap<String, String> {
    let is_odd = |problem: &&Problem| problem.key == ODD || problem.key.ends_with(&format!(".{ODD}"));
    let table = |problem: &Problem| problem.key.strip_suffix(ODD).unwrap().trim_end_matches('.').to_owned();
    problems.iter().filter(is_odd).map(|problem| (table(problem), problem.message.clone())).collect()
}

/// The keys in `...; a table has a, b and c`, or in serde's "expected one of `a`, `b`".
fn keys(message: &str) -> BTreeSet<String> {
    if message.contains("unknown field") {
        let quoted = Regex::new("`([a-z_]+)`").unwrap();
        return quoted.captures_iter(message).skip(1).map(|found| found[1].to_owned()).collect();
    }
    if message.contains("has no keys") {
        return BTreeSet::new();
    }
    let list = Regex::new(r" (?:has|are) ").unwrap().splitn(message, 2).nth(1).unwrap_or_default();
    let words = list.replace(" and ", ", ").replace(" or ", ", ").replace(['[', ']'], "");
    words.split(", ").map(|word| word.trim().to_owned()).collect()
}

/// Compare every table of the schema with what the parser says of it.
fn compare(tables: &Tables, told: &BTreeMap<String, String>, text: &str) {
    for (path, known) in tables {
        let message =
            told.get(path).unwrap_or_else(|| panic!("the parser takes anything in '{path}':\n{told:#?}\n{text}"));
        let known: BTreeSet<_> = known.iter().cloned().collect();
        let mut by_parser = keys(message);
        // Fields of an event stand in a list of their own.
        if message.contains("is not a field of an event") && path.starts_with("event") {
            by_parser.extend(["kind", "items", "needs", "when", "fetch"].map(str::to_owned));
        }
        assert_eq!(known, by_parser, "the keys of '{path}': {message}");
    }
}

/// That no key of the schema is unknown to the parser.
fn know_all(problems: &[Problem]) {
    let is_unknown = |problem: &&Problem| {
        let is_odd = problem.key == ODD || problem.key.ends_with(&format!(".{ODD}"));
        let tells = ["is not a key here", "is not a field of an event", "unknown field"];
        !is_odd && tells.iter().any(|tell| problem.message.contains(tell)) && !problem.message.contains("`odd`")
    };
    assert_eq!(problems.iter().filter(is_unknown).map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

fn connector(drop: &[&str], even: &[&str], seen: &mut BTreeSet<String>) {
    let mut writer = Writer { schema: &CONNECTOR, drop, even, names: &[], tables: Tables::new() };
    let mut sample = writer.value(&CONNECTOR.json, "");
    sample["name"] = "acme".into();
    let text = toml(&sample);
    let problems = Catalog::default().add("acme.toml", &text).unwrap_err();
    let told = odd(&problems);
    let mut tables = writer.tables;
    if drop.contains(&"auth") {
        // Without it there is but the table of the file.
        tables.retain(|(path, _)| path.is_empty());
        tables[0].1 = ["name", "title", "docs", "limits"].map(str::to_owned).to_vec();
    } else {
        know_all(&problems);
    }
    compare(&tables, &told, &text);
    seen.extend(told.into_values());
}

fn config(connector: &str, drop: &[&str], even: &[&str], seen: &mut BTreeSet<String>) {
    let names = [("texts.acme", "en"), ("sources.acme.fetch.headers", "x-smarttoken")];
    let mut writer = Writer { schema: &CONFIG, drop, even, names: &names, tables: Tables::new() };
    let mut sample = writer.value(&CONFIG.json, "");
    sample["sources"]["acme"]["connector"] = connector.into();
    let text = toml(&sample);
    let any = |_: SecretRef<'_>| Ok("0123456789abcdef".to_owned());
    let problems = Config::parse("usher.toml", &text, &Catalog::embedded(), &any, Needs::Everything).unwrap_err();
    let told = odd(&problems);
    know_all(&problems);
    compare(&writer.tables, &told, &text);
    seen.extend(told.into_values());
}

/// Every sentence by which the parser ends a table, in the order of the files.
fn sentences() -> BTreeSet<String> {
    let call = Regex::new(r#"(?s)\.finish\(\s*"((?:[^"\\]|\\.)*)",?\s*\)"#).unwrap();
    let joined = Regex::new(r"\\\n\s*").unwrap();
    let mut found = BTreeSet::new();
    for folder in ["src/config", "src/connector"] {
        for text in rust_files(&root().join(folder)) {
            found.extend(call.captures_iter(&text).map(|found| joined.replace_all(&found[1], "").into_owned()));
        }
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

fn rust_files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
    found
}

#[test]
fn the_parser_and_the_schemas_know_the_same_keys_of_the_same_tables() {
    let mut seen = BTreeSet::new();
    // Keys that exclude one another come one by one.
    connector(&["auth"], &[], &mut seen);
    // Each way to be known to a platform is taken by one of these.
    let ways = ["bearer", "basic", "oauth2", "headers"];
    let platforms = ["remote", "hibob", "personio", "smartrecruiters"];
    // Of the tables of auth the first odd key ends the reading.
    let auth = ["auth", "auth.timestamp", "auth.secret"];
    let others = |all: &[&'static str], one: &str| -> Vec<&'static str> {
        all.iter().copied().filter(|other| *other != one).collect()
    };
    for (turn, (way, platform)) in ways.into_iter().zip(platforms).enumerate() {
        let even = others(&auth, auth[turn % auth.len()]);
        connector(&[], &even, &mut seen);
        let of_source: Vec<_> = even.iter().map(|table| format!("sources.acme.{table}")).collect();
        let mut drop = others(&ways, way);
        drop.push("file");
        config(platform, &drop, &of_source.iter().map(String::as_str).collect::<Vec<_>>(), &mut seen);
    }
    // Each table of the parser was met, so none is missing in the schemas.
    let unmet: Vec<_> =
        sentences().into_iter().filter(|sentence| !seen.iter().any(|message| message.ends_with(sentence))).collect();
    assert_eq!(unmet, Vec::<String>::new());
}

#[test]
fn the_fields_of_events_are_those_of_the_program() {
    let fields = |pointer: &str| -> BTreeSet<String> {
        let properties = CONNECTOR.json.pointer(pointer).unwrap().as_object().unwrap();
        properties.keys().cloned().collect()
    };
    let known: BTreeSet<_> =
        Event::FIELDS.iter().filter(|name| **name != "kind").map(|name| (*name).to_owned()).collect();
    assert_eq!(fields("/properties/fields/properties"), known);
    let of_tables = ["kind", "items", "needs", "when", "fetch"].map(str::to_owned);
    assert_eq!(fields("/properties/event/items/properties"), known.into_iter().chain(of_tables).collect());
}
