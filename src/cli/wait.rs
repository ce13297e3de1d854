//! Waiting: for a signal, and for jobs to reach an end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::app::App;
use crate::model::{Job, JobState, Timestamp, kind};
use crate::store::{JobFilter, ServeLock, Store, StoreError};
use crate::worker;

use super::output::{Failure, note};
use super::pause;

/// How often the store is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is asked whether the server of the store is gone: time enough for one to be started anew.
const ASK_FOR_LOCK: Duration = Duration::from_secs(5);

/// The two signals that ask a process to end. From the moment this is made they no longer kill it.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Wait for one of them; its name.
    pub(super) async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Return when the process is asked to end.
pub(super) async fn for_signal() -> std::io::Result<()> {
    Signals::new()?.received().await;
    Ok(())
}

/// Whether a job will go on by itself, and soon: a reminder that was not begun waits for days, and what a thin message said
/// twice is asked again after a while.
pub(super) fn is_open(job: &Job) -> bool {
    // What is tried again says why.
    let may_wait = [kind::REMIND, kind::PROCESS].contains(&job.kind.as_str());
    let is_for_later = may_wait && job.reason.is_none() && job.due_at > Timestamp::now();
    match job.state {
        JobState::Ready => !is_for_later,
        JobState::Running => true,
        JobState::Held | JobState::Dead | JobState::Done | JobState::Cancelled => false,
    }
}

/// A look at the same jobs again and again.
struct Watch {
    filter: JobFilter,
    patience: Duration,
    told: BTreeSet<String>,
    open: Option<usize>,
    progress: Instant,
}

impl Watch {
    fn new(filter: JobFilter, patience: Duration) -> Self {
        Self { filter, patience, told: BTreeSet::new(), open: None, progress: Instant::now() }
    }

    /// The jobs, once none of them will go on by itself, or when none has ended for too long.
    async fn look(&mut self, store: &Store) -> Result<Option<Vec<Job>>, StoreError> {
        let jobs = store.jobs(self.filter.clone()).await?;
        let open: Vec<_> = jobs.iter().filter(|job| is_open(job)).collect();
        if self.open != Some(open.len()) {
            self.open = Some(open.len());
            self.progress = Instant::now();
        }
        if (open.is_empty() && !jobs.is_empty()) || self.progress.elapsed() >= self.patience {
            return Ok(Some(jobs));
        }
        if let Some(told) = pause::keeps_all(store, &open).await? {
            note(&told);
            return Ok(Some(jobs));
        }
        for reason in open.iter().filter_map(|job| job.reason.clone()) {
            if self.told.insert(reason.clone()) {
                note(&format!("waiting: {reason}"));
            }
        }
        Ok(None)
    }
}

/// The jobs that match, once none of them will go on by itself; as they stand when none has ended for `patience`.
/// Reasons of waiting go to standard error.
pub(super) async fn for_jobs(store: &Store, filter: JobFilter, patience: Duration) -> Result<Vec<Job>, Failure> {
    let mut watch = Watch::new(filter, patience);
    loop {
        if let Some(jobs) = watch.look(store).await? {
            return Ok(jobs);
        }
        sleep(LOOK).await;
    }
}

/// The same, doing the work in this process while no server works on the store.
pub(super) async fn or_work(app: &Arc<App>, filter: JobFilter, patience: Duration) -> Result<Vec<Job>, Failure> {
    let mut watch = Watch::new(filter, patience);
    let mut crew = Crew::begin(app).await?;
    let mut asked = Instant::now();
    let jobs = loop {
        match watch.look(&app.store).await {
            Ok(None) => {}
            Ok(Some(jobs)) => break Ok(jobs),
            Err(error) => break Err(error),
        }
        if crew.is_none() && asked.elapsed() >= ASK_FOR_LOCK {
            crew = Crew::begin(app).await?;
            asked = Instant::now();
        }
        sleep(LOOK).await;
    };
    if let Some(crew) = crew {
        crew.end().await;
    }
    Ok(jobs?)
}

/// The worker of a command, with the lock that keeps servers away meanwhile.
struct Crew {
    stop: CancellationToken,
    working: JoinHandle<()>,
    _lock: ServeLock,
}

impl Crew {
    /// `None` while a server works on the store.
    async fn begin(app: &Arc<App>) -> Result<Option<Self>, StoreError> {
        let Some(lock) = app.store.lock()? else { return Ok(None) };
        let recovered = app.store.recover(app.clock.now()).await?;
        if recovered > 0 {
            info!(jobs = recovered, "jobs were running when the last server ended; they are ready again");
        }
        let stop = CancellationToken::new();
        let working = tokio::spawn(worker::run(Arc::clone(app), stop.clone()));
        Ok(Some(Self { stop, working, _lock: lock }))
    }

    /// Let running jobs finish: one that is cut off while it sends something would be held for a person to look at.
    async fn end(self) {
        self.stop.cancel();
        // A panic was told by the runtime; whatever was not settled is ready again at the next start.
        let _ = self.working.await;
    }
}
