//! `usher people forget`: erase what is kept about a person.

use std::path::Path;

use crate::app::{SystemClock, operator};
use crate::erase::Traces;
use crate::model::{Clock, Person, PersonId};
use crate::store::Store;

use super::output::{Failure, Out, note, when};
use super::people;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// E-mail address, DocSpace user id, or whatever the ledger knows.
    #[arg(required_unless_present = "person", conflicts_with = "person")]
    who: Option<String>,
    /// By the number that `usher people list` shows.
    #[arg(long, value_name = "ID")]
    person: Option<i64>,
    /// Only show what would go.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let (loaded, store) = people::open_store(config).await?;
    let named = named(&store, args).await?;
    let Some(first) = named.first().cloned() else {
        return Err(match (&args.who, args.person) {
            (None, Some(id)) => {
                Failure::failed(format!("there is no person {id}; `usher people list` shows the numbers"))
            }
            (who, _) => people::nobody(who.as_deref().unwrap_or_default()),
        });
    };
    let traces = Traces::of(&loaded.config, &store, first, SystemClock.now()).await?;
    if named.iter().any(|row| traces.people.iter().all(|person| person.id != row.id)) {
        return Err(ambiguous(&named));
    }
    tell(&traces, out)?;
    if args.dry_run {
        note("nothing was erased: this only shows what would go");
        return Ok(());
    }
    if traces.is_forgotten() && traces.erase().jobs.is_empty() && traces.deliveries.is_empty() {
        out.line("nothing to do: forgotten before")?;
    } else {
        let erased = store.forget(traces.erase(), &operator(), SystemClock.now()).await?;
        out.line(format!(
            "forgotten: {} row(s), {} job(s), {} of them cancelled, {} delivery(ies)",
            traces.people.len(),
            erased.jobs,
            erased.cancelled,
            erased.deliveries
        ))?;
    }
    let scrubbed = store.scrub().await;
    store.close().await;
    stays(&traces);
    scrubbed.map_err(|error| {
        Failure::failed(format!(
            "what was erased is gone from every table, but the store's file could not be written anew ({error}), and \
             gaps in it may still hold some of it: a server does that within the hour, or run `usher people forget \
             --person {}` again",
            traces.people.first().map_or(0, |person| person.id.0)
        ))
    })
}

async fn named(store: &Store, args: &Args) -> Result<Vec<Person>, Failure> {
    match (&args.who, args.person) {
        (Some(who), _) => {
            let mut found = people::find(store, who).await?;
            // A number may be that of a row and somebody else's employee id.
            if let Ok(id) = who.parse() {
                let row = store.person(PersonId(id)).await?;
                let is_new = |row: &Person| found.iter().all(|other| other.id != row.id);
                found.extend(row.filter(|row| is_new(row) && (found.is_empty() || row.forgotten_at.is_none())));
            }
            Ok(found)
        }
        (None, Some(id)) => Ok(store.person(PersonId(id)).await?.into_iter().collect()),
        (None, None) => Ok(Vec::new()),
    }
}

fn ambiguous(named: &[Person]) -> Failure {
    let mut lines = vec!["this names several people; choose one by its number, as with --person 4".to_owned()];
    lines.extend(named.iter().map(line));
    Failure::Usage(lines)
}

fn line(person: &Person) -> String {
    let facts: Vec<_> = [people::name(person), person.email.clone().unwrap_or_default()]
        .into_iter()
        .filter(|fact| !fact.is_empty())
        .collect();
    let about = match (person.merged_into, facts.is_empty()) {
        (Some(id), _) => format!("given up to person {id}"),
        (None, true) => "without name and address".to_owned(),
        (None, false) => facts.join(", "),
    };
    format!("person {} at portal {}: {about}", person.id, person.portal)
}

/// What is kept.
fn tell(traces: &Traces, out: &mut Out) -> Result<(), Failure> {
    for person in &traces.people {
        out.line(line(person))?;
        for plan in &person.plans {
            out.line(format!("  planned: {} at {}", plan.kind, when(Some(plan.due_at))))?;
        }
    }
    let (jobs, open) = (traces.jobs.len(), traces.open_jobs());
    let then = if open > 0 { ": those are cancelled" } else { "" };
    out.line(format!("{jobs} job(s), {open} of them not done{then}"))?;
    let deliveries = traces.deliveries.len();
    out.line(format!("{deliveries} delivery(ies) with a body, each removed as a whole, whoever else is in it"))?;
    for id in &traces.others {
        note(&format!(
            "person {id} shares an address or account, and has another id in the same HR platform: left alone"
        ));
    }
    if traces.beside > 0 {
        note(&format!(
            "in {} delivery(ies) about others the address stands beside, as that of a manager perhaps: left to retention",
            traces.beside
        ));
    }
    Ok(())
}

/// What is not ours to erase.
fn stays(traces: &Traces) {
    for person in traces.people.iter().filter(|person| person.deleted_at.is_none()) {
        if let Some(user_id) = &person.user_id {
            let portal = &person.portal;
            note(&format!("the account {user_id} at portal {portal} stays: delete it in DocSpace, under Contacts"));
        }
    }
    note("backups of the store, and what the HR platform and mail servers keep, are not touched");
}
