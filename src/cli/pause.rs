//! `usher pause` and `usher resume`: the emergency stop.

use std::collections::BTreeSet;
use std::path::Path;

use crate::app::{self, Halt, Halts, SystemClock, operator};
use crate::config::Config;
use crate::ledger::Keys;
use crate::model::{Act, Clock, Job, JobState};
use crate::store::{Change, Store, StoreError};

use super::by_hand;
use super::output::{Failure, Out, note, when};
use super::people::open_store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// This portal alone; without it all of them.
    #[arg(long, value_name = "NAME")]
    portal: Option<String>,
}

/// What is paused now.
async fn halts(store: &Store, config: &Config) -> Result<Halts, StoreError> {
    Halts::read(store, config.portals.iter().map(|portal| portal.name.as_str())).await
}

async fn open(config: &Path, args: &Args) -> Result<(Store, Halts), Failure> {
    let (loaded, store) = open_store(config).await?;
    if args.portal.is_some() {
        by_hand::named(&loaded.config, args.portal.as_deref())?;
    }
    let halts = halts(&store, &loaded.config).await?;
    Ok((store, halts))
}

/// In an emergency, a configuration that somebody is in the middle of changing is no hindrance.
async fn open_anyhow(config: &Path, args: &Args) -> Result<(Store, Halts), Failure> {
    match (open(config, args).await, app::store_path_alone(config)) {
        (Err(Failure::Usage(_)), Some(path)) if args.portal.is_none() && path.exists() => {
            note(&format!("the configuration has faults, which `usher check` tells; its store is {}", path.display()));
            let store = Store::open(&path, false).await?;
            let halts = Halts::read(&store, []).await?;
            Ok((store, halts))
        }
        (opened, _) => opened,
    }
}

pub(super) async fn pause(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let (store, halts) = open_anyhow(config, args).await?;
    let portal = args.portal.as_deref();
    let there = match portal {
        Some(name) => halts.portals.get(name),
        None => halts.everywhere.as_ref(),
    };
    if let Some(halt) = there {
        out.line(format!("nothing to do: {}", sentence(portal, halt)))?;
        return Ok(());
    }
    let halt = Halt { who: operator(), since: SystemClock.now() };
    write(&store, "pause", portal, vec![Halts::remembered(portal, Some(&halt))]).await?;
    store.close().await;
    out.line(sentence(portal, &halt))?;
    note(
        "a running server heeds it within a second: work that is under way is finished, and no other is begun; webhooks \
         are still stored and read",
    );
    Ok(())
}

/// Without a portal, every pause ends.
pub(super) async fn resume(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let (store, halts) = open(config, args).await?;
    let portal = args.portal.as_deref();
    let mut ended = Vec::new();
    match portal {
        Some(name) => ended.extend(halts.portals.contains_key(name).then(|| Halts::remembered(portal, None))),
        None => {
            ended.extend(halts.everywhere.as_ref().map(|_| Halts::remembered(None, None)));
            ended.extend(halts.portals.keys().map(|name| Halts::remembered(Some(name), None)));
        }
    }
    if ended.is_empty() {
        let nothing =
            portal.map_or_else(|| "no portal is paused".to_owned(), |name| format!("portal {name} is not paused"));
        out.line(format!("nothing to do: {nothing}"))?;
    } else {
        write(&store, "resume", portal, ended).await?;
        out.line(format!("resumed {}", subject(portal, "", "").trim_end()))?;
    }
    store.close().await;
    match (portal, &halts.everywhere) {
        (Some(_), Some(halt)) => {
            Err(Failure::failed(format!("{}: that holds for this portal, too", sentence(None, halt))))
        }
        _ => Ok(()),
    }
}

async fn write(
    store: &Store,
    what: &'static str,
    portal: Option<&str>,
    remember: Vec<(String, serde_json::Value)>,
) -> Result<(), StoreError> {
    let act = Act { who: operator(), what, subject: subject(portal, "", "").trim_end().to_owned(), detail: None };
    let change = Change { remember, acts: vec![act], ..Change::default() };
    store.write(Keys::default(), true, SystemClock.now(), move |_| (change, ())).await
}

/// What is meant, with the verb that fits.
fn subject(portal: Option<&str>, one: &str, many: &str) -> String {
    portal.map_or_else(|| format!("all portals {many}"), |name| format!("portal {name} {one}"))
}

fn sentence(portal: Option<&str>, halt: &Halt) -> String {
    let Halt { who, since } = halt;
    let option = portal.map_or_else(String::new, |name| format!(" --portal {name}"));
    let what = subject(portal, "is", "are");
    format!("{what} paused by hand, by {who} since {}; `usher resume{option}` ends it", when(Some(*since)))
}

/// One sentence for each pause.
pub(super) fn sentences(config: &Config, halts: &Halts) -> Vec<String> {
    let everywhere = halts.everywhere.iter().map(|halt| sentence(None, halt));
    let names = config.portals.iter().map(|portal| portal.name.as_str());
    let single = names.filter_map(|name| Some(sentence(Some(name), halts.portals.get(name)?)));
    everywhere.chain(single).collect()
}

/// Say on standard error what is paused.
pub(super) async fn tell(store: &Store, config: &Config) -> Result<(), StoreError> {
    let halts = halts(store, config).await?;
    sentences(config, &halts).iter().for_each(|told| note(told));
    Ok(())
}

/// Why none of these jobs goes on, if that is so: all of them wait, and their portals are paused.
pub(super) async fn keeps_all(store: &Store, open: &[&Job]) -> Result<Option<String>, StoreError> {
    let portals: Option<BTreeSet<&str>> =
        open.iter().map(|job| job.portal.as_deref().filter(|_| job.state == JobState::Ready)).collect();
    let Some(portals) = portals.filter(|portals| !portals.is_empty()) else { return Ok(None) };
    let halts = Halts::read(store, portals.iter().copied()).await?;
    let told: Option<BTreeSet<String>> = portals
        .iter()
        .map(|name| match (halts.portals.get(*name), &halts.everywhere) {
            (Some(halt), _) => Some(sentence(Some(name), halt)),
            (None, Some(halt)) => Some(sentence(None, halt)),
            (None, None) => None,
        })
        .collect();
    Ok(told.map(|told| Vec::from_iter(told).join("; ")))
}
