//! The rows of the delivery log that are still to be looked at, the oldest first.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::docspace::{Client, Error, LogQuery, LogRow, Webhook};

/// Rows of one page: the most that the server gives.
const PAGE: u32 = 100;
/// How much text is held at one time, in bytes. The log is told from its newest row on, but wanted from its oldest.
const MOST: usize = 32 * 1024 * 1024;
/// Flags of the triggers `user.created`, `user.invited`, `user.updated` and `user.deleted` (`WebhookTrigger.cs`).
const OF_USERS: [i64; 4] = [1, 2, 4, 8];

/// How far back the log is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Rows of larger numbers only.
    pub(super) after: i64,
    /// Rows made at this moment or later only.
    pub(super) since: Option<Timestamp>,
}

impl Reach {
    fn covers(self, row: &LogRow) -> bool {
        let is_recent = match (self.since, row.created_at) {
            (Some(since), Some(at)) => at >= since,
            _ => true,
        };
        row.id > self.after && is_recent
    }
}

/// What was read.
pub(super) struct Backlog {
    /// Those about `user.*` events, by number.
    pub(super) rows: Vec<LogRow>,
    /// Whether there are later rows.
    pub(super) is_cut: bool,
    /// The largest number in the log, within reach or not.
    pub(super) newest: Option<i64>,
}

/// Whether the row is about a `user.*` event.
fn is_of_users(row: &LogRow) -> bool {
    OF_USERS.contains(&row.trigger)
}

/// The rows about `user.*` events of these webhooks within reach, or the oldest of them where they are too much at once.
pub(super) async fn read(portal: &Client, hooks: &[Webhook], reach: Reach) -> Result<Backlog, Error> {
    let mut rows = BTreeMap::new();
    let mut newest = None;
    let mut bytes = 0;
    let end = end(portal, hooks).await?;
    let mut ceiling = end;
    for hook in hooks {
        let mut start = 0;
        let mut lowest = i64::MAX;
        loop {
            let query = LogQuery { hook: Some(hook.id), group_status: None, start, count: PAGE };
            let page = portal.webhook_log(&query).await?.items;
            let count = u32::try_from(page.len()).unwrap_or(PAGE);
            newest = newest.max(page.iter().map(|row| row.id).max());
            // A server that does not page gives the same rows for good.
            let lower = page.iter().map(|row| row.id).min().unwrap_or(lowest);
            let mut is_end = count < PAGE || lower >= lowest;
            lowest = lower;
            for row in page {
                if !reach.covers(&row) {
                    is_end = true;
                    continue;
                }
                // A webhook for all triggers has far more rows of files than of people.
                if !is_of_users(&row) {
                    continue;
                }
                // A row comes twice where new ones have shifted the pages.
                if row.id < ceiling && !rows.contains_key(&row.id) {
                    bytes += size(&row);
                    rows.insert(row.id, row);
                }
            }
            while bytes > MOST
                && rows.len() > 1
                && let Some((id, row)) = rows.pop_last()
            {
                ceiling = id;
                bytes -= size(&row);
            }
            if is_end {
                break;
            }
            start += count;
        }
    }
    let newest = newest.map(|newest| newest.min(end.saturating_sub(1)));
    Ok(Backlog { rows: rows.into_values().collect(), is_cut: ceiling < end, newest })
}

/// The number from which on rows are left to the next reading. Several webhooks are read one after the other: what comes
/// for the first meanwhile must not fall behind what was read of the last.
async fn end(portal: &Client, hooks: &[Webhook]) -> Result<i64, Error> {
    if hooks.len() < 2 {
        return Ok(i64::MAX);
    }
    let query = LogQuery { hook: None, group_status: None, start: 0, count: 1 };
    let newest = portal.webhook_log(&query).await?.items.iter().map(|row| row.id).max();
    Ok(newest.map_or(i64::MAX, |newest| newest.saturating_add(1)))
}

fn size(row: &LogRow) -> usize {
    row.request_headers.len() + row.request_payload.len()
}
