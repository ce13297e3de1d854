//! Waiting: for a signal, and for jobs to reach an end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use crate::app::App;
use crate::model::{Job, JobState};
use crate::store::{JobFilter, Store};
use crate::worker;

use super::output::{Failure, note};

/// How often the store is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Return when the process is asked to end.
pub(super) async fn for_signal() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Whether a job will go on by itself.
pub(super) fn is_open(job: &Job) -> bool {
    matches!(job.state, JobState::Ready | JobState::Running)
}

/// The jobs that match, once none of them will go on by itself, or after `limit` as they stand then. Reasons of
/// waiting go to standard error.
pub(super) async fn for_jobs(store: &Store, filter: JobFilter, limit: Duration) -> Result<Vec<Job>, Failure> {
    let deadline = Instant::now() + limit;
    let mut told = BTreeSet::new();
    loop {
        let jobs = store.jobs(filter.clone()).await?;
        let open: Vec<_> = jobs.iter().filter(|job| is_open(job)).collect();
        if (open.is_empty() && !jobs.is_empty()) || Instant::now() >= deadline {
            return Ok(jobs);
        }
        for reason in open.iter().filter_map(|job| job.reason.clone()) {
            if told.insert(reason.clone()) {
                note(&format!("waiting: {reason}"));
            }
        }
        sleep(LOOK).await;
    }
}

/// The same, doing the work in this process when no server works on the store.
pub(super) async fn or_work(app: &Arc<App>, filter: JobFilter, limit: Duration) -> Result<Vec<Job>, Failure> {
    let Some(_lock) = app.store.lock()? else { return for_jobs(&app.store, filter, limit).await };
    let worked = Arc::clone(app);
    let mut working = AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            worker::drain(&worked).await?;
            sleep(LOOK).await;
        }
    }));
    let jobs = tokio::select! {
        jobs = for_jobs(&app.store, filter, limit) => jobs?,
        ended = &mut working => {
            let ended: Result<std::convert::Infallible, crate::store::StoreError> = ended.map_err(anyhow::Error::from)?;
            match ended? {}
        }
    };
    Ok(jobs)
}
