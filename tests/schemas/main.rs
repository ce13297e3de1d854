//! The JSON Schemas of connector files and of the configuration, against the parser: they know the same keys, and refuse
//! the same mistakes.

#![expect(clippy::unwrap_used, reason = "a helper of tests has nobody to hand an error to")]

mod agreement;
mod mistakes;
mod samples;
mod written;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value as Json;

static CONNECTOR: LazyLock<Schema> =
    LazyLock::new(|| Schema::new(include_str!("../../src/schemas/connector.schema.json")));
static CONFIG: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("../../src/schemas/config.schema.json")));

/// A schema and what judges by it.
struct Schema {
    json: Json,
    validator: Validator,
}

impl Schema {
    fn new(text: &str) -> Self {
        let json: Json = serde_json::from_str(text).unwrap();
        let validator = jsonschema::draft202012::new(&json).unwrap();
        Self { json, validator }
    }

    /// What is wrong with a text of TOML, one a line.
    fn problems(&self, text: &str) -> String {
        let value = toml_as_json(text);
        let problems = self.validator.iter_errors(&value);
        problems.map(|problem| format!("{}: {problem}\n", problem.instance_path())).collect()
    }

    /// What a `$ref` leads to.
    fn resolve<'s>(&'s self, schema: &'s Json) -> &'s Json {
        match schema["$ref"].as_str() {
            Some(to) => self.json.pointer(to.strip_prefix('#').unwrap()).unwrap(),
            None => schema,
        }
    }
}

fn toml_as_json(text: &str) -> Json {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    serde_json::to_value(table).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Name and text of every connector of the program.
fn connectors() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("src/connectors")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}
