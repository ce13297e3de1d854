//! What is looked at from time to time, beside what webhooks tell: one list of chores with their periods, for each
//! portal in turn, beside the worker.

mod health;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use crate::app::App;
use crate::catch_up::{self, Order, Trouble};
use crate::config::Portal;
use crate::docspace::{self, Client};
use crate::hooks;
use crate::ledger::Keys;
use crate::store::Change;

/// How often it is asked what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How often counters are kept that have to outlast a restart, and files with secrets are read again.
const REMEMBER: Duration = Duration::from_secs(5);
/// Pause after a failure; it doubles up to the second.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// How often the portal's delivery log and its webhooks towards us are looked at, and how often the webhooks while one is
/// not as it has to be.
const OFTEN: SignedDuration = SignedDuration::from_hours(6);
const UNWELL: SignedDuration = SignedDuration::from_mins(10);

/// Something to be done for a portal, in this order where several are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chore {
    /// Take in what its delivery log has and never arrived.
    CatchUp,
    /// See how its webhooks towards us fare.
    Webhooks,
    /// Compare its accounts with the ledger.
    Reconcile,
}

/// When a chore is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    /// After so much time, counted on over restarts.
    Every(SignedDuration),
    /// At the start, after so much time, and when the portal can be used again after a pause.
    Often(SignedDuration),
    Never,
}

impl Chore {
    const ALL: [Self; 3] = [Self::CatchUp, Self::Webhooks, Self::Reconcile];

    fn period(self, portal: &Portal) -> Period {
        match self {
            Self::CatchUp | Self::Webhooks => Period::Often(OFTEN),
            Self::Reconcile => portal.reconcile.map_or(Period::Never, Period::Every),
        }
    }

    /// The word in metrics, logs and the store.
    fn as_str(self) -> &'static str {
        match self {
            Self::CatchUp => "catch_up",
            Self::Webhooks => "webhooks",
            Self::Reconcile => "reconcile",
        }
    }

    async fn perform(self, app: &App, portal: &str, client: &Client) -> Result<(), Trouble> {
        match self {
            Self::CatchUp => {
                for source in hooks::sources(&app.config, portal) {
                    catch_up::catch_up(app, source, client, Order::default()).await?;
                }
            }
            Self::Webhooks => health::look(app, portal, client).await?,
            Self::Reconcile => drop(catch_up::reconcile(app, portal, client, false).await?),
        }
        Ok(())
    }
}

/// Look after all portals until `stop`. A chore that runs then is broken off: what it has not written is found again.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    let mut rounds = JoinSet::new();
    for portal in &app.config.portals {
        let Some(client) = app.portals.get(&portal.name) else { continue };
        let round = Round::new(Arc::clone(&app), portal.clone(), client.clone());
        rounds.spawn(stop.clone().run_until_cancelled_owned(round.walk()));
    }
    let mut known = BTreeMap::new();
    let mut ticks = interval(REMEMBER);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        app.remember_limits(&mut known).await;
        app.look_at_secrets().await;
    }
    while rounds.join_next().await.is_some() {}
}

/// The chores of one portal.
struct Round {
    app: Arc<App>,
    portal: Portal,
    client: Client,
    posts: Vec<Post>,
}

/// One chore and its next time.
struct Post {
    chore: Chore,
    period: Period,
    due: Option<Timestamp>,
    failures: u32,
    /// Whether it was said that the key does not suffice.
    is_told: bool,
}

impl Round {
    fn new(app: Arc<App>, portal: Portal, client: Client) -> Self {
        let post = |chore: Chore| Post { chore, period: chore.period(&portal), due: None, failures: 0, is_told: false };
        let posts = Chore::ALL.into_iter().map(post).filter(|post| post.period != Period::Never).collect();
        Self { app, portal, client, posts }
    }

