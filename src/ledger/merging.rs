//! Two rows of one human being, and one row of two: as a human being says.

use jiff::Timestamp;

use super::Ledger;
use super::noting::{take_account_of, take_over};
use crate::model::{AccountState, EmployeeId, Person, PersonId, Waiting};

/// Something that a person is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// An e-mail address, lower case.
    Email(String),
    /// An id of an HR source.
    Employee(EmployeeId),
    /// A value that two platforms share.
    MatchId(String),
}

/// Why two rows are not made one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is no such row.
    #[error("there is no person {0}")]
    Unknown(PersonId),
    /// The row is given twice.
    #[error("both are person {0}")]
    Same(PersonId),
    /// It is so already.
    #[error("person {0} is merged into person {1} already")]
    Already(PersonId, PersonId),
    /// The row was given up to another one.
    #[error("person {0} is merged into person {1}; name that one")]
    Merged(PersonId, PersonId),
    /// The row was erased.
    #[error("the data of person {0} was erased")]
    Forgotten(PersonId),
    /// A row stands for somebody at one portal.
    #[error("person {0} and person {1} are at two portals, where each keeps a row")]
    Portals(PersonId, PersonId),
    /// Two accounts cannot be made one.
    #[error("person {0} and person {1} have an account each; delete one of the accounts in DocSpace first")]
    Accounts(PersonId, PersonId),
}

/// Why a key is not taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// There is no such row.
    #[error("there is no person {0}")]
    Unknown(PersonId),
    /// The row was given up to another one.
    #[error("person {0} is merged into person {1}; name that one")]
    Merged(PersonId, PersonId),
    /// The row was erased.
    #[error("the data of person {0} was erased")]
    Forgotten(PersonId),
    /// Perhaps it was taken away before.
    #[error("person {0} is not known by that, or not any more")]
    NotTheirs(PersonId),
    /// Nothing else is known.
    #[error("person {0} is known by nothing else: there is nothing to split")]
    Only(PersonId),
    /// It is the address of the account as it is now.
    #[error(
        "that is the address of the account of person {0}: give the account another address in DocSpace, or delete it \
         there, then try again"
    )]
    Account(PersonId),
}

impl Ledger {
    /// `keep` takes over all that `other` is known by: keys, times, grants, plans and further addresses; the account is
    /// that of whichever has one.
    ///
    /// # Errors
    /// [`MergeError`], and nothing is changed.
    pub fn merge(&mut self, keep: PersonId, other: PersonId) -> Result<(), MergeError> {
        let kept = self.row(keep).ok_or(MergeError::Unknown(keep))?;
        let given = self.row(other).ok_or(MergeError::Unknown(other))?;
        if keep == other {
            return Err(MergeError::Same(keep));
        }
        if given.merged_into == Some(keep) {
            return Err(MergeError::Already(other, keep));
        }
        for person in [kept, given] {
            if let Some(into) = person.merged_into {
                return Err(MergeError::Merged(person.id, into));
            }
            if person.forgotten_at.is_some() {
                return Err(MergeError::Forgotten(person.id));
            }
        }
        if kept.portal != given.portal {
            return Err(MergeError::Portals(keep, other));
        }
        if kept.has_account() && given.has_account() && kept.user_id != given.user_id {
            return Err(MergeError::Accounts(keep, other));
        }
        self.take_over(keep, other);
        Ok(())
    }

