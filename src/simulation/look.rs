//! A read-only look at a portal: what was seen there, and how it is asked.

use std::collections::{BTreeSet, HashMap};

use crate::docspace::{Account, Client, Error as PortalError, Group, reserved_address};
use crate::model::Person;
use crate::names::NameRule;

/// Up to so many people are looked up one by one; for more of them all accounts are read, a hundred with each call.
const FEW: usize = 50;

/// What a simulation wants to know of a portal.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whose account: the user id on record, if there is one, and the address.
    pub people: BTreeSet<(Option<String>, String)>,
    /// Which groups there are.
    pub groups: bool,
    /// What is asked of names.
    pub names: bool,
    /// Whose the API key is.
    pub owner: bool,
}

/// What was seen of a portal.
#[derive(Debug, Clone)]
pub struct Look {
    accounts: HashMap<String, Account>,
    by_email: HashMap<String, String>,
    /// Whether addresses reserved for examples may be sent there.
    pub is_sandbox: bool,
    /// Its groups; `None`: not asked.
    pub groups: Option<Vec<Group>>,
    /// What it asks of names.
    pub names: NameRule,
    /// The account of the API key; `None`: not asked.
    pub owner: Option<String>,
}

/// What a look finds of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'l> {
    /// This account.
    Account(&'l Account),
    /// No account.
    Nobody,
    /// The address is reserved for examples, and never sent to this portal.
    Reserved,
}

impl Look {
    /// A portal with these accounts, and nothing else seen of it.
    #[must_use]
    pub fn new(accounts: Vec<Account>, is_sandbox: bool) -> Self {
        let by_email = accounts.iter().map(|account| (account.email.clone(), account.id.clone())).collect();
        let accounts = accounts.into_iter().map(|account| (account.id.clone(), account)).collect();
        Self { accounts, by_email, is_sandbox, groups: None, names: NameRule::new(None), owner: None }
    }

    /// Ask a portal, by GET alone.
    ///
    /// # Errors
    /// Any of [`PortalError`].
    pub async fn ask(client: &Client, asked: &Asked) -> Result<Self, PortalError> {
        let accounts = if asked.people.len() > FEW { client.everybody().await? } else { few(client, asked).await? };
        let mut look = Self::new(accounts, client.is_sandbox());
        if asked.groups {
            look.groups = Some(client.groups().await?);
        }
        if asked.names {
            match client.settings().await {
                Ok(settings) => look.names = NameRule::new(settings.user_name_regex.as_deref()),
                Err(error) if error.is_outage() => return Err(error),
                // The usual rule stands, as it does when somebody is onboarded.
                Err(_) => {}
            }
        }
        if asked.owner {
            look.owner = Some(client.owner().await?.id);
        }
        Ok(look)
    }

    /// The account of this id.
    pub(super) fn account(&self, user_id: &str) -> Option<&Account> {
        self.accounts.get(user_id)
    }

    /// The person's account: the one on record, wherever its address has moved, else the one of the address.
    pub(super) fn find(&self, person: &Person, email: &str) -> Found<'_> {
        let on_record = account_on_record(person).and_then(|id| self.account(id));
        if let Some(account) = on_record {
            return Found::Account(account);
        }
        if reserved_address(email) && !self.is_sandbox {
            return Found::Reserved;
        }
        let addressed = self.by_email.get(&email.to_lowercase()).and_then(|id| self.accounts.get(id));
        addressed.map_or(Found::Nobody, Found::Account)
    }
}

/// The account that the ledger has of a person.
pub(super) fn account_on_record(person: &Person) -> Option<&str> {
    person.user_id.as_deref().filter(|_| person.deleted_at.is_none())
}

async fn few(client: &Client, asked: &Asked) -> Result<Vec<Account>, PortalError> {
    let mut accounts = Vec::new();
    for (user_id, email) in &asked.people {
        let mut found = match user_id {
            Some(user_id) => client.account(user_id).await?,
            None => None,
        };
        if found.is_none() && (client.is_sandbox() || !reserved_address(email)) {
            found = client.find_by_email(email).await?;
        }
        accounts.extend(found);
    }
    Ok(accounts)
}
