//! `usher jobs`: what is queued, what became of it, and mending it.

mod asked;
mod mending;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use crate::config::Config;
use crate::model::{DeliveryId, Job, JobId, JobState, PersonId};
use crate::process::Question;
use crate::store::{JobFilter, PersonFilter, Store};

use super::listing::{List, Show};
use super::output::{Failure, Out, when};
use super::pause;
use super::people::{self, open_store};
use asked::AskedOf;
use mending::Mend;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All jobs, or those that match.
    List(List<Filter>),
    /// One job with its steps and attempts.
    Show(Show),
    /// Try dead jobs again, and at once those that wait for another try.
    Retry(Selection),
    /// Let held jobs run.
    Release(Selection),
    /// Take back ready, held or dead jobs.
    Cancel(Selection),
}

/// Which jobs; all of the given conditions together.
#[derive(Debug, Clone, clap::Args)]
struct Filter {
    /// In this state; may be given several times.
    #[arg(long, value_name = "STATE")]
    state: Vec<JobState>,
    /// Of this kind: process, fetch, onboard, congratulate, remind, update, disable, enable.
    #[arg(long)]
    kind: Option<String>,
    /// From this source.
    #[arg(long)]
    source: Option<String>,
    /// From this delivery.
    #[arg(long, value_name = "ID")]
    delivery: Option<i64>,
    /// About this person.
    #[arg(long, value_name = "ID")]
    person: Option<i64>,
    /// With this in the reason, such as new_people_per_day.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Filter {
    fn jobs(&self, ids: &[i64]) -> JobFilter {
        JobFilter {
            ids: ids.iter().copied().map(JobId).collect(),
            states: self.state.clone(),
            kind: self.kind.clone(),
            source: self.source.clone(),
            delivery: self.delivery.map(DeliveryId),
            person: self.person.map(PersonId),
            keys: Vec::new(),
            reason: self.reason.clone(),
        }
    }

    fn is_empty(&self) -> bool {
        self.state.is_empty()
            && self.kind.is_none()
            && self.source.is_none()
            && self.delivery.is_none()
            && self.person.is_none()
            && self.reason.is_none()
    }
}

#[derive(Debug, clap::Args)]
struct Selection {
    /// Job ids; else give a filter.
    ids: Vec<i64>,
    #[command(flatten)]
    filter: Filter,
    /// Only the first so many of them, by id.
    #[arg(long, value_name = "N", value_parser = count)]
    limit: Option<NonZeroUsize>,
    /// Only show which jobs are meant.
    #[arg(long)]
    dry_run: bool,
}

fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write how many, as a whole number from 1 on".to_owned())
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    if let Command::Retry(selection) | Command::Release(selection) | Command::Cancel(selection) = &args.command
        && selection.ids.is_empty()
        && selection.filter.is_empty()
    {
        return Err(Failure::usage("name jobs by id, or give a filter such as --state held or --kind onboard"));
    }
    let (loaded, store) = open_store(config).await?;
    let config = &loaded.config;
    match args.command {
        Command::List(list) => {
            pause::tell(&store, config).await?;
            let jobs = store.jobs(list.filter.jobs(&[])).await?;
            if list.json { out.json(&jobs) } else { table(config, &store, &jobs, out).await }
        }
        Command::Show(show) => self::show(config, &store, &show, out).await,
        Command::Retry(selection) => mending::run(config, &store, &selection, Mend::Retry, out).await,
        Command::Release(selection) => mending::run(config, &store, &selection, Mend::Release, out).await,
        Command::Cancel(selection) => mending::run(config, &store, &selection, Mend::Cancel, out).await,
    }
}

const HEAD: [&str; 8] = ["id", "kind", "state", "delivery", "person", "who", "due", "reason"];

/// Jobs as a table.
pub(super) async fn table(config: &Config, store: &Store, jobs: &[Job], out: &mut Out) -> Result<(), Failure> {
    out.table(HEAD, rows(config, store, jobs).await?)
}

