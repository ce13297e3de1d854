//! `usher explain`: what would become of a request, step by step, without side effects.

mod fetching;
mod handshake;
mod judge;
mod tell;

use std::path::{Path, PathBuf};

use http::Method;
use serde_json::{Value as Json, json};

use crate::app::{self, SystemClock};
use crate::auth;
use crate::config::{self, Needs};
use crate::model::{Clock, Timestamp};
use crate::process::Follow;
use crate::schedule;

use super::output::{Failure, Out, note, when};
use super::sign::{self, Request};
use judge::{Asked, Explanation};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A fixture: an HTTP request, or a bare JSON body.
    file: PathBuf,
    /// The source it would come to.
    #[arg(long, value_name = "NAME")]
    source: String,
    /// Judge as of this time: RFC 3339 or Unix seconds.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// What the platform answers when it is asked for the rest of a thin payload; default: CASE.fetched.json beside
    /// CASE.http.
    #[arg(long, value_name = "FILE")]
    fetched: Option<PathBuf>,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
    /// With everything that was looked at, under the key `detail`.
    #[arg(long, requires = "json")]
    detail: bool,
}

pub(super) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let seconds = text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds
        .or_else(|| text.parse().ok())
        .ok_or_else(|| "write it as 2026-08-01T10:00:00Z or as Unix seconds".to_owned())
}

/// A time to count from: as [`parse_time`] takes it, or so long ago.
pub(super) fn parse_since(text: &str) -> Result<Timestamp, String> {
    if let Some(span) = config::duration(text) {
        return SystemClock.now().checked_sub(span).map_err(|_| "it lies outside of the calendar".to_owned());
    }
    parse_time(text).map_err(|_| "write it as 2026-08-01T10:00:00Z, as Unix seconds, or as 7d".to_owned())
}

pub(super) fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::SourcesOnly)?;
    let source = sign::source(&loaded, &args.source)?;
    let fixture = sign::read(&args.file)?;
    let explanation = judge::explain(&Asked {
        config: &loaded.config,
        source: &source,
        method: Method::from_bytes(fixture.method.as_bytes()).unwrap_or(Method::POST),
        request: Request::of(&fixture)?,
        fetched: fetched(&args.file, args.fetched.as_deref())?,
        now: args.at.unwrap_or_else(|| SystemClock.now()),
    });
    if args.json {
        out.json(&explanation.json(args.detail))?;
        explanation.note();
    } else {
        explanation.tell(&source, out)?;
    }
    if explanation.reject.is_some() { Err(Failure::Shown) } else { Ok(()) }
}

/// What the platform answers: what a file says, else the one beside the fixture.
pub(super) fn fetched(fixture: &Path, named: Option<&Path>) -> Result<Option<Json>, Failure> {
    let beside = fixture.with_extension("fetched.json");
    let file = match named {
        Some(file) => file,
        None if beside.is_file() => &beside,
        None => return Ok(None),
    };
    let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("{}: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    let place = |error: serde_json::Error| format!("is not JSON (line {}, column {})", error.line(), error.column());
    serde_json::from_slice(&bytes).map(Some).map_err(|error| wrong(&place(error)))
}

impl Explanation {
    fn json(&self, is_detailed: bool) -> Json {
        let action = |follow: &Follow| json!({"action": follow.action.name(), "event": follow.event.kind, "params": follow.action.params()});
        let mut told = json!({
            "verified": self.is_verified,
            "reason": self.reject.map(auth::Reject::code),
            "dedupe_keys": self.dedupe_keys,
            "events": self.events,
            "problem": self.problem.as_ref().map(|problem| json!({"what": problem.what, "where": problem.at})),
            "actions": self.actions.iter().map(action).collect::<Vec<_>>(),
        });
        if is_detailed {
            told["detail"] = json!(self.detail);
        }
        self.mask.json(&told)
    }

    /// The shape of the result is fixed; what does not fit in is said beside it.
    fn note(&self) {
        if let Some(handshake) = &self.detail.handshake {
            note(&format!("the request is {}", handshake.sentence()));
        }
        for problem in self.events.iter().flat_map(schedule::odd_days) {
            note(&problem);
        }
        for (follow, reason) in self.actions.iter().filter_map(|follow| Some((follow, follow.hold.as_ref()?))) {
            note(&self.mask.text(&format!("{} would be held: {reason}", follow.action.name())));
        }
        for (follow, due) in self.actions.iter().filter_map(|follow| Some((follow, follow.due_at?))) {
            note(&format!("{} would be planned for {}", follow.action.name(), when(Some(due))));
        }
    }
}