    /// Take `key` off the row of a person who was taken for somebody else. An id gets a row of its own, which is given
    /// back; an address is nobody's then. The address of a living account stays with it, unless `address_is_free` says
    /// that the account has it no more, or is disabled.
    ///
    /// # Errors
    /// [`SplitError`], and nothing is changed.
    pub fn split(
        &mut self,
        id: PersonId,
        key: Key,
        address_is_free: bool,
        now: Timestamp,
    ) -> Result<Option<PersonId>, SplitError> {
        let person = self.row(id).ok_or(SplitError::Unknown(id))?;
        if let Some(into) = person.merged_into {
            return Err(SplitError::Merged(id, into));
        }
        if person.forgotten_at.is_some() {
            return Err(SplitError::Forgotten(id));
        }
        let is_theirs = match &key {
            Key::Email(email) => person.goes_by(email),
            Key::Employee(employee) => person.employees.contains(employee),
            Key::MatchId(value) => person.match_id.as_ref() == Some(value),
        };
        if !is_theirs {
            return Err(SplitError::NotTheirs(id));
        }
        if keys(person) == 1 {
            return Err(SplitError::Only(id));
        }
        let is_held = person.has_account() && person.disabled_at.is_none() && !address_is_free;
        if matches!(&key, Key::Email(email) if person.email.as_ref() == Some(email)) && is_held {
            return Err(SplitError::Account(id));
        }
        let portal = person.portal.clone();
        if let Some(person) = self.edit(id) {
            take_away(person, &key);
        }
        if matches!(key, Key::Email(_)) {
            return Ok(None);
        }
        let new = self.add(&portal, now);
        if let Some(person) = self.edit(new) {
            person.split_from = Some(id);
            match key {
                Key::Employee(employee) => person.employees.push(employee),
                Key::MatchId(value) => person.match_id = Some(value),
                Key::Email(_) => {}
            }
        }
        Ok(Some(new))
    }

    /// Let `keep` take over what `give` knew.
    pub(super) fn take_over(&mut self, keep: PersonId, give: PersonId) {
        let Some(given) = self.give_up(give, keep) else { return };
        let Some(person) = self.edit(keep) else { return };
        let never_had_one = person.user_id.is_none() && !person.is_ours();
        if !person.has_account() && (given.has_account() || given.is_ours() || never_had_one) {
            forget_account(person);
            take_account_of(person, &given);
            person.user_id.clone_from(&given.user_id);
            if let Some(email) = given.email.as_ref().filter(|_| given.has_account() || given.is_ours()) {
                let before = person.email.replace(email.clone());
                person.other_emails.extend(before.filter(|before| before != email));
                person.other_emails.retain(|other| other != email);
            }
        }
        take_over(person, given);
        self.yield_address(keep);
    }

    /// Empty the row `give`, whose place `keep` takes from now on; what it knew.
    pub(super) fn give_up(&mut self, give: PersonId, keep: PersonId) -> Option<Person> {
        let place = self.index.place(give)?;
        self.merged.push((give, keep));
        for waiting in self.waiting.remove(&give).into_iter().flatten() {
            self.wait(Waiting { person: keep, ..waiting });
        }
        if give.0 < 0 {
            // It was never stored, and need not be.
            self.changed.remove(&give);
            self.index.forget(give);
        } else {
            self.changed.insert(give);
        }
        let row = self.people.get_mut(place)?;
        let created_at = row.created_at;
        let empty = Person { merged_into: Some(keep), ..Person::new(give, &row.portal, created_at) };
        Some(std::mem::replace(row, empty))
    }
}

/// How many things a person is known by.
fn keys(person: &Person) -> usize {
    let of_account = usize::from(person.user_id.is_some()) + usize::from(person.email.is_some());
    of_account + person.other_emails.len() + person.employees.len() + usize::from(person.match_id.is_some())
}

fn take_away(person: &mut Person, key: &Key) {
    match key {
        Key::Email(email) => {
            person.email.take_if(|own| own == email);
            person.other_emails.retain(|other| other != email);
        }
        Key::Employee(employee) => person.employees.retain(|own| own != employee),
        Key::MatchId(_) => person.match_id = None,
    }
}

/// Nothing stays true of an account that is gone, or never was.
fn forget_account(person: &mut Person) {
    *person = Person {
        user_id: None,
        account: AccountState::Unknown,
        way: None,
        intent_at: None,
        invited_at: None,
        link_expires_at: None,
        reminded_at: None,
        activated_at: None,
        congratulated_at: None,
        deleted_at: None,
        disabled_at: None,
        grants: Vec::new(),
        ..person.clone()
    };
}
