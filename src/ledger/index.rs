//! People by what they are known by, so that one message about a whole company stays quick.

use std::collections::HashMap;

use crate::model::{EmployeeId, Event, Person, PersonId};

/// Something that names a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum By {
    UserId(String),
    Employee(EmployeeId),
    MatchId(String),
    /// Also an address of before.
    Email(String),
}

impl By {
    /// Whatever `event` names a person by.
    pub(super) fn all_of(employee: Option<&EmployeeId>, event: &Event) -> Vec<Self> {
        let user_id = event.user_id.clone().map(Self::UserId);
        let employee = employee.cloned().map(Self::Employee);
        let match_id = event.match_id.clone().map(Self::MatchId);
        let email = event.email.clone().map(Self::Email);
        [user_id, employee, match_id, email].into_iter().flatten().collect()
    }

    fn all_of_person(person: &Person) -> Vec<Self> {
        let user_id = person.user_id.clone().map(Self::UserId);
        let match_id = person.match_id.clone().map(Self::MatchId);
        let employees = person.employees.iter().cloned().map(Self::Employee);
        let emails = person.email.iter().chain(&person.other_emails).cloned().map(Self::Email);
        user_id.into_iter().chain(match_id).chain(employees).chain(emails).collect()
    }
}

/// Where rows are found. It may name rows that are not known by that any more: whoever asks looks at the row.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    places: HashMap<PersonId, usize>,
    found_by: HashMap<By, Vec<PersonId>>,
    /// The row that may have been changed since it was read.
    open: Option<PersonId>,
}

impl Index {
    /// Add the row at `place`.
    pub(super) fn add(&mut self, person: &Person, place: usize) {
        self.places.insert(person.id, place);
        self.read(person);
    }

    /// There is no such row any more.
    pub(super) fn forget(&mut self, id: PersonId) {
        self.places.remove(&id);
    }

    /// Where the row is.
    pub(super) fn place(&self, id: PersonId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// The row is about to be changed; the one that was changed before it is read again.
    pub(super) fn open(&mut self, id: PersonId, people: &[Person]) {
        if let Some(before) = self.open.replace(id).filter(|before| *before != id)
            && let Some(person) = self.place(before).and_then(|place| people.get(place))
        {
            self.read(person);
        }
    }

    /// Places of all rows that may be known by this.
    pub(super) fn places<'i>(&'i self, by: &By) -> impl Iterator<Item = usize> + use<'i> {
        let found = self.found_by.get(by).into_iter().flatten();
        found.chain(&self.open).filter_map(|id| self.place(*id))
    }

    fn read(&mut self, person: &Person) {
        for by in By::all_of_person(person) {
            let ids = self.found_by.entry(by).or_default();
            if !ids.contains(&person.id) {
                ids.push(person.id);
            }
        }
    }
}
