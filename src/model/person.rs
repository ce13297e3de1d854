//! The ledger row that joins what HR platforms and DocSpace say about one human being.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Grant, Plan};

/// Row number of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub i64);

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A person's id in one source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EmployeeId {
    /// Name of the source.
    pub source: String,
    /// The id there.
    pub id: String,
}

/// What was seen of the activation bit (`activationStatus & 1`) of the DocSpace account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// Never seen.
    #[default]
    Unknown,
    /// Seen unset: a later set bit is the transition.
    Pending,
    /// Seen set: never makes the transition again.
    Active,
}

/// How a person came, or is to come, to the DocSpace account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Made by `POST /people`: an activation letter, no welcome letter.
    Created,
    /// Invited by `POST /people/invite`.
    Invited,
    /// Through a shared link.
    Link,
    /// Invited to a room.
    Room,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Created, Self::Invited, Self::Link, Self::Room];

    /// The word in the store and in lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Invited => "invited",
            Self::Link => "link",
            Self::Room => "room",
        }
    }
}

/// One person of the ledger: somebody at one portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Row number; a negative number inside a [`crate::ledger::Ledger`] stands for a row not stored yet.
    pub id: PersonId,
    /// Name of the portal.
    pub portal: String,
    /// DocSpace user id (GUID, lower case).
    pub user_id: Option<String>,
    /// E-mail address, lower case.
    pub email: Option<String>,
    /// Further addresses that name the person: held before, or told by HR after the account came to be. Nothing is sent there.
    #[serde(default)]
    pub other_emails: Vec<String>,
    /// A value that two platforms share for this person.
    pub match_id: Option<String>,
    /// First name as last told.
    pub first_name: Option<String>,
    /// Last name as last told.
    pub last_name: Option<String>,
    /// Ids in HR sources.
    pub employees: Vec<EmployeeId>,
    /// What was seen of the account's activation bit.
    pub account: AccountState,
    /// How the person came to the account, as far as it was seen.
    pub way: Option<Way>,
    /// First `employee.hired` of the present employment.
    pub hired_at: Option<Timestamp>,
    /// When we committed to creating or inviting the account: from then on an account found may be ours.
    pub intent_at: Option<Timestamp>,
    /// When the account we made was confirmed.
    pub invited_at: Option<Timestamp>,
    /// Until when the link of the last letter or mail can be used.
    pub link_expires_at: Option<Timestamp>,
    /// When a reminder was sent.
    pub reminded_at: Option<Timestamp>,
    /// The transition to active.
    pub activated_at: Option<Timestamp>,
    /// When a congratulation was accepted by a channel.
    pub congratulated_at: Option<Timestamp>,
    /// When DocSpace said that the account was deleted.
    pub deleted_at: Option<Timestamp>,
    /// First day of work, as the last hire told it.
    pub starts_on: Option<String>,
    /// Last day of work, as the last termination told it.
    pub ends_on: Option<String>,
    /// When HR said that the employment ends, or never begins. Nothing again once a later hire is known to be one.
    pub left_at: Option<Timestamp>,
    /// When the guard let the person in: what `new_people_per_day` counts.
    pub admitted_at: Option<Timestamp>,
    /// When we disabled the account: what `leavers_per_day` counts.
    pub disabled_at: Option<Timestamp>,
    /// Groups and rooms that we let the person into.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// What is to be done at its time.
    #[serde(default)]
    pub plans: Vec<Plan>,
    /// The row that took over what this one knew.
    pub merged_into: Option<PersonId>,
    /// The row that an id of this one was taken off, because they are two human beings: no event makes them one again.
    pub split_from: Option<PersonId>,
    /// When the personal data of this row was erased.
    pub forgotten_at: Option<Timestamp>,
    /// When the row came to be.
    pub created_at: Timestamp,
}

impl Person {
    /// A new row with nothing known yet.
    #[must_use]
    pub fn new(id: PersonId, portal: &str, now: Timestamp) -> Self {
        Self {
            id,
            portal: portal.to_owned(),
            user_id: None,
            email: None,
            other_emails: Vec::new(),
            match_id: None,
            first_name: None,
            last_name: None,
            employees: Vec::new(),
            account: AccountState::Unknown,
            way: None,
            hired_at: None,
            intent_at: None,
            invited_at: None,
            link_expires_at: None,
            reminded_at: None,
            activated_at: None,
            congratulated_at: None,
            deleted_at: None,
            starts_on: None,
            ends_on: None,
            left_at: None,
            admitted_at: None,
            disabled_at: None,
            grants: Vec::new(),
            plans: Vec::new(),
            merged_into: None,
            split_from: None,
            forgotten_at: None,
            created_at: now,
        }
    }

    /// Whether we created or invited the account.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.invited_at.is_some() || self.intent_at.is_some()
    }

    /// Whether the row stands for somebody: it was neither given up to another one nor erased.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.merged_into.is_none() && self.forgotten_at.is_none()
    }

    /// Whether an account is known, and is not deleted as far as we know.
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.user_id.is_some() && self.deleted_at.is_none()
    }

    /// Whether the person was hired again after we had brought them in.
    #[must_use]
    pub fn is_hired_again(&self) -> bool {
        self.invited_at.is_some() && self.hired_at > self.invited_at
    }

    /// The account is deleted: whoever is hired again gets a new one.
    pub fn lose_account(&mut self, at: Timestamp) {
        self.deleted_at = Some(at);
        self.intent_at = None;
        self.invited_at = None;
    }

    /// Whether this address, in lower case, names the person.
    #[must_use]
    pub fn goes_by(&self, email: &str) -> bool {
        self.email.as_deref() == Some(email) || self.other_emails.iter().any(|other| other == email)
    }

    /// The plan of this kind.
    #[must_use]
    pub fn plan(&self, kind: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.kind == kind)
    }
}
