//! Schemas of OpenAPI 3.0 as JSON Schema 2020-12, and stricter in one point: a member that is not named is a mistake.
//!
//! OpenAPI leaves unnamed members open. The server ignores one that it does not know, so that a misspelt member of a
//! request would never be noticed, and neither would one that only the sandbox has.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The schemas of a document under `components`, ready to be referred to.
pub(crate) fn components(document: &Value) -> Value {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let converted = schemas.into_iter().flatten().map(|(name, schema)| (name.clone(), open(schema, document)));
    json!({ "schemas": converted.collect::<Map<_, _>>() })
}

/// A schema at a place where a value stands.
pub(crate) fn closed(schema: &Value, document: &Value) -> Value {
    let mut converted = open(schema, document);
    let mut members = Members::default();
    members.collect(schema, document);
    // Not `unevaluatedProperties`: where a member is wrong, that takes its neighbours for unnamed.
    if !members.named.is_empty() && !members.others_too {
        converted["propertyNames"] = json!({ "enum": members.named });
    }
    converted
}

/// What a reference leads to; anything else stays itself.
pub(crate) fn resolved<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// A schema that may be one of several parts of another: what it does not name, another part may.
fn open(schema: &Value, document: &Value) -> Value {
    let Some(source) = schema.as_object() else {
        return schema.clone();
    };
    // Beside a reference OpenAPI 3.0 ignores everything.
    if let Some(reference) = source.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut converted = Map::new();
    for (keyword, value) in source {
        if let Some(value) = translated(keyword, value, source, document) {
            converted.insert(keyword.clone(), value);
        }
    }
    bound(source, &mut converted);
    if source.get("nullable") == Some(&json!(true)) {
        admit_null(&mut converted);
    }
    Value::Object(converted)
}

/// A keyword's value; `None` for what says nothing about values or is put otherwise.
fn translated(keyword: &str, value: &Value, beside: &Map<String, Value>, document: &Value) -> Option<Value> {
    match keyword {
        "properties" => {
            let members = value.as_object()?.iter().map(|(name, schema)| (name.clone(), closed(schema, document)));
            Some(Value::Object(members.collect()))
        }
        "items" => Some(closed(value, document)),
        // Whole schemas are closed where values stand; said in one part of several, this would refuse the others.
        "additionalProperties" if *value == json!(false) && beside.contains_key("properties") => None,
        "additionalProperties" if value.is_object() => Some(closed(value, document)),
        "allOf" | "oneOf" | "anyOf" => Some(value.as_array()?.iter().map(|part| open(part, document)).collect()),
        "not" => Some(open(value, document)),
        "additionalProperties"
        | "type"
        | "enum"
        | "required"
        | "minimum"
        | "maximum"
        | "multipleOf"
        | "minLength"
        | "maxLength"
        | "pattern"
        | "minItems"
        | "maxItems"
        | "uniqueItems"
        | "minProperties"
        | "maxProperties"
        | "format" => Some(value.clone()),
        _ => None,
    }
}

/// Limits as numbers: OpenAPI 3.0 says `exclusiveMinimum: true` beside a `minimum`, and names the width of integers.
fn bound(source: &Map<String, Value>, converted: &mut Map<String, Value>) {
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        if source.get(exclusive) == Some(&json!(true))
            && let Some(value) = converted.remove(limit)
        {
            converted.insert(exclusive.to_owned(), value);
        }
    }
    if source.get("format") == Some(&json!("int32")) {
        for (limit, exclusive, value) in
            [("minimum", "exclusiveMinimum", i32::MIN), ("maximum", "exclusiveMaximum", i32::MAX)]
        {
            if !converted.contains_key(exclusive) {
                converted.entry(limit).or_insert_with(|| json!(value));
            }
        }
    }
}

/// `nullable` says something only beside a `type` (OpenAPI 3.0.3).
fn admit_null(converted: &mut Map<String, Value>) {
    let Some(kind) = converted.get("type").cloned() else {
        return;
    };
    converted.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(values) = converted.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
}

/// The members that a schema names, in all its parts.
#[derive(Default)]
struct Members {
    named: BTreeSet<String>,
    /// Whether a part says that others may stand beside them.
    others_too: bool,
}

impl Members {
    fn collect(&mut self, schema: &Value, document: &Value) {
        let schema = resolved(schema, document);
        self.named.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        self.others_too |= schema.get("additionalProperties").is_some_and(|others| *others != json!(false));
        let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|keyword| schema[keyword].as_array());
        parts.flatten().for_each(|part| self.collect(part, document));
    }
}
