//! A copy of the whole ledger in memory, to be written on like the store and thrown away.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ledger::{Keys, Ledger, Recent};
use crate::model::{EmployeeId, Person, PersonId, Waiting};

/// What a person is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Handle {
    UserId(String),
    Email(String),
    MatchId(String),
    Employee(EmployeeId),
}

/// Everybody, and how many were let in and disabled within a day.
///
/// Like a transaction of the store, each change sees only the people that its keys name, so that thousands of events over
/// thousands of people stay quick.
#[derive(Debug, Clone, Default)]
pub struct Book {
    people: HashMap<PersonId, Person>,
    found_by: HashMap<Handle, BTreeSet<PersonId>>,
    last: i64,
    forgotten: Keys,
    waiting: Vec<Waiting>,
    /// The counts of the guard's daily limits.
    pub recent: Recent,
}

impl Book {
    /// A copy of a ledger with these people; `forgotten` are the keys of people whose data was erased.
    #[must_use]
    pub fn new(people: Vec<Person>, recent: Recent, forgotten: Keys) -> Self {
        let mut book = Self { recent, forgotten, ..Self::default() };
        for person in people {
            book.put(person);
        }
        book
    }

    /// The same, with these jobs that a later event may still change.
    #[must_use]
    pub fn with_waiting(self, waiting: Vec<Waiting>) -> Self {
        Self { waiting, ..self }
    }

    /// One more job that a later event may change.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    /// These jobs do not wait any more, by their keys.
    pub(super) fn stop_waiting(&mut self, keys: &[String]) {
        self.waiting.retain(|job| !keys.contains(&job.key));
    }

    /// A person.
    #[must_use]
    pub fn get(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id)
    }

    /// Let `edit` change the people that `keys` name; the ids that new ones got, by those they had in the ledger.
    pub fn write<R>(&mut self, keys: &Keys, edit: impl FnOnce(&mut Ledger) -> R) -> (R, BTreeMap<PersonId, PersonId>) {
        let named = self.named(keys);
        let waiting = self.waiting.iter().filter(|job| named.contains(&job.person)).cloned().collect();
        let loaded = named.into_iter().filter_map(|id| self.people.get(&id).cloned()).collect();
        let mut ledger = Ledger::new(loaded).with(self.forgotten_of(keys), self.recent).with_waiting(waiting);
        let result = edit(&mut ledger);
        let mut new = BTreeMap::new();
        for mut person in ledger.into_changed() {
            if person.id.0 < 0 {
                let id = PersonId(self.last + 1);
                new.insert(person.id, id);
                person.id = id;
            }
            self.put(person);
        }
        (result, new)
    }

    fn put(&mut self, person: Person) {
        let id = person.id;
        self.last = self.last.max(id.0);
        for handle in self.people.get(&id).map(handles).unwrap_or_default() {
            if let Some(ids) = self.found_by.get_mut(&handle) {
                ids.remove(&id);
            }
        }
        for handle in handles(&person) {
            self.found_by.entry(handle).or_default().insert(id);
        }
        self.people.insert(id, person);
    }

    fn named(&self, keys: &Keys) -> BTreeSet<PersonId> {
        let user_ids = keys.user_ids.iter().cloned().map(Handle::UserId);
        let emails = keys.emails.iter().cloned().map(Handle::Email);
        let match_ids = keys.match_ids.iter().cloned().map(Handle::MatchId);
        let employees = keys.employees.iter().cloned().map(Handle::Employee);
        let handles = user_ids.chain(emails).chain(match_ids).chain(employees);
        let found = handles.filter_map(|handle| self.found_by.get(&handle)).flatten().copied();
        found.chain(keys.people.iter().copied()).collect()
    }

    fn forgotten_of(&self, keys: &Keys) -> Keys {
        let both = |mine: &BTreeSet<String>, asked: &BTreeSet<String>| mine.intersection(asked).cloned().collect();
        Keys {
            user_ids: both(&self.forgotten.user_ids, &keys.user_ids),
            emails: both(&self.forgotten.emails, &keys.emails),
            match_ids: both(&self.forgotten.match_ids, &keys.match_ids),
            employees: self.forgotten.employees.intersection(&keys.employees).cloned().collect(),
            ..Keys::default()
        }
    }
}

fn handles(person: &Person) -> Vec<Handle> {
    let user_id = person.user_id.clone().map(Handle::UserId);
    let match_id = person.match_id.clone().map(Handle::MatchId);
    let emails = person.email.iter().chain(&person.other_emails).cloned().map(Handle::Email);
    let employees = person.employees.iter().cloned().map(Handle::Employee);
    user_id.into_iter().chain(match_id).chain(emails).chain(employees).collect()
}
