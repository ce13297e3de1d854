//! Nested keys of forms, such as `data[changedFields][0]=status`, as objects and lists.
//!
//! The fields themselves come from a library. Of those that also join them, serde_qs 1.1 refuses the whole body for one
//! odd key and reads `%5b` unlike `%5B`, and serde_html_form knows no nested keys; so they are joined here.

use serde_json::{Map, Value as Json};

use crate::body;

/// Most parts of one key: `a[b][c]` has three.
const DEPTH: usize = 32;

/// Read a form as an object. A key given once is a text, a key given twice a list of texts; `[0]`, `[1]` and a last `[]`
/// make a list in the order of the numbers, without gaps; `[name]` makes an object. A key with odd brackets is taken as
/// it is.
///
/// # Errors
/// A sentence that names the number of the field, never its name or its value.
pub(super) fn read(bytes: &[u8]) -> Result<Json, String> {
    // While it grows, an object is a key with fields below it and a list is the texts given for a key.
    let mut root = Map::new();
    for (number, (key, text)) in body::form(bytes)?.into_iter().enumerate() {
        let parts = parts(&key);
        if parts.len() > DEPTH {
            return Err(format!("field {} of the form is nested in more than {DEPTH} levels", number + 1));
        }
        put(&mut root, &parts, text.into_owned())
            .ok_or_else(|| format!("field {} of the form gives a text and fields to the same key", number + 1))?;
    }
    Ok(Json::Object(root.into_iter().map(|(key, value)| (key, settle(value))).collect()))
}

/// `a[b][0]` is `a`, `b`, `0`; a key that does not follow that form is one part.
fn parts(key: &str) -> Vec<&str> {
    nested(key).unwrap_or_else(|| vec![key])
}

fn nested(key: &str) -> Option<Vec<&str>> {
    let (first, rest) = key.strip_suffix(']')?.split_once('[')?;
    let mut parts = vec![first];
    parts.extend(rest.split("]["));
    let last = parts.len() - 1;
    let is_sound = |(place, part): (usize, &&str)| !part.contains(['[', ']']) && (place == last || !part.is_empty());
    parts.iter().enumerate().all(is_sound).then_some(parts)
}

/// Add a text below the parts; `None` where a key would be a text and have fields.
fn put(into: &mut Map<String, Json>, parts: &[&str], text: String) -> Option<()> {
    let (first, rest) = parts.split_first()?;
    if rest.is_empty() {
        let texts = into.entry(*first).or_insert_with(|| Json::Array(Vec::new()));
        texts.as_array_mut()?.push(Json::String(text));
        return Some(());
    }
    let below = into.entry(*first).or_insert_with(|| Json::Object(Map::new()));
    put(below.as_object_mut()?, rest, text)
}

fn settle(value: Json) -> Json {
    match value {
        Json::Array(mut texts) if texts.len() == 1 => texts.remove(0),
        Json::Object(fields) if fields.keys().all(|key| key.is_empty() || index(key).is_some()) => list(fields),
        Json::Object(fields) => Json::Object(fields.into_iter().map(|(key, value)| (key, settle(value))).collect()),
        other => other,
    }
}

/// What stands under numbers, in their order, and after it what stands under no number.
fn list(mut fields: Map<String, Json>) -> Json {
    let added = fields.shift_remove("");
    let mut numbered: Vec<_> = fields.into_iter().map(|(key, value)| (index(&key), settle(value))).collect();
    numbered.sort_by_key(|(number, _)| *number);
    let mut values: Vec<_> = numbered.into_iter().map(|(_, value)| value).collect();
    if let Some(Json::Array(texts)) = added {
        values.extend(texts);
    }
    Json::Array(values)
}

/// A number as a sender writes it: no sign and no leading zero, else two keys would be one.
fn index(key: &str) -> Option<u32> {
    let is_plain = key == "0" || !key.starts_with(['0', '+']);
    is_plain.then(|| key.parse().ok()).flatten()
}
