//! All accounts of the portal, found by id, e-mail address or user name, and in the order of their making.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::account::Account;
use super::employee::{ACTIVATED, ACTIVE, EmployeeType, TERMINATED};
use super::groups::Groups;
use super::policy::Role;

/// Id of the account whose key the sandbox hands out: the portal's owner, unless the settings give it another role.
pub(super) const OWNER: Uuid = Uuid::from_u128(0x66fa_a6e4_f133_11ea_b126_00ff_eec8_b4ef);

/// Id of the portal's owner where that is not the key's owner.
const PORTAL_OWNER: Uuid = Uuid::from_u128(0x66fa_a6e4_f133_11ea_b126_00ff_eec8_b400);

/// Id of the server's own account, under which it works where nobody is signed in (`Constants.cs`, CoreSystem).
pub(super) const SYSTEM: Uuid = Uuid::from_u128(0xa37e_e56e_3302_4a7b_b67e_ddbe_a64c_d032);

/// What a new account starts from.
pub(super) struct NewAccount<'a> {
    pub(super) email: &'a str,
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    pub(super) kind: EmployeeType,
    pub(super) status: u8,
    pub(super) activation: u8,
}

/// The accounts and the groups they are in.
#[derive(Default)]
pub(super) struct Directory {
    pub(super) groups: Groups,
    next: u64,
    accounts: BTreeMap<u64, Account>,
    by_id: HashMap<Uuid, u64>,
    by_email: HashMap<String, u64>,
    by_name: HashMap<String, u64>,
}

impl Directory {
    /// A directory with the owner of the portal, and the owner of the key where that is somebody else.
    pub(super) fn with_owner(role: Role, now: Timestamp) -> Self {
        let mut directory = Self::default();
        let person = |email, first_name, kind| NewAccount {
            email,
            first_name,
            last_name: "Owner",
            kind,
            status: ACTIVE,
            activation: ACTIVATED,
        };
        let owner = person("owner@sandbox.example", "Portal", EmployeeType::DocSpaceAdmin);
        let owner_id = if role == Role::Owner { OWNER } else { PORTAL_OWNER };
        directory.insert(owner_id, &owner, None, now);
        if let Some(owner) = directory.get_mut(owner_id) {
            owner.is_owner = true;
        }
        if role != Role::Owner {
            directory.insert(OWNER, &person("key@sandbox.example", "Key", role.kind()), Some(owner_id), now);
        }
        directory
    }

    /// The portal's owner.
    pub(super) fn owner(&self) -> Uuid {
        self.iter().find(|account| account.is_owner).map_or(OWNER, |owner| owner.id)
    }

    /// Add an account whose address nobody has. `by` is who it counts as invited by.
    pub(super) fn add(&mut self, new: &NewAccount<'_>, by: Uuid, now: Timestamp) -> Uuid {
        let id = Uuid::new_v4();
        self.insert(id, new, Some(by), now);
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
        self.groups.forget(id);
        Some(account)
    }

    /// Every account, oldest first; the portal's owner is the first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Account> {
        self.accounts.values()
    }

    /// Every account but those the portal starts with, oldest first.
    pub(super) fn residents(&self) -> impl Iterator<Item = &Account> {
        self.iter().filter(|account| !account.is_owner && account.id != OWNER)
    }

    /// Paid seats in use; those of the portal's and the key's owner are not counted.
    pub(super) fn paid_seats(&self) -> usize {
        self.residents().filter(|account| account.kind.is_paid() && account.status != TERMINATED).count()
    }

    /// Accounts of type `User` that are not disabled.
    pub(super) fn users(&self) -> usize {
        self.residents().filter(|account| account.kind == EmployeeType::User && account.status != TERMINATED).count()
    }

    /// `EmployeeFullDto` of an account, with its creator and groups.
    pub(super) fn full(&self, account: &Account) -> Value {
        let groups: Vec<_> = self.groups.of(account.id).collect();
        account.employee_full(account.created_by.and_then(|id| self.get(id)), &groups)
    }

    /// `EmployeeFullDto` of these accounts; ids of nobody are left out.
    pub(super) fn full_of(&self, ids: &[Uuid]) -> Vec<Value> {
        ids.iter().filter_map(|id| self.get(*id)).map(|account| self.full(account)).collect()
    }
}
