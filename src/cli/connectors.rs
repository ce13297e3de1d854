//! `usher connectors`: the catalogue.

mod new;
mod test;
mod verdicts;

use std::path::Path;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use crate::app;
use crate::connector::{Catalog, Connector};
use crate::document::Document;
use crate::model::EventKind;

use super::output::{Failure, Out};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// As one JSON array.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All connectors.
    List,
    /// One connector.
    Show {
        /// Its name.
        name: String,
    },
    /// Begin a connector: a commented file and its first fixtures; never overwrites.
    New(new::Args),
    /// Test the connectors of a directory with the fixtures in it.
    Test(test::Args),
}

pub(super) fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Test(test)) => return test::run(config, test, args.json, out),
        Some(Command::New(new)) => return new::run(config, new, out),
        _ => {}
    }
    let catalog = catalog(config)?;
    match &args.command {
        None | Some(Command::List) if args.json => out.json(&catalog.iter().map(|c| describe(c)).collect::<Vec<_>>()),
        None | Some(Command::List) => {
            let row = |connector: &std::sync::Arc<Connector>| {
                [connector.name.clone(), kinds(connector).join(" "), connector.file.clone()]
            };
            out.table(["name", "events", "file"], catalog.iter().map(row).collect())
        }
        Some(Command::Show { name }) => show(&catalog, name, args.json, out),
        Some(Command::New(_) | Command::Test(_)) => Ok(()),
    }
}

/// The embedded connectors, and those of the configured directory where there is a configuration.
fn catalog(config: &Path) -> Result<Catalog, Failure> {
    let Some(text) = configuration(config)? else { return Ok(Catalog::embedded()?) };
    let (catalog, problems) = app::catalog(config, &text)?;
    if problems.is_empty() { Ok(catalog) } else { Err(problems.into()) }
}

/// The text of the configuration, which is TOML; `None` where the default file is missing. A file that was asked for must
/// be there.
fn configuration(config: &Path) -> Result<Option<String>, Failure> {
    let text = match std::fs::read_to_string(config) {
        Ok(text) => text,
        Err(_) if config == Path::new(super::DEFAULT_CONFIG) => return Ok(None),
        Err(error) => return Err(Failure::usage(format!("{}: cannot be read ({error})", config.display()))),
    };
    // A text that cannot be read might name more connectors: better to say so than to leave them out.
    Document::parse(&config.display().to_string(), &text)?;
    Ok(Some(text))
}

fn kinds(connector: &Connector) -> Vec<String> {
    let maps = |kind: &EventKind| *kind != EventKind::UserActivated && connector.fields_mapped(*kind).is_some();
    EventKind::ALL.into_iter().filter(maps).map(|kind| kind.to_string()).collect()
}

fn describe(connector: &Connector) -> Json {
    json!({
        "name": connector.name, "docs": connector.docs, "file": connector.file, "setup": connector.setup, "events": kinds(connector),
        "auth": connector.auth, "options": connector.options,
    })
}

fn show(catalog: &Catalog, name: &str, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let connector = catalog.get(name).ok_or_else(|| {
        let names: Vec<_> = catalog.iter().map(|connector| connector.name.clone()).collect();
        Failure::usage(format!("there is no connector '{name}'; there are {}", names.join(", ")))
    })?;
    if as_json {
        return out.json(&[describe(connector)]);
    }
    out.line(format!("name     {}", connector.name))?;
    out.line(format!("docs     {}", connector.docs))?;
    out.line(format!("file     {}", connector.file))?;
    for line in connector.setup.lines() {
        out.line(format!("setup    {line}"))?;
    }
    for kind in kinds(connector) {
        let fields = kind.parse().ok().and_then(|kind| connector.fields_mapped(kind)).unwrap_or_default();
        out.line(format!("event    {kind}: {}", fields.into_iter().collect::<Vec<_>>().join(", ")))?;
    }
    if let Json::Object(auth) = &connector.auth {
        for (key, value) in auth {
            out.line(format!("auth     {key} = {value}"))?;
        }
    }
    for (key, value) in &connector.options {
        out.line(format!("option   {key} = {value}"))?;
    }
    Ok(())
}
