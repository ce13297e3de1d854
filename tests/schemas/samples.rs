//! From a schema to a file that has every key, and an odd one in every table.

use serde_json::{Map, Value as Json, json};

use super::Schema;

/// The key that no table has.
pub(crate) const ODD: &str = "odd";

/// Every table that the schema closes: its path as problems name it, and its keys.
pub(crate) type Tables = Vec<(String, Vec<String>)>;

/// Writes the sample; `drop` are keys that exclude others.
pub(crate) struct Writer<'s> {
    pub(crate) schema: &'s Schema,
    pub(crate) drop: &'s [&'s str],
    /// Tables that are left without an odd key: their reader stops at the first one.
    pub(crate) even: &'s [&'s str],
    /// Names in tables whose keys are names, by the path of the table.
    pub(crate) names: &'s [(&'s str, &'s str)],
    pub(crate) tables: Tables,
}

impl Writer<'_> {
    /// A value that has every key of the schema.
    pub(crate) fn value(&mut self, schema: &Json, path: &str) -> Json {
        let described = self.schema;
        let schema = described.resolve(schema);
        if let Some(choices) = schema["anyOf"].as_array().filter(|_| schema["properties"].is_null()) {
            // A table is what there is most to see of.
            let is_table = |choice: &&Json| described.resolve(choice)["type"] == "object";
            let choice = choices.iter().find(is_table).unwrap_or(&choices[0]);
            return self.value(choice, path);
        }
        if let Some(word) = schema["enum"].as_array().or_else(|| schema["examples"].as_array()) {
            return word[0].clone();
        }
        match schema["type"].as_str() {
            Some("object") => self.table(schema, path),
            Some("array") => json!([self.value(&schema["items"], &format!("{path}[0]"))]),
            Some("integer") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            Some("boolean") => json!(true),
            Some("string") => schema.get("default").cloned().unwrap_or_else(|| json!("https://a.example")),
            _ => json!({ "a": "b" }),
        }
    }

    fn table(&mut self, schema: &Json, path: &str) -> Json {
        let at = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let mut table = Map::new();
        let properties = schema["properties"].as_object();
        for (key, property) in properties.into_iter().flatten() {
            if !self.drop.contains(&at(key).as_str()) && !self.drop.contains(&key.as_str()) {
                table.insert(key.clone(), self.value(property, &at(key)));
            }
        }
        let names = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
        let names = names.or_else(|| Some(&schema["additionalProperties"]).filter(|rest| rest.is_object()));
        if let Some(rest) = names {
            let name = self.names.iter().find(|(of, _)| *of == path).map_or("acme", |(_, name)| name);
            table.insert(name.to_owned(), self.value(rest, &at(name)));
        } else if schema["additionalProperties"] == json!(false) && !self.even.contains(&path) {
            let keys = properties.into_iter().flatten().map(|(key, _)| key.clone()).collect();
            self.tables.push((path.to_owned(), keys));
            table.insert(ODD.to_owned(), json!(1));
        }
        Json::Object(table)
    }
}

/// JSON without nulls, as TOML.
pub(crate) fn toml(value: &Json) -> String {
    toml::to_string(value).unwrap()
}
