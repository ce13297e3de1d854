//! `usher sources`: the endpoints, and whether they have their secrets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use crate::app::{self, Loaded};
use crate::config::{Config, Needs, Source};
use crate::hooks;
use crate::model::Timestamp;
use crate::store::Store;

use super::output::{Failure, Out, note, when};
use super::{sources_lacking, sources_secret};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// As one JSON array.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All sources: their addresses, and whether they have their secrets.
    List {
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Show the secrets that the platform has told a source: once, then they are removed.
    Secret(sources_secret::Args),
}

/// When secrets were told that nobody has taken yet, oldest first, by source.
pub(super) type Told = BTreeMap<String, Vec<Timestamp>>;

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    match args.command {
        None => list(config, args.json, out).await,
        Some(Command::List { json }) => list(config, json || args.json, out).await,
        Some(Command::Secret(secret)) => sources_secret::run(config, &secret, out).await,
    }
}

async fn list(config: &Path, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::StoreOnly)?;
    let path = loaded.store_path();
    let mut told = Told::new();
    // Before the first `serve` there is no store, and nothing was told.
    if path.exists() {
        let store = Store::open(&path, false).await?;
        told = store.told_secret_times().await?;
        store.close().await;
    }
    let rows: Vec<_> = loaded.config.sources.values().map(|source| Row::of(&loaded, source, &told)).collect();
    // A source that was renamed or taken out; what it was told can still be taken.
    let gone = told.iter().filter(|(name, _)| !loaded.config.sources.contains_key(*name));
    let rows: Vec<_> = rows.into_iter().chain(gone.map(|(name, told)| Row::gone(name, told))).collect();
    if as_json {
        return out.json(&rows.iter().map(Row::json).collect::<Vec<_>>());
    }
    out.table(["source", "connector", "endpoint", "state", "received"], rows.iter().map(Row::cells).collect())?;
    rows.iter().filter_map(|row| row.lacks.as_ref()).for_each(|told| note(told));
    sentences(&loaded, &told).iter().for_each(|told| note(told));
    Ok(())
}

/// One source as the list shows it.
struct Row<'a> {
    name: &'a str,
    connector: Option<&'a str>,
    endpoint: Option<String>,
    state: &'static str,
    /// What is missing before it can be served, as a sentence.
    lacks: Option<String>,
    told: &'a [Timestamp],
}

impl<'a> Row<'a> {
    fn of(loaded: &Loaded, source: &'a Source, told: &'a Told) -> Self {
        let told = told.get(&source.name).map_or(&[][..], Vec::as_slice);
        let lack = sources_lacking::lack(loaded, source);
        // Whoever knows the address can tell a secret: it changes nothing of a source that has its own.
        let state = match (told.is_empty(), awaits(loaded, source)) {
            (false, true) => "secret received",
            (true, true) => "awaiting secret",
            (_, false) => lack.as_ref().map_or("ready", |lack| lack.state),
        };
        let endpoint = Some(endpoint(&loaded.config, &source.name));
        let lacks = lack.map(|lack| lack.told);
        Self { name: &source.name, connector: Some(&source.connector.name), endpoint, state, lacks, told }
    }

    fn gone(name: &'a str, told: &'a [Timestamp]) -> Self {
        Self { name, connector: None, endpoint: None, state: "not configured", lacks: None, told }
    }

    fn json(&self) -> Json {
        json!({
            "name": self.name, "connector": self.connector, "endpoint": self.endpoint, "state": self.state, "lacks": self.lacks,
            "received_at": self.told,
        })
    }

    fn cells(&self) -> [String; 5] {
        let received: Vec<_> = self.told.iter().map(|at| when(Some(*at))).collect();
        let connector = self.connector.unwrap_or_default().to_owned();
        [
            self.name.to_owned(),
            connector,
            self.endpoint.clone().unwrap_or_default(),
            self.state.to_owned(),
            received.join(" "),
        ]
    }
}

/// The address of a source; only its path without `[server] public_url`.
pub(super) fn endpoint(config: &Config, source: &str) -> String {
    hooks::address(config, source).map_or_else(|| format!("/hooks/{source}"), |url| url.to_string())
}

fn awaits(loaded: &Loaded, source: &Source) -> bool {
    source.awaits_secret && !loaded.has_secret(source)
}

/// One sentence for each configured source that was told a secret.
pub(super) fn sentences(loaded: &Loaded, told: &Told) -> Vec<String> {
    let told = told.iter().filter_map(|(name, times)| Some((loaded.config.sources.get(name)?, times)));
    let sentence = |(source, times): (&Arc<Source>, &Vec<Timestamp>)| {
        let name = &source.name;
        let what = match awaits(loaded, source) {
            true => format!(
                "`usher sources secret {name} --save` puts it into the source's file, and without --save shows it, once"
            ),
            false => format!(
                "it has its own, and anybody who knows its address can post one: unless the platform's is being changed, \
                 `usher sources secret {name}` shows and removes them"
            ),
        };
        format!(
            "source {name}: {} secret(s) received, the last at {}; {what}",
            times.len(),
            when(times.last().copied())
        )
    };
    told.map(sentence).collect()
}
