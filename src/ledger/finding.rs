//! Whom an event names.
//!
//! Precedence: DocSpace user id, employee id of the source, `match_id`, the current address, a further address. Rows that
//! were given up or erased name nobody.

use super::index::By;
use super::noting::is_another;
use super::{Joined, Ledger};
use crate::model::{EmployeeId, Event, EventKind, Person, PersonId};

impl Ledger {
    /// Whom `event` is about at `portal`, if anybody is there.
    pub(super) fn find(&self, portal: &str, employee: Option<&EmployeeId>, event: &Event) -> Option<Joined> {
        let known = self.named_by_ids(portal, employee, event).first().copied();
        if let Some(email) = event.email.as_deref()
            && let Some(employee) = employee
            && let Some(holder) = self.claimant(portal, email, employee, known)
        {
            return Some(match known {
                Some(person) => Joined::Disputed { person, holder },
                None => Joined::Recycled(holder, employee.clone()),
            });
        }
        known.or_else(|| self.addressed(portal, event)).map(Joined::Person)
    }

    /// The rows that the ids of `event` name, those of a higher precedence first.
    pub(super) fn named_by_ids(&self, portal: &str, employee: Option<&EmployeeId>, event: &Event) -> Vec<PersonId> {
        let user_id = event.user_id.clone().map(By::UserId);
        let match_id = event.match_id.clone().map(By::MatchId);
        let by_employee = employee.cloned().map(By::Employee);
        let named = [
            user_id.and_then(|by| self.newest(portal, &by, |p| p.user_id == event.user_id)),
            by_employee
                .and_then(|by| self.newest(portal, &by, |p| p.employees.iter().any(|own| Some(own) == employee))),
            match_id.and_then(|by| self.newest(portal, &by, |p| p.match_id == event.match_id)),
        ];
        let mut ids = Vec::new();
        for person in named.into_iter().flatten() {
            if !ids.contains(&person.id) {
                ids.push(person.id);
            }
        }
        ids
    }

    /// The row that the address of `event` names.
    fn addressed(&self, portal: &str, event: &Event) -> Option<PersonId> {
        let email = event.email.as_ref()?;
        let by = By::Email(email.clone());
        let current = self.newest(portal, &by, |p| p.email.as_ref() == Some(email) && fits(event, p));
        // An account that appears at an address of before is this person's only where we may have brought them there.
        let is_ours = |p: &Person| event.user_id.is_none() || p.is_ours();
        let further = || self.newest(portal, &by, |p| p.other_emails.contains(email) && fits(event, p) && is_ours(p));
        current.or_else(further).map(|person| person.id)
    }

    /// Who else than `known` has a claim to the address that comes with `employee`, so that a human being has to say
    /// whose it is: addresses get recycled.
    pub(super) fn claimant(
        &self,
        portal: &str,
        email: &str,
        employee: &EmployeeId,
        known: Option<PersonId>,
    ) -> Option<PersonId> {
        if known.and_then(|id| self.get(id)).is_some_and(|known| known.goes_by(email)) {
            return None;
        }
        let another =
            |p: &Person| Some(p.id) != known && p.goes_by(email) && is_another(p, std::slice::from_ref(employee));
        // Only DocSpace ever told of this address, and then that the account has another one.
        let left_it = |p: &Person| p.email.as_deref() != Some(email) && p.has_account() && p.employees.is_empty();
        let by = By::Email(email.to_owned());
        let is_nobodys =
            || known.is_none() && self.newest(portal, &by, |p| p.email.as_deref() == Some(email)).is_none();
        let former = || self.newest(portal, &by, |p| p.goes_by(email)).filter(|p| is_nobodys() && left_it(p));
        self.newest(portal, &by, another).or_else(former).map(|person| person.id)
    }

    /// The rows that may be known by this.
    pub(super) fn alike(&self, by: &By) -> impl Iterator<Item = &Person> {
        self.index.places(by).filter_map(|place| self.people.get(place))
    }

    /// The latest row of those at `portal` that are known by this and fit; rows not stored yet are the latest.
    pub(super) fn newest(&self, portal: &str, by: &By, fits: impl Fn(&Person) -> bool) -> Option<&Person> {
        self.alike(by)
            .filter(|person| person.portal == portal && person.is_current() && fits(person))
            .max_by_key(|person| (person.id.0 < 0, person.id.0.abs()))
    }
}

/// Whether the account that was found for `person` is, on record, that of `other`, whom an HR platform knows. A row that only
/// DocSpace has told of is nobody else yet.
#[must_use]
pub fn is_others(other: &Person, person: &Person, user_id: &str) -> bool {
    other.is_current()
        && other.id != person.id
        && other.portal == person.portal
        && other.user_id.as_deref() == Some(user_id)
        && person.user_id.as_deref() != Some(user_id)
        && !other.employees.is_empty()
}

/// Whether the account that `event` tells of, if it tells of one, may be that of `person`, whom only an address ties to it.
fn fits(event: &Event, person: &Person) -> bool {
    if event.user_id.is_none() {
        return true;
    }
    // A living account of another id keeps its row: the address has moved to a new account. Who has left gets none.
    let may_get_one = !person.has_account() && (person.left_at.is_none() || person.is_ours());
    // An account that was never seen and is gone was somebody's before, unless we have brought it about.
    let is_news = event.kind != EventKind::UserDeleted || person.invited_at.is_some();
    may_get_one && is_news
}
