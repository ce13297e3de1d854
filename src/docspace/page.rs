//! Lists that come in pages.

use std::collections::HashSet;

use reqwest::RequestBuilder;
use serde_json::Value;

use super::answer::{lacking, misshapen, uncertain};
use super::call::Call;
use super::client::Client;
use super::error::Error;

/// The most rows the server gives at once (`ApiContext.cs`).
pub(super) const LARGEST: u32 = 100;

/// The most parts of a list that are asked for: two hundred thousand rows. A list that is longer does not end.
const MOST: u32 = 2_000;

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

/// The way through a whole list. It ends after a part that is not full where the total is reached, and after one that
/// brings nothing new: a server that forgets where to start would go on for ever.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Ids of the rows so far.
    seen: HashSet<String>,
    asked: u32,
    is_over: bool,
}

impl Walk {
    /// Where the next part begins; `None` at the end of the list.
    pub(super) fn start(&self) -> Option<u32> {
        (!self.is_over).then(|| u32::try_from(self.seen.len()).unwrap_or(u32::MAX))
    }

    /// The rows of this part that were not there before: what is added to a list meanwhile moves the rest of it on.
    ///
    /// # Errors
    /// [`Error::Uncertain`] for a list that does not end.
    pub(super) fn fresh<T>(&mut self, call: Call, page: Page<T>, id: impl Fn(&T) -> &str) -> Result<Vec<T>, Error> {
        let is_full = page.items.len() >= LARGEST as usize;
        let new: Vec<T> = page.items.into_iter().filter(|item| self.seen.insert(id(item).to_owned())).collect();
        self.asked += 1;
        self.is_over = new.is_empty() || (!is_full && self.seen.len() as u64 >= page.total);
        if !self.is_over && self.asked >= MOST {
            let why = format!("was answered with success, but the list has no end after {MOST} parts");
            return Err(uncertain(call, Some(200), why));
        }
        Ok(new)
    }
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
