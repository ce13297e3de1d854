//! What becomes of an event: the row it is joined to takes over what it says.

use jiff::Timestamp;

use super::index::By;
use super::noting::{is_another, note, take_account, take_account_of, take_over};
use super::{Joined, Ledger, employee};
use crate::model::{EmployeeId, Event, EventKind, Person, PersonId, kind};

/// Why a person does not get what an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Elsewhere {
    /// The employee id is that of another person.
    #[error("the employee id is that of person {0}")]
    Employee(PersonId),
    /// Another person has a claim to the address.
    #[error("person {0} has a claim to the address")]
    Address(PersonId),
}

impl Ledger {
    /// Join `event` to its person at `portal`, add the person if there is none, and note what the event says.
    ///
    /// Two rows that one event names by ids become one row, unless each may have an account, or ids contradict each
    /// other: then the ids of the other row stay there.
    pub fn join(&mut self, portal: &str, source: &str, event: &Event, now: Timestamp) -> Joined {
        let employee = employee(source, event);
        let (id, holder) = match self.find(portal, employee.as_ref(), event) {
            Some(recycled @ Joined::Recycled(..)) => return recycled,
            Some(Joined::Person(id)) => (id, None),
            Some(Joined::Disputed { person, holder }) => (person, Some(holder)),
            None => (self.add(portal, now), None),
        };
        let id = self.unite(id, portal, employee.as_ref(), event);
        // The one whose address it is may just have become the same row.
        let holder = holder.filter(|holder| self.get(*holder).is_some_and(|holder| holder.id != id));
        let mut told = event.clone();
        if holder.is_some() {
            told.email = None;
        }
        self.note(id, employee, told, now);
        match holder {
            Some(holder) => Joined::Disputed { person: id, holder },
            None => Joined::Person(id),
        }
    }

    /// A human being has said that `event` is about this person: whatever it names is theirs, and a hire is one.
    ///
    /// # Errors
    /// [`Elsewhere`], and nothing is noted.
    pub fn admit(&mut self, id: PersonId, source: &str, event: &Event, now: Timestamp) -> Result<(), Elsewhere> {
        let Some(person) = self.get(id) else { return Ok(()) };
        let employee = employee(source, event);
        if let Some(employee) = &employee {
            let theirs = |p: &Person| p.id != id && p.employees.contains(employee);
            if let Some(other) = self.newest(&person.portal, &By::Employee(employee.clone()), theirs) {
                return Err(Elsewhere::Employee(other.id));
            }
            let claimant = |email| self.claimant(&person.portal, email, employee, Some(id));
            if let Some(other) = event.email.as_deref().and_then(claimant) {
                return Err(Elsewhere::Address(other));
            }
        }
        self.note(id, employee, event.clone(), now);
        self.employ(id, event, now);
        match event.kind {
            EventKind::EmployeeHired => self.unplan(id, kind::DISABLE),
            EventKind::EmployeeTerminated | EventKind::EmployeeRescinded => self.unplan(id, kind::ONBOARD),
            _ => None,
        };
        Ok(())
    }

    /// Note what an `employee.*` event says of the employment. A hire of somebody who has left begins another one.
    pub fn employ(&mut self, id: PersonId, event: &Event, now: Timestamp) {
        let Some(person) = self.edit(id) else { return };
        match event.kind {
            EventKind::EmployeeHired => {
                person.ends_on = None;
                if person.left_at.take().is_some() {
                    person.hired_at = Some(now);
                }
                if event.starts_on.is_some() {
                    person.starts_on.clone_from(&event.starts_on);
                }
            }
            EventKind::EmployeeUpdated if event.starts_on.is_some() && person.left_at.is_none() => {
                person.starts_on.clone_from(&event.starts_on);
            }
            EventKind::EmployeeTerminated | EventKind::EmployeeRescinded => {
                person.left_at = person.left_at.or(Some(now));
                if event.ends_on.is_some() {
                    person.ends_on.clone_from(&event.ends_on);
                }
            }
            _ => {}
        }
    }

    /// Note the DocSpace account that belongs to `id`. A row that an earlier webhook or another platform made for the
    /// same account gives up what it knew; but not to another employee of its own source, who keeps the account.
    pub fn adopt(&mut self, id: PersonId, user_id: &str) {
        let Some(person) = self.get(id) else { return };
        let by = By::UserId(user_id.to_owned());
        let other = self.newest(&person.portal, &by, |p| p.id != id && p.user_id.as_deref() == Some(user_id));
        if other.is_some_and(|other| is_another(other, &person.employees)) {
            return;
        }
        let given = other.map(|other| other.id).and_then(|other| self.give_up(other, id));
        let Some(person) = self.edit(id) else { return };
        take_account(person, user_id);
        if let Some(given) = given {
            take_account_of(person, &given);
            take_over(person, given);
        }
        self.free_address(id);
    }

