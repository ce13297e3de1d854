//! The steps of onboarding by hand, through the same ledger: `people status`, `people congratulate` and `link`, and what
//! `people invite` shares with them. With a server on the same store they queue and wait; without one they do the work
//! themselves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::app::{self, App, Loaded, SystemClock};
use crate::config::{Config, Needs, Portal};
use crate::docspace::{Account, Client};
use crate::ledger::{Keys, Ledger};
use crate::model::{Act, Action, Clock, Event, Job, JobState, NewJob, Person, PersonId, UserType};
use crate::store::{Change, Store};
use crate::telemetry::Metrics;

use super::output::{Failure, Out, when};
use super::people;
use super::wait;

/// How long a command waits without any of its jobs ending.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// DocSpace's word for a disabled account (`EmployeeStatus.cs`).
pub(super) const DISABLED: i64 = 2;
/// The source that people ordered by hand come from.
const BY_HAND: &str = "by-hand";

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// E-mail address, DocSpace user id, or whatever the ledger knows.
    who: String,
    /// Name of the portal, where there are several.
    #[arg(long)]
    portal: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LinkArgs {
    /// Account type that the link gives.
    #[arg(value_name = "TYPE", default_value_t = UserType::User)]
    user_type: UserType,
    /// Name of the portal, where there are several.
    #[arg(long)]
    portal: Option<String>,
}

/// A configuration with a portal; the secrets of sources may be unset.
pub(super) fn load(config: &Path) -> Result<Loaded, Failure> {
    load_for(config, Needs::PortalOnly)
}

/// A configuration with a portal.
pub(super) fn load_for(config: &Path, needs: Needs) -> Result<Loaded, Failure> {
    let loaded = app::load(config, needs)?;
    if loaded.config.portals.is_empty() {
        return Err(Failure::usage(format!(
            "{}: docspace: is missing; add a [docspace] section with url and api_key",
            config.display()
        )));
    }
    Ok(loaded)
}

/// Everything that work by hand needs; a store that is not there yet is made.
pub(super) async fn open(config: &Path) -> Result<Arc<App>, Failure> {
    let loaded = load(config)?;
    let store = Store::open(&loaded.store_path(), true).await?;
    Ok(App::new(loaded.config, store, Arc::new(SystemClock))?)
}

/// The portal alone, for asking.
pub(super) fn client(loaded: &Loaded, portal: Option<&str>) -> Result<Client, Failure> {
    let portal = named(&loaded.config, portal)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(app::client(portal, &Metrics::new(), &clock)?)
}

/// The portal that `--portal` names; without it the only one there is.
pub(super) fn named<'c>(config: &'c Config, name: Option<&str>) -> Result<&'c Portal, Failure> {
    let all: Vec<_> = config.portals.iter().map(|portal| portal.name.as_str()).collect();
    match (name, config.portals.as_slice()) {
        (Some(name), _) => config.portal(name).ok_or_else(|| {
            Failure::usage(format!("--portal {name}: there is no such portal; there is {}", all.join(", ")))
        }),
        (None, [only]) => Ok(only),
        (None, _) => {
            Err(Failure::usage(format!("there are several portals: name one with --portal, of {}", all.join(", "))))
        }
    }
}

/// Queue an action for the person of `event`; the job's key.
pub(super) async fn order(
    app: &App,
    portal: &str,
    event: Event,
    action: Action,
    again: bool,
) -> Result<String, Failure> {
    let key = format!("{}/{BY_HAND}/{}", action.name(), uuid::Uuid::now_v7());
    let mut keys = Keys::default();
    keys.add(BY_HAND, &event);
    let now = app.clock.now();
    let (job_key, portal) = (key.clone(), portal.to_owned());
    let edit = move |ledger: &mut Ledger| {
        let person = ledger.join(&portal, BY_HAND, &event, now).person();
        let job = new_job(&action, &event, person, job_key, again);
        let what = if matches!(action, Action::Onboard(_)) { "invite" } else { action.name() };
        let acts = vec![act(what, person, again)];
        (Change { enqueue: vec![job], acts, ..Change::default() }, ())
    };
    app.store.write(keys, true, now, edit).await?;
    Ok(key)
}

/// What was ordered for whom.
pub(super) fn act(what: &'static str, person: PersonId, again: bool) -> Act {
    let detail = again.then(|| "again".to_owned());
    Act { who: app::operator(), what, subject: format!("person {person}"), detail }
}

fn new_job(action: &Action, event: &Event, person: PersonId, key: String, again: bool) -> NewJob {
    NewJob {
        kind: action.name(),
        key,
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person: Some(person),
        payload: json!({"params": action.params(), "event": event, "again": again}),
        due_at: None,
    }
}

/// The end of a line of counts: what is not done yet and needs nobody.
pub(super) fn still_waiting(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(", {count} waiting (going on by itself with `usher serve`)"),
    }
}

