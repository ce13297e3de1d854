//! When work is done: claim, run, settle; and the orderly stop.

mod chores;
mod rush;
mod standstill;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, error, warn};

use crate::actions;
use crate::app::App;
use crate::ledger::Keys;
use crate::model::{Delivery, Job, JobId, Outcome, kind};
use crate::process::{self, Asked};
use crate::store::{Change, Claim, Settlement, StoreError};
use standstill::{Standstill, Still};

/// Most questions under way to the platform of one source, beside the other jobs.
const QUESTIONS: usize = 4;
/// How long a claimed job belongs to its worker without a sign of life.
const LEASE: Duration = Duration::from_secs(60);
/// How often the store is looked at without being woken: commands write to it from other processes.
const LOOK: Duration = Duration::from_secs(1);
/// How long running jobs may take to finish once the stop was asked for.
const GRACE: Duration = Duration::from_secs(8);
/// How often bodies past their time are looked for.
const PRUNE: Duration = Duration::from_secs(3600);

/// Work until `stop`, then let running jobs finish for a few seconds.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    app.recall_limits().await;
    chores::reconsider(&app).await;
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
        let more = match crew.claim().await {
            Ok(claimed) => claimed.more,
            Err(error) => {
                warn!(%error, "cannot claim work; trying again");
                false
            }
        };
        let pause =
            if more { rush::rest_after(began.elapsed(), &app.store) } else { crew.pause_before_next_look().await };
        tokio::select! {
            () = stop.cancelled() => {}
            () = woken, if !more => {}
            Some(ended) = crew.tasks.join_next_with_id() => crew.ended(ended),
            // However much there is to do, leases are lengthened.
            _ = leases.tick() => crew.extend().await,
            _ = prune.tick() => crew.prune(),
            () = tokio::time::sleep(pause), if !pause.is_zero() => {}
            () = std::future::ready(()), if pause.is_zero() => {}
        }
    }
    let app = Arc::clone(&crew.app);
    crew.finish().await;
    app.remember_limits(&mut BTreeMap::new()).await;
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
        total += claimed.number;
        if claimed.number == 0 && crew.tasks.is_empty() {
            return Ok(total);
        }
        if let Some(ended) = crew.tasks.join_next_with_id().await {
            crew.ended(ended);
        }
    }
}

struct Crew {
    app: Arc<App>,
    /// Jobs and chores.
    tasks: JoinSet<()>,
    running: HashMap<Id, (JobId, i64)>,
    /// Those of them that ask a platform.
    asking: HashSet<Id>,
    /// The chores: one of each at a time, beside the jobs, since they may take long.
    probing: Option<AbortHandle>,
    pruning: Option<AbortHandle>,
    /// Claimed deliveries that the store could not settle yet. They come before newer ones, so that the order stays.
    unsettled: Option<Batch>,
    standstill: Standstill,
}

struct Batch {
    claimed_at: Timestamp,
    jobs: Vec<(Job, Delivery)>,
}

/// What a claim came to.
struct Claims {
    /// How many jobs.
    number: usize,
    /// Whether more may be due that could be taken at once.
    more: bool,
}

type Ended = Result<(Id, ()), tokio::task::JoinError>;

impl Crew {
    fn new(app: Arc<App>) -> Self {
        let (tasks, running, asking) = (JoinSet::new(), HashMap::new(), HashSet::new());
        let standstill = Standstill::default();
        Self { app, tasks, running, asking, probing: None, pruning: None, unsettled: None, standstill }
    }

    fn room(&self) -> usize {
        self.app.config.worker.concurrency.saturating_sub(self.running.len() - self.asking.len())
    }

    /// Claim what is due: run process jobs at once, start action jobs.
    async fn claim(&mut self) -> Result<Claims, StoreError> {
        self.settle_batch().await?;
        let now = self.app.clock.now();
        self.probe_if_paused(now);
        let Still { everywhere, portals: paused } = self.standstill.look(&self.app, now).await?;
        let (actions, questions) = if everywhere { (0, 0) } else { (self.room(), QUESTIONS) };
        let process = rush::batch(&self.app.store);
        let claim = Claim { process, actions, questions, resting: self.app.resting(), paused, lease: LEASE };
        let claimed = self.app.store.claim(claim, now).await?;
        let (deliveries, jobs) = (claimed.process.len(), claimed.actions.len());
        for job in claimed.actions {
            let (id, fence, asks) = (job.id, job.fence, job.kind == kind::FETCH);
            let task = self.tasks.spawn(act(Arc::clone(&self.app), job, now));
            self.running.insert(task.id(), (id, fence));
            self.asking.extend(asks.then(|| task.id()));
        }
        if deliveries > 0 {
            self.unsettled = Some(Batch { claimed_at: now, jobs: claimed.process });
            self.settle_batch().await?;
        }
        Ok(Claims { number: deliveries + jobs, more: deliveries > 0 || (jobs > 0 && self.room() > 0) })
    }

