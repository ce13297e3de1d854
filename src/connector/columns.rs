//! Events from tables, such as a list of the whole staff, judged as mappings judge what they yield.

use serde_json::{Map, Value as Json};

use super::fields;
use crate::model::{Event, EventKind};

/// The event of one row: names of [`Event::FIELDS`] other than `kind`, each with its text. Blank texts are absent.
///
/// # Errors
/// The end of a sentence about the row: what is wrong with which column. It never contains a value.
pub fn event_of<'t>(kind: EventKind, texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Event, String> {
    let mut event = Map::from_iter([("kind".to_owned(), Json::from(kind.as_str()))]);
    for (name, text) in texts {
        let value = match (name, text.trim().parse::<i64>()) {
            ("status" | "activation_status", Ok(number)) => Json::from(number),
            _ => Json::from(text),
        };
        let value = fields::coerce(name, &value).map_err(|wrong| format!("{name} {wrong}"))?;
        event.extend(value.map(|value| (name.to_owned(), value)));
    }
    for group in fields::required(kind) {
        if !group.iter().any(|name| event.contains_key(*name)) {
            return Err(format!("{kind} needs {}, which is empty or no column", group.join(" or ")));
        }
    }
    serde_json::from_value(Json::Object(event)).map_err(|error| error.to_string())
}
