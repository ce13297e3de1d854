//! `usher sources secret`: what a platform has told a source, shown once or put into its file.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::app::{self, Loaded, SystemClock};
use crate::config::{Needs, SecretPlace, Source, secret_of_file};
use crate::model::Clock;
use crate::store::{Store, ToldSecret};

use super::hooks::write_secret;
use super::output::{Failure, Out, note, when};
use super::sources::endpoint;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The source.
    name: String,
    /// Write it into the source's file of `secrets` instead of showing it; a file that holds a secret is left alone.
    #[arg(long)]
    save: bool,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::StoreOnly)?;
    let source = loaded.config.sources.get(&args.name);
    let store = Store::open(&loaded.store_path(), false).await?;
    let told = store.told_secrets(&args.name).await?;
    if told.is_empty() {
        return Err(nothing(&loaded, &args.name));
    }
    let what = match (args.save, source) {
        (false, _) => show(&told, out)?,
        (true, Some(source)) => save(&loaded, source, &told, out)?,
        (true, None) => {
            return Err(Failure::usage(format!("the configuration has no source '{}'; show it", args.name)));
        }
    };
    // Not before it is out: what could not be printed or written can be had again.
    let ids = told.iter().map(|told| told.id).collect();
    store.forget_told_secrets(ids, &args.name, &app::operator(), what, SystemClock.now()).await?;
    store.close().await;
    if let Some(source) = source {
        what_next(&loaded, source, &told, args.save);
    }
    Ok(())
}

fn nothing(loaded: &Loaded, name: &str) -> Failure {
    let Some(source) = loaded.config.sources.get(name) else {
        let names: Vec<_> = loaded.config.sources.keys().cloned().collect();
        return Failure::usage(format!("the configuration has no source '{name}'; it has {}", names.join(", ")));
    };
    let connector = &source.connector.name;
    if !source.connector.tells_secret() {
        return Failure::failed(format!(
            "no secret was received for {name}, and none will be: the platform of the connector {connector} does not tell \
             one by itself. `usher connectors show {connector}` says how to get it"
        ));
    }
    Failure::failed(format!(
        "no secret waits for {name}: none was received yet, or it was shown or saved already (`usher audit` says when). \
         Enter {} at the platform while `usher serve` runs, or have it send its first request again",
        endpoint(&loaded.config, name)
    ))
}

/// What was done, for the audit.
fn show(told: &[ToldSecret], out: &mut Out) -> Result<&'static str, Failure> {
    for ToldSecret { at, secret, .. } in told {
        let line = Zeroizing::new(format!("{}  {}", when(Some(*at)), secret.expose_secret()));
        out.line(line.as_str())?;
    }
    note("Shown once: nothing of it is kept here any more.");
    Ok("show secret")
}

fn save(loaded: &Loaded, source: &Source, told: &[ToldSecret], out: &mut Out) -> Result<&'static str, Failure> {
    let name = &source.name;
    let [ToldSecret { secret, .. }] = told else {
        return Err(Failure::failed(format!(
            "{} secrets were received for {name}, and anybody who knows its address can have posted one, so none was \
             saved. Show them (without --save), find the one that the platform takes as its own, and put that into the file",
            told.len()
        )));
    };
    let file = place(loaded, source)?;
    source.scheme.key(secret.expose_secret()).map_err(|sentence| {
        Failure::failed(format!("what was received for {name} cannot be its secret, so it was not saved: {sentence}"))
    })?;
    write(loaded, &file, secret)?;
    out.line(format!("saved to {}", file.display()))?;
    Ok("save secret")
}

/// The first file among the places of the secrets that holds none yet.
fn place(loaded: &Loaded, source: &Source) -> Result<PathBuf, Failure> {
    let key = format!("sources.{}.secrets", source.name);
    let mut full = None;
    for kept in &source.secret_places {
        let SecretPlace::File(path) = kept else { continue };
        let file = loaded.base.join(path);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Failure::failed(format!("{key}: the file {} cannot be read ({error})", file.display())));
            }
        };
        if secret_of_file(text).is_some() {
            full = full.or(Some(file));
            continue;
        }
        let shares = |other: &&std::sync::Arc<Source>| other.name != source.name && other.secret_places.contains(kept);
        if let Some(other) = loaded.config.sources.values().find(shares) {
            return Err(Failure::usage(format!(
                "{key}: {path} is the secret of the source {} too; give this source a file of its own",
                other.name
            )));
        }
        return Ok(file);
    }
    Err(match full {
        Some(file) => Failure::failed(format!(
            "{key}: {} holds a secret already, and nothing was changed. Only if the platform has changed its secret, and takes \
             this one as its own, empty the file; if both are to be tried, add another file to the list",
            file.display()
        )),
        None => Failure::usage(format!(
            "{key}: names no file to save it to; write secrets = [{{ file = \"secrets/{}\" }}]",
            source.name
        )),
    })
}

/// The file belongs to whom the store belongs to, if it was not there before: the server has to read it.
fn write(loaded: &Loaded, file: &Path, secret: &SecretString) -> Result<(), Failure> {
    let text = Zeroizing::new(format!("{}\n", secret.expose_secret()));
    let like = fs::metadata(file).or_else(|_| fs::metadata(loaded.store_path())).ok();
    Ok(write_secret(file, text.as_bytes(), like.as_ref())?)
}

fn what_next(loaded: &Loaded, source: &Source, told: &[ToldSecret], is_saved: bool) {
    let url = endpoint(&loaded.config, &source.name);
    let connector = &source.connector;
    if told.len() > 1 {
        note(&format!(
            "{} were received. Anybody who knows {url} can post one: keep only the one that the platform takes as its own.",
            told.len()
        ));
    } else {
        note(&format!(
            "Anybody who knows {url} could have posted it: trust it only when the platform takes it as its own.",
        ));
    }
    if is_saved {
        note("A running server verifies with it from the next request on; without one, start `usher serve`.");
    } else {
        note(&format!("Put it where sources.{}.secrets says; a running server takes it from a file.", source.name));
    }
    if source.awaits_secret {
        note("Then awaiting_secret can be taken out of the configuration, so that a lost secret is told at the start.");
    }
    let setup = connector.setup.replace("{url}", &url);
    let lines: Vec<_> = setup.lines().chain([connector.docs.as_str()]).filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        note(&format!("What comes next, as the connector {} says:", connector.name));
        lines.iter().for_each(|line| note(&format!("  {line}")));
    }
}
