//! The steps of onboarding by hand, through the same ledger: `people status`, `people congratulate` and `link`, and what
//! `people invite` shares with them. With a server on the same store they queue and wait; without one they do the work
//! themselves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::app::{self, App, Loaded, SystemClock};
use crate::config::Needs;
use crate::docspace::{Account, Client, Settings};
use crate::ledger::{Joined, Keys, Ledger};
use crate::model::{
    Action, Channel, Congratulate, Event, EventKind, Job, JobState, NewJob, Person, PersonId, UserType,
};
use crate::store::{Change, JobFilter, Store};

use super::output::{Failure, Out, when};
use super::people;
use super::wait;

/// How long a command waits without any of its jobs ending.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// The source that people ordered by hand come from.
const BY_HAND: &str = "by-hand";

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// E-mail address, DocSpace user id, or whatever the ledger knows.
    who: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct CongratulateArgs {
    /// E-mail address, DocSpace user id, or whatever the ledger knows.
    who: String,
    /// Although the ledger says that it was done.
    #[arg(long)]
    again: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct LinkArgs {
    /// Account type that the link gives.
    #[arg(value_name = "TYPE", default_value_t = UserType::User)]
    user_type: UserType,
}

/// A configuration with a portal; the secrets of sources may be unset.
fn load(config: &Path) -> Result<Loaded, Failure> {
    let loaded = app::load(config, Needs::PortalOnly)?;
    if loaded.config.docspace.is_none() {
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
fn client(loaded: &Loaded) -> Result<Client, Failure> {
    let portal = loaded.config.docspace.as_ref().ok_or_else(|| Failure::usage("docspace: is missing"))?;
    Ok(Client::new(Settings::new(portal.url.clone(), portal.api_key.clone()), Arc::new(SystemClock))?)
}

/// Queue an action for the person of `event`; the job's key.
pub(super) async fn order(app: &App, event: Event, action: Action, again: bool) -> Result<String, Failure> {
    let key = format!("{}/{BY_HAND}/{}", action.name(), uuid::Uuid::now_v7());
    let mut keys = Keys::default();
    keys.add(BY_HAND, &event);
    let now = app.clock.now();
    let job_key = key.clone();
    let edit = move |ledger: &mut Ledger| {
        let (Joined::Person(person) | Joined::Recycled(person, _)) = ledger.join(BY_HAND, &event, now);
        let job = new_job(&action, &event, person, job_key, again);
        (Change { enqueue: vec![job], ..Change::default() }, ())
    };
    app.store.write(keys, true, now, edit).await?;
    Ok(key)
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
    }
}

pub(super) fn result_word(job: &Job) -> &'static str {
    match job.state {
        JobState::Done if job.reason.as_deref().is_some_and(|reason| reason.starts_with("known")) => "known",
        JobState::Done => "new",
        JobState::Held => "held",
        JobState::Ready | JobState::Running | JobState::Dead | JobState::Cancelled => "failed",
    }
}

pub(super) fn reason(job: Option<&Job>) -> String {
    let Some(job) = job else { return "the job is gone".to_owned() };
    let reason = job.reason.clone().unwrap_or_default();
    if wait::is_open(job) {
        format!("not done yet; `usher serve` goes on with job {}: {reason}", job.id)
    } else {
        reason
    }
}

pub(super) async fn status(config: &Path, args: &StatusArgs, out: &mut Out) -> Result<(), Failure> {
    let loaded = load(config)?;
    let path = loaded.store_path();
    // Asking must not leave a store behind, perhaps one that the server's user cannot write.
    let store = if path.exists() { Some(Store::open(&path, false).await?) } else { None };
    let person = match &store {
        Some(store) => people::find(store, &args.who).await?.pop(),
        None => None,
    };
    let live = live(&client(&loaded)?, &args.who, person.as_ref()).await?;
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
        ["created".to_owned(), told(&|a| when(a.registered_at)), ledger(&|p| when(p.invited_at))],
        ["type".to_owned(), told(&|a| a.user_type.to_string()), "-".to_owned()],
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
async fn live(portal: &Client, who: &str, person: Option<&Person>) -> Result<Option<Account>, Failure> {
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

pub(super) async fn congratulate(config: &Path, args: &CongratulateArgs, out: &mut Out) -> Result<(), Failure> {
    let app = open(config).await?;
    let person = people::find(&app.store, &args.who).await?.pop();
    let account = match &app.portal {
        Some(portal) => live(portal, &args.who, person.as_ref()).await?,
        None => None,
    };
    let account = account.ok_or_else(|| Failure::failed("the portal has no account of this person"))?;
    let mut event = Event::new(EventKind::UserActivated);
    event.user_id = Some(account.id);
    event.email = person.and_then(|person| person.email).or(Some(account.email.to_lowercase()));
    let key = order(&app, event, Action::Congratulate(configured(&app)), args.again).await?;
    let jobs = wait::or_work(&app, JobFilter { keys: vec![key], ..JobFilter::default() }, PATIENCE).await?;
    app.store.close().await;
    let job = jobs.first();
    let word = job.map_or("failed", result_word);
    out.line(format!("{word}: {}", reason(job)))?;
    if matches!(word, "new" | "known") { Ok(()) } else { Err(Failure::Shown) }
}

/// The parameters of the first rule that congratulates, else the published call.
fn configured(app: &App) -> Congratulate {
    let actions = app.config.rules.iter().flat_map(|rule| &rule.actions);
    let of_rule = actions.filter_map(|action| match action {
        Action::Congratulate(params) => Some(params.clone()),
        Action::Onboard(_) => None,
    });
    let published = Congratulate { via: vec![Channel::SendCongratulations], key: Some("welcome_guest".to_owned()) };
    of_rule.into_iter().next().unwrap_or(published)
}

pub(super) async fn link(config: &Path, args: &LinkArgs, out: &mut Out) -> Result<(), Failure> {
    let client = client(&load(config)?)?;
    match client.invitation_link(args.user_type).await? {
        Some(url) => out.line(url),
        None => Err(Failure::failed(format!(
            "DocSpace gave no link: the owner of the key may not invite a {}, or a paid seat is missing",
            args.user_type
        ))),
    }
}
