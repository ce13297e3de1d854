//! `usher connectors`: the catalogue.

mod example;
mod facts;
mod new;
mod show;
mod source;
mod test;
mod verdicts;

use std::path::Path;

use clap::Subcommand;

use crate::app;
use crate::config::{self, Endpoint};
use crate::connector::{Catalog, Platform, Proof};
use crate::document::Document;

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
    /// All platforms: those that can be a source, and those that cannot.
    List,
    /// All that is known of one: what to set up there, how it signs, what it tells.
    Show {
        /// Its name.
        name: String,
    },
    /// Its examples, with made-up people: what each tells, or one of them to try.
    Example(example::Args),
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
    let text = configuration(config)?;
    let catalog = catalog(config, text.as_deref())?;
    let endpoints = |connector: &str| match &text {
        Some(text) => config::endpoints(&config.display().to_string(), text, connector),
        None => vec![Endpoint::unwritten(connector)],
    };
    match &args.command {
        None | Some(Command::List) if args.json => {
            let connectors = catalog.iter().map(|connector| facts::connector(connector, &endpoints(&connector.name)));
            out.json(&connectors.chain(catalog.platforms().map(facts::platform)).collect::<Vec<_>>())
        }
        None | Some(Command::List) => list(&catalog, out),
        Some(Command::Show { name }) => match (catalog.get(name), catalog.platform(name)) {
            (Some(found), _) if args.json => out.json(&[facts::connector(found, &endpoints(name))]),
            (Some(found), _) => show::connector(found, &endpoints(name), out),
            (None, Some(found)) if args.json => out.json(&[facts::platform(found)]),
            (None, Some(found)) => show::platform(found, out),
            (None, None) => Err(unknown(&catalog, name)),
        },
        Some(Command::Example(example)) => match (catalog.get(example.name()), catalog.platform(example.name())) {
            (Some(found), _) => example::run(found, example, args.json, out),
            (None, Some(found)) => {
                Err(Failure::usage(format!("{} cannot post webhooks, so there are no examples", found.name)))
            }
            (None, None) => Err(unknown(&catalog, example.name())),
        },
        Some(Command::New(_) | Command::Test(_)) => Ok(()),
    }
}

fn list(catalog: &Catalog, out: &mut Out) -> Result<(), Failure> {
    let mut rows: Vec<_> = catalog
        .iter()
        .map(|connector| {
            let events = facts::kinds(connector);
            let events: Vec<_> = events.iter().map(|kind| kind.as_str().trim_start_matches("employee.")).collect();
            let evidence = connector.evidence.weakest().map_or("", Proof::as_str);
            [&connector.name, &connector.title, events.join(" ").as_str(), evidence, &connector.file].map(str::to_owned)
        })
        .collect();
    let cannot = |platform: &Platform| {
        [&platform.name, &platform.title, "none: it cannot be connected directly", "", &platform.file]
            .map(str::to_owned)
    };
    rows.extend(catalog.platforms().map(cannot));
    rows.sort();
    out.table(["name", "title", "events", "evidence", "file"], rows)
}

fn unknown(catalog: &Catalog, name: &str) -> Failure {
    let near = catalog.near(name).join(" or ");
    if !near.is_empty() {
        return Failure::usage(format!("there is no connector '{name}'; is {near} meant?"));
    }
    Failure::usage(format!("there is no connector '{name}'; `usher connectors` lists all"))
}

/// The embedded connectors, and those of the configured directory where there is a configuration.
fn catalog(config: &Path, text: Option<&str>) -> Result<Catalog, Failure> {
    let Some(text) = text else { return Ok(Catalog::embedded()) };
    let (catalog, problems) = app::catalog(config, text)?;
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
