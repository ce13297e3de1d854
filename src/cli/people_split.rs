//! `usher people split`: take off a row what belongs to another human being.

use std::path::Path;

use crate::app::{SystemClock, operator};
use crate::ledger::{Key, Keys, Ledger};
use crate::model::{Act, Clock, EmployeeId, Person};
use crate::store::{Change, PersonFilter, Store};

use super::by_hand;
use super::output::{Failure, Out, note};
use super::people::open_store;
use super::people_merge::{at_rest, one};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Who: number of the row, e-mail address or DocSpace user id.
    who: String,
    #[command(flatten)]
    what: What,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Take away this address: nobody is known by it then.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Give this employee id a row of its own.
    #[arg(long, value_name = "SOURCE/ID", value_parser = employee)]
    employee: Option<EmployeeId>,
    /// Give this shared id a row of its own.
    #[arg(long, value_name = "ID")]
    match_id: Option<String>,
}

impl What {
    /// The key, and what the audit says of it.
    fn key(self) -> Option<(Key, String)> {
        let email = self.email.map(|email| (Key::Email(email.to_lowercase()), "an address".to_owned()));
        let employee = self.employee.map(|id| {
            let told = format!("an employee id of {}", id.source);
            (Key::Employee(id), told)
        });
        let match_id = self.match_id.map(|id| (Key::MatchId(id), "a match id".to_owned()));
        email.or(employee).or(match_id)
    }
}

fn employee(text: &str) -> Result<EmployeeId, String> {
    match text.split_once('/') {
        Some((source, id)) if !source.is_empty() && !id.is_empty() => {
            Ok(EmployeeId { source: source.to_owned(), id: id.to_owned() })
        }
        _ => Err("write the name of the source, a slash and the id, such as hr/142".to_owned()),
    }
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    let Some((key, told)) = args.what.key() else {
        return Err(Failure::usage("say what belongs to somebody else: --email, --employee or --match-id"));
    };
    let (_, store) = open_store(config).await?;
    let person = one(&store, &args.who).await?;
    let id = person.id;
    at_rest(&store, &[id]).await?;
    let is_free = match &key {
        Key::Email(email) if person.has_account() && person.email.as_ref() == Some(email) => {
            is_free(config, &person, email).await?
        }
        _ => false,
    };
    let now = SystemClock.now();
    let who = operator();
    let taken = key.clone();
    let split = move |ledger: &mut Ledger| match ledger.split(id, taken, is_free, now) {
        Ok(new) => {
            let into = new.map(|new| format!(" into person {new}")).unwrap_or_default();
            let act = Act { who, what: "split", subject: format!("person {id}{into}"), detail: Some(told) };
            (Change { acts: vec![act], ..Change::default() }, Ok(()))
        }
        Err(error) => (Change::default(), Err(error)),
    };
    let split = store.write(Keys::person(id), true, now, split).await?;
    split.map_err(|error| Failure::failed(error.to_string()))?;
    let owner = owner(&store, &person, &key).await?;
    store.close().await;
    match owner {
        Some(owner) => out.line(format!("it is taken off person {id}, and person {} has it now", owner.id))?,
        None => out.line(format!("person {id} is not known by that address any more"))?,
    }
    note("jobs stay where they are: cancel those that were about somebody else, and run their deliveries again");
    Ok(())
}

/// Whether the portal says that the account has the address no more, or is disabled.
async fn is_free(config: &Path, person: &Person, email: &str) -> Result<bool, Failure> {
    let loaded = by_hand::load(config)?;
    let Some(user_id) = &person.user_id else { return Ok(true) };
    let account = by_hand::client(&loaded, Some(&person.portal))?.account(user_id).await?;
    Ok(account.is_none_or(|account| account.status == by_hand::DISABLED || account.email != email))
}

/// Whoever has the key now, at the same portal.
async fn owner(store: &Store, person: &Person, key: &Key) -> Result<Option<Person>, Failure> {
    let has_it = |other: &Person| match key {
        Key::Email(_) => false,
        Key::Employee(employee) => other.employees.contains(employee),
        Key::MatchId(value) => other.match_id.as_ref() == Some(value),
    };
    let people = store.people(PersonFilter::default()).await?;
    Ok(people.into_iter().rfind(|other| other.portal == person.portal && has_it(other)))
}
