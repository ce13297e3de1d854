//! Who an event is about, and what follows from that: the join of HR records with DocSpace accounts,
//! and the one transition of an account to active.
//!
//! A [`Ledger`] holds the people that a transaction has loaded. It is plain memory: the store loads
//! them, a caller changes them here, the store writes back what changed.

mod finding;
mod index;
mod joining;
mod merging;
mod noting;
mod questions;
mod transition;

pub use finding::is_others;
pub use joining::Elsewhere;
pub use merging::{Key, MergeError, SplitError};
pub use noting::is_another;
pub use questions::{account_of, disputed, former, moved, recycled};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{EmployeeId, Event, Person, PersonId, Plan, Waiting};
use index::{By, Index};

/// What people are looked up by.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Row numbers.
    pub people: BTreeSet<PersonId>,
    /// DocSpace user ids.
    pub user_ids: BTreeSet<String>,
    /// Employee ids of sources.
    pub employees: BTreeSet<EmployeeId>,
    /// Shared ids.
    pub match_ids: BTreeSet<String>,
    /// E-mail addresses, lower case.
    pub emails: BTreeSet<String>,
    /// Also count who was let in and who was disabled since then.
    pub recent: Option<Timestamp>,
    /// Also load the jobs of these people that wait for a later event.
    pub waiting: bool,
}

/// How many people were let in and how many accounts disabled since some moment, at all portals together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recent {
    /// See [`Person::admitted_at`].
    pub newcomers: u64,
    /// See [`Person::disabled_at`].
    pub leavers: u64,
}

impl Keys {
    /// The keys of one known person.
    #[must_use]
    pub fn person(id: PersonId) -> Self {
        Self { people: BTreeSet::from([id]), ..Self::default() }
    }

    /// Add whatever `event` of `source` names a person by.
    pub fn add(&mut self, source: &str, event: &Event) {
        self.user_ids.extend(event.user_id.clone());
        self.match_ids.extend(event.match_id.clone());
        self.emails.extend(event.email.clone());
        self.employees.extend(event.employee_id.clone().map(|id| EmployeeId { source: source.to_owned(), id }));
    }

    /// Add whatever names `person`, but the row number.
    pub fn add_person(&mut self, person: &Person) {
        self.user_ids.extend(person.user_id.clone());
        self.match_ids.extend(person.match_id.clone());
        self.emails.extend(person.email.iter().chain(&person.other_emails).cloned());
        self.employees.extend(person.employees.iter().cloned());
    }

    /// Whether one of these is what `event` of `source` names a person by.
    #[must_use]
    pub fn names(&self, source: &str, event: &Event) -> bool {
        let mut keys = Self::default();
        keys.add(source, event);
        !keys.user_ids.is_disjoint(&self.user_ids)
            || !keys.employees.is_disjoint(&self.employees)
            || !keys.match_ids.is_disjoint(&self.match_ids)
            || !keys.emails.is_disjoint(&self.emails)
    }

    /// Whether there is nothing to look up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
            && self.user_ids.is_empty()
            && self.employees.is_empty()
            && self.match_ids.is_empty()
            && self.emails.is_empty()
    }
}

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// This person, perhaps new.
    Person(PersonId),
    /// Not to be decided without a human being: the employee is unknown, and the address belongs to this person, under
    /// another employee id of the same source or as a former address of the account. Nothing was noted.
    Recycled(PersonId, EmployeeId),
    /// The event is about `person`, but its address belongs to `holder` under another employee id of the same source.
    /// Everything but the address was noted.
    Disputed {
        /// Whom the ids name.
        person: PersonId,
        /// Whom the address names.
        holder: PersonId,
    },
}

impl Joined {
    /// The person to whom work that follows belongs.
    #[must_use]
    pub fn person(&self) -> PersonId {
        match self {
            Self::Person(person) | Self::Recycled(person, _) | Self::Disputed { person, .. } => *person,
        }
    }
}

/// The people of one transaction.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    people: Vec<Person>,
    index: Index,
    changed: BTreeSet<PersonId>,
    last_new: i64,
    /// Rows that were given up, each with the row that took it over.
    merged: Vec<(PersonId, PersonId)>,
    forgotten: Keys,
    recent: Recent,
    waiting: BTreeMap<PersonId, Vec<Waiting>>,
}

impl Ledger {
    /// A ledger of the people loaded.
    #[must_use]
    pub fn new(people: Vec<Person>) -> Self {
        let mut index = Index::default();
        people.iter().enumerate().for_each(|(place, person)| index.add(person, place));
        Self { people, index, ..Self::default() }
    }

    /// The same ledger, which knows what forgotten people were known by, and the counts that [`Keys::recent`] asked for.
    #[must_use]
    pub fn with(self, forgotten: Keys, recent: Recent) -> Self {
        Self { forgotten, recent, ..self }
    }

