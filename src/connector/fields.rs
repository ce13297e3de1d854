//! From the value of an expression to the value of an event's field.

use email_address::{EmailAddress, Options};
use serde_json::Value as Json;

use crate::model::EventKind;

/// Longest e-mail address that can be delivered to, in bytes (RFC 5321, section 4.5.3.1.3, less the brackets).
const EMAIL_LIMIT: usize = 254;

/// The fields that `kind` cannot do without: each group needs one of its fields.
pub(super) fn required(kind: EventKind) -> &'static [&'static [&'static str]] {
    match kind {
        EventKind::EmployeeHired => &[&["employee_id"], &["email"]],
        EventKind::EmployeeUpdated | EventKind::EmployeeTerminated | EventKind::EmployeeRescinded => {
            &[&["employee_id", "email"]]
        }
        EventKind::UserInvited
        | EventKind::UserCreated
        | EventKind::UserUpdated
        | EventKind::UserActivated
        | EventKind::UserDeleted => &[&["user_id"]],
    }
}

/// What the value of an expression means for a field; null and blank text mean that it is absent.
///
/// The error is the end of a sentence and never contains the value.
pub(super) fn coerce(field: &str, value: &Json) -> Result<Option<Json>, &'static str> {
    if matches!(field, "status" | "activation_status") {
        return whole_number(value);
    }
    let Some(text) = text(value)? else {
        return Ok(None);
    };
    let text = match field {
        "email" => email(&text)?,
        // DocSpace writes GUIDs in lower case; with one case two spellings are one person.
        "user_id" => text.to_lowercase(),
        _ => text,
    };
    Ok(Some(Json::from(text)))
}

fn whole_number(value: &Json) -> Result<Option<Json>, &'static str> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) if text.trim().is_empty() => Ok(None),
        Json::Number(number) if number.is_i64() => Ok(Some(value.clone())),
        _ => Err("is not a whole number of 64 bits"),
    }
}

fn text(value: &Json) -> Result<Option<String>, &'static str> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)),
        Json::Number(number) if number.is_f64() => Err("is not a text or a whole number, but one with a fraction"),
        Json::Number(number) => Ok(Some(number.to_string())),
        Json::Bool(_) => Err("is not a text or a whole number, but true or false"),
        Json::Array(_) => Err("is not a text or a whole number, but a list"),
        Json::Object(_) => Err("is not a text or a whole number, but an object"),
    }
}

/// Stricter than the grammar: nothing that needs quoting, and a domain as DNS knows it.
fn email(text: &str) -> Result<String, &'static str> {
    let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>');
    let host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    // An address of four numbers would pass for a domain.
    let is_named = |domain: &str| {
        let top = domain.rsplit('.').next().unwrap_or_default();
        domain.chars().all(host) && top.contains(char::is_alphabetic)
    };
    match EmailAddress::parse_with_options(text, options) {
        Ok(address) if text.len() <= EMAIL_LIMIT && !text.contains(odd) && is_named(address.domain()) => {
            Ok(text.to_lowercase())
        }
        _ => Err("is not a usable e-mail address"),
    }
}
