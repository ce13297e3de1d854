//! Lists that come in pages.

use reqwest::RequestBuilder;
use serde_json::Value;

use super::answer::{lacking, misshapen};
use super::call::Call;
use super::client::Client;
use super::error::Error;

/// The most rows the server gives at once (`ApiContext.cs`).
pub(super) const LARGEST: u32 = 100;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of this part, at most 100.
    pub items: Vec<T>,
    /// How many rows the whole list has; where the server does not tell, those up to the end of this part.
    pub total: u64,
}

/// The query of a part of a list.
pub(super) fn paging(start: u32, count: u32) -> [(&'static str, u32); 2] {
    [("startIndex", start), ("count", count.clamp(1, LARGEST))]
}

impl Client {
    /// Send a request for rows from `start` on, and read each of them.
    pub(super) async fn page<T>(
        &self,
        call: Call,
        request: RequestBuilder,
        start: u32,
        read: impl Fn(&Value) -> Result<T, Error>,
    ) -> Result<Page<T>, Error> {
        let reply = self.exchange(call, request).await?;
        let response = reply.response.ok_or_else(|| lacking(call, "response"))?;
        let rows = response.as_array().ok_or_else(|| misshapen(call))?;
        let items = rows.iter().map(read).collect::<Result<Vec<T>, Error>>()?;
        let total = reply.total.unwrap_or_else(|| u64::from(start) + items.len() as u64);
        Ok(Page { items, total })
    }
}
