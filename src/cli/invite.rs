//! `usher people invite`: create and invite one person, or those of a CSV file, through the same ledger as webhooks.

use std::path::{Path, PathBuf};

use csv::StringRecord;
use email_address::{EmailAddress, Options};
use serde::Deserialize;

use crate::app::App;
use crate::model::{Action, Event, EventKind, Onboard, UserType};
use crate::store::JobFilter;

use super::by_hand::{self, PATIENCE};
use super::output::{Failure, Out};
use super::{sheet, wait};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
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
    #[arg(long = "type", value_name = "TYPE", default_value_t = UserType::User, value_parser = invitable)]
    user_type: UserType,
    /// A CSV file with the columns email, first, last and, optionally, type. With a wrong row in it nobody is invited.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Name of the portal, where there are several.
    #[arg(long)]
    portal: Option<String>,
}

fn invitable(text: &str) -> Result<UserType, String> {
    match text.parse()? {
        UserType::Guest => Err("DocSpace makes guests from room invitations only; use User".to_owned()),
        user_type => Ok(user_type),
    }
}

/// One person to be invited.
#[derive(Debug, Deserialize)]
struct Row {
    email: String,
    first: String,
    #[serde(default)]
    last: String,
    #[serde(rename = "type", default)]
    user_type: Option<String>,
}

/// The same, found to be fit.
#[derive(Debug)]
struct Newcomer {
    email: String,
    first: String,
    last: String,
    user_type: UserType,
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    let portal = args.portal.clone();
    let newcomers = newcomers(args)?;
    let app = by_hand::open(config).await?;
    let portal = by_hand::named(&app.config, portal.as_deref())?.name.clone();
    let mut keys = Vec::new();
    for newcomer in &newcomers {
        keys.push(order(&app, &portal, newcomer).await?);
    }
    let jobs = wait::or_work(&app, JobFilter { keys: keys.clone(), ..JobFilter::default() }, PATIENCE).await?;
    app.store.close().await;
    let result = |(newcomer, key): (&Newcomer, &String)| {
        let job = jobs.iter().find(|job| job.key == *key);
        let word = job.map_or("failed", by_hand::result_word);
        [newcomer.email.clone(), word.to_owned(), by_hand::reason(job)]
    };
    let table: Vec<_> = newcomers.iter().zip(&keys).map(result).collect();
    let count = |word: &str| table.iter().filter(|row| row[1] == word).count();
    let [new, known, held, failed, waiting] = ["new", "known", "held", "failed", "waiting"].map(count);
    out.table(["e-mail", "result", "reason"], table)?;
    out.line(format!("{new} new, {known} known, {held} held, {failed} failed{}", by_hand::still_waiting(waiting)))?;
    if held + failed + waiting > 0 { Err(Failure::Shown) } else { Ok(()) }
}

fn newcomers(args: Args) -> Result<Vec<Newcomer>, Failure> {
    if let Some(file) = &args.file {
        return from_file(file, args.user_type);
    }
    let [email, first, last] = [args.email, args.first, args.last].map(Option::unwrap_or_default);
    let row = Row { email, first, last, user_type: None };
    Ok(vec![checked(row, args.user_type).map_err(Failure::usage)?])
}

fn from_file(file: &Path, user_type: UserType) -> Result<Vec<Newcomer>, Failure> {
    let row = |head: &StringRecord, record: &StringRecord| {
        let row = record.deserialize::<Row>(Some(head)).map_err(|error| sheet::unreadable(&error));
        row.and_then(|row| checked(row, user_type))
    };
    sheet::read(file, columns, row)
}

fn columns(head: &StringRecord) -> Result<(), String> {
    let lacking: Vec<_> =
        ["email", "first"].into_iter().filter(|column| !head.iter().any(|has| has == *column)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(format!(
        "there is no column {}; the first line names the columns, with commas between: email,first,last,type",
        lacking.join(" and no column ")
    ))
}

fn checked(row: Row, default: UserType) -> Result<Newcomer, String> {
    let email = row.email.trim().to_lowercase();
    let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
    if let Err(error) = EmailAddress::parse_with_options(&email, options) {
        return Err(format!("'{email}' is not an e-mail address: {}", error.to_string().trim_end_matches('.')));
    }
    if row.first.trim().is_empty() {
        return Err("the first name is empty; DocSpace needs one".to_owned());
    }
    let user_type = row.user_type.filter(|text| !text.is_empty()).map(|text| invitable(&text)).transpose()?;
    let [first, last] = [row.first, row.last].map(|name| name.trim().to_owned());
    Ok(Newcomer { email, first, last, user_type: user_type.unwrap_or(default) })
}

async fn order(app: &App, portal: &str, newcomer: &Newcomer) -> Result<String, Failure> {
    let mut event = Event::new(EventKind::EmployeeHired);
    event.email = Some(newcomer.email.clone());
    event.first_name = Some(newcomer.first.clone());
    event.last_name = Some(newcomer.last.clone()).filter(|name| !name.is_empty());
    let onboard = Onboard::new(newcomer.user_type);
    by_hand::order(app, portal, event, Action::Onboard(onboard), false).await
}
