//! How the real server reads requests: JSON bodies, query parameters in any case, numbers that may be texts.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::{StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::wire::Reply;

/// A JSON body. Another content type is 415; what does not fit the model is 400 with the problem in `response`.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Reply;

    async fn from_request(request: Request, state: &S) -> Result<Self, Reply> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(Reply::Refused {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                kind: "System.NotSupportedException",
                message: "The media type is not supported; send application/json".to_owned(),
            });
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|_| Reply::Empty(StatusCode::PAYLOAD_TOO_LARGE))?;
        read(&bytes).map(Self).map_err(|error| Reply::invalid("$", error.to_string()))
    }
}

/// Read a JSON object. A member that is null is a member left out; a list is never taken for an object.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut members: Map<String, Value> = serde_json::from_slice(bytes)?;
    members.retain(|_, member| !member.is_null());
    serde_json::from_value(Value::Object(members))
}

/// The query of a request. Names are compared without case, as the server does.
pub(super) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Params {
    /// The first value of this name; an empty one counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A value read as `T`; one that does not read so is 400.
    pub(super) fn read<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Reply> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).map_err(|_| Reply::invalid(name, format!("The value '{text}' is not valid.")))
            }
        }
    }

    /// Whether `sortOrder` turns the order round.
    pub(super) fn is_descending(&self) -> bool {
        self.get("sortOrder").is_some_and(|order| order == "1" || order.eq_ignore_ascii_case("descending"))
    }

    /// `startIndex`, and `count` cut to 100, the server's own limit.
    pub(super) fn page(&self) -> Result<(usize, usize), Reply> {
        let start = self.read("startIndex")?.unwrap_or(0);
        let count = self.read("count")?.unwrap_or(100);
        Ok((start, std::cmp::min(count, 100)))
    }
}

/// A whole number, or its decimal text.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelled {
        Number(i64),
        Text(String),
    }
    match Spelled::deserialize(deserializer)? {
        Spelled::Number(number) => Ok(number),
        Spelled::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// GUIDs of a body.
///
/// # Errors
/// 400 with the problem in `response`.
pub(super) fn ids(member: &'static str, texts: &[String]) -> Result<Vec<Uuid>, Reply> {
    texts
        .iter()
        .map(|text| {
            Uuid::try_parse(text).map_err(|_| Reply::invalid(member, format!("The value '{text}' is not a GUID.")))
        })
        .collect()
}

/// A GUID, where one is given; for members that have `#[serde(default)]`.
pub(super) fn some_guid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let text: Option<String> = Deserialize::deserialize(deserializer)?;
    text.map(|text| Uuid::try_parse(&text).map_err(serde::de::Error::custom)).transpose()
}

/// A whole number or its text, where one is given; for members that have `#[serde(default)]`.
pub(super) fn some_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    number(deserializer).map(Some)
}
