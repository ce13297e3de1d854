//! Bodies as DocSpace spells them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What every answer of the server is wrapped in.
pub(super) struct Envelope {
    pub(super) status_code: i64,
    pub(super) response: Option<Value>,
    pub(super) total: Option<u64>,
    message: Option<String>,
}

impl Envelope {
    /// `None` unless the bytes are a JSON object with an integer `statusCode`.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(body).ok()?;
        let members = value.as_object_mut()?;
        let status_code = members.get("statusCode")?.as_i64()?;
        let message =
            members.get("error").and_then(|error| error.get("message")).and_then(Value::as_str).map(str::to_owned);
        let response = members.remove("response").filter(|response| !response.is_null());
        let total = members.get("total").and_then(Value::as_u64);
        Some(Self { status_code, response, total, message })
    }

    /// Whether it is a complaint of the server's validation about this member and no other.
    pub(super) fn complains_only_of(&self, member: &str) -> bool {
        let errors = self.response.as_ref().and_then(|problem| problem.get("errors")).and_then(Value::as_object);
        self.message.is_none() && errors.is_some_and(|errors| errors.len() == 1 && errors.contains_key(member))
    }

    /// Whether it is a complaint of the server's validation, and the words of the refusal.
    pub(super) fn complaint(&self) -> (bool, String) {
        if let Some(message) = &self.message {
            return (false, message.clone());
        }
        let Some(problem) = self.response.as_ref().and_then(Value::as_object) else {
            return (false, String::new());
        };
        let Some(errors) = problem.get("errors").and_then(Value::as_object) else {
            let title = problem.get("title").and_then(Value::as_str).unwrap_or_default();
            return (problem.contains_key("title"), title.to_owned());
        };
        let words = errors.iter().map(|(member, texts)| {
            let texts: Vec<&str> = texts.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("{member}: {}", texts.join(" "))
        });
        (true, words.collect::<Vec<_>>().join("; "))
    }
}

/// `EmployeeFullDto`, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Employee {
    pub(super) id: Option<String>,
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) status: Option<i64>,
    pub(super) activation_status: Option<i64>,
    pub(super) is_owner: Option<bool>,
    pub(super) is_admin: Option<bool>,
    pub(super) is_room_admin: Option<bool>,
    pub(super) is_collaborator: Option<bool>,
    pub(super) is_visitor: Option<bool>,
    pub(super) created_by: Option<Value>,
    pub(super) registration_date: Option<String>,
    pub(super) culture_name: Option<String>,
    pub(super) groups: Option<Vec<Value>>,
}

/// `ApiKeyResponseDto`, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKey {
    pub(super) name: Option<String>,
    pub(super) key_postfix: Option<String>,
    pub(super) permissions: Option<Vec<String>>,
    pub(super) expires_at: Option<String>,
    pub(super) is_active: Option<bool>,
    pub(super) create_by: Option<Value>,
}

/// Body of `POST /people`. The type is always given: without one the server makes a paid room administrator.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member<'a> {
    pub(super) email: &'a str,
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) culture_name: Option<&'a str>,
}

/// Body of `POST /people/invite`. One invitation only: the server handles a list without a transaction.
#[derive(Serialize)]
pub(super) struct Invitations<'a> {
    pub(super) invitations: [Invitation<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) culture: Option<&'a str>,
}

/// One invitation.
#[derive(Serialize)]
pub(super) struct Invitation<'a> {
    pub(super) email: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// Body of `PUT /files/rooms/{id}/share`.
#[derive(Serialize)]
pub(super) struct Share<'a> {
    pub(super) invitations: [Guest; 1],
    pub(super) notify: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) culture: Option<&'a str>,
}

/// One invitation to a room, of an account or of an address.
#[derive(Serialize)]
pub(super) struct Guest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    pub(super) access: u8,
}

/// `InvitationLinkDto`, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    pub(super) url: Option<String>,
    pub(super) expiration: Option<String>,
    pub(super) is_expired: Option<bool>,
    pub(super) max_use_count: Option<i64>,
    pub(super) current_use_count: Option<i64>,
}

/// Body of the calls that make and change a webhook. All of it is always sent: what is left out becomes false, and no
/// triggers at all means every one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hook<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<i64>,
    pub(super) name: &'a str,
    pub(super) uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_key: Option<&'a str>,
    pub(super) enabled: bool,
    pub(super) ssl: bool,
    pub(super) triggers: i64,
}

/// A value as one of these shapes, if it has it.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// A whole number, which may be spelled as a text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A GUID in lower case with hyphens.
pub(super) fn guid(text: &str) -> Option<String> {
    uuid::Uuid::try_parse(text.trim()).ok().map(|id| id.hyphenated().to_string())
}

/// The id of whoever a `createdBy` names: an object with an `id` in the People API, a bare GUID elsewhere.
pub(super) fn creator(value: &Value) -> Option<String> {
    guid(value.as_str().or_else(|| value.get("id").and_then(Value::as_str))?)
}

/// A moment such as `2026-08-01T10:00:00.0000000Z` or with an offset; one without is in UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}
