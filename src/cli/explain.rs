//! `usher explain`: what would become of a request, step by step, without side effects.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::app::{self, SystemClock};
use crate::auth::{self, Incoming};
use crate::config::{self, Needs, Source};
use crate::connector::MapProblem;
use crate::ledger::Ledger;
use crate::model::{Action, Clock, Event, EventKind, Timestamp};
use crate::process::{self, Follow};
use crate::rules::{self, Rule};
use crate::schedule;

use super::output::{Failure, Out, note, when};
use super::sign::{self, Request};

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
    /// As one JSON object.
    #[arg(long)]
    json: bool,
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

/// Everything that `explain` found out.
struct Explanation {
    reject: Option<auth::Reject>,
    dedupe_keys: Vec<String>,
    events: Vec<Event>,
    problem: Option<MapProblem>,
    actions: Vec<Follow>,
    /// Events that a rule enables accounts on. Whether somebody is back is for the ledger to say, and here it is empty.
    for_the_back: Vec<EventKind>,
}

pub(super) fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::SourcesOnly)?;
    let source = sign::source(&loaded, &args.source)?;
    let request = Request::of(&sign::read(&args.file)?)?;
    let now = args.at.unwrap_or_else(|| SystemClock.now());
    let explanation = explain(&source, &loaded.config.rules, request, now);
    if args.json {
        out.json(&explanation.json())?;
        // The shape of the result is fixed; that an action would wait for a person is said beside it.
        for (follow, reason) in explanation.actions.iter().filter_map(|follow| Some((follow, follow.hold.as_ref()?))) {
            note(&format!("{} would be held: {reason}", follow.action.name()));
        }
        for (follow, due) in explanation.actions.iter().filter_map(|follow| Some((follow, follow.due_at?))) {
            note(&format!("{} would be planned for {}", follow.action.name(), when(Some(due))));
        }
    } else {
        explanation.tell(&source, out)?;
    }
    if explanation.reject.is_some() { Err(Failure::Shown) } else { Ok(()) }
}

fn explain(source: &Source, rules: &[Rule], request: Request, now: Timestamp) -> Explanation {
    let body = Bytes::from(request.body);
    let incoming = Incoming { query: &request.query, headers: &request.headers, body: &body };
    let verified = auth::verify_request(&source.scheme, &source.keys, &source.dedupe, incoming, now);
    let dedupe_keys = auth::dedupe_keys(&source.scheme, &source.dedupe, &request.headers, &body);
    let headers = auth::kept_headers(&source.scheme, &request.headers);
    let mut explanation = Explanation {
        reject: verified.err(),
        dedupe_keys: dedupe_keys.into_iter().map(|key| key.value).collect(),
        events: Vec::new(),
        problem: None,
        actions: Vec::new(),
        for_the_back: Vec::new(),
    };
    let today = schedule::today(now);
    let mut ledger = Ledger::default();
    match process::map(source, &headers, &body, now) {
        Err(problem) => explanation.problem = Some(problem),
        Ok(items) => {
            for mapped in items {
                match mapped.result {
                    Err(problem) => explanation.problem = explanation.problem.or(Some(problem)),
                    Ok(event) => {
                        let consequences = process::follow(&mut ledger, rules, source.into(), &event, now);
                        let planned = rules::plan(rules, &event, today);
                        let enabled = planned.iter().any(|planned| matches!(planned.action, Action::Enable(_)));
                        let is_shown = |follow: &Follow| matches!(follow.action, Action::Enable(_));
                        if enabled && !consequences.follows.iter().any(is_shown) {
                            explanation.for_the_back.push(event.kind);
                        }
                        explanation.actions.extend(consequences.follows);
                        explanation.events.push(event);
                    }
                }
            }
        }
    }
    explanation
}

impl Explanation {
    fn json(&self) -> Json {
        let action = |follow: &Follow| json!({"action": follow.action.name(), "event": follow.event.kind, "params": follow.action.params()});
        json!({
            "verified": self.reject.is_none(),
            "reason": self.reject.map(auth::Reject::code),
            "dedupe_keys": self.dedupe_keys,
            "events": self.events,
            "problem": self.problem.as_ref().map(|problem| json!({"what": problem.what, "where": problem.at})),
            "actions": self.actions.iter().map(action).collect::<Vec<_>>(),
        })
    }

    fn tell(&self, source: &Source, out: &mut Out) -> Result<(), Failure> {
        match self.reject {
            None => out.line(format!("verified  yes, by the scheme of {}", source.connector.name))?,
            Some(reject) => out.line(format!("verified  no: {} (a server answers 401)", reject.code()))?,
        }
        for key in &self.dedupe_keys {
            out.line(format!("dedupe    {key}"))?;
        }
        for event in &self.events {
            out.line(format!("event     {}", event.kind))?;
            if let Json::Object(fields) = json!(event) {
                for (name, value) in fields.iter().filter(|(name, _)| *name != "kind") {
                    out.line(format!("            {name} = {value}"))?;
                }
            }
        }
        if let Some(problem) = &self.problem {
            out.line(format!("problem   {}: {}", problem.at, problem.what))?;
        } else if self.events.is_empty() {
            out.line("event     none: the connector takes nothing from this request")?;
        }
        for follow in &self.actions {
            let (action, event) = (follow.action.name(), follow.event.kind);
            out.line(format!("action    {action} on {event} {}", follow.action.params()))?;
            if let Some(reason) = &follow.hold {
                out.line(format!("            held: {reason}"))?;
            }
            if let Some(due) = follow.due_at {
                out.line(format!("            planned for {}", when(Some(due))))?;
            }
        }
        for event in &self.for_the_back {
            out.line(format!("            and enable on {event}, where HR has told before that the person leaves"))?;
        }
        if self.actions.is_empty() && self.for_the_back.is_empty() && !self.events.is_empty() {
            out.line("action    none: no rule asks for anything (the ledger may: it knows who is new)")?;
        }
        Ok(())
    }
}
