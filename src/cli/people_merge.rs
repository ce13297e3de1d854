//! `usher people merge`: two rows of one human being become one.

use std::path::Path;

use crate::app::{SystemClock, operator};
use crate::ledger::{Keys, Ledger, MergeError};
use crate::model::{Act, Clock, JobState, Person, PersonId};
use crate::store::{Change, JobFilter, Store};

use super::output::{Failure, Out, note};
use super::people::{self, open_store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Who stays: number of the row, e-mail address or DocSpace user id.
    keep: String,
    /// The same human being: the row that is given up.
    other: String,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let (_, store) = open_store(config).await?;
    let (keep, other) = (one(&store, &args.keep).await?.id, one(&store, &args.other).await?.id);
    at_rest(&store, &[keep, other]).await?;
    let jobs = store.jobs(JobFilter { person: Some(other), ..JobFilter::default() }).await?.len();
    let act =
        Act { who: operator(), what: "merge", subject: format!("person {other} into person {keep}"), detail: None };
    let merge = move |ledger: &mut Ledger| match ledger.merge(keep, other) {
        Ok(()) => (Change { acts: vec![act], ..Change::default() }, Ok(())),
        Err(error) => (Change::default(), Err(error)),
    };
    let mut keys = Keys::person(keep);
    keys.people.insert(other);
    let merged = store.write(keys, true, SystemClock.now(), merge).await?;
    store.close().await;
    match merged {
        Ok(()) => out.line(format!("person {other} is merged into person {keep}, with {jobs} job(s)")),
        Err(already @ MergeError::Already(..)) => {
            note(&format!("{already}; nothing was changed"));
            Ok(())
        }
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}

/// The one row that is meant: numbers are row numbers here, and nothing else.
pub(super) async fn one(store: &Store, who: &str) -> Result<Person, Failure> {
    if let Ok(id) = who.parse() {
        let person = store.person(PersonId(id)).await?;
        return person.ok_or_else(|| Failure::failed(format!("there is no person {id}")));
    }
    let mut people = people::find(store, who).await?;
    people.retain(Person::is_current);
    match (people.len(), people.pop()) {
        (1, Some(person)) => Ok(person),
        (_, None) => Err(people::nobody(who)),
        (_, Some(last)) => {
            let numbers = people.iter().chain([&last]).map(|person| person.id.to_string()).collect::<Vec<_>>();
            Err(Failure::usage(format!("'{who}' names the people {}: name one by its number", numbers.join(", "))))
        }
    }
}

/// Nothing is changed under the hands of a worker.
pub(super) async fn at_rest(store: &Store, people: &[PersonId]) -> Result<(), Failure> {
    for person in people {
        let filter = JobFilter { person: Some(*person), states: vec![JobState::Running], ..JobFilter::default() };
        if let Some(job) = store.jobs(filter).await?.first() {
            return Err(Failure::failed(format!(
                "job {} of person {person} is being worked on; try again in a moment",
                job.id
            )));
        }
    }
    Ok(())
}
