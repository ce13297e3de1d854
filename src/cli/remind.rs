//! `usher people remind`: mail an invitation again to whom has not come, through the same ledger.

use std::path::Path;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use crate::app::{App, SystemClock};
use crate::config;
use crate::ledger::{Keys, Ledger};
use crate::model::{Clock, Event, EventKind, Job, JobState, NewJob, Person, Timestamp, kind};
use crate::store::{Change, JobFilter, PersonFilter, Store};

use super::by_hand::{self, PATIENCE};
use super::output::{Failure, Out, note};
use super::people;
use super::wait;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// E-mail address, DocSpace user id, or whatever the ledger knows.
    #[arg(required_unless_present = "unaccepted", conflicts_with = "unaccepted")]
    who: Option<String>,
    /// Everybody who was invited and has not activated the account yet.
    #[arg(long)]
    unaccepted: bool,
    /// Only those invited at least so long ago, such as 5d or 36h.
    #[arg(long, value_name = "TIME", conflicts_with = "who", value_parser = length)]
    older_than: Option<SignedDuration>,
    /// Also those who were reminded before.
    #[arg(long)]
    again: bool,
    /// Only show who is meant.
    #[arg(long)]
    dry_run: bool,
    /// Name of the portal, where there are several.
    #[arg(long)]
    portal: Option<String>,
}

fn length(text: &str) -> Result<SignedDuration, String> {
    config::duration(text).ok_or_else(|| format!("'{text}' is not a length of time; write 5d, or 36h"))
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    if args.dry_run {
        let (_, store) = people::open_store(config).await?;
        let people = meant(&store, args).await?;
        note(&count(&people));
        return people::waiting(out, &people, SystemClock.now());
    }
    let app = by_hand::open(config).await?;
    if let Some(portal) = &args.portal {
        by_hand::named(&app.config, Some(portal))?;
    }
    let people = meant(&app.store, args).await?;
    note(&count(&people));
    let mut keys = Vec::new();
    for person in &people {
        note(&format!("  {}", person.email.clone().unwrap_or_else(|| format!("person {}", person.id))));
        keys.push(order(&app, person, args.again).await?);
    }
    let jobs = match keys.is_empty() {
        true => Vec::new(),
        false => wait::or_work(&app, JobFilter { keys: keys.clone(), ..JobFilter::default() }, PATIENCE).await?,
    };
    app.store.close().await;
    tell(&people, &keys, &jobs, out)
}

fn count(people: &[Person]) -> String {
    format!("{} to be reminded", people.len())
}

/// Whom the command is about.
async fn meant(store: &Store, args: &Args) -> Result<Vec<Person>, Failure> {
    let at = |person: &Person| args.portal.as_ref().is_none_or(|portal| *portal == person.portal);
    if let Some(who) = &args.who {
        let mut people = people::find(store, who).await?;
        people.retain(at);
        return match people.as_slice() {
            [] => Err(people::nobody(who)),
            [_] => Ok(people),
            [first, rest @ ..] if rest.iter().any(|other| other.portal != first.portal) => {
                Err(Failure::usage("the ledger knows several by that; name the portal with --portal"))
            }
            // Of several rows at one portal the newest is the one in use.
            _ => Ok(people.into_iter().next_back().into_iter().collect()),
        };
    }
    let now = SystemClock.now();
    let mut people = store.people(PersonFilter::default()).await?;
    people.retain(|person| {
        people::is_unaccepted(person)
            && at(person)
            && (args.again || person.reminded_at.is_none())
            && is_older(person.invited_at, args.older_than, now)
    });
    Ok(people)
}

fn is_older(invited_at: Option<Timestamp>, least: Option<SignedDuration>, now: Timestamp) -> bool {
    let age = invited_at.map(|at| now.duration_since(at));
    least.is_none_or(|least| age.is_some_and(|age| age >= least))
}

/// Queue one reminder; the job's key.
async fn order(app: &App, person: &Person, again: bool) -> Result<String, Failure> {
    let key = format!("{}/by-hand/{}", kind::REMIND, uuid::Uuid::now_v7());
    let mut event = Event::new(EventKind::UserInvited);
    event.user_id.clone_from(&person.user_id);
    event.email.clone_from(&person.email);
    event.first_name.clone_from(&person.first_name);
    event.last_name.clone_from(&person.last_name);
    let job = NewJob {
        kind: kind::REMIND,
        key: key.clone(),
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person: Some(person.id),
        // What the person was onboarded with is looked up when the job runs.
        payload: json!({"params": Json::Null, "event": event, "again": again}),
        due_at: None,
    };
    let acts = vec![by_hand::act("remind", person.id, again)];
    let edit = move |_: &mut Ledger| (Change { enqueue: vec![job], acts, ..Change::default() }, ());
    app.store.write(Keys::default(), true, app.clock.now(), edit).await?;
    Ok(key)
}

fn tell(people: &[Person], keys: &[String], jobs: &[Job], out: &mut Out) -> Result<(), Failure> {
    let result = |(person, key): (&Person, &String)| {
        let job = jobs.iter().find(|job| job.key == *key);
        let word = match job.map_or("failed", by_hand::result_word) {
            "new" => "reminded",
            other => other,
        };
        let email = person.email.clone().unwrap_or_else(|| person.id.to_string());
        [email, word.to_owned(), by_hand::reason(job)]
    };
    let table: Vec<_> = people.iter().zip(keys).map(result).collect();
    let count = |word: &str| table.iter().filter(|row| row[1] == word).count();
    let [reminded, known, held, failed, waiting] = ["reminded", "known", "held", "failed", "waiting"].map(count);
    out.table(["e-mail", "result", "reason"], table)?;
    out.line(format!(
        "{reminded} reminded, {known} known, {held} held, {failed} failed{}",
        by_hand::still_waiting(waiting)
    ))?;
    if held + failed + waiting > 0 { Err(Failure::Shown) } else { Ok(()) }
}
