//! `usher simulate`: what would become of fixtures, of a list of people or of stored deliveries, and nothing done.

mod asking;
mod input;
mod show;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::{self, Loaded, SystemClock};
use crate::config::{Config, Needs};
use crate::guard::DAY;
use crate::model::Clock;
use crate::simulation::{self, Asked, Look, Setting, diff};
use crate::telemetry::Metrics;

use super::explain::parse_since;
use super::output::{Failure, Out, note};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Fixtures (HTTP requests or bare JSON bodies), or CSV files whose first line names fields of events.
    #[arg(conflicts_with = "since", requires = "source")]
    files: Vec<PathBuf>,
    /// The source that the files come from; with --since: only its deliveries.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// The stored deliveries since then: RFC 3339, Unix seconds, or so long ago, such as 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Timestamp>,
    /// Leave the portals out: accounts, groups and rules for names there are not looked at. Implies --no-fetch.
    #[arg(long)]
    offline: bool,
    /// Do not ask the platforms for what their webhooks leave out.
    #[arg(long)]
    no_fetch: bool,
    /// As one JSON object, to be kept for --diff.
    #[arg(long)]
    json: bool,
    /// Only what is different from what `--json` printed before.
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
}

pub(super) async fn run(file: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    if args.files.is_empty() && args.since.is_none() {
        return Err(Failure::usage("name files, or stored deliveries by --since TIME, such as --since 7d"));
    }
    let earlier = args.diff.as_deref().map(show::earlier).transpose()?;
    let loaded = load(file, args.offline)?;
    let now = SystemClock.now();
    let (book, items) = input::read(file, &loaded, &args, now).await?;
    let Config { rules, guard, .. } = &loaded.config;
    let mut looks = BTreeMap::new();
    if args.offline {
        note("the portals were left out (--offline): who has an account there is known from the ledger alone");
    } else {
        looks = look(&loaded.config, simulation::asked(book.clone(), &items, rules, guard, now)).await?;
    }
    let rows = simulation::simulate(book, &items, Setting { rules, guard, looks: &looks, now });
    match earlier {
        None => show::rows(&rows, loaded.config.portals.len() > 1, args.json, out),
        Some(earlier) => {
            let (changes, counts) = diff(&earlier, &rows);
            show::changes(&changes, counts, args.json, out)
        }
    }
}

/// The configuration as far as it is needed: the secrets of sources never, the keys of portals unless they are left out.
fn load(file: &Path, offline: bool) -> Result<Loaded, Failure> {
    if offline {
        return Ok(app::load(file, Needs::StoreOnly)?);
    }
    app::load(file, Needs::PortalOnly).map_err(|problems| {
        let mut lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        if app::load(file, Needs::StoreOnly).is_ok() {
            lines.push("add --offline to leave the portals out".to_owned());
        }
        Failure::Usage(lines)
    })
}

/// Ask each portal what is to be known of it.
async fn look(config: &Config, asked: BTreeMap<String, Asked>) -> Result<BTreeMap<String, Look>, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut looks = BTreeMap::new();
    for (name, asked) in asked {
        // People of a portal that is no longer configured: nothing is known of it.
        let Some(portal) = config.portal(&name) else { continue };
        let client = app::client(portal, &Metrics::new(), &clock)?;
        let look = Look::ask(&client, &asked).await.map_err(|error| {
            Failure::failed(format!(
                "portal {name}: {error}. Without a look at it nobody's account is known; add --offline to simulate so"
            ))
        })?;
        looks.insert(name, look);
    }
    Ok(looks)
}

/// What the counts of the guard begin at.
fn yesterday(now: Timestamp) -> Timestamp {
    now.checked_sub(DAY).unwrap_or(Timestamp::MIN)
}
