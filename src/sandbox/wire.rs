//! Answers as the real server shapes them: one envelope for success, two shapes of error, and an empty body.
//!
//! Handlers return a [`Reply`]; the gate turns it into bytes, because the envelope repeats the request's own address.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An answer before it has its envelope.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// One object, text or truth value.
    Found(Value),
    /// A list.
    List(Vec<Value>),
    /// A page of a list, with the size of the whole.
    Page(Vec<Value>, usize),
    /// Success with nothing to return: no `response`, `count` 0.
    Done,
    /// An exception of the server.
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// Name of the .NET exception.
        kind: &'static str,
        /// Told in English; the real server speaks the key owner's language.
        message: String,
    },
    /// The request did not pass model validation: 400 with the problem in `response` and no `error`.
    Invalid {
        /// The member at fault, as the server names it.
        member: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A status with an empty body: 401, 403 by scope, 405, 429.
    Empty(StatusCode),
}

impl Reply {
    /// 400 with an `error`: an argument the server will not take.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::Refused { status: StatusCode::BAD_REQUEST, kind: "System.ArgumentException", message: message.into() }
    }

    /// 402: no seat or quota left.
    pub(super) fn quota(message: impl Into<String>) -> Self {
        Self::Refused {
            status: StatusCode::PAYMENT_REQUIRED,
            kind: "ASC.Core.Tenants.TenantQuotaException",
            message: message.into(),
        }
    }

    /// 403 for a role or a rule; the message is always the same.
    pub(super) fn denied() -> Self {
        Self::Refused {
            status: StatusCode::FORBIDDEN,
            kind: "System.Security.SecurityException",
            message: "Access denied".to_owned(),
        }
    }

    /// 403 for an operation that does not fit the state of its object.
    pub(super) fn out_of_turn(message: impl Into<String>) -> Self {
        Self::Refused {
            status: StatusCode::FORBIDDEN,
            kind: "System.InvalidOperationException",
            message: message.into(),
        }
    }

    /// 404 with an `error`. An empty 404 would mean that the whole portal is unknown.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::Refused {
            status: StatusCode::NOT_FOUND,
            kind: "ASC.Common.Web.ItemNotFoundException",
            message: message.into(),
        }
    }

    /// 500 with an `error`.
    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::Refused { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "System.Exception", message: message.into() }
    }

    /// 400 of model validation.
    pub(super) fn invalid(member: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { member, message: message.into() }
    }

    /// 400 of model validation for a member that is not there.
    pub(super) fn required(member: &'static str) -> Self {
        Self::invalid(member, format!("The {member} field is required."))
    }

    /// The answer's bytes, for a request of `method` to the full address `href`.
    fn render(self, method: &Method, href: &str) -> Response {
        let links = json!([{ "href": href, "action": method.as_str() }]);
        match self {
            Self::Found(value) => json_response(
                StatusCode::OK,
                &json!({ "response": value, "count": 1, "links": links, "status": 0, "statusCode": 200 }),
            ),
            Self::List(items) => {
                let count = items.len();
                json_response(
                    StatusCode::OK,
                    &json!({ "response": items, "count": count, "links": links, "status": 0, "statusCode": 200 }),
                )
            }
            Self::Page(items, total) => {
                let count = items.len();
                json_response(
                    StatusCode::OK,
                    &json!({ "response": items, "count": count, "total": total, "links": links, "status": 0, "statusCode": 200 }),
                )
            }
            Self::Done => {
                json_response(StatusCode::OK, &json!({ "count": 0, "links": links, "status": 0, "statusCode": 200 }))
            }
            Self::Refused { status, kind, message } => json_response(
                status,
                &json!({
                    "error": { "message": message, "type": kind, "stack": null, "hresult": -2_146_233_088_i32 },
                    "status": 1,
                    "statusCode": status.as_u16(),
                }),
            ),
            Self::Invalid { member, message } => {
                json_response(StatusCode::BAD_REQUEST, &validation(member, &message, &links))
            }
            Self::Empty(status) => status.into_response(),
        }
    }
}

/// The second shape of error: the problem document sits in `response`.
fn validation(member: &str, message: &str, links: &Value) -> Value {
    let mut errors = Map::new();
    errors.insert(member.to_owned(), json!([message]));
    json!({
        "response": {
            "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
            "title": "One or more validation errors occurred.",
            "status": 400,
            "errors": errors,
            "traceId": "00-00000000000000000000000000000000-0000000000000000-00",
        },
        "count": 1,
        "links": links,
        "status": 1,
        "statusCode": 400,
    })
}

/// `value` as an answer of the server.
fn json_response(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

impl IntoResponse for Reply {
    /// Carries the reply to [`finish`], which knows the request.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

/// Give a handler's answer its envelope; answers that are not a [`Reply`] pass unchanged.
pub(super) fn finish(mut response: Response, method: &Method, href: &str) -> Response {
    match response.extensions_mut().remove::<Reply>() {
        Some(reply) => reply.render(method, href),
        None => response,
    }
}

/// A time as the API writes it: UTC with seven decimals.
pub(super) fn api_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string()
}

/// A time with whole seconds, without a zone.
pub(super) fn whole_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A time with up to seven decimals and no trailing zero, without a zone, as .NET writes its ticks.
pub(super) fn ticks(at: Timestamp) -> String {
    let text = at.strftime("%Y-%m-%dT%H:%M:%S%.7f").to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text encoded for HTML as .NET does it: the five signs, and U+00A0 to U+00FF as numbers.
///
/// No library at hand writes the same bytes, and a client has to undo exactly these.
pub(super) fn html_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            '&' => encoded.push_str("&amp;"),
            '"' => encoded.push_str("&quot;"),
            '\'' => encoded.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' | '\u{1_0000}'.. => encoded.push_str(&format!("&#{};", u32::from(sign))),
            _ => encoded.push(sign),
        }
    }
    encoded
}
