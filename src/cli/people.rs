//! `usher people`: the ledger.

use std::path::Path;

use clap::Subcommand;

use crate::app::{self, Loaded, SystemClock};
use crate::config::Needs;
use crate::model::{AccountState, Clock, Grant, GrantKind, Person, PersonId, Timestamp, Way};
use crate::store::{PersonFilter, Store};

use super::by_hand;
use super::congratulate;
use super::forget;
use super::invite;
use super::output::{Failure, Out, when};
use super::people_merge;
use super::people_plans;
use super::people_split;
use super::remind;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everybody in the ledger.
    List {
        /// Only people who were invited and have not activated the account yet.
        #[arg(long)]
        unaccepted: bool,
        /// Only people for whom something is planned, by when it is due.
        #[arg(long, conflicts_with = "unaccepted")]
        planned: bool,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// One person: by number, e-mail address, employee id or DocSpace user id.
    Show {
        /// Who.
        who: String,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Create and invite people by hand, through the same ledger.
    Invite(invite::Args),
    /// Remind people of an invitation not taken up yet: once, unless --again.
    Remind(remind::Args),
    /// What the portal says of a person, beside the ledger.
    Status(by_hand::StatusArgs),
    /// Congratulate a person by hand: once, unless --again.
    Congratulate(congratulate::Args),
    /// Make one row of two that stand for the same human being.
    Merge(people_merge::Args),
    /// Take off a row an address or id that belongs to another human being.
    Split(people_split::Args),
    /// Take back what is planned for a person.
    Cancel(people_plans::Args),
    /// Erase what is kept about a person, at every portal; the account in DocSpace stays.
    Forget(forget::Args),
}

/// The store that the configuration names; secrets may be unset.
pub(super) async fn open_store(config: &Path) -> Result<(Loaded, Store), Failure> {
    let loaded = app::load(config, Needs::StoreOnly)?;
    let store = Store::open(&loaded.store_path(), false).await?;
    Ok((loaded, store))
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    match args.command {
        Command::List { unaccepted, planned, json } => {
            let (_, store) = open_store(config).await?;
            let mut people = store.people(PersonFilter::default()).await?;
            people.retain(|person| !unaccepted || is_unaccepted(person));
            if planned {
                people_plans::only(&mut people);
            }
            match json {
                true => out.json(&people),
                false if unaccepted => waiting(out, &people, SystemClock.now()),
                false if planned => people_plans::list(out, &people),
                false => list(out, &people),
            }
        }
        Command::Show { who, json } => {
            let (_, store) = open_store(config).await?;
            let people = find(&store, &who).await?;
            if json {
                out.json(&people)?
            } else {
                show(out, &people)?
            }
            if people.is_empty() { Err(nobody(&who)) } else { Ok(()) }
        }
        Command::Invite(args) => invite::run(config, args, out).await,
        Command::Remind(args) => remind::run(config, &args, out).await,
        Command::Status(args) => by_hand::status(config, &args, out).await,
        Command::Congratulate(args) => congratulate::run(config, &args, out).await,
        Command::Merge(args) => people_merge::run(config, &args, out).await,
        Command::Split(args) => people_split::run(config, args, out).await,
        Command::Cancel(args) => people_plans::cancel(config, &args, out).await,
        Command::Forget(args) => forget::run(config, &args, out).await,
    }
}

/// People by row number, e-mail address, employee id or DocSpace user id.
pub(super) async fn find(store: &Store, who: &str) -> Result<Vec<Person>, Failure> {
    let mut people = store.people(PersonFilter { who: Some(who.to_owned()), ids: Vec::new() }).await?;
    if people.is_empty()
        && let Ok(id) = who.parse()
    {
        people = store.people(PersonFilter { ids: vec![PersonId(id)], who: None }).await?;
    }
    Ok(people)
}

/// Whoever is meant is not in the ledger.
pub(super) fn nobody(who: &str) -> Failure {
    Failure::failed(format!("the ledger knows nobody by '{who}'; `usher people list` shows whom it knows"))
}

/// What somebody is called in a list: the name, else what became of the row, else an employee id.
pub(super) fn label(person: &Person) -> String {
    let name = name(person);
    match (name.is_empty(), person.merged_into, person.employees.first()) {
        (true, Some(into), _) => format!("(merged into {into})"),
        (true, None, Some(employee)) => format!("{}/{}", employee.source, employee.id),
        _ => name,
    }
}

pub(super) fn name(person: &Person) -> String {
    if person.forgotten_at.is_some() {
        return "(forgotten)".to_owned();
    }
    [&person.first_name, &person.last_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
}

fn list(out: &mut Out, people: &[Person]) -> Result<(), Failure> {
    let row = |person: &Person| {
        [
            person.id.to_string(),
            label(person),
            person.email.clone().unwrap_or_default(),
            person.portal.clone(),
            when(person.hired_at),
            when(person.invited_at),
            when(person.activated_at),
            when(person.congratulated_at),
        ]
    };
    let head = ["id", "name", "e-mail", "portal", "hired", "invited", "activated", "congratulated"];
    out.table(head, people.iter().map(row).collect())
}

/// Whether somebody was invited and has not come yet.
pub(super) fn is_unaccepted(person: &Person) -> bool {
    person.invited_at.is_some()
        && person.account != AccountState::Active
        && person.activated_at.is_none()
        && person.deleted_at.is_none()
}

/// People who were invited and have not come yet.
pub(super) fn waiting(out: &mut Out, people: &[Person], now: Timestamp) -> Result<(), Failure> {
    let row = |person: &Person| {
        [
            person.id.to_string(),
            label(person),
            person.email.clone().unwrap_or_default(),
            person.portal.clone(),
            way(person),
            when(person.invited_at),
            expires(person, now),
            when(person.reminded_at),
        ]
    };
    let head = ["id", "name", "e-mail", "portal", "way", "invited", "link expires", "reminded"];
    out.table(head, people.iter().map(row).collect())
}

/// How the person came to the account.
pub(super) fn way(person: &Person) -> String {
    person.way.map(Way::as_str).unwrap_or_default().to_owned()
}

/// Until when the link of the last letter can be used, and whether that is over.
pub(super) fn expires(person: &Person, now: Timestamp) -> String {
    let is_over = person.link_expires_at.is_some_and(|end| end <= now);
    format!("{}{}", when(person.link_expires_at), if is_over { " (expired)" } else { "" })
}

/// Groups by id and rooms by number that we have let the person into.
fn grants(person: &Person) -> String {
    let place = |grant: &Grant| match grant.kind {
        GrantKind::Group => format!("group {}", grant.id),
        GrantKind::Room => format!("room {}", grant.id),
    };
    person.grants.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn show(out: &mut Out, people: &[Person]) -> Result<(), Failure> {
    for person in people {
        let employees: Vec<_> = person.employees.iter().map(|e| format!("{} in {}", e.id, e.source)).collect();
        let rows = [
            ("person", person.id.to_string()),
            ("portal", person.portal.clone()),
            ("name", name(person)),
            ("e-mail", person.email.clone().unwrap_or_default()),
            ("also", person.other_emails.join(", ")),
            ("employee", employees.join(", ")),
            ("match id", person.match_id.clone().unwrap_or_default()),
            ("DocSpace id", person.user_id.clone().unwrap_or_default()),
            ("account", format!("{:?}", person.account).to_lowercase()),
            ("way", way(person)),
            ("hired", when(person.hired_at)),
            ("starts on", person.starts_on.clone().unwrap_or_default()),
            ("ends on", person.ends_on.clone().unwrap_or_default()),
            ("leaver since", when(person.left_at)),
            ("invited", when(person.invited_at)),
            ("link expires", expires(person, SystemClock.now())),
            ("reminded", when(person.reminded_at)),
            ("activated", when(person.activated_at)),
            ("congratulated", when(person.congratulated_at)),
            ("let into", grants(person)),
            ("disabled", when(person.disabled_at)),
            ("deleted", when(person.deleted_at)),
            ("split from", person.split_from.map(|id| format!("person {id}")).unwrap_or_default()),
            ("merged into", person.merged_into.map(|id| format!("person {id}")).unwrap_or_default()),
            ("forgotten", when(person.forgotten_at)),
        ];
        for (word, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            out.line(format!("{word:<14} {value}"))?;
        }
        for plan in &person.plans {
            out.line(format!("{:<14} {}", "planned", people_plans::said(plan)))?;
        }
    }
    Ok(())
}
