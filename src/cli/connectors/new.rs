//! `usher connectors new`: a connector to begin with.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::app::{self, fixtures};
use crate::connector::draft::{Draft, check_name};
use crate::connector::{Catalog, Connector};
use crate::docspace;

use super::test::{DIRECTORY, beside, configured};
use super::{Failure, Out};
use crate::cli::output::note;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name: lower-case letters, digits, hyphens and underscores.
    name: String,
    /// Where connectors are; else the directory of the configuration, else connectors.d beside it.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Begin with a captured request, or its bare body: guess how it is signed and where its fields are.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Begin with the text of another connector, and with its fixtures where there is no request.
    #[arg(long, value_name = "CONNECTOR")]
    like: Option<String>,
}

pub(super) fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    check_name(&args.name).map_err(Failure::usage)?;
    // What is wrong with others, or a directory that is still to be made, is no hindrance.
    let mut catalog = match super::configuration(config)? {
        Some(text) => app::catalog(config, &text)?.0,
        None => Catalog::embedded(),
    };
    let configured = configured(config)?;
    let usual = || configured.clone().unwrap_or_else(|| beside(config).join(DIRECTORY));
    let directory = args.directory.clone().unwrap_or_else(usual);
    let place = Place { file: directory.join(format!("{}.toml", args.name)), folder: directory.join(&args.name) };
    place.is_free()?;
    let is_read = configured.is_some_and(|configured| is_same(&configured, &directory));
    if !is_read && directory.is_dir() {
        // Those that lie there already may be begun with, too.
        let unreadable = |error| Failure::usage(format!("{}: cannot be read ({error})", directory.display()));
        app::add_directory(&mut catalog, &directory).map_err(unreadable)?;
    }
    is_new(&catalog, args)?;
    let draft = draft(&catalog, args)?;
    place.write(&draft, out)?;
    for what in &draft.notes {
        note(&format!("note: {what}"));
    }
    if args.from.is_some() && draft.files.iter().any(|(_, bytes)| has_people(bytes)) {
        note(
            "note: the people of the captured request are in its fixtures: make others up before you pass them on, or begin \
             with what `usher deliveries export ID --anonymise` makes",
        );
    }
    let directory = directory.strip_prefix(beside(config)).unwrap_or(&directory);
    tell_next(config, &args.name, (!is_read).then_some(directory), &place, &draft);
    Ok(())
}

/// Whether an address is in a request that somebody may have.
fn has_people(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).replace("%40", "@");
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '+' | '-')));
    words.any(|word| {
        let domain = word.trim_end_matches('.').rsplit_once('@').map_or("", |(_, domain)| domain);
        domain.contains('.') && !docspace::reserved_address(word)
    })
}

/// A name that the catalogue has would silently take the place of what sources use.
fn is_new(catalog: &Catalog, args: &Args) -> Result<(), Failure> {
    let name = &args.name;
    let file = catalog.get(name).map(|known| (&known.file, known.embedded));
    match file.or_else(|| catalog.platform(name).map(|known| (&known.file, known.embedded))) {
        Some((_, true)) if args.like.as_ref() == Some(name) => Ok(()),
        Some((_, true)) => Err(Failure::usage(format!(
            "the program has a connector '{name}', and this one would take its place: choose another name, or begin with its \
             text by --like {name}"
        ))),
        Some((file, false)) => Err(Failure::usage(format!("'{name}' is described by {file} already"))),
        None => Ok(()),
    }
}

fn draft(catalog: &Catalog, args: &Args) -> Result<Draft, Failure> {
    let request = match &args.from {
        None => None,
        Some(file) => Some(
            fs::read(file).map_err(|error| Failure::usage(format!("{}: cannot be read ({error})", file.display())))?,
        ),
    };
    let wrong = |what: String| match &args.from {
        Some(file) => Failure::usage(format!("{}: {what}", file.display())),
        None => Failure::failed(what),
    };
    let Some(other) = &args.like else {
        let draft = request.map_or_else(|| Draft::new(&args.name), |request| Draft::of(&args.name, &request));
        return draft.map_err(wrong);
    };
    let known = catalog.get(other).ok_or_else(|| match catalog.platform(other) {
        Some(_) => Failure::usage(format!("{other} cannot post webhooks, so there is nothing to begin with")),
        None => super::unknown(catalog, other),
    })?;
    let mut draft = Draft::like(&args.name, known, request.as_deref()).map_err(wrong)?;
    let copied = if request.is_none() { fixtures_of(known)? } else { Vec::new() };
    if !copied.is_empty() {
        draft.notes.clear();
        draft.files = copied;
    }
    Ok(draft)
}

/// The fixtures of a connector, file by file.
fn fixtures_of(known: &Connector) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let cases = fixtures::of(known)?.cases;
    let owned = |(name, bytes): (String, &[u8])| (name, bytes.to_vec());
    Ok(cases.iter().flat_map(|files| files.written().into_iter().map(owned).collect::<Vec<_>>()).collect())
}

/// Where a connector goes.
struct Place {
    file: PathBuf,
    folder: PathBuf,
}

impl Place {
    fn is_free(&self) -> Result<(), Failure> {
        match [&self.file, &self.folder].into_iter().find(|path| path.exists()) {
            Some(path) => Err(Failure::failed(format!("{} exists already; nothing was changed", path.display()))),
            None => Ok(()),
        }
    }

    fn write(&self, draft: &Draft, out: &mut Out) -> Result<(), Failure> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {}", self.folder.display()))?;
        let folder = |(name, bytes): &(String, Vec<u8>)| (self.folder.join(name), bytes.clone());
        let files = draft.files.iter().map(folder);
        for (path, bytes) in [(self.file.clone(), draft.connector.clone().into_bytes())].into_iter().chain(files) {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            file.write_all(&bytes).with_context(|| format!("cannot write {}", path.display()))?;
            out.line(format!("wrote {}", path.display()))?;
        }
        Ok(())
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn tell_next(config: &Path, name: &str, directory: Option<&Path>, place: &Place, draft: &Draft) {
    let lines = directory.map(|directory| format!("  [connectors]\n  directory = \"{}\"\n\n", directory.display()));
    let tested = place.file.parent().unwrap_or(Path::new("")).display();
    let case = draft.files.first().map_or("CASE.http", |(file, _)| file.as_str());
    note(&format!(
        "\nnext: change {} until it says what your platform sends, and try it as often as you like by\n  \
         usher connectors test {tested}\n\
         then put this into {}\n{}  [sources.{name}]\n  connector = \"{name}\"\n  \
         secrets = [{{ file = \"secrets/{name}\" }}]\n\
         and see what would become of a request by\n  usher explain {} --source {name}",
        place.file.display(),
        config.display(),
        lines.unwrap_or_default(),
        place.folder.join(case).display(),
    ));
}
