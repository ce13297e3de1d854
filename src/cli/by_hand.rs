//! The steps of onboarding by hand, through the same ledger: `people invite`, `people status`, `people congratulate` and
//! `link`. With a server on the same store they queue and wait; without one they do the work themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

use crate::app::{self, App, SystemClock};
use crate::config::Needs;
use crate::docspace::{Account, Client};
use crate::ledger::{Joined, Keys, Ledger};
use crate::model::{
    Action, Channel, Congratulate, Event, EventKind, Job, JobState, Mode, NewJob, Onboard, Person, PersonId, UserType,
};
use crate::store::{Change, JobFilter, Store};

use super::output::{Failure, Out, when};
use super::people;
use super::wait;

/// How long a command waits for its work.
const PATIENCE: Duration = Duration::from_secs(120);
/// The source that people ordered by hand come from.
const BY_HAND: &str = "by-hand";

#[derive(Debug, clap::Args)]
pub(super) struct InviteArgs {
    /// E-mail address.
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    email: Option<String>,
    /// First name.
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    first: Option<String>,
    /// Last name.
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    last: Option<String>,
    /// Account type; RoomAdmin and DocSpaceAdmin take a paid seat.
    #[arg(long = "type", value_name = "TYPE", default_value_t = UserType::User)]
    user_type: UserType,
    /// A CSV file with the columns email, first, last and, optionally, type.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

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

/// One person to be invited.
#[derive(Debug, Clone, Deserialize)]
struct Row {
    email: String,
    first: String,
    #[serde(default)]
    last: String,
    #[serde(rename = "type", default)]
    user_type: Option<UserType>,
}

async fn open(config: &Path) -> Result<Arc<App>, Failure> {
    let loaded = app::load(config, Needs::PortalOnly)?;
    let store = Store::open(&loaded.store_path(), true).await?;
    Ok(App::new(loaded.config, store, Arc::new(SystemClock))?)
}

fn portal(app: &App) -> Result<&Client, Failure> {
    app.portal
        .as_ref()
        .ok_or_else(|| Failure::usage("docspace: is missing; add a [docspace] section with url and api_key"))
}

pub(super) async fn invite(config: &Path, args: InviteArgs, out: &mut Out) -> Result<(), Failure> {
    let app = open(config).await?;
    portal(&app)?;
    let rows = rows(args)?;
    let mut keys = Vec::new();
    for row in &rows {
        keys.push(order_invitation(&app, row).await?);
    }
    let filter = JobFilter { keys: keys.clone(), ..JobFilter::default() };
    let jobs = wait::or_work(&app, filter, PATIENCE).await?;
    let result = |(row, key): (&Row, &String)| {
        let job = jobs.iter().find(|job| job.key == *key);
        [row.email.clone(), job.map_or("failed", result_word).to_owned(), reason(job)]
    };
    let table: Vec<_> = rows.iter().zip(&keys).map(result).collect();
    let count = |word: &str| table.iter().filter(|row| row[1] == word).count();
    let [new, known, held, failed] = ["new", "known", "held", "failed"].map(count);
    out.table(["e-mail", "result", "reason"], table)?;
    out.line(format!("{new} new, {known} known, {held} held, {failed} failed"))?;
    app.store.close().await;
    if held + failed > 0 { Err(Failure::Shown) } else { Ok(()) }
}

fn rows(args: InviteArgs) -> Result<Vec<Row>, Failure> {
    let Some(file) = args.file else {
        let row = Row {
            email: args.email.unwrap_or_default(),
            first: args.first.unwrap_or_default(),
            last: args.last.unwrap_or_default(),
            user_type: Some(args.user_type),
        };
        return Ok(vec![checked(row).map_err(Failure::Usage)?]);
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let at = format!("{}: row {}", file.display(), index + 2);
        match row.map_err(|error| vec![error.to_string()]).and_then(checked) {
            Ok(row) => rows.push(Row { user_type: row.user_type.or(Some(args.user_type)), ..row }),
            Err(errors) => problems.extend(errors.iter().map(|error| format!("{at}: {error}"))),
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(Failure::Usage(problems)) }
}

fn checked(row: Row) -> Result<Row, Vec<String>> {
    let email = row.email.trim().to_lowercase();
    match email.parse::<email_address::EmailAddress>() {
        Ok(_) if row.first.trim().is_empty() => Err(vec!["the first name is empty; DocSpace needs one".to_owned()]),
        Ok(_) => Ok(Row { email, ..row }),
        Err(error) => Err(vec![format!("'{}' is not an e-mail address: {error}", row.email)]),
    }
}

async fn order_invitation(app: &App, row: &Row) -> Result<String, Failure> {
    let mut event = Event::new(EventKind::EmployeeHired);
    event.email = Some(row.email.clone());
    event.first_name = Some(row.first.clone()).filter(|name| !name.is_empty());
    event.last_name = Some(row.last.clone()).filter(|name| !name.is_empty());
    let user_type = row.user_type.unwrap_or(UserType::User);
    order(app, event, Action::Onboard(Onboard { user_type, mode: Mode::Create }), false).await
}

/// Queue an action for the person of `event`; the job's key.
async fn order(app: &App, event: Event, action: Action, again: bool) -> Result<String, Failure> {
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

fn result_word(job: &Job) -> &'static str {
    match job.state {
        JobState::Done if job.reason.as_deref().is_some_and(|reason| reason.starts_with("known")) => "known",
        JobState::Done => "new",
        JobState::Held => "held",
        JobState::Ready | JobState::Running | JobState::Dead | JobState::Cancelled => "failed",
    }
}

fn reason(job: Option<&Job>) -> String {
    let Some(job) = job else { return "the job is gone".to_owned() };
    let reason = job.reason.clone().unwrap_or_default();
    if wait::is_open(job) { format!("not done yet, job {} goes on: {reason}", job.id) } else { reason }
}

pub(super) async fn status(config: &Path, args: &StatusArgs, out: &mut Out) -> Result<(), Failure> {
    let app = open(config).await?;
    let portal = portal(&app)?;
    let person = people::find(&app.store, &args.who).await?.pop();
    let live = live(portal, &args.who, person.as_ref()).await?;
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
        [
            "active".to_owned(),
            told(&|a| yes_no(a.status == 1 && a.activation_status & 1 != 0)),
            ledger(&|p| when(p.activated_at)),
        ],
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
    let account = live(portal(&app)?, &args.who, person.as_ref()).await?;
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
    let loaded = app::load(config, Needs::PortalOnly)?;
    let portal = loaded.config.docspace.as_ref();
    let portal =
        portal.ok_or_else(|| Failure::usage("docspace: is missing; add a [docspace] section with url and api_key"))?;
    let settings = crate::docspace::Settings::new(portal.url.clone(), portal.api_key.clone());
    let client = Client::new(settings, Arc::new(SystemClock))?;
    match client.invitation_link(args.user_type).await? {
        Some(url) => out.line(url),
        None => Err(Failure::failed(format!(
            "DocSpace gave no link: the owner of the key may not invite a {}, or a paid seat is missing",
            args.user_type
        ))),
    }
}