    /// Note the keys of the event that nobody else has, and the rest of what it says.
    fn note(&mut self, id: PersonId, employee: Option<EmployeeId>, mut told: Event, now: Timestamp) {
        let Some(portal) = self.get(id).map(|person| person.portal.clone()) else { return };
        let other =
            |by: By, fits: &dyn Fn(&Person) -> bool| self.newest(&portal, &by, |p| p.id != id && fits(p)).is_some();
        let employee =
            employee.filter(|employee| !other(By::Employee(employee.clone()), &|p| p.employees.contains(employee)));
        let match_id = told.match_id.clone().map(By::MatchId);
        if match_id.is_some_and(|by| other(by, &|p| p.match_id == told.match_id)) {
            told.match_id = None;
        }
        let email = told.email.clone().map(By::Email);
        let is_taken = email.is_some_and(|by| other(by, &|p| p.has_account() && p.email == told.email));
        let Some(person) = self.edit(id) else { return };
        note(person, employee, &told, is_taken, now);
        if told.kind.is_user() {
            self.free_address(id);
        }
    }

    /// No two accounts of a portal have the same address: that of `id` is not the one of another account any more.
    fn free_address(&mut self, id: PersonId) {
        let Some(person) = self.get(id).filter(|person| person.has_account()) else { return };
        let (portal, Some(email)) = (person.portal.clone(), person.email.clone()) else { return };
        let has_it = |p: &&Person| {
            p.id != id && p.portal == portal && p.is_current() && p.has_account() && p.email.as_ref() == Some(&email)
        };
        let others: Vec<_> = self.alike(&By::Email(email.clone())).filter(has_it).map(|person| person.id).collect();
        for other in others {
            if let Some(other) = self.edit(other) {
                other.other_emails.extend(other.email.take());
            }
        }
    }

    /// The same, where it is not the portal that says whose the address is: the other account keeps it.
    pub(super) fn yield_address(&mut self, id: PersonId) {
        let Some(person) = self.get(id).filter(|person| person.has_account()) else { return };
        let Some(by) = person.email.clone().map(By::Email) else { return };
        let has_it = |p: &Person| p.id != id && p.has_account() && p.email == person.email;
        if self.newest(&person.portal, &by, has_it).is_some()
            && let Some(person) = self.edit(id)
        {
            person.other_emails.extend(person.email.take());
        }
    }

    pub(super) fn add(&mut self, portal: &str, now: Timestamp) -> PersonId {
        self.last_new -= 1;
        let id = PersonId(self.last_new);
        let person = Person::new(id, portal, now);
        self.index.add(&person, self.people.len());
        self.people.push(person);
        id
    }

    /// Make one row of those that the ids of the event name, as far as they may be one; the row that stays.
    fn unite(&mut self, id: PersonId, portal: &str, employee: Option<&EmployeeId>, event: &Event) -> PersonId {
        let mut kept = id;
        for other in self.named_by_ids(portal, employee, event) {
            let (Some(one), Some(two)) = (self.get(kept), self.get(other)) else { continue };
            if kept == other || !may_be_one(one, two) {
                continue;
            }
            let keeps_other = match (one.id.0 > 0, two.id.0 > 0) {
                (false, true) => true,
                (true, false) => false,
                _ => may_have_account(two) && !may_have_account(one),
            };
            let (keep, give) = if keeps_other { (other, kept) } else { (kept, other) };
            self.take_over(keep, give);
            kept = keep;
        }
        kept
    }
}

fn may_have_account(person: &Person) -> bool {
    person.has_account() || person.is_ours()
}

/// Whether nothing says that these two are not the same human being, and nobody loses an account.
fn may_be_one(one: &Person, two: &Person) -> bool {
    let shares_source = one.employees.iter().any(|a| two.employees.iter().any(|b| a.source == b.source));
    let is_split = one.split_from == Some(two.id) || two.split_from == Some(one.id);
    let differ = one.match_id.is_some() && two.match_id.is_some() && one.match_id != two.match_id;
    let have_two = may_have_account(one) && may_have_account(two);
    !(shares_source || differ || is_split || have_two)
}
