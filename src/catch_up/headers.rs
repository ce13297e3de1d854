//! The headers of a logged request, from the text that the server keeps of them.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;

/// The headers, from a JSON object of names and values as `WebhookSender.cs` writes it (each value a text or a list of
/// texts), or from lines `Name: value`. What is neither, or cannot be a header, is left out.
pub(super) fn read(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    match serde_json::from_str(text) {
        Ok(Json::Object(members)) => {
            for (name, value) in &members {
                for value in texts(value) {
                    add(&mut headers, name, value);
                }
            }
        }
        _ => {
            for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
                add(&mut headers, name, value);
            }
        }
    }
    headers
}

fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.trim().as_bytes());
    let value = HeaderValue::from_str(value.trim());
    if let (Ok(name), Ok(value)) = (name, value) {
        headers.append(name, value);
    }
}