    async fn walk(mut self) {
        self.begin().await;
        let mut was_paused = false;
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.client.pause_state().is_some() {
                was_paused = true;
                continue;
            }
            let now = self.app.clock.now();
            if std::mem::take(&mut was_paused) {
                for post in self.posts.iter_mut().filter(|post| matches!(post.period, Period::Often(_))) {
                    post.due = Some(now);
                }
            }
            self.look(now).await;
        }
    }

    /// The first time of each chore.
    async fn begin(&mut self) {
        let now = self.app.clock.now();
        for number in 0..self.posts.len() {
            let Some(Post { chore, period, .. }) = self.posts.get(number) else { continue };
            let mut due = now;
            if let Period::Every(every) = period {
                let last = self.app.store.recall::<Timestamp>(&self.name(*chore)).await.unwrap_or_default();
                due = last.map_or(now, |last| (last + *every).clamp(now, now + *every));
            }
            if let Some(post) = self.posts.get_mut(number) {
                post.due = Some(due);
            }
        }
    }

    /// Under which the time of the last one is kept.
    fn name(&self, chore: Chore) -> String {
        format!("chores/{}/{}", chore.as_str(), self.portal.name)
    }

    async fn look(&mut self, now: Timestamp) {
        for number in 0..self.posts.len() {
            let due = self.posts.get(number).filter(|post| post.due.is_some_and(|due| due <= now));
            let Some(chore) = due.map(|post| post.chore) else { continue };
            let (app, portal, client) = (Arc::clone(&self.app), self.portal.name.clone(), self.client.clone());
            // A task of its own, so that a panic is caught; it ends with this one.
            let tried = tokio::spawn(async move { chore.perform(&app, &portal, &client).await });
            let ended = match AbortOnDropHandle::new(tried).await {
                Ok(ended) => ended,
                Err(panic) => {
                    error!(chore = chore.as_str(), %panic, "a chore panicked; this is a defect of the program");
                    Ok(())
                }
            };
            let outcome = self.tell(chore, &ended);
            if outcome == "done" {
                self.remember(chore, now).await;
            }
            let again = ended.is_err_and(|error| is_passing(&error));
            if let Some(post) = self.posts.get_mut(number) {
                let now = self.app.clock.now();
                post.ended(again, now);
                if chore == Chore::Webhooks && !again && health::is_unwell(&self.app, &self.portal.name) {
                    post.due = Some(now + UNWELL);
                }
            }
            // Last, so that whoever sees it counted finds the next time set.
            self.app.metrics.chore(&self.portal.name, chore.as_str(), outcome);
            if self.client.pause_state().is_some() {
                return;
            }
        }
    }

    /// Say how it ended, in one word too.
    fn tell(&mut self, chore: Chore, ended: &Result<(), Trouble>) -> &'static str {
        let (portal, word) = (&self.portal.name, chore.as_str());
        let lacks_scope = matches!(ended, Err(Trouble::Portal(docspace::Error::Scope { .. })));
        let post = self.posts.iter_mut().find(|post| post.chore == chore);
        let was_told = post.is_some_and(|post| std::mem::replace(&mut post.is_told, lacks_scope));
        match ended {
            Ok(()) => "done",
            Err(Trouble::Portal(docspace::Error::Scope { needed, .. })) => {
                if !was_told {
                    info!(portal, chore = word, "left out: the API key lacks the scope {needed}, which this needs");
                }
                "not_allowed"
            }
            Err(error) if is_passing(error) => {
                warn!(portal, chore = word, %error, "could not be done; trying again");
                "failed"
            }
            Err(error) => {
                warn!(portal, chore = word, %error, "could not be done, now or in a moment");
                "failed"
            }
        }
    }

    async fn remember(&self, chore: Chore, now: Timestamp) {
        let change = Change { remember: vec![(self.name(chore), serde_json::json!(now))], ..Change::default() };
        if let Err(error) = self.app.store.write(Keys::default(), false, now, move |_| (change, ())).await {
            warn!(chore = chore.as_str(), %error, "when it was done cannot be kept");
        }
    }
}

impl Post {
    /// Set the next time.
    fn ended(&mut self, again: bool, now: Timestamp) {
        if again {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(4));
            self.failures += 1;
            self.due = Some(now + pause.min(LONGEST_PAUSE));
            return;
        }
        self.failures = 0;
        self.due = match self.period {
            Period::Every(every) | Period::Often(every) => Some(now + every),
            Period::Never => None,
        };
    }
}

/// Whether it may go well in a moment.
fn is_passing(error: &Trouble) -> bool {
    match error {
        Trouble::Portal(error) => error.is_outage(),
        Trouble::Store(_) => true,
    }
}
