//! The log of webhook deliveries, from which a receiver pulls what it missed (`WebhooksController.cs`, `DbWorker.cs`).

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Sandbox;
use super::directory::OWNER;
use super::hook::{Exchange, Hook, LogRow};
use super::portal::Portal;
use super::request::{Body, Params};
use super::wire::Reply;

/// `GET /settings/webhooks/log`: newest first. Rows of a webhook that is gone are not listed.
pub(super) async fn log(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    let (start, count) = params.page()?;
    let config: Option<i64> = params.read("configId")?;
    let event: Option<i64> = params.read("eventId")?;
    let trigger: Option<i64> = params.read("trigger")?;
    let groups: Option<i64> = params.read("groupStatus")?;
    let from: Option<Timestamp> = params.read("deliveryFrom")?;
    let to: Option<Timestamp> = params.read("deliveryTo")?;
    let uri = params.get("hookUri");
    let fits = |row: &LogRow, hook: &Hook| {
        config.is_none_or(|id| row.hook == id)
            && event.is_none_or(|id| row.id == id)
            // One trigger, not a set of them.
            && trigger.is_none_or(|flag| flag == 0 || row.trigger_id() == flag)
            && groups.is_none_or(|flags| flags == 0 || row.group() & flags != 0)
            && from.is_none_or(|from| row.last.delivered_at.is_some_and(|at| at >= from))
            && to.is_none_or(|to| row.last.delivered_at.is_some_and(|at| at <= to))
            && uri.is_none_or(|uri| hook.uri.as_str() == uri)
    };
    sandbox.change(|portal, _| {
        let rows = portal.log.values().rev().filter_map(|row| Some((row, portal.hooks.get(&row.hook)?)));
        let rows: Vec<_> = rows.filter(|(row, hook)| fits(row, hook)).collect();
        let page = rows.iter().skip(start).take(count).map(|(row, hook)| row.shown(hook)).collect();
        Ok(Reply::Page(page, rows.len()))
    })
}

/// `PUT /settings/webhook/{log row}/retry`: publish a row again, under a new number and with its old time.
pub(super) async fn retry(State(sandbox): State<Sandbox>, Path(row): Path<String>) -> Result<Reply, Reply> {
    let unknown = || Reply::missing("The log entry could not be found");
    let row: i64 = row.parse().map_err(|_| unknown())?;
    if row == 0 {
        return Err(Reply::bad("Id"));
    }
    sandbox.change(|portal, now| again(portal, row, now).map(Reply::Found).ok_or_else(unknown))
}

#[derive(Deserialize)]
pub(super) struct Rows {
    #[serde(default)]
    ids: Vec<i64>,
}

/// `PUT /settings/webhook/retry`: several rows at once; unknown ones are left out.
pub(super) async fn retry_all(State(sandbox): State<Sandbox>, Body(rows): Body<Rows>) -> Reply {
    sandbox.change(|portal, now| Reply::List(rows.ids.into_iter().filter_map(|row| again(portal, row, now)).collect()))
}

fn again(portal: &mut Portal, row: i64, now: Timestamp) -> Option<Value> {
    let old = portal.log.get(&row).filter(|row| portal.hooks.contains_key(&row.hook))?.clone();
    // A row of an old version has no time of its own event: it is published now.
    let published_at = if old.trigger.is_some() { old.published_at } else { now };
    let id = portal.enqueue(LogRow { created_at: now, published_at, last: Exchange::default(), ..old });
    let row = portal.log.get(&id)?;
    Some(row.shown(portal.hooks.get(&row.hook)?))
}

impl Sandbox {
    /// Put a row into the log of a webhook as a server before 3.1 has left it: undelivered, without a trigger, its
    /// payload the record alone. A retry of it is sent with trigger `*` and the payload as one text.
    ///
    /// The row's number; `None` where there is no such webhook.
    #[must_use]
    pub fn keep_old_row(&self, webhook: i64, payload: &str) -> Option<i64> {
        self.change(|portal, now| {
            let told = portal.hooks.get(&webhook)?.told();
            Some(portal.keep(LogRow {
                id: 0,
                hook: webhook,
                trigger: None,
                published_at: now,
                created_at: now,
                by: OWNER,
                payload: Value::from(payload),
                webhook: told,
                last: Exchange::default(),
            }))
        })
    }
}
