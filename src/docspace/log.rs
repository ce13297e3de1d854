//! The log of what DocSpace's webhooks have sent.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{lacking, misshapen};
use super::call;
use super::client::Client;
use super::error::Error;
use super::page::{Page, paging};
use super::wire;

/// Which rows of the log to list, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogQuery {
    /// Number of the webhook; `None`: all of them.
    pub hook: Option<i64>,
    /// Flags of what came of it: 1 not sent or no answer, 2 2xx, 4 3xx, 8 4xx, 16 5xx; `None`: any.
    pub group_status: Option<u8>,
    /// How many rows to leave out at the beginning.
    pub start: u32,
    /// How many rows to list, 1 to 100.
    pub count: u32,
}

/// One row: an event told, or to be told, to one webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Number of the row: `event.id` of every delivery made for it.
    pub id: i64,
    /// Flag of the trigger.
    pub trigger: i64,
    /// When the event was published.
    pub created_at: Option<Timestamp>,
    /// When it was delivered; only a success is noted.
    pub delivered_at: Option<Timestamp>,
    /// The HTTP status of the last answer; 0: not sent, or no answer.
    pub status: i64,
    /// Headers of the last attempt, as the server wrote them down.
    pub request_headers: String,
    /// Body of the last attempt, as it was sent; personal data.
    pub request_payload: String,
}

/// Without headers and body: they hold a signature and personal data.
impl std::fmt::Debug for LogRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogRow")
            .field("id", &self.id)
            .field("trigger", &self.trigger)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A part of the log of webhooks. The path has the plural `webhooks`, other than that of the webhooks themselves.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn webhook_log(&self, query: &LogQuery) -> Result<Page<LogRow>, Error> {
        let hook = query.hook.map(|hook| ("configId", hook));
        let status = query.group_status.map(|flags| ("groupStatus", flags));
        let request = self.request(call::WEBHOOK_LOG, &["settings", "webhooks", "log"]);
        let request = request.query(hook.as_slice()).query(status.as_slice()).query(&paging(query.start, query.count));
        self.page(call::WEBHOOK_LOG, request, query.start, row).await
    }
}

fn row(row: &Value) -> Result<LogRow, Error> {
    let call = call::WEBHOOK_LOG;
    let member = |name: &str| row.get(name).filter(|value| !value.is_null());
    let integer =
        |name: &str| member(name).map(|value| wire::integer(value).ok_or_else(|| misshapen(call))).transpose();
    let moment = |name: &str| member(name).and_then(Value::as_str).and_then(wire::moment);
    // Both are texts; should a server unfold them, they are folded again.
    let text = |name: &str| match member(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Ok(LogRow {
        id: integer("id")?.ok_or_else(|| lacking(call, "id"))?,
        trigger: integer("trigger")?.unwrap_or(0),
        created_at: moment("creationTime"),
        delivered_at: moment("delivery"),
        status: integer("status")?.unwrap_or(0),
        request_headers: text("requestHeaders"),
        request_payload: text("requestPayload"),
    })
}
