//! `usher check`: is the configuration right, do the portals and the mail server do what the rules need of them.

mod channels;
mod evidence;
mod fetching;
mod guard;
mod key;
mod portal;
mod webhook;

use std::path::Path;

use crate::app::{self, Halts};
use crate::config::{Config, Needs};
use crate::store::Store;

use super::output::{Failure, Out};
use super::pause;
use super::report::{self, Report};
use super::sources::{self, Told};

pub(super) async fn run(config: &Path, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::Everything)?;
    let refused = loaded.config.serve_problems();
    if !refused.is_empty() {
        return Err(refused.into());
    }
    let config = &loaded.config;
    let mut report = Report::default();
    let sources: Vec<_> = config.sources.keys().cloned().collect();
    let told = format!("{} source(s): {}; {} rule(s)", sources.len(), sources.join(", "), config.rules.len());
    report.ok("configuration", told);
    for told in &config.warnings {
        report.warning(if told.key == guard::WHAT { guard::WHAT } else { "configuration" }, told);
    }
    evidence::check(&mut report, config);
    guard::check(&mut report, &config.guard);
    let (state, halts, told) = match store(config, &loaded.store_path()).await {
        Ok((state, halts, told)) => (Ok(state), halts, told),
        Err(why) => (Err(why), Halts::default(), Told::default()),
    };
    report.add("store", state);
    for told in sources::sentences(&loaded, &told) {
        report.warning("secret", told);
    }
    for told in pause::sentences(config, &halts) {
        report.warning("paused", told);
    }
    channels::mail_server(&mut report, config).await;
    fetching::check(&mut report, config).await;
    if config.portals.is_empty() {
        report.warning("portal", "no [docspace]: webhooks are stored, and nothing is done at a portal");
    }
    for portal in &config.portals {
        report.within((config.portals.len() > 1).then_some(portal.name.as_str()));
        portal::check(&mut report, config, portal).await;
    }
    let bad = report.is_bad();
    out.table(["what", "state", "detail"], report.into_lines())?;
    if bad { Err(Failure::Shown) } else { Ok(()) }
}

/// How the store is, what people have stopped, and which sources were told secrets.
async fn store(config: &Config, path: &Path) -> Result<(String, Halts, Told), String> {
    if !path.exists() {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !directory.is_dir() {
            return Err(format!(
                "the directory of the store {} does not exist; make it, or change `url` under [store]",
                path.display()
            ));
        }
        let state = format!("{} does not exist yet; `usher serve` makes it", path.display());
        return Ok((state, Halts::default(), Told::default()));
    }
    let store = Store::open(path, false).await.map_err(|error| error.to_string())?;
    let writable = store.check_writable().await;
    let halts = Halts::read(&store, config.portals.iter().map(|portal| portal.name.as_str())).await;
    let told = store.told_secret_times().await;
    store.close().await;
    let read = writable.and(halts).and_then(|halts| Ok((halts, told?)));
    let (halts, told) = read.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((format!("{} is writable", path.display()), halts, told))
}
