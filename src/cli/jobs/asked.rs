//! What jobs that ask platforms are about, made anew from their deliveries.

use std::collections::BTreeMap;

use crate::app::SystemClock;
use crate::cli::output::Failure;
use crate::config::Config;
use crate::model::{Clock, DeliveryId, Job, JobState, kind};
use crate::process::{self, Question};
use crate::store::Store;

/// The questions of some jobs, by their deliveries.
pub(super) struct AskedOf(BTreeMap<DeliveryId, Vec<Question>>);

impl AskedOf {
    /// Of those that still have something before them: whoever is done is in the ledger.
    pub(super) async fn unfinished(config: &Config, store: &Store, jobs: &[Job]) -> Result<Self, Failure> {
        let is_finished = |job: &&Job| matches!(job.state, JobState::Done | JobState::Cancelled);
        Self::read(config, store, jobs.iter().filter(|job| !is_finished(job))).await
    }

    /// Of all.
    pub(super) async fn all(config: &Config, store: &Store, jobs: &[Job]) -> Result<Self, Failure> {
        Self::read(config, store, jobs.iter()).await
    }

    async fn read(config: &Config, store: &Store, jobs: impl Iterator<Item = &Job>) -> Result<Self, Failure> {
        let mut asked = BTreeMap::new();
        for delivery in jobs.filter(|job| job.kind == kind::FETCH).filter_map(|job| job.delivery) {
            if !asked.contains_key(&delivery)
                && let Some(found) = store.delivery(delivery).await?
            {
                asked.insert(delivery, process::questions(config, &found, SystemClock.now()));
            }
        }
        Ok(Self(asked))
    }

    /// What this one asks; `None` for other kinds, and where it cannot be told any more.
    pub(super) fn get(&self, job: &Job) -> Option<&Question> {
        self.0.get(&job.delivery?)?.iter().find(|question| question.is_of(job))
    }
}
