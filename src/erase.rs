//! What is kept about one human being, and its end: rows of the ledger at every portal, their jobs and plans, and the
//! bodies of deliveries that speak of them.
//!
//! Whoever is forgotten leaves rows without anything personal, and keyed hashes of what they were known by, so that an old
//! message brings nobody back.

mod leavers;
mod mention;

pub use leavers::leavers;

use std::collections::BTreeSet;

use crate::config::Config;
use crate::ledger::{Keys, is_another};
use crate::model::{DeliveryId, Job, JobState, Person, PersonId, Timestamp};
use crate::store::{Erase, Store, StoreError};
use mention::{Mention, Reading};

/// Bodies read at one time.
const PAGE: u32 = 32;

/// What is kept about one human being.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    /// Rows of the ledger: one at each portal, and those that were given up to these.
    pub people: Vec<Person>,
    /// Rows that have an address or account of these, and are known to the same HR platform by another id: somebody else.
    pub others: Vec<PersonId>,
    /// Jobs about them, and jobs of others that hold their data.
    pub jobs: Vec<Job>,
    /// Deliveries that speak of them and still have their bodies.
    pub deliveries: Vec<DeliveryId>,
    /// Further deliveries, about other people alone, in which an address or account id of these stands beside: as that of
    /// a manager, say. They stay as long as retention keeps them.
    pub beside: u64,
    keys: Keys,
}

impl Traces {
    /// Everything that is kept about whom `row` is about. Bodies are read as the connectors of `config` map them now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(config: &Config, store: &Store, row: Person, now: Timestamp) -> Result<Self, StoreError> {
        let mut traces = [Self::in_ledger(store, row).await?];
        look_through(config, store, &mut traces, now).await?;
        let [traces] = traces;
        Ok(traces)
    }

    /// The same without deliveries.
    async fn in_ledger(store: &Store, row: Person) -> Result<Self, StoreError> {
        let mut traces = Self::default();
        let mut found = vec![row];
        while !found.is_empty() {
            for person in found {
                traces.keys.people.insert(person.id);
                traces.keys.people.extend(person.merged_into);
                traces.keys.add_person(&person);
                traces.people.push(person);
            }
            found = store.alike(traces.keys.clone()).await?;
            found.retain(|person| !traces.people.iter().any(|known| known.id == person.id));
            let others;
            (found, others) = found.into_iter().partition(|person| traces.is_same(person));
            traces.others = others.iter().map(|person: &Person| person.id).collect();
        }
        traces.people.sort_by_key(|person| person.id);
        traces.keys.people = traces.people.iter().map(|person| person.id).collect();
        traces.jobs = store.jobs_about(traces.keys.clone()).await?;
        Ok(traces)
    }

    /// Whether a row with something of theirs is about the same human being: addresses and accounts may have had somebody
    /// else before.
    fn is_same(&self, other: &Person) -> bool {
        let is_shared = other.match_id.as_ref().is_some_and(|id| self.keys.match_ids.contains(id));
        let employees: Vec<_> = self.keys.employees.iter().cloned().collect();
        is_shared || !is_another(other, &employees)
    }

    /// Whether nothing is left to be forgotten.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.people.iter().all(|person| person.forgotten_at.is_some())
    }

    /// How many jobs would be cancelled.
    #[must_use]
    pub fn open_jobs(&self) -> usize {
        self.jobs.iter().filter(|job| !matches!(job.state, JobState::Done | JobState::Cancelled)).count()
    }

    /// What the store is to erase.
    #[must_use]
    pub fn erase(&self) -> Erase {
        let own: BTreeSet<_> = self.people.iter().map(|person| person.id).collect();
        let is_own = |job: &&Job| job.person.is_some_and(|person| own.contains(&person));
        Erase {
            jobs: self.jobs.iter().filter(|job| !is_own(job)).map(|job| job.id).collect(),
            people: own.iter().copied().collect(),
            deliveries: self.deliveries.clone(),
        }
    }
}

/// Find the deliveries that speak of each of them.
async fn look_through(config: &Config, store: &Store, wanted: &mut [Traces], now: Timestamp) -> Result<(), StoreError> {
    let mut after = DeliveryId(0);
    // What comes in meanwhile is read as well: the last look finds nothing.
    loop {
        let page = store.bodies(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for delivery in &page {
            let reading = Reading::of(config, delivery, now);
            for traces in wanted.iter_mut() {
                match reading.mention(&traces.keys) {
                    Mention::None => {}
                    Mention::Beside => traces.beside += 1,
                    Mention::About => traces.deliveries.push(delivery.id),
                }
            }
        }
    }
}