    /// Process the claimed deliveries, if any.
    async fn settle_batch(&mut self) -> Result<(), StoreError> {
        while let Some(batch) = &mut self.unsettled {
            match process::run(&self.app, &batch.jobs, batch.claimed_at).await {
                Ok(settled) => drop(batch.jobs.drain(..settled)),
                Err(StoreError::LeaseLost) => {
                    warn!("the lease of a delivery was lost; another worker has it");
                    batch.jobs.clear();
                }
                Err(error) => return Err(error),
            }
            self.unsettled.take_if(|batch| batch.jobs.is_empty());
        }
        Ok(())
    }

    fn probe_if_paused(&mut self, now: Timestamp) {
        let due = self.app.portals.values().any(|portal| portal.probe_due(now));
        if due && self.probing.is_none() {
            self.probing = Some(self.tasks.spawn(chores::probe(Arc::clone(&self.app))));
        }
    }

    fn ended(&mut self, ended: Ended) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.running.remove(&id);
        self.asking.remove(&id);
        for chore in [&mut self.probing, &mut self.pruning] {
            chore.take_if(|chore| chore.id() == id);
        }
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

    fn prune(&mut self) {
        if self.pruning.is_none() {
            self.pruning = Some(self.tasks.spawn(chores::prune(Arc::clone(&self.app))));
        }
    }

    async fn pause_before_next_look(&self) -> Duration {
        let Ok(Some(due)) = self.app.store.next_due().await else { return LOOK };
        let wait = due.duration_since(self.app.clock.now());
        // A job that is due but blocked must not make the loop spin.
        Duration::try_from(wait).unwrap_or(LOOK).clamp(Duration::from_millis(5), LOOK)
    }

    async fn finish(mut self) {
        for chore in [&self.probing, &self.pruning].into_iter().flatten() {
            chore.abort();
        }
        let deadline = Instant::now() + GRACE;
        while !self.tasks.is_empty() {
            match timeout_at(deadline, self.tasks.join_next_with_id()).await {
                Ok(Some(ended)) => self.ended(ended),
                Ok(None) => break,
                Err(_) => {
                    warn!(
                        jobs = self.running.len(),
                        "stopping with jobs unfinished; they are tried again at the next start"
                    );
                    self.tasks.shutdown().await;
                }
            }
        }
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// Perform one action job and settle it.
async fn act(app: Arc<App>, job: Job, started_at: Timestamp) {
    let (worker, work) = (Arc::clone(&app), job.clone());
    // A task of its own, so that a panic is caught; it ends with this one.
    let tried = AbortOnDropHandle::new(tokio::spawn(async move { perform(&worker, work, started_at).await }));
    let outcome = match tried.await {
        Ok(Ok(Asked::Failed(outcome))) => outcome,
        Ok(Ok(Asked::Settled)) => return app.wake.notify_one(),
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
    // Never quite nothing: to try again in the same instant is no pause.
    let jitter = (f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)).max(0.001);
    let is_told = matches!(outcome, Outcome::Held { told: true, .. });
    let settlement = Settlement::of(&job, outcome, started_at, now, jitter);
    tell(&job, &settlement, is_told);
    let settle =
        move |_: &mut crate::ledger::Ledger| (Change { settlements: vec![settlement], ..Change::default() }, ());
    if let Err(error) = app.store.write(Keys::default(), true, now, settle).await {
        warn!(job = job.id.0, %error, "cannot settle a job; it is tried again when its lease ends");
    }
    app.wake.notify_one();
}

/// One try of a job.
async fn perform(app: &App, job: Job, started_at: Timestamp) -> Result<Asked, StoreError> {
    match job.kind.as_str() {
        kind::FETCH => process::ask(app, &job, started_at).await,
        _ => Ok(Asked::Failed(actions::perform(app, job).await?)),
    }
}

fn tell(job: &Job, settlement: &Settlement, is_told: bool) {
    let reason = settlement.reason.as_deref().unwrap_or_default();
    match settlement.outcome {
        "done" => debug!(job = job.id.0, kind = job.kind, reason, "done"),
        // The action has said what needs saying: of many alike once, not an alarm each.
        "held" if is_told => debug!(job = job.id.0, kind = job.kind, "held"),
        "retry" => warn!(job = job.id.0, kind = job.kind, reason, "tried again later"),
        // The reason may hold the portal's own words, and with them a name: `usher jobs show` tells it.
        outcome => {
            warn!(job = job.id.0, kind = job.kind, outcome, "a job waits for a person; `usher jobs show` says why")
        }
    }
}
