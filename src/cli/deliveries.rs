//! `usher deliveries`: webhooks that were accepted, and processing them again.

mod export;

use std::path::Path;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use crate::app::{SystemClock, operator};
use crate::config::Config;
use crate::model::{Clock, Delivery, DeliveryId, JobState};
use crate::store::{DeliveryFilter, DeliverySummary, OpenItem, Store};

use super::listing::{List, Show};
use super::output::{Failure, Out, note, when};
use super::people::open_store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All deliveries, or those that match.
    List(List<Filter>),
    /// Headers and body of deliveries; values that authenticate are masked.
    Show(Show),
    /// Process stored deliveries again.
    Rerun(Rerun),
    /// Make a fixture of one.
    Export(export::Args),
}

/// Which deliveries; all of the given conditions together.
#[derive(Debug, clap::Args)]
struct Filter {
    /// To this source.
    #[arg(long)]
    source: Option<String>,
    /// Whose latest process job is in this state; may be given several times.
    #[arg(long, value_name = "STATE")]
    state: Vec<JobState>,
}

impl Filter {
    fn deliveries(&self, ids: &[i64]) -> DeliveryFilter {
        DeliveryFilter {
            ids: ids.iter().copied().map(DeliveryId).collect(),
            source: self.source.clone(),
            states: self.state.clone(),
        }
    }
}

#[derive(Debug, clap::Args)]
struct Rerun {
    /// Delivery ids; else give a filter.
    ids: Vec<i64>,
    #[command(flatten)]
    filter: Filter,
    /// Only show which deliveries are meant.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    if let Command::Rerun(rerun) = &args.command
        && rerun.ids.is_empty()
        && rerun.filter.source.is_none()
        && rerun.filter.state.is_empty()
    {
        return Err(Failure::usage("name deliveries by id, or give a filter such as --source NAME or --state dead"));
    }
    if let Command::Export(export) = &args.command {
        export.check()?;
    }
    let (loaded, store) = open_store(config).await?;
    match args.command {
        Command::List(list) => {
            let rows = store.deliveries(list.filter.deliveries(&[])).await?;
            if list.json { out.json(&rows) } else { table(rows, out) }
        }
        Command::Show(show) => self::show(&loaded.config, &store, &show, out).await,
        Command::Rerun(rerun) => self::rerun(&store, &rerun, out).await,
        Command::Export(args) => export::run(&loaded.config, &store, &args, out).await,
    }
}

fn table(rows: Vec<DeliverySummary>, out: &mut Out) -> Result<(), Failure> {
    let rows = rows.into_iter().map(|row| {
        let bytes = row.bytes.map_or_else(|| "removed".to_owned(), |bytes| bytes.to_string());
        let reason = format!("{}{}", row.reason.unwrap_or_default(), items(&row.open_items, row.only_answer));
        let again = row.seen_again.to_string();
        [row.id.to_string(), row.source, when(Some(row.received_at)), bytes, again, row.state.to_string(), reason]
    });
    out.table(["id", "source", "received", "bytes", "again", "state", "reason"], rows.collect())
}

/// What became of the items that are jobs of their own, in parentheses; of several that are done nothing is said.
fn items(open: &[OpenItem], only_answer: Option<String>) -> String {
    const NAMED: usize = 3;
    let told: Vec<_> = if open.len() <= NAMED {
        open.iter().map(|item| format!("job {} {}", item.job, item.state)).collect()
    } else {
        let count = |state: JobState| (open.iter().filter(|item| item.state == state).count(), state);
        let counts = JobState::ALL.into_iter().map(count).filter(|(count, _)| *count > 0);
        counts.map(|(count, state)| format!("{count} {state}")).collect()
    };
    if let (true, Some(answer)) = (told.is_empty(), only_answer) {
        return format!(" ({answer})");
    }
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

async fn show(config: &Config, store: &Store, show: &Show, out: &mut Out) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for id in show.ids.iter().copied().map(DeliveryId) {
        let delivery =
            store.delivery(id).await?.ok_or_else(|| Failure::failed(format!("there is no delivery {id}")))?;
        let body = shown_body(config, &delivery);
        if show.json {
            rows.push(json!({
                "id": delivery.id, "source": delivery.source, "received_at": delivery.received_at,
                "headers": delivery.headers, "body": body,
            }));
            continue;
        }
        out.line(format!("delivery {id} to {} at {}", delivery.source, when(Some(delivery.received_at))))?;
        for (name, value) in &delivery.headers {
            out.line(format!("{name}: {value}"))?;
        }
        out.line("")?;
        out.line(body.unwrap_or_else(|| "(the body was removed)".to_owned()))?;
    }
    if show.json { out.json(&Json::Array(rows)) } else { Ok(()) }
}

/// The body as text, with the values masked that its source's scheme names as secrets. A source that is no longer
/// configured gets no body shown: nobody knows what in it is secret.
fn shown_body(config: &Config, delivery: &Delivery) -> Option<String> {
    let body = delivery.body.as_ref()?;
    let Some(source) = config.sources.get(&delivery.source) else {
        return Some(format!("({} bytes, not shown: the source is not configured any more)", body.len()));
    };
    Some(match source.scheme.masked(body) {
        Some(text) => text.into_owned(),
        None => format!("({} bytes that cannot be read, not shown: they may hold the token)", body.len()),
    })
}

async fn rerun(store: &Store, rerun: &Rerun, out: &mut Out) -> Result<(), Failure> {
    let filter = rerun.filter.deliveries(&rerun.ids);
    let rows = store.deliveries(filter).await?;
    note(&format!("{} delivery(ies) to be rerun", rows.len()));
    if rerun.dry_run {
        return table(rows, out);
    }
    for id in rerun.ids.iter().filter(|id| rows.iter().all(|row| row.id.0 != **id)) {
        note(&format!("there is no delivery {id}, or not one that the filter means"));
    }
    let mut queued = 0;
    for row in &rows {
        match store.rerun(row.id, &operator(), SystemClock.now()).await? {
            Some(_) => queued += 1,
            None => note(&format!("delivery {}: the body was removed; it cannot be rerun", row.id)),
        }
    }
    out.line(format!("{queued} rerun"))?;
    if queued < rows.len().max(rerun.ids.len()) {
        Err(Failure::failed("some deliveries could not be rerun"))
    } else {
        Ok(())
    }
}
