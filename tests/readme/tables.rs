//! What the tables of the page must name, asked of the program itself.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use regex::Regex;
use usher::auth::Reject;

use crate::page::{self, Page};

/// A configuration with an unknown key in every table.
const ODD: &str = r#"
odd = 1
server = { odd = 1 }
admin = { odd = 1 }
store = { odd = 1 }
connectors = { directory = "connectors.d", odd = 1 }
worker = { odd = 1 }
retention = { odd = 1 }
docspace = { url = "https://portal.example.com", api_key = { env = "ODD" }, odd = 1 }
sources.hr = { connector = "generic-hmac", secrets = [{ env = "ODD", odd = 1 }], odd = 1 }
[[rules]]
on = "user.activated"
odd = 1
onboard = { type = "User", odd = 1 }
congratulate = { key = "k", odd = 1 }
"#;

/// A connector with the same.
const ODD_CONNECTOR: &str = r#"
name = "odd"
odd = 1
[auth]
kind = "hmac"
odd = 1
[[handshake]]
method = "HEAD"
odd = 1
"#;

/// How the lists of keys in the messages begin, and what the page writes before such a key.
const TABLES: [(&str, &str); 12] = [
    ("[server] has ", "server."),
    ("[admin] has ", "admin."),
    ("[store] has ", "store."),
    ("[connectors] has ", "connectors."),
    ("[docspace] has ", "docspace."),
    ("a source has ", "sources.NAME."),
    ("a rule has ", "rules."),
    ("onboard has ", "rules.onboard."),
    ("congratulate has ", "rules.congratulate."),
    ("[worker] has ", "worker."),
    ("[retention] has ", "retention."),
    ("a secret has ", ""),
];

fn usher(arguments: &[&str], directory: &std::path::Path) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    let ended = command.args(arguments).current_dir(directory).env_remove("USHER_CONFIG").output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&ended.stdout), text(&ended.stderr))
}

/// What the program says of odd keys: of the configuration, and of a connector.
fn complaints() -> (String, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path();
    fs::create_dir(at.join("connectors.d")).expect("a directory");
    fs::write(at.join("usher.toml"), ODD).expect("a file");
    let configuration = usher(&["check"], at).1;
    fs::write(at.join("connectors.d/odd.toml"), ODD_CONNECTOR).expect("a file");
    (configuration, usher(&["connectors"], at).1)
}

/// `a, b and c` after `begin`, at the end of a line.
fn listed(text: &str, begin: &str) -> Vec<String> {
    let lists: BTreeSet<_> = text.lines().filter_map(|line| Some(line.split_once(&format!("; {begin}"))?.1)).collect();
    assert_eq!(lists.len(), 1, "one list of keys begins with `{begin}` in:\n{text}");
    let list = lists.into_iter().collect::<String>().replace(" and ", ", ").replace(" or ", ", ");
    list.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_table_of_configuration_has_every_key_and_no_other() {
    let page = Page::read();
    let (configuration, _) = complaints();
    let mut keys = BTreeSet::new();
    for (begin, prefix) in TABLES {
        for key in listed(&configuration, begin) {
            match prefix {
                "" => assert!(page.text.contains(&format!("{{ {key} = ")), "the README does not write {{ {key} = ..."),
                prefix => assert!(keys.insert(format!("`{prefix}{key}`"))),
            }
        }
    }
    for section in listed(&configuration, "the sections are ") {
        assert!(keys.iter().any(|key| key.starts_with(&format!("`{section}."))), "no key of the section {section}");
    }
    let sections =
        Regex::new(r"^`(server|admin|store|connectors|docspace|sources|rules|worker|retention)\.").expect("it is one");
    let rows: BTreeSet<_> = page.rows("`").filter(|row| sections.is_match(row)).map(str::to_owned).collect();
    assert_eq!(rows, keys);
}

#[test]
fn the_keys_of_a_connector_are_named() {
    let page = Page::read();
    let (_, connector) = complaints();
    let mut keys = listed(&connector, "a connector has ");
    keys.extend(listed(&connector, "a [[handshake]] has "));
    let auth = connector.lines().find_map(|line| Some(line.split_once("unknown field `odd`, expected one of ")?.1));
    let auth = auth.expect("the keys of [auth] are told");
    keys.extend(auth.split(", ").map(|key| key.trim_matches('`').to_owned()));
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        assert!(page.text.contains(&format!("`{key}`")), "the README does not name the key `{key}` of a connector");
    }
}

/// Names in the list that `--help` gives.
fn commands(of: &[&str]) -> Vec<String> {
    let help = usher(&[of, &["--help"]].concat(), &page::root()).0;
    let list = help.split_once("Commands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or_default());
    let lines = list.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("  "));
    let names = lines.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn the_table_of_commands_names_every_command() {
    let page = Page::read();
    let all = commands(&[]);
    assert!(all.len() > 10, "{all:?}");
    for command in all {
        let start = format!("`usher {command}");
        let rows: Vec<_> = page.rows(&start).collect();
        assert!(!rows.is_empty(), "no row for {command}");
        for part in commands(&[&command]) {
            let named = |row: &&str| row.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == part);
            assert!(rows.iter().any(named), "no row of {command} names {part}");
        }
    }
}

#[test]
fn every_reason_of_a_refusal_and_every_metric_is_explained() {
    let page = Page::read();
    let reasons = [
        Reject::MissingSignature,
        Reject::MalformedSignature,
        Reject::BadSignature,
        Reject::MissingTimestamp,
        Reject::Stale,
        Reject::MissingId,
        Reject::AmbiguousHeader,
        Reject::BadToken,
    ];
    for reason in reasons {
        assert!(page.rows(&format!("`{}`", reason.code())).next().is_some(), "no row for {}", reason.code());
    }
    let read = |file| fs::read_to_string(page::root().join(file)).expect("the file can be read");
    let telemetry = read("src/telemetry.rs") + &read("src/telemetry/portals.rs");
    let registered = Regex::new(r#"registry\.register\(\s*"([a-z_]+)""#).expect("it is one");
    let names: Vec<_> = registered.captures_iter(&telemetry).map(|found| found[1].to_owned()).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(page.rows(&format!("`usher_{name}")).next().is_some(), "no row for the metric usher_{name}");
    }
}
