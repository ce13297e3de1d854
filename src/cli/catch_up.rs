//! `usher catch-up`: what DocSpace's webhook missed, on demand.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::app::{self, App, SystemClock};
use crate::catch_up::{self, CaughtUp, Order, Reconciled, Trouble};
use crate::config::Needs;
use crate::docspace::Error as PortalError;
use crate::hooks;
use crate::model::Timestamp;
use crate::store::Store;

use super::by_hand;
use super::explain::parse_since;
use super::output::{Failure, Out, note, when};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only tell what is missing; nothing is written.
    #[arg(long)]
    dry_run: bool,
    /// This portal alone.
    #[arg(long, value_name = "NAME")]
    portal: Option<String>,
    /// Read the delivery log from this time on, whatever was read before: RFC 3339, Unix seconds, or so long
    /// ago, such as 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Timestamp>,
    /// Then compare the portal's accounts with the ledger: activations that no webhook ever told.
    #[arg(long)]
    reconcile: bool,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was found, and what could not be looked at.
#[derive(Default)]
struct Found {
    logs: Vec<CaughtUp>,
    accounts: Vec<Reconciled>,
    failed: Vec<String>,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::Everything)?;
    let only = args.portal.as_deref().map(|name| by_hand::named(&loaded.config, Some(name))).transpose()?;
    let only = only.map(|portal| portal.name.clone());
    let store = Store::open(&loaded.store_path(), !args.dry_run).await?;
    let app = App::within(loaded.base, loaded.config, store, Arc::new(SystemClock))?;
    let found = find(&app, args, only.as_deref()).await;
    let waits = found.logs.iter().any(|log| log.taken_in > 0) || found.accounts.iter().any(|told| told.jobs > 0);
    // Whoever has the lock works on what was found; nobody has it when it can be had.
    let is_unserved = app.store.lock()?.is_some();
    app.store.close().await;
    let failed = found.failed.len();
    tell(&found, args, out)?;
    if waits && is_unserved && !args.dry_run {
        note("no server works on this store: what was taken in is stored, and worked on when `usher serve` starts");
    }
    if failed > 0 { Err(Failure::Shown) } else { Ok(()) }
}

async fn find(app: &App, args: &Args, only: Option<&str>) -> Found {
    let is_wanted = |portal: &str| only.is_none_or(|only| only == portal);
    let mut found = Found::default();
    let order = Order { dry_run: args.dry_run, since: args.since };
    for (name, portal) in app.portals.iter().filter(|(name, _)| is_wanted(name)) {
        let sources = hooks::sources(&app.config, name);
        if sources.is_empty() {
            found.failed.push(format!("portal {name}: no source takes its webhooks: there is no delivery log to read"));
        }
        for source in sources {
            match catch_up::catch_up(app, source, portal, order).await {
                Ok(told) => found.logs.push(told),
                Err(error) => found.failed.push(failure(name, "the delivery log", &error)),
            }
        }
    }
    for (name, portal) in app.portals.iter().filter(|(name, _)| args.reconcile && is_wanted(name)) {
        match catch_up::reconcile(app, name, portal, args.dry_run).await {
            Ok(told) => found.accounts.push(told),
            Err(error) => found.failed.push(failure(name, "the accounts", &error)),
        }
    }
    found
}

fn failure(portal: &str, what: &str, error: &Trouble) -> String {
    match error {
        Trouble::Portal(PortalError::Scope { needed, .. }) => format!(
            "portal {portal}: {what} cannot be read: the API key lacks the scope {needed}. Give the key this scope, or \
             make a new key with it, in DocSpace under Developer Tools, API keys"
        ),
        error => format!("portal {portal}: {what} cannot be read: {error}"),
    }
}

fn tell(found: &Found, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let Found { logs, accounts, failed } = found;
    if args.json {
        out.json(&json!({"logs": logs, "accounts": accounts}))?;
    } else {
        if !logs.is_empty() {
            let head = [
                "portal",
                "source",
                "webhooks",
                "since",
                "looked at",
                "missed",
                "taken in",
                "seen",
                "not verified",
                "not signed",
            ];
            out.table(head, logs.iter().map(row).collect())?;
        }
        if !accounts.is_empty() {
            let row = |told: &Reconciled| {
                let Reconciled { portal, looked_at, activated, jobs, noted } = told;
                [portal.clone(), looked_at.to_string(), activated.to_string(), jobs.to_string(), noted.to_string()]
            };
            let head = ["portal", "accounts", "activated unnoticed", "jobs", "noted as active"];
            out.table(head, accounts.iter().map(row).collect())?;
        }
    }
    for told in logs.iter().filter(|told| told.webhooks == 0) {
        note(&format!(
            "portal {}: no webhook posts to /hooks/{}; nothing comes from there until there is one",
            told.portal, told.source
        ));
    }
    for line in failed {
        note(line);
    }
    Ok(())
}

fn row(told: &CaughtUp) -> [String; 10] {
    [
        told.portal.clone(),
        told.source.clone(),
        told.webhooks.to_string(),
        when(told.from),
        told.looked_at.to_string(),
        told.missed.to_string(),
        told.taken_in.to_string(),
        told.seen.to_string(),
        told.not_verified.to_string(),
        told.not_signed.to_string(),
    ]
}