    /// The same ledger, which knows the jobs that [`Keys::waiting`] asked for.
    #[must_use]
    pub fn with_waiting(mut self, waiting: Vec<Waiting>) -> Self {
        waiting.into_iter().for_each(|waiting| self.wait(waiting));
        self
    }

    /// The counts that [`Keys::recent`] asked for, as they were at the beginning of the transaction.
    #[must_use]
    pub fn recent(&self) -> Recent {
        self.recent
    }

    /// Whether somebody whose data was erased was known by what `event` of `source` names.
    #[must_use]
    pub fn is_forgotten(&self, source: &str, event: &Event) -> bool {
        self.forgotten.names(source, event)
    }

    /// Whom `event` of `source` would be joined to at `portal`, if anybody is there.
    #[must_use]
    pub fn known(&self, portal: &str, source: &str, event: &Event) -> Option<&Person> {
        let employee = employee(source, event);
        self.get(self.find(portal, employee.as_ref(), event)?.person())
    }

    /// Plan work for a person; a plan of the same kind is replaced.
    pub fn plan(&mut self, id: PersonId, plan: Plan) {
        if let Some(person) = self.edit(id) {
            person.plans.retain(|other| other.kind != plan.kind);
            person.plans.push(plan);
        }
    }

    /// Take a plan back; it, if there was one.
    pub fn unplan(&mut self, id: PersonId, kind: &str) -> Option<Plan> {
        let number = self.get(id)?.plans.iter().position(|plan| plan.kind == kind)?;
        Some(self.edit(id)?.plans.remove(number))
    }

    /// A job that this transaction adds waits for a later event.
    pub fn wait(&mut self, waiting: Waiting) {
        self.waiting.entry(waiting.person).or_default().push(waiting);
    }

    /// Payload of the work of this kind that a later event may change: a plan, else the latest job that waits.
    #[must_use]
    pub fn waiting(&self, id: PersonId, kind: &str) -> Option<&serde_json::Value> {
        let planned = self.get(id)?.plan(kind).map(|plan| &plan.payload);
        let waiting = || self.waiting.get(&id)?.iter().rfind(|job| job.kind == kind);
        planned.or_else(|| waiting().map(|job| &job.payload))
    }

    /// Nothing of this kind waits for a later event any more; the keys of the jobs that did.
    pub fn stop_waiting(&mut self, id: PersonId, kind: &str) -> Vec<String> {
        let Some(waiting) = self.waiting.get_mut(&id) else { return Vec::new() };
        let (stopped, kept) = std::mem::take(waiting).into_iter().partition(|job| job.kind == kind);
        *waiting = kept;
        stopped.into_iter().map(|job: Waiting| job.key).collect()
    }

    /// The people that were changed or added; new ones have ids below zero.
    #[must_use]
    pub fn into_changed(self) -> Vec<Person> {
        let Self { people, changed, .. } = self;
        people.into_iter().filter(|person| changed.contains(&person.id)).collect()
    }

    /// Rows that were given up, each with the row that took it over, in order: their jobs go the same way.
    #[must_use]
    pub fn merged(&self) -> Vec<(PersonId, PersonId)> {
        self.merged.clone()
    }

    /// A row of this ledger, as it is.
    #[must_use]
    pub fn row(&self, id: PersonId) -> Option<&Person> {
        self.people.get(self.index.place(id)?)
    }

    /// A person of this ledger. Whose row was given up is found in the row that took it over.
    #[must_use]
    pub fn get(&self, id: PersonId) -> Option<&Person> {
        self.row(self.current(id))
    }

    fn current(&self, id: PersonId) -> PersonId {
        let id = self.merged.iter().fold(id, |id, (given, kept)| if id == *given { *kept } else { id });
        self.row(id).and_then(|person| person.merged_into).unwrap_or(id)
    }

    /// Whoever has this account at `portal`.
    #[must_use]
    pub fn holder(&self, portal: &str, user_id: &str) -> Option<PersonId> {
        let by = By::UserId(user_id.to_owned());
        self.newest(portal, &by, |person| person.user_id.as_deref() == Some(user_id)).map(|person| person.id)
    }

    /// The portals at which the person of `event` is known.
    #[must_use]
    pub fn portals_of(&self, source: &str, event: &Event) -> BTreeSet<String> {
        let employee = employee(source, event);
        let by = By::all_of(employee.as_ref(), event);
        let portals: BTreeSet<_> =
            by.iter().flat_map(|by| self.alike(by)).map(|person| person.portal.clone()).collect();
        portals.into_iter().filter(|portal| self.find(portal, employee.as_ref(), event).is_some()).collect()
    }

    /// The same, to be changed.
    pub fn edit(&mut self, id: PersonId) -> Option<&mut Person> {
        let id = self.current(id);
        self.changed.insert(id);
        self.index.open(id, &self.people);
        self.people.get_mut(self.index.place(id)?)
    }
}

/// The employee that `event` of `source` names.
fn employee(source: &str, event: &Event) -> Option<EmployeeId> {
    event.employee_id.clone().map(|id| EmployeeId { source: source.to_owned(), id })
}
