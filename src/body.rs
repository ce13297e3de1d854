//! Bodies of requests, read: JSON and forms. What verifies a body and what maps it read it by the same functions, so
//! they can never see two different things in one signed text.
//!
//! Bounded by the size of the body, by [`serde_json`]'s 128 levels, and by [`FIELDS`]. Nothing here panics.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use serde_json::Value as Json;
use url::form_urlencoded;

/// Most fields of one form.
pub const FIELDS: usize = 10_000;

/// What a byte order mark is in UTF-8. JSON has none, but its readers may skip it (RFC 8259, section 8.1), and some
/// senders write it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The body as JSON. Of a key that stands twice in one object the last value holds. A byte order mark is skipped.
///
/// # Errors
/// A sentence with line and column. It never contains a value.
pub fn json(bytes: &[u8]) -> Result<Json, String> {
    let text = text(bytes);
    if text.trim_ascii().is_empty() {
        return Err("the body is empty".to_owned());
    }
    serde_json::from_slice(text).map_err(|error| match text.trim_ascii_start().first() {
        Some(b'<') => format!("the body is not JSON but looks like XML or HTML: {error}"),
        _ => format!("the body is not JSON: {error}"),
    })
}

/// The body without a byte order mark.
#[must_use]
pub fn text(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Name and value of a field of a form.
pub type FormField<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The fields of a form (`application/x-www-form-urlencoded`), decoded, in the order of the body.
///
/// # Errors
/// A sentence: there are too many fields, or one is not UTF-8. It never contains a name or a value.
pub fn form(bytes: &[u8]) -> Result<Vec<FormField<'_>>, String> {
    // The parser below would put a replacement character there, and people have names.
    if percent_decode(bytes).decode_utf8().is_err() {
        return Err("the body is a form whose text is not UTF-8".to_owned());
    }
    let fields: Vec<_> = form_urlencoded::parse(bytes).take(FIELDS + 1).collect();
    if fields.len() > FIELDS {
        return Err(format!("the body is a form of more than {FIELDS} fields"));
    }
    Ok(fields)
}
