//! What comes with the program is right by the schemas; and the schemas say what each key is for.

use std::process::Command;

use serde_json::Value as Json;

use super::{CONFIG, CONNECTOR, Schema, connectors, root};

/// The same with everything switched on: lines that begin with `#` and no space.
fn switched_on(text: &str) -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(on).collect()
}

#[test]
fn every_connector_of_the_program_is_right() {
    let connectors = connectors();
    assert!(connectors.len() > 4, "{connectors:?}");
    let wrong: Vec<_> = connectors
        .iter()
        .map(|(name, text)| (name, CONNECTOR.problems(text)))
        .filter(|(_, wrong)| !wrong.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_configurations_that_come_with_the_program_are_right_also_with_everything_switched_on() {
    for text in [include_str!("../../deploy/usher.example.toml"), include_str!("../../src/cli/init.toml")] {
        assert_eq!(CONFIG.problems(text), "");
        let on = switched_on(text);
        // A file may offer two values of one key.
        if on.parse::<toml::Table>().is_ok() {
            assert_eq!(CONFIG.problems(&on), "");
        }
    }
}

/// The blocks of TOML of the README.
#[test]
fn the_samples_of_the_readme_are_right() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut seen = (0, 0);
    for block in page.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
        let Ok(table) = block.parse::<toml::Table>() else { continue };
        // A part of a file lacks what the rest of it has.
        let is_lacking =
            |line: &&str| !line.contains("is a required property") && !line.contains("is not valid under any");
        if table.contains_key("name") {
            seen.0 += 1;
            assert_eq!(
                CONNECTOR.problems(block).lines().filter(is_lacking).collect::<Vec<_>>(),
                Vec::<&str>::new(),
                "{block}"
            );
        } else if table
            .keys()
            .any(|key| CONFIG.json["properties"].get(key).is_some_and(|_| key != "auth" && key != "event"))
        {
            seen.1 += 1;
            assert_eq!(
                CONFIG.problems(block).lines().filter(is_lacking).collect::<Vec<_>>(),
                Vec::<&str>::new(),
                "{block}"
            );
        }
    }
    assert!(seen.1 > 3, "{seen:?}");
    // What is written by commands that one runs as they stand.
    for (mark, schema) in
        [("cat > connectors.d/acme.toml <<'EOF'\n", &*CONNECTOR), ("cat > usher.toml <<'EOF'\n", &*CONFIG)]
    {
        for text in page.split(mark).skip(1).filter_map(|rest| rest.split("\nEOF").next()) {
            assert_eq!(schema.problems(text), "", "{text}");
        }
    }
}

/// Each property that has no description of its own.
fn undescribed(schema: &Json, path: &str, found: &mut Vec<String>) {
    match schema {
        Json::Object(members) => {
            for (name, member) in members {
                let at = format!("{path}/{name}");
                let is_rule = ["if", "then", "else", "not"].contains(&name.as_str());
                if name == "properties" && !is_rule {
                    for (property, about) in member.as_object().unwrap() {
                        if about["description"].as_str().is_none_or(str::is_empty) {
                            found.push(format!("{at}/{property}"));
                        }
                        undescribed(about, &format!("{at}/{property}"), found);
                    }
                } else if !is_rule && name != "allOf" {
                    undescribed(member, &at, found);
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| undescribed(item, path, found)),
        _ => {}
    }
}

#[test]
fn every_property_says_what_it_is_for() {
    for Schema { json, .. } in [&*CONNECTOR, &*CONFIG] {
        assert!(json["title"].is_string() && json["$schema"] == "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::draft202012::meta::is_valid(json));
        let mut found = Vec::new();
        undescribed(json, "", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn auth_is_the_same_in_both_but_that_a_source_may_leave_the_kind_to_its_connector() {
    let (connector, config) = (&CONNECTOR.json["$defs"]["auth"], &CONFIG.json["$defs"]["auth"]);
    for part in ["properties", "allOf", "additionalProperties"] {
        assert_eq!(connector[part], config[part], "{part}");
    }
    assert_eq!((&connector["required"], &config["required"]), (&serde_json::json!(["kind"]), &Json::Null));
}

#[test]
fn the_program_prints_them() {
    for (of, schema) in [("connector", &*CONNECTOR), ("config", &*CONFIG)] {
        let printed = Command::new(env!("CARGO_BIN_EXE_usher")).args(["schema", of]).output().unwrap();
        assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
        assert_eq!(serde_json::from_slice::<Json>(&printed.stdout).unwrap(), schema.json);
    }
    let other = Command::new(env!("CARGO_BIN_EXE_usher")).args(["schema", "other"]).output().unwrap();
    assert_eq!(other.status.code(), Some(2));
}
