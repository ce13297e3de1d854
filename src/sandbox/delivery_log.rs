//! The log of webhook deliveries, from which a receiver pulls what it missed.

use axum::extract::{Path, State};
use jiff::Timestamp;

use super::Sandbox;
use super::hook::{Exchange, LogRow};
use super::request::Params;
use super::wire::Reply;

/// `GET /settings/webhooks/log`: newest first.
pub(super) async fn log(State(sandbox): State<Sandbox>, params: Params) -> Result<Reply, Reply> {
    let (start, count) = params.page()?;
    let config: Option<i64> = params.read("configId")?;
    let event: Option<i64> = params.read("eventId")?;
    let trigger: Option<i64> = params.read("trigger")?;
    let groups: Option<i64> = params.read("groupStatus")?;
    let from: Option<Timestamp> = params.read("deliveryFrom")?;
    let to: Option<Timestamp> = params.read("deliveryTo")?;
    let uri = params.get("hookUri");
    let fits = |row: &LogRow| {
        config.is_none_or(|id| row.hook == id)
            && event.is_none_or(|id| row.id == id)
            && trigger.is_none_or(|flags| flags == 0 || row.trigger.flag() & flags != 0)
            && groups.is_none_or(|flags| flags == 0 || row.group() & flags != 0)
            && from.is_none_or(|from| row.last.delivered_at.is_some_and(|at| at >= from))
            && to.is_none_or(|to| row.last.delivered_at.is_some_and(|at| at <= to))
            && uri.is_none_or(|uri| row.uri == uri)
    };
    sandbox.change(|portal, _| {
        let rows: Vec<_> = portal.log.values().rev().filter(|row| fits(row)).collect();
        let page = rows.iter().skip(start).take(count).map(|row| row.shown()).collect();
        Ok(Reply::Page(page, rows.len()))
    })
}

/// `PUT /settings/webhook/{log row}/retry`: publish a row again, under a new number and with its old time.
pub(super) async fn retry(State(sandbox): State<Sandbox>, Path(row): Path<String>) -> Result<Reply, Reply> {
    let unknown = || Reply::missing("The log entry could not be found");
    let row: i64 = row.parse().map_err(|_| unknown())?;
    sandbox.change(|portal, _| {
        let old = portal.log.get(&row).cloned().ok_or_else(unknown)?;
        let id = portal.enqueue(LogRow { last: Exchange::default(), ..old });
        Ok(portal.log.get(&id).map_or(Reply::Done, |row| Reply::Found(row.shown())))
    })
}
