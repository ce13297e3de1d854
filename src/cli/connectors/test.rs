//! `usher connectors test`: the connectors of a directory against the fixtures in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::app;
use crate::app::fixtures::{self, Files, Folder};
use crate::config;
use crate::connector::trial::{self, Fault, Verdict, expected_text};
use crate::connector::{Catalog, Connector};
use crate::document::Problem;

use super::verdicts::{Report, Row};
use super::{Failure, Out};

/// Where connectors are when nothing names another place, beside the configuration file.
pub(super) const DIRECTORY: &str = "connectors.d";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the connectors (NAME.toml) and their fixtures (NAME/CASE.http) are; else the directory of the configuration,
    /// else connectors.d beside it.
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Write what the fixtures come to into their expected files, and sign anew those whose signature does not hold.
    #[arg(long)]
    update: bool,
}

pub(super) fn run(config: &Path, args: &Args, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let directory = match &args.directory {
        Some(directory) => directory.clone(),
        None => usual(config)?,
    };
    let mut bench = Bench::read(config, &directory)?;
    let mut report = Report { rows: std::mem::take(&mut bench.rows), connectors: 0 };
    for (name, connector) in &bench.connectors {
        let folder = bench.folders.remove(name).unwrap_or_default();
        report.connectors += 1;
        test(connector, folder, args.update, &mut report.rows)?;
    }
    report.tell(as_json, out)
}

/// The directory that the configuration names, else the usual one.
fn usual(config: &Path) -> Result<PathBuf, Failure> {
    let directory = configured(config)?.unwrap_or_else(|| beside(config).join(DIRECTORY));
    if directory.is_dir() {
        return Ok(directory);
    }
    Err(Failure::usage(format!(
        "there is no directory {}; name one, or begin it with `usher connectors new NAME`",
        directory.display()
    )))
}

/// The `[connectors] directory` of the configuration; `None` where it or the default file is missing.
pub(super) fn configured(config: &Path) -> Result<Option<PathBuf>, Failure> {
    let Some(text) = super::configuration(config)? else { return Ok(None) };
    let directory = config::connectors_directory(&config.display().to_string(), &text);
    Ok(directory.map(|directory| beside(config).join(directory)))
}

/// The directory that the configuration file is in.
pub(super) fn beside(config: &Path) -> &Path {
    config.parent().unwrap_or(Path::new(""))
}

/// What is to be tested.
struct Bench {
    /// Those that the directory describes or has fixtures of.
    connectors: BTreeMap<String, Arc<Connector>>,
    folders: BTreeMap<String, Folder>,
    /// What is wrong already.
    rows: Vec<Row>,
}

impl Bench {
    fn read(config: &Path, directory: &Path) -> Result<Self, Failure> {
        let unreadable =
            |error: std::io::Error| Failure::usage(format!("{}: cannot be read ({error})", directory.display()));
        let mut own = Catalog::embedded()?;
        let problems = app::add_directory(&mut own, directory).map_err(unreadable)?;
        let folders = fixtures::read(directory)?;
        let (known, elsewhere) = match super::configuration(config)? {
            Some(text) => app::catalog(config, &text)?,
            None => (Catalog::default(), Vec::new()),
        };
        let broken = |problem: &Problem| Row::broken(None, &problem.file, problem.to_string());
        let mut bench = Self {
            connectors: own.iter().filter(|c| !c.embedded).map(|c| (c.name.clone(), Arc::clone(c))).collect(),
            folders: BTreeMap::new(),
            rows: problems.iter().map(broken).collect(),
        };
        for folder in folders {
            // Of the others of the installation only those count that have fixtures here.
            let stem =
                |problem: &&Problem| Path::new(&problem.file).file_stem().is_some_and(|stem| *stem == *folder.name);
            bench.rows.extend(elsewhere.iter().filter(stem).filter(|problem| !problems.contains(problem)).map(broken));
            bench.add(folder, &own, &known);
        }
        let describes = own.platforms().any(|platform| !platform.embedded);
        if bench.connectors.is_empty() && bench.rows.is_empty() && !describes {
            return Err(Failure::usage(format!(
                "{} holds neither connectors (NAME.toml) nor fixtures (NAME/CASE.http)",
                directory.display()
            )));
        }
        Ok(bench)
    }

    /// A connector of the directory goes before one of the configured directory, and that before an embedded one.
    fn add(&mut self, folder: Folder, own: &Catalog, known: &Catalog) {
        let found = own.get(&folder.name);
        let found = found.filter(|own| !own.embedded).or_else(|| known.get(&folder.name)).or(found);
        if let Some(connector) = found {
            self.connectors.entry(folder.name.clone()).or_insert_with(|| Arc::clone(connector));
            self.folders.insert(folder.name.clone(), folder);
        } else if own.is_unknown(&folder.name) && known.is_unknown(&folder.name) {
            let name = &folder.name;
            let what = match own.platform(name).or_else(|| known.platform(name)) {
                Some(_) => format!("has fixtures, but {name} cannot post webhooks: its file has no [auth]"),
                None => format!("belongs to no connector: there is no {name}.toml beside it"),
            };
            self.rows.push(Row::broken(None, &folder.path.display().to_string(), what));
        }
    }
}

/// Test one connector.
fn test(connector: &Connector, mut folder: Folder, update: bool, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let mut verdicts = Vec::new();
    for mut files in std::mem::take(&mut folder.cases) {
        let mut verdict = trial::judge(connector, &files.case());
        let mut changed = Vec::new();
        if update && !verdict.faults.is_empty() {
            verdict = mend(connector, &folder, &mut files, verdict, &mut changed)?;
        }
        rows.push(Row {
            connector: Some(connector.name.clone()),
            case: Some(files.name.clone()),
            file: folder.request(&files.name).display().to_string(),
            faults: verdict.faults.clone(),
            changed,
        });
        verdicts.push(verdict);
    }
    for what in trial::lacking(connector, &verdicts) {
        rows.push(Row::broken(Some(&connector.name), &connector.file, what));
    }
    for stray in std::mem::take(&mut folder.strays) {
        let file = folder.path.join(&stray).display().to_string();
        rows.push(Row::broken(
            Some(&connector.name),
            &file,
            "belongs to no request: there is no .http of that name".to_owned(),
        ));
    }
    Ok(())
}

/// Write what can be written, and judge again.
fn mend(
    connector: &Connector,
    folder: &Folder,
    files: &mut Files,
    mut verdict: Verdict,
    changed: &mut Vec<String>,
) -> Result<Verdict, Failure> {
    if verdict.faults.iter().any(|fault| matches!(fault, Fault::Unsound { .. })) {
        match trial::sign_anew(connector, &files.request) {
            Err(problem) => verdict.faults.push(Fault::Broken(format!("cannot be signed anew: {problem}"))),
            Ok(request) => {
                changed.push(write(&folder.request(&files.name), &request)?);
                files.request = request;
                verdict = trial::judge(connector, &files.case());
            }
        }
    }
    if let (true, Some(told)) =
        (verdict.faults.iter().any(|fault| matches!(fault, Fault::Differs { .. })), &verdict.told)
    {
        let text = expected_text(told).into_bytes();
        changed.push(write(&folder.expected(&files.name), &text)?);
        files.expected = Some(text);
        verdict = trial::judge(connector, &files.case());
    }
    Ok(verdict)
}

fn write(path: &Path, bytes: &[u8]) -> Result<String, Failure> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.display().to_string())
}
