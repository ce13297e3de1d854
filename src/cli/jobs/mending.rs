//! `usher jobs retry`, `release` and `cancel`: by id or by filter, with the count first.

use std::num::NonZeroUsize;

use crate::app::{SystemClock, operator};
use crate::cli::output::{Failure, Out, note, note_table};
use crate::config::Config;
use crate::model::{Clock, Job, JobId, JobState, Timestamp};
use crate::store::{Store, StoreError};

use super::{HEAD, Selection, rows, table};

#[derive(Clone, Copy)]
pub(super) enum Mend {
    Retry,
    Release,
    Cancel,
}

impl Mend {
    fn word(self) -> &'static str {
        match self {
            Self::Retry => "retried",
            Self::Release => "released",
            Self::Cancel => "cancelled",
        }
    }

    /// Whether it applies to a job.
    fn fits(self, job: &Job, now: Timestamp) -> bool {
        match self {
            Self::Retry => job.state == JobState::Dead || job.is_between_tries(now),
            Self::Release => job.state == JobState::Held,
            Self::Cancel => [JobState::Ready, JobState::Held, JobState::Dead].contains(&job.state),
        }
    }

    /// Why it does not.
    fn unfit(self, job: &Job) -> String {
        let word = self.word();
        let why = match (self, job.state) {
            (Self::Retry, JobState::Ready) => {
                ": no try of it has failed, or it is due already. A platform that was out of reach is left alone for half a minute, or for as long as it said"
            }
            (Self::Retry, JobState::Held) => "; `usher jobs release` lets it run",
            (Self::Release, JobState::Dead) => "; `usher jobs retry` tries it again",
            _ => "",
        };
        format!("job {} is {}; it cannot be {word}{why}", job.id, job.state)
    }

    async fn apply(self, store: &Store, jobs: Vec<JobId>) -> Result<u64, StoreError> {
        let now = SystemClock.now();
        let who = operator();
        match self {
            Self::Retry => store.retry(jobs, &who, now).await,
            Self::Release => store.release(jobs, &who, now).await,
            Self::Cancel => store.cancel(jobs, &who, now).await,
        }
    }
}

pub(super) async fn run(
    config: &Config,
    store: &Store,
    selection: &Selection,
    mend: Mend,
    out: &mut Out,
) -> Result<(), Failure> {
    let (word, now) = (mend.word(), SystemClock.now());
    let named = store.jobs(selection.filter.jobs(&selection.ids)).await?;
    let (mut fit, unfit): (Vec<_>, Vec<_>) = named.into_iter().partition(|job| mend.fits(job, now));
    if !selection.ids.is_empty() {
        for job in &unfit {
            note(&mend.unfit(job));
        }
        let is_there = |id: &&i64| fit.iter().chain(&unfit).any(|job| job.id.0 == **id);
        for id in selection.ids.iter().filter(|id| !is_there(id)) {
            note(&format!("there is no job {id}, or not one that the filter means"));
        }
    }
    let missing = selection.ids.len().saturating_sub(fit.len());
    let limit = selection.limit.map_or(usize::MAX, NonZeroUsize::get);
    let left = fit.len().saturating_sub(limit);
    fit.truncate(limit);
    match left {
        0 => note(&format!("{} job(s) to be {word}", fit.len())),
        left => note(&format!("{} job(s) to be {word}, and {left} left for another time", fit.len())),
    }
    if selection.dry_run {
        return table(config, store, &fit, out).await;
    }
    if !fit.is_empty() {
        note_table(HEAD, rows(config, store, &fit).await?);
    }
    let changed = mend.apply(store, fit.iter().map(|job| job.id).collect()).await?;
    out.line(format!("{changed} {word}"))?;
    if missing > 0 { Err(Failure::failed(format!("{missing} of the named jobs could not be {word}"))) } else { Ok(()) }
}
