//! `usher connectors example`: the fixtures of a connector, for whoever wants to try one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value as Json, json};

use crate::app::fixtures::{self, Files};
use crate::connector::Connector;
use crate::connector::trial;

use super::{Failure, Out};
use crate::cli::output::note;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The connector.
    name: String,
    /// One of its examples: printed as it would come over the wire.
    case: Option<String>,
    /// Write the files of the example, or of all of them, into this directory; never overwrites.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Args {
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

pub(super) fn run(connector: &Connector, args: &Args, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let name = &connector.name;
    let mut cases = fixtures::of(connector)?.cases;
    if cases.is_empty() {
        return Err(Failure::failed(format!(
            "there are no examples of {name}: beside {} is no {name}/CASE.http",
            connector.file
        )));
    }
    let Some(wanted) = &args.case else {
        return match &args.to {
            Some(directory) => write(connector, directory, &cases, out),
            None => list(connector, &cases, as_json, out),
        };
    };
    cases.retain(|files| files.name == *wanted);
    match (cases.first(), &args.to) {
        (None, _) => Err(Failure::usage(format!(
            "{name} has no example '{wanted}'; `usher connectors example {name}` lists them"
        ))),
        (Some(_), Some(directory)) => write(connector, directory, &cases, out),
        (Some(files), None) => out.bytes(&files.request),
    }
}

fn list(connector: &Connector, cases: &[Files], as_json: bool, out: &mut Out) -> Result<(), Failure> {
    if as_json {
        let told = |files: &Files| json!({ "name": files.name, "tells": told(connector, files) });
        return out.json(&cases.iter().map(told).collect::<Vec<_>>());
    }
    let rows = cases.iter().map(|files| [files.name.clone(), told(connector, files)]);
    out.table(["name", "tells"], rows.collect())
}

/// What an example comes to, in a few words.
fn told(connector: &Connector, files: &Files) -> String {
    let Some(told) = trial::judge(connector, &files.case()).told else {
        return "cannot be told: `usher connectors test` says why".to_owned();
    };
    if let Some(status) = told.pointer("/handshake/status") {
        return format!("a handshake, answered {status}");
    }
    let mut words: Vec<(String, usize)> = Vec::new();
    for kind in told["events"].as_array().into_iter().flatten().filter_map(|event| event["kind"].as_str()) {
        match words.iter_mut().find(|(word, _)| word == kind) {
            Some((_, times)) => *times += 1,
            None => words.push((kind.to_owned(), 1)),
        }
    }
    let times = |(word, times): (String, usize)| if times > 1 { format!("{times} x {word}") } else { word };
    let mut words: Vec<_> = words.into_iter().map(times).collect();
    words.extend(told.pointer("/problem/what").and_then(Json::as_str).map(|what| {
        // What follows the first sentence is the connector's hint, the same for all.
        format!("a problem: {}", what.split(". ").next().unwrap_or_default())
    }));
    if words.is_empty() { "nothing: it is ignored".to_owned() } else { words.join(", ") }
}

/// All files or none.
fn write(connector: &Connector, directory: &Path, cases: &[Files], out: &mut Out) -> Result<(), Failure> {
    let files: Vec<_> =
        cases.iter().flat_map(Files::written).map(|(name, bytes)| (directory.join(name), bytes)).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::failed(format!("{} exists already; nothing was written", path.display())));
    }
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    for (path, bytes) in &files {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
        out.line(format!("wrote {}", path.display()))?;
    }
    if let Some((path, _)) = files.first() {
        note(&format!(
            "next, with a source of the connector {}: its people are made up, and `replay` signs with the source's secret\n  \
             usher replay {} --source NAME --wait",
            connector.name,
            path.display()
        ));
    }
    Ok(())
}