pub(super) fn result_word(job: &Job) -> &'static str {
    match job.state {
        JobState::Done if said(job, "known") => "known",
        JobState::Done if said(job, "not congratulated") => "failed",
        JobState::Done => "new",
        JobState::Held => "held",
        // It goes on without anybody.
        JobState::Ready | JobState::Running => "waiting",
        JobState::Dead | JobState::Cancelled => "failed",
    }
}

fn said(job: &Job, start: &str) -> bool {
    job.reason.as_deref().is_some_and(|reason| reason.starts_with(start))
}

pub(super) fn reason(job: Option<&Job>) -> String {
    let Some(job) = job else { return "the job is gone".to_owned() };
    let reason = job.reason.clone().unwrap_or_default();
    if wait::is_open(job) {
        let so_far = if reason.is_empty() { reason } else { format!(". So far: {reason}") };
        format!(
            "not done yet; job {} goes on by itself with `usher serve`, so nothing is to be ordered again{so_far}",
            job.id
        )
    } else {
        reason
    }
}

pub(super) async fn status(config: &Path, args: &StatusArgs, out: &mut Out) -> Result<(), Failure> {
    let loaded = load(config)?;
    let portal = named(&loaded.config, args.portal.as_deref())?.name.clone();
    let person = at_rest(&loaded, &args.who, &portal).await?;
    let live = live(&client(&loaded, Some(&portal))?, &args.who, person.as_ref()).await?;
    let ledger = |value: &dyn Fn(&Person) -> String| person.as_ref().map_or_else(|| "-".to_owned(), value);
    let told = |value: &dyn Fn(&Account) -> String| live.as_ref().map_or_else(|| "no account".to_owned(), value);
    let names = |first: &Option<String>, last: &Option<String>| {
        [first, last].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    };
    let rows = vec![
        [
            "name".to_owned(),
            told(&|a| format!("{} {}", a.first_name, a.last_name)),
            ledger(&|p| names(&p.first_name, &p.last_name)),
        ],
        ["e-mail".to_owned(), told(&|a| a.email.clone()), ledger(&|p| p.email.clone().unwrap_or_default())],
        ["active".to_owned(), told(&|a| yes_no(a.status == 1 && a.is_activated())), ledger(&|p| when(p.activated_at))],
        ["disabled".to_owned(), told(&|a| yes_no(a.status == DISABLED)), ledger(&|p| when(p.disabled_at))],
        ["created".to_owned(), told(&|a| when(a.registered_at)), ledger(&|p| when(p.invited_at))],
        ["type".to_owned(), told(&|a| a.user_type.to_string()), "-".to_owned()],
        ["way".to_owned(), "-".to_owned(), ledger(&people::way)],
        ["link expires".to_owned(), "-".to_owned(), ledger(&|p| people::expires(p, SystemClock.now()))],
        ["reminded".to_owned(), "-".to_owned(), ledger(&|p| when(p.reminded_at))],
        ["congratulated".to_owned(), "-".to_owned(), ledger(&|p| when(p.congratulated_at))],
    ];
    out.table(["", "live", "ledger"], rows)?;
    if live.is_none() && person.is_none() {
        Err(Failure::failed("neither the portal nor the ledger knows this person"))
    } else {
        Ok(())
    }
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// The account as the portal has it now.
pub(super) async fn live(portal: &Client, who: &str, person: Option<&Person>) -> Result<Option<Account>, Failure> {
    let who = who.to_lowercase();
    let user_id = person
        .and_then(|person| person.user_id.clone())
        .or_else(|| uuid::Uuid::parse_str(&who).ok().map(|_| who.clone()));
    if let Some(user_id) = user_id {
        return Ok(portal.account(&user_id).await?);
    }
    let email = person.and_then(|person| person.email.clone()).or_else(|| who.contains('@').then_some(who));
    match email {
        Some(email) => Ok(portal.find_by_email(&email).await?),
        None => Ok(None),
    }
}

/// The person's row, if there is a store that has one. Asking must not leave a store behind, perhaps one that the
/// server's user cannot write.
pub(super) async fn at_rest(loaded: &Loaded, who: &str, portal: &str) -> Result<Option<Person>, Failure> {
    let path = loaded.store_path();
    if !path.exists() {
        return Ok(None);
    }
    let store = Store::open(&path, false).await?;
    Ok(at(people::find(&store, who).await?, portal))
}

/// The row at this portal.
pub(super) fn at(people: Vec<Person>, portal: &str) -> Option<Person> {
    people.into_iter().rfind(|person| person.portal == portal)
}

pub(super) async fn link(config: &Path, args: &LinkArgs, out: &mut Out) -> Result<(), Failure> {
    let client = client(&load(config)?, args.portal.as_deref())?;
    match client.shared_link(args.user_type).await? {
        Some(link) => out.line(link.url),
        None => Err(Failure::failed(format!(
            "DocSpace gave no link: the owner of the key may not invite a {}, or a paid seat is missing",
            args.user_type
        ))),
    }
}
