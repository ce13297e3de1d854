//! When work is done: claim, run, settle; and the orderly stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, error, info, warn};

use crate::actions;
use crate::app::App;
use crate::ledger::Keys;
use crate::model::{Job, JobId, Outcome};
use crate::process;
use crate::store::{Change, Claim, Retention, Settlement, StoreError};

/// How long a claimed job belongs to its worker without a sign of life.
const LEASE: Duration = Duration::from_secs(60);
/// How often the store is looked at without being woken: commands write to it from other processes.
const LOOK: Duration = Duration::from_secs(1);
/// How long running jobs may take to finish once the stop was asked for.
const GRACE: Duration = Duration::from_secs(8);
/// Most deliveries processed in one transaction.
const BATCH: usize = 64;
/// The same while senders wait for their answers: the writer works for one of the two at a time.
const SMALL_BATCH: usize = 16;
/// More waiting requests than these are a rush. What is accepted can wait, senders cannot.
const RUSH: usize = 8;
/// In a rush, how many times as long as it worked the worker then leaves the machine to the intake; and at most how long.
const REST: u32 = 9;
const LONGEST_REST: Duration = Duration::from_millis(100);
/// How often bodies past their time are looked for.
const PRUNE: Duration = Duration::from_secs(3600);

/// Work until `stop`, then let running jobs finish for a few seconds.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    let mut crew = Crew::new(app);
    let mut leases = interval(LEASE / 3);
    let mut prune = interval(PRUNE);
    leases.set_missed_tick_behavior(MissedTickBehavior::Delay);
    prune.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !stop.is_cancelled() {
        let app = Arc::clone(&crew.app);
        // Registered before looking, so that no wake-up is missed.
        let woken = app.wake.notified();
        let began = Instant::now();
        let claimed = crew.claim().await.unwrap_or_else(|error| {
            warn!(%error, "cannot claim work; trying again");
            0
        });
        let pause = match claimed {
            0 => crew.pause_before_next_look().await,
            _ => crew.rest_after(began.elapsed()),
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = woken, if claimed == 0 => {}
            Some(ended) = crew.tasks.join_next_with_id() => crew.ended(ended),
            _ = leases.tick() => crew.extend().await,
            _ = prune.tick() => crew.prune().await,
            () = pass(pause) => {}
        }
    }
    crew.finish().await;
}

/// Do everything that is due now, to the end; the number of jobs that were run. For commands that do the work
/// themselves, and for tests.
///
/// # Errors
/// When the store fails.
pub async fn drain(app: &Arc<App>) -> Result<usize, StoreError> {
    let mut crew = Crew::new(Arc::clone(app));
    let mut total = 0;
    loop {
        let claimed = crew.claim().await?;
        total += claimed;
        if claimed == 0 && crew.tasks.is_empty() {
            return Ok(total);
        }
        if let Some(ended) = crew.tasks.join_next_with_id().await {
            crew.ended(ended);
        }
    }
}

struct Crew {
    app: Arc<App>,
    tasks: JoinSet<()>,
    running: HashMap<Id, (JobId, i64)>,
}

type Ended = Result<(Id, ()), tokio::task::JoinError>;

impl Crew {
    fn new(app: Arc<App>) -> Self {
        Self { app, tasks: JoinSet::new(), running: HashMap::new() }
    }

    fn is_rush(&self) -> bool {
        self.app.store.waiting() > RUSH
    }

    /// How long to leave the machine to the intake after so much work.
    fn rest_after(&self, work: Duration) -> Duration {
        if self.is_rush() { (work * REST).min(LONGEST_REST) } else { Duration::ZERO }
    }

    /// Claim what is due: run process jobs at once, start action jobs. The number claimed.
    async fn claim(&mut self) -> Result<usize, StoreError> {
        self.probe_if_paused().await;
        let paused = self.app.portal.as_ref().is_some_and(|portal| portal.pause_state().is_some());
        let room = self.app.config.worker.concurrency.saturating_sub(self.tasks.len());
        let process = if self.is_rush() { SMALL_BATCH } else { BATCH };
        let claim = Claim { process, actions: if paused { 0 } else { room }, lease: LEASE };
        let now = self.app.clock.now();
        let claimed = self.app.store.claim(claim, now).await?;
        let number = claimed.process.len() + claimed.actions.len();
        for job in claimed.actions {
            let (id, fence) = (job.id, job.fence);
            let task = self.tasks.spawn(act(Arc::clone(&self.app), job, now));
            self.running.insert(task.id(), (id, fence));
        }
        if !claimed.process.is_empty() {
            process::run(&self.app, claimed.process, now).await?;
        }
        Ok(number)
    }

