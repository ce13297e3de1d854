//! `usher hooks list`: every webhook of the portals, as the key sees them.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::config::Portal;
use crate::docspace::{Error, Webhook};
use crate::hooks::{self, Health};

use super::super::output::{Failure, Out, when};
use super::{Access, Desk};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    access: Access,
    /// As one JSON array.
    #[arg(long)]
    json: bool,
}

/// A webhook, and the source that it posts to if it is ours.
struct Row {
    portal: String,
    hook: Webhook,
    source: Option<String>,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let desk = Desk::open(config, &args.access).await?;
    let portals = match &args.access.portal {
        Some(_) => vec![desk.portal(&args.access, None)?],
        None => desk.loaded.config.portals.iter().collect(),
    };
    let mut rows = Vec::new();
    for portal in portals {
        rows.extend(read(&desk, portal).await?);
    }
    desk.close().await;
    if args.json {
        return out.json(&rows.iter().map(shown).collect::<Vec<_>>());
    }
    let head = ["portal", "number", "name", "posts to", "enabled", "triggers", "ours", "health", "failed", "succeeded"];
    out.table(head, rows.iter().map(columns).collect())
}

async fn read(desk: &Desk, portal: &Portal) -> Result<Vec<Row>, Failure> {
    let all = desk.client(portal)?.webhooks().await.map_err(|error| match error {
        Error::Scope { .. } => Failure::failed(
            "webhooks cannot be seen: the key lacks the scope *:read; make one with it in DocSpace under Developer Tools, \
             API keys, or name the file of another key with --api-key-file",
        ),
        error => error.into(),
    })?;
    let mut sources = Vec::new();
    for source in hooks::sources(&desk.loaded.config, &portal.name) {
        let address = hooks::address(&desk.loaded.config, &source.name);
        let ours = hooks::ours(&all, address.as_ref(), &source.name, desk.known(source).await?);
        sources.extend(ours.into_iter().map(|hook| (hook.id, source.name.clone())));
    }
    let source = |id: i64| sources.iter().find(|(ours, _)| *ours == id).map(|(_, name)| name.clone());
    Ok(all.into_iter().map(|hook| Row { portal: portal.name.clone(), source: source(hook.id), hook }).collect())
}

/// A webhook of somebody else may want few triggers, and one thing only.
fn health(row: &Row) -> Health {
    if row.source.is_some() { hooks::health(&row.hook) } else { hooks::delivering(&row.hook) }
}

fn shown(row: &Row) -> Json {
    let hook = &row.hook;
    let health = health(row);
    let disabled_from = match &health {
        Health::Failing { disabled_from } => Some(*disabled_from),
        _ => None,
    };
    json!({
        "portal": row.portal,
        "id": hook.id,
        "name": hook.name,
        "uri": hook.uri,
        "enabled": hook.enabled,
        "ssl": hook.ssl,
        "triggers": hooks::trigger_names(hook.triggers),
        "target": hook.target_id,
        "ours": row.source.is_some(),
        "source": row.source,
        "health": health.as_str(),
        "disabled_from": disabled_from,
        "last_failure_at": hook.last_failure_at,
        "last_failure": hook.last_failure,
        "last_success_at": hook.last_success_at,
    })
}

fn columns(row: &Row) -> [String; 10] {
    let hook = &row.hook;
    [
        row.portal.clone(),
        hook.id.to_string(),
        hook.name.clone(),
        hook.uri.clone(),
        if hook.enabled { "yes" } else { "no" }.to_owned(),
        hooks::trigger_names(hook.triggers).join(" "),
        row.source.clone().unwrap_or_else(|| "no".to_owned()),
        health(row).as_str().to_owned(),
        when(hook.last_failure_at),
        when(hook.last_success_at),
    ]
}
