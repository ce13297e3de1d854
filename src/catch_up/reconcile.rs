//! The accounts of a portal against the ledger: activations that no webhook told.
//!
//! A password-reset link, a changed address, SSO, LDAP and imports set the activation bit without an event
//! (`EmailValidationKeyModelHelper.cs`, `UserController.cs`, `SsoHandler.cs`).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tracing::info;

use super::Trouble;
use crate::app::App;
use crate::docspace::{Account, Client, PeopleQuery};
use crate::ledger::{Keys, Ledger};
use crate::model::{AccountState, Event, EventKind, JobState, NewJob, kind};
use crate::process::{self, Origin, Place};
use crate::rules::Rule;
use crate::store::{Change, StoreError};

/// The flag of enabled accounts in queries, and their status (`EmployeeStatus.cs`).
const ENABLED: u8 = 1;
/// An account of this age is no newcomer whose webhook is on its way.
const LONG_STANDING: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The source that these events come from.
const SOURCE: &str = "reconcile";

/// What a look at all accounts of a portal came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// Name of the portal.
    pub portal: String,
    /// Enabled accounts read.
    pub looked_at: u64,
    /// Those that became active without our knowing.
    pub activated: u64,
    /// Jobs queued for them.
    pub jobs: u64,
    /// Active members of long standing that the ledger did not have, and has now: they are never congratulated.
    pub noted: u64,
}

/// What a page of accounts came to.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    activated: u64,
    jobs: u64,
    noted: u64,
}

/// Read every enabled account of the portal of this name, and let those that became active without a webhook make the
/// transition: once each, and not again when the webhook comes late. With `dry_run` nothing is written.
///
/// # Errors
/// [`Trouble`]. What was written before stays.
pub async fn reconcile(app: &App, name: &str, portal: &Client, dry_run: bool) -> Result<Reconciled, Trouble> {
    let mut told = Reconciled { portal: name.to_owned(), looked_at: 0, activated: 0, jobs: 0, noted: 0 };
    let mut parts = portal.people_by_part(PeopleQuery { status: Some(ENABLED), ..PeopleQuery::default() });
    while let Some(part) = parts.next().await? {
        let tally = settle(app, name, &part, dry_run).await?;
        told.looked_at += part.len() as u64;
        told.activated += tally.activated;
        told.jobs += tally.jobs;
        told.noted += tally.noted;
    }
    let Reconciled { looked_at, activated, jobs, noted, .. } = told;
    info!(portal = name, looked_at, activated, jobs, noted, "compared the portal's accounts with the ledger");
    if !dry_run {
        app.metrics.reconciled(name, "activated", activated);
        app.metrics.reconciled(name, "noted", noted);
    }
    Ok(told)
}

/// One page in one transaction.
async fn settle(app: &App, portal: &str, accounts: &[Account], dry_run: bool) -> Result<Tally, StoreError> {
    let now = app.clock.now();
    // A delivery that is not worked on yet may tell of anybody's activation.
    let is_quiet = !is_processing(app).await?;
    let active = accounts.iter().filter(|account| account.status == i64::from(ENABLED) && account.is_activated());
    let found: BTreeMap<String, Found> =
        active.map(|account| (account.id.clone(), Found::of(account, is_quiet, now))).collect();
    let mut keys = Keys::default();
    for found in found.values() {
        keys.add(SOURCE, &found.event);
    }
    let (config, portal) = (Arc::clone(&app.config), portal.to_owned());
    let edit = move |ledger: &mut Ledger| {
        if dry_run {
            let (_, tally) = observe(&mut ledger.clone(), &config.rules, &portal, found, now);
            return (Change::default(), tally);
        }
        let (enqueue, tally) = observe(ledger, &config.rules, &portal, found, now);
        (Change { enqueue, ..Change::default() }, tally)
    };
    let tally = app.store.write(keys, true, now, edit).await?;
    app.wake.notify_one();
    Ok(tally)
}

async fn is_processing(app: &App) -> Result<bool, StoreError> {
    let stats = app.store.stats().await?;
    let is_open = |state| matches!(state, JobState::Ready | JobState::Running);
    Ok(stats.jobs.iter().any(|(kind, state, count)| {
        [kind::PROCESS, kind::FETCH].contains(&kind.as_str()) && is_open(*state) && *count > 0
    }))
}

/// An active account, as an event would tell of it.
struct Found {
    event: Event,
    /// Whether the ledger should know of it.
    is_of_note: bool,
}

impl Found {
    fn of(account: &Account, is_quiet: bool, now: Timestamp) -> Self {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let is_old = account.registered_at.is_some_and(|at| now.duration_since(at) > LONG_STANDING);
        let event = Event {
            user_id: Some(account.id.clone()),
            email: text(&account.email),
            first_name: text(&account.first_name),
            last_name: text(&account.last_name),
            status: Some(account.status),
            activation_status: Some(account.activation_status),
            ..Event::new(EventKind::UserUpdated)
        };
        Self { event, is_of_note: is_old && is_quiet }
    }
}

/// Let each account be seen active.
fn observe(
    ledger: &mut Ledger,
    rules: &[Rule],
    portal: &str,
    found: BTreeMap<String, Found>,
    now: Timestamp,
) -> (Vec<NewJob>, Tally) {
    let mut jobs = Vec::new();
    let mut tally = Tally::default();
    let origin = Origin { source: SOURCE, portal, place: Place::LATEST };
    for (user_id, Found { event, is_of_note }) in found {
        let holder = ledger.holder(portal, &user_id).and_then(|id| ledger.get(id));
        match holder {
            Some(person) if person.account == AccountState::Active || person.deleted_at.is_some() => continue,
            Some(_) => {}
            // Somebody of this address is being worked on: that decides whose account it is.
            None if !is_of_note || ledger.portals_of(SOURCE, &event).contains(portal) => continue,
            None if ledger.is_forgotten(SOURCE, &event) => continue,
            None => tally.noted += 1,
        }
        let consequences = process::follow(ledger, rules, origin, &event, now);
        let holder = ledger.holder(portal, &user_id).and_then(|id| ledger.get(id));
        // Whoever was not active before, or it would have been passed over.
        tally.activated += u64::from(holder.is_some_and(|person| person.activated_at == Some(now)));
        let told = consequences.follows.into_iter().filter(|follow| follow.event.kind == EventKind::UserActivated);
        for follow in told {
            let key = format!("{}/{SOURCE}/{portal}/{user_id}", follow.action.name());
            jobs.push(process::queued(key, None, follow));
            tally.jobs += 1;
        }
    }
    (jobs, tally)
}
