//! All accounts of the portal, found by id, e-mail address or user name, and in the order of their making.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::account::Account;
use super::employee::{ACTIVATED, ACTIVE, EmployeeType, TERMINATED};

/// Id of the portal's owner, whose key the sandbox hands out.
pub(super) const OWNER: Uuid = Uuid::from_u128(0x66fa_a6e4_f133_11ea_b126_00ff_eec8_b4ef);

/// What a new account starts from.
pub(super) struct NewAccount<'a> {
    pub(super) email: &'a str,
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    pub(super) kind: EmployeeType,
    pub(super) status: u8,
    pub(super) activation: u8,
}

/// The accounts.
#[derive(Default)]
pub(super) struct Directory {
    next: u64,
    accounts: BTreeMap<u64, Account>,
    by_id: HashMap<Uuid, u64>,
    by_email: HashMap<String, u64>,
    by_name: HashMap<String, u64>,
}

impl Directory {
    /// A directory with the owner alone.
    pub(super) fn with_owner(now: Timestamp) -> Self {
        let mut directory = Self::default();
        let owner = NewAccount {
            email: "owner@sandbox.example",
            first_name: "Portal",
            last_name: "Owner",
            kind: EmployeeType::DocSpaceAdmin,
            status: ACTIVE,
            activation: ACTIVATED,
        };
        directory.insert(OWNER, &owner, None, now);
        if let Some(owner) = directory.get_mut(OWNER) {
            owner.is_owner = true;
        }
        directory
    }

    /// Add an account whose address nobody has.
    pub(super) fn add(&mut self, new: &NewAccount<'_>, now: Timestamp) -> Uuid {
        let id = Uuid::new_v4();
        self.insert(id, new, Some(OWNER), now);
        id
    }

    fn insert(&mut self, id: Uuid, new: &NewAccount<'_>, created_by: Option<Uuid>, now: Timestamp) {
        let number = self.next;
        self.next += 1;
        let user_name = self.free_user_name(new.email);
        self.by_id.insert(id, number);
        self.by_email.insert(new.email.to_lowercase(), number);
        self.by_name.insert(user_name.to_lowercase(), number);
        let account = Account {
            id,
            email: new.email.to_owned(),
            first_name: new.first_name.to_owned(),
            last_name: new.last_name.to_owned(),
            user_name,
            kind: new.kind.settled(),
            is_owner: false,
            status: new.status,
            activation: new.activation,
            culture: None,
            location: None,
            notes: None,
            created_at: now,
            created_by,
            modified_at: now,
            terminated_at: None,
        };
        self.accounts.insert(number, account);
    }

    /// The part before the `@`, with a number behind it where that is taken.
    fn free_user_name(&self, email: &str) -> String {
        let wanted = email.split('@').next().unwrap_or(email);
        let mut name = wanted.to_owned();
        let mut number = 0_u32;
        while self.by_name.contains_key(&name.to_lowercase()) {
            number += 1;
            name = format!("{wanted}{number}");
        }
        name
    }

    /// The account with this id.
    pub(super) fn get(&self, id: Uuid) -> Option<&Account> {
        self.by_id.get(&id).and_then(|number| self.accounts.get(number))
    }

    /// The account with this id, to be changed. Its e-mail address and user name must stay.
    pub(super) fn get_mut(&mut self, id: Uuid) -> Option<&mut Account> {
        self.by_id.get(&id).and_then(|number| self.accounts.get_mut(number))
    }

    /// The account with this address, in any case.
    pub(super) fn by_email(&self, email: &str) -> Option<&Account> {
        self.by_email.get(&email.to_lowercase()).and_then(|number| self.accounts.get(number))
    }

    /// The account with this user name or id; names come first, as on the real server.
    pub(super) fn by_name_or_id(&self, text: &str) -> Option<&Account> {
        match self.by_name.get(&text.to_lowercase()) {
            Some(number) => self.accounts.get(number),
            None => Uuid::try_parse(text).ok().and_then(|id| self.get(id)),
        }
    }

    /// Take an account out.
    pub(super) fn remove(&mut self, id: Uuid) -> Option<Account> {
        let account = self.by_id.remove(&id).and_then(|number| self.accounts.remove(&number))?;
        self.by_email.remove(&account.email.to_lowercase());
        self.by_name.remove(&account.user_name.to_lowercase());
        Some(account)
    }

    /// Every account, oldest first; the owner is the first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Account> {
        self.accounts.values()
    }

    /// Paid seats in use; the owner's own is not counted.
    pub(super) fn paid_seats(&self) -> usize {
        self.iter()
            .filter(|account| account.kind.is_paid() && !account.is_owner && account.status != TERMINATED)
            .count()
    }

    /// Accounts of type `User` that are not disabled.
    pub(super) fn users(&self) -> usize {
        self.iter().filter(|account| account.kind == EmployeeType::User && account.status != TERMINATED).count()
    }

    /// `EmployeeFullDto` of an account, with its creator.
    pub(super) fn full(&self, account: &Account) -> serde_json::Value {
        account.employee_full(account.created_by.and_then(|id| self.get(id)))
    }
}