async fn rows(config: &Config, store: &Store, jobs: &[Job]) -> Result<Vec<[String; 8]>, Failure> {
    let known = known(store, jobs).await?;
    let asked = AskedOf::unfinished(config, store, jobs).await?;
    let id = |id: Option<i64>| id.map_or_else(String::new, |id| id.to_string());
    let row = |job: &Job| {
        [
            job.id.to_string(),
            job.kind.clone(),
            job.state.to_string(),
            id(job.delivery.map(|id| id.0)),
            id(job.person.map(|id| id.0)),
            asked.get(job).map_or_else(|| whom(job, &known), |question| question.about.clone()),
            when(Some(job.due_at)),
            job.reason.clone().unwrap_or_default(),
        ]
    };
    Ok(jobs.iter().map(row).collect())
}

/// What the people of these jobs are called in tables.
async fn known(store: &Store, jobs: &[Job]) -> Result<BTreeMap<PersonId, String>, Failure> {
    let ids: Vec<_> = jobs.iter().filter_map(|job| job.person).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people = store.people(PersonFilter { ids, who: None }).await?;
    Ok(people.iter().map(|person| (person.id, person.email.clone().unwrap_or_else(|| people::label(person)))).collect())
}

/// The address that a job is about, which may be another one than its person's; without one, the person's.
fn whom(job: &Job, known: &BTreeMap<PersonId, String>) -> String {
    let told = job.payload["event"]["email"].as_str().map(str::to_owned);
    told.or_else(|| known.get(&job.person?).cloned()).unwrap_or_default()
}

async fn show(config: &Config, store: &Store, show: &Show, out: &mut Out) -> Result<(), Failure> {
    let ids: Vec<_> = show.ids.iter().copied().map(JobId).collect();
    let jobs = store.jobs(JobFilter { ids: ids.clone(), ..JobFilter::default() }).await?;
    let asked = AskedOf::all(config, store, &jobs).await?;
    let mut rows = Vec::new();
    for job in &jobs {
        let attempts = store.attempts(job.id).await?;
        let question = asked.get(job);
        if show.json {
            let mut row = json!(job);
            row["attempts_made"] = json!(attempts);
            if let Some(question) = question {
                row["asks"] = json!(question.line);
            }
            rows.push(row);
            continue;
        }
        out.line(format!("job {} {} {}", job.id, job.kind, job.state))?;
        if let Some(reason) = &job.reason {
            out.line(format!("  reason    {reason}"))?;
        }
        about(job, question, out)?;
        for attempt in attempts {
            let reason = attempt.reason.unwrap_or_default();
            out.line(format!(
                "  attempt   {} {} {} {reason}",
                attempt.number,
                when(Some(attempt.finished_at)),
                attempt.outcome
            ))?;
        }
    }
    if show.json {
        out.json(&Json::Array(rows))?;
    }
    match ids.iter().find(|id| !jobs.iter().any(|job| job.id == **id)) {
        Some(id) => Err(Failure::failed(format!("there is no job {id}"))),
        None => Ok(()),
    }
}

/// Where a job comes from, what it asks and what it did.
fn about(job: &Job, question: Option<&Question>, out: &mut Out) -> Result<(), Failure> {
    for (name, id) in [("delivery", job.delivery.map(|id| id.0)), ("person", job.person.map(|id| id.0))] {
        if let Some(id) = id {
            out.line(format!("  {name:<9} {id}"))?;
        }
    }
    if let Some(question) = question {
        out.line(format!("  asks      {}", question.line))?;
        if let Some(body) = &question.body {
            out.line(format!("  body      {body}"))?;
        }
    }
    out.line(format!("  key       {}", job.key))?;
    out.line(format!("  queued    {}", when(Some(job.created_at))))?;
    out.line(format!("  due       {}", when(Some(job.due_at))))?;
    for step in &job.steps {
        out.line(format!("  step      {} {}: {}", when(Some(step.at)), step.name, step.detail))?;
    }
    Ok(())
}
