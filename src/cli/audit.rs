//! `usher audit`: what people did by hand.

use std::path::Path;

use crate::model::{Recorded, Timestamp};

use super::explain::parse_since;
use super::output::{Failure, Out, when};
use super::people::open_store;

/// Longest list of numbers in a table, in characters; JSON has all of it.
const SUBJECT: usize = 60;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// From this time on: RFC 3339, Unix seconds, or so long ago, such as 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Timestamp>,
    /// As one JSON array.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let (_, store) = open_store(config).await?;
    let acts = store.audit(args.since.unwrap_or(Timestamp::UNIX_EPOCH)).await?;
    if args.json {
        return out.json(&acts);
    }
    let row = |act: &Recorded| {
        let Recorded { at, who, what, subject, detail, .. } = act;
        [when(Some(*at)), who.clone(), what.clone(), short(subject), detail.clone().unwrap_or_default()]
    };
    out.table(["at", "who", "what", "subject", "detail"], acts.iter().map(row).collect())
}

fn short(subject: &str) -> String {
    if subject.chars().count() <= SUBJECT {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(SUBJECT).collect();
    // Not in the middle of a number.
    format!("{} ...", kept.rsplit_once(' ').map_or(kept.as_str(), |(whole, _)| whole))
}