    async fn probe_if_paused(&self) {
        let Some(portal) = &self.app.portal else { return };
        if !portal.probe_due(self.app.clock.now()) {
            return;
        }
        match portal.probe().await {
            Ok(()) => info!(portal = portal.host(), "the portal answers again; going on"),
            Err(error) => warn!(portal = portal.host(), %error, "the portal is still paused"),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.running.remove(&id);
    }

    async fn extend(&self) {
        let jobs: Vec<_> = self.running.values().copied().collect();
        let until = self.app.clock.now() + signed(LEASE);
        if !jobs.is_empty()
            && let Err(error) = self.app.store.extend(jobs, until).await
        {
            warn!(%error, "cannot lengthen leases");
        }
    }

    async fn prune(&self) {
        match self.app.store.prune(self.retention(), self.app.clock.now()).await {
            Ok(pruned) if pruned.bodies + pruned.keys > 0 => {
                info!(bodies = pruned.bodies, keys = pruned.keys, "removed what retention no longer keeps");
            }
            Ok(_) => {}
            Err(error) => warn!(%error, "cannot prune"),
        }
    }

    fn retention(&self) -> Retention {
        let kept = self.app.config.retention;
        Retention { done_days: kept.bodies_days, held_days: kept.held_days }
    }

    async fn pause_before_next_look(&self) -> Duration {
        let Ok(Some(due)) = self.app.store.next_due().await else { return LOOK };
        let wait = due.duration_since(self.app.clock.now());
        // A job that is due but blocked must not make the loop spin.
        Duration::try_from(wait).unwrap_or(LOOK).clamp(Duration::from_millis(5), LOOK)
    }

    async fn finish(mut self) {
        let deadline = Instant::now() + GRACE;
        while !self.tasks.is_empty() {
            match timeout_at(deadline, self.tasks.join_next_with_id()).await {
                Ok(Some(ended)) => self.ended(ended),
                Ok(None) => break,
                Err(_) => {
                    warn!(
                        jobs = self.tasks.len(),
                        "stopping with jobs unfinished; they are tried again at the next start"
                    );
                    self.tasks.shutdown().await;
                }
            }
        }
    }
}

/// A sleep that lasts not even the millisecond of a timer when nothing is to be waited for.
async fn pass(pause: Duration) {
    if pause.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(pause).await;
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// Perform one action job and settle it.
async fn act(app: Arc<App>, job: Job, started_at: Timestamp) {
    let (worker, work) = (Arc::clone(&app), job.clone());
    // A task of its own, so that a panic is caught; it ends with this one.
    let tried = AbortOnDropHandle::new(tokio::spawn(async move { actions::perform(&worker, work).await }));
    let outcome = match tried.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(StoreError::LeaseLost)) => {
            return warn!(job = job.id.0, "the lease was lost; another worker has the job");
        }
        Ok(Err(error)) => Outcome::Retry { reason: error.to_string(), after: None, outage: true },
        Err(panic) => {
            error!(job = job.id.0, %panic, "a job panicked; this is a defect of the program");
            Outcome::Retry {
                reason: "the program failed on this job; see its log".to_owned(),
                after: None,
                outage: false,
            }
        }
    };
    let now = app.clock.now();
    let jitter = f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
    let settlement = Settlement::of(&job, outcome, started_at, now, jitter);
    tell(&job, &settlement);
    let settle =
        move |_: &mut crate::ledger::Ledger| (Change { settlements: vec![settlement], ..Change::default() }, ());
    if let Err(error) = app.store.write(Keys::default(), true, now, settle).await {
        warn!(job = job.id.0, %error, "cannot settle a job; it is tried again when its lease ends");
    }
    app.wake.notify_one();
}

fn tell(job: &Job, settlement: &Settlement) {
    let reason = settlement.reason.as_deref().unwrap_or_default();
    match settlement.outcome {
        "done" => debug!(job = job.id.0, kind = job.kind, reason, "done"),
        outcome => warn!(job = job.id.0, kind = job.kind, outcome, reason, "job not done"),
    }
}
