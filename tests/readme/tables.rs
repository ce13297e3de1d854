//! What the tables of the page must name, asked of the program itself.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value as Json;
use usher::model::Event;

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
guard = { odd = 1 }
docspace = { url = "https://portal.example.com", api_key = { env = "ODD" }, odd = 1, limits = { odd = 1 } }
smtp = { host = "smtp.example.com", from = "people@example.com", odd = 1 }
receivers.chat = { url = "https://chat.example.com", secret = { env = "ODD" }, odd = 1 }
texts.welcome.en = { subject = "Welcome", text = "Welcome", odd = 1 }
sources.hr = { connector = "generic-hmac", secrets = [{ env = "ODD", odd = 1 }], odd = 1 }
sources.key = { connector = "bamboohr-events", secrets = [{ env = "ODD" }], fetch = { basic = { odd = 1 }, odd = 1 } }
sources.client = { connector = "microsoft-graph", secrets = [{ env = "ODD" }], fetch = { oauth2 = { odd = 1 } } }
[[rules]]
on = "user.activated"
odd = 1
congratulate = { key = "k", odd = 1 }
update = { groups = ["A"], odd = 1 }
disable = { odd = 1 }
[rules.onboard]
type = { expr = "'User'", odd = 1 }
rooms = [{ id = 1, odd = 1 }]
on_existing = { odd = 1 }
odd = 1
"#;

/// How the lists of keys in the messages begin, and what the page writes before such a key.
const TABLES: [(&str, &str); 25] = [
    ("[server] has ", "server."),
    ("[admin] has ", "admin."),
    ("[store] has ", "store."),
    ("[connectors] has ", "connectors."),
    ("a portal has ", "docspace."),
    ("limits has ", "docspace.limits."),
    ("a source has ", "sources.NAME."),
    ("fetch has ", "sources.NAME.fetch."),
    ("basic has ", "sources.NAME.fetch.basic."),
    ("oauth2 has ", "sources.NAME.fetch.oauth2."),
    ("[smtp] has ", "smtp."),
    ("a receiver has ", "receivers.NAME."),
    ("a text has ", "texts.NAME.LANGUAGE."),
    ("a rule has ", "rules."),
    ("onboard has ", "rules.onboard."),
    ("a room has ", "rules.onboard.rooms."),
    ("on_existing has ", "rules.onboard.on_existing."),
    ("congratulate has ", "rules.congratulate."),
    ("update has ", "rules.update."),
    ("disable has ", "rules.disable."),
    ("[guard] has ", "guard."),
    ("[worker] has ", "worker."),
    ("[retention] has ", "retention."),
    ("a computed value has ", ""),
    ("a secret has ", ""),
];

/// Keys that stand in no list, since what is beside them are names.
const BESIDE_NAMES: [&str; 2] = ["portals.NAME", "texts.NAME.default"];

pub(crate) fn usher(arguments: &[&str], directory: &std::path::Path) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    let ended = command.args(arguments).current_dir(directory).env_remove("USHER_CONFIG").output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&ended.stdout), text(&ended.stderr))
}

/// What the program says of odd keys.
fn complaints() -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path();
    fs::create_dir(at.join("connectors.d")).expect("a directory");
    fs::write(at.join("usher.toml"), ODD).expect("a file");
    usher(&["check"], at).1
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
    let configuration = complaints();
    let mut keys: BTreeSet<_> = BESIDE_NAMES.map(str::to_owned).into();
    for (begin, prefix) in TABLES {
        for key in listed(&configuration, begin) {
            match prefix {
                "" => assert!(page.text.contains(&format!("{{ {key} = ")), "the README does not write {{ {key} = ..."),
                prefix => assert!(keys.insert(format!("{prefix}{key}"))),
            }
        }
    }
    for section in listed(&configuration, "the sections are ") {
        assert!(keys.iter().any(|key| key.starts_with(&format!("{section}."))), "no key of the section {section}");
    }
    let rows: BTreeSet<_> = page.words("key").into_iter().collect();
    // A table whose keys have rows of their own may do without one.
    let tables: BTreeSet<_> =
        keys.iter().filter(|key| keys.iter().any(|other| other.starts_with(&format!("{key}.")))).cloned().collect();
    assert_eq!(rows.union(&tables).collect::<Vec<_>>(), keys.iter().collect::<Vec<_>>());
}

/// Tables of keys, and where the schema of connector files has the same ones.
const OF_A_CONNECTOR: [(&str, &str); 5] = [
    ("key of a connector", "/properties"),
    ("key of `[[handshake]]`", "/properties/handshake/items/properties"),
    ("key of `[[event]]`", "/properties/event/items/properties"),
    ("key of `[auth]`", "/$defs/auth/properties"),
    ("key of `[fetch]`", "/properties/fetch/properties"),
];

/// Keys below others that have no table of their own.
const BELOW: [&str; 3] = ["/properties/evidence", "/properties/sender", "/$defs/auth/properties/secret"];

#[test]
fn the_tables_of_a_connector_have_every_key_and_no_other() {
    let page = Page::read();
    let schema: Json = serde_json::from_str(&usher(&["schema", "connector"], &page::root()).0).expect("JSON");
    let keys = |at: &str| -> BTreeSet<String> {
        let keys = schema.pointer(at).and_then(Json::as_object).unwrap_or_else(|| panic!("the schema has no {at}"));
        keys.keys()
            .filter(|key| !at.contains("/event/") || !Event::FIELDS[1..].contains(&key.as_str()))
            .cloned()
            .collect()
    };
    for (table, at) in OF_A_CONNECTOR {
        let rows = page.words(table);
        let rows = rows.iter().filter(|row| !row.starts_with("each ")).flat_map(|row| row.split(", "));
        assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), keys(at), "{table}");
    }
    for key in BELOW.into_iter().flat_map(|at| keys(&format!("{at}/properties"))) {
        assert!(page.text.contains(&format!("`{key}`")), "the README does not name the key `{key}` of a connector");
    }
}
