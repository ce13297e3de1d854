//! The part that people play: opening the letter they got.

use jiff::SignedDuration;
use uuid::Uuid;

use super::Sandbox;
use super::account::Account;
use super::directory::OWNER;
use super::employee::{ACTIVATED, NOT_ACTIVATED, PENDING, TERMINATED};
use super::hook::UserEvent;
use super::joining::register;
use super::portal::{MailKind, Portal};
use super::state::User;
use crate::model::Timestamp;

/// Why somebody cannot activate an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivateError {
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// It was activated before.
    #[error("the account is active already")]
    Active,
    /// It is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// It is pending: whoever forgot a password they never had is mailed the invitation again.
    #[error("the account is pending and has no password to reset")]
    Pending,
}

impl Sandbox {
    /// Activate an account as the person would, with the webhooks that the real server sends then.
    ///
    /// Who was invited registers: `user.created`, active, with names made from the address, and a welcome letter. Who
    /// has an account sets a password and saves the profile: `user.updated` twice. Who came by a link confirms the
    /// address: `user.updated`.
    ///
    /// # Errors
    /// Every [`ActivateError`] but `Pending`.
    pub async fn activate(&self, id: &str) -> Result<User, ActivateError> {
        self.change(|portal, now| {
            let account = awaiting(portal, id)?;
            let id = account.id;
            match (account.status, account.activation) {
                (PENDING, _) => accept(portal, id, now),
                (_, NOT_ACTIVATED) => confirm(portal, id, now),
                _ => {
                    confirm(portal, id, now);
                    save_profile(portal, id, now);
                }
            }
            portal.directory.get(id).map(User::from).ok_or(ActivateError::Unknown)
        })
    }

    /// Activate an account by the link of a password reset: no webhook tells of it (`EmailValidationKeyModelHelper.cs`).
    ///
    /// The way out for who got an invitation for an account made by `POST /people`, whose link leads nowhere.
    ///
    /// # Errors
    /// Every [`ActivateError`].
    pub async fn activate_silently(&self, id: &str) -> Result<User, ActivateError> {
        self.change(|portal, now| {
            let account = awaiting(portal, id)?;
            if account.status == PENDING {
                return Err(ActivateError::Pending);
            }
            let id = account.id;
            if let Some(account) = portal.directory.get_mut(id) {
                account.activation = ACTIVATED;
                account.modified_at = now;
            }
            portal.directory.get(id).map(User::from).ok_or(ActivateError::Unknown)
        })
    }
}

/// The account, if there is anything to activate.
fn awaiting<'a>(portal: &'a Portal, id: &str) -> Result<&'a Account, ActivateError> {
    let id = Uuid::try_parse(id).map_err(|_| ActivateError::Unknown)?;
    let account = portal.directory.get(id).ok_or(ActivateError::Unknown)?;
    if account.status == TERMINATED {
        return Err(ActivateError::Disabled);
    }
    if account.is_active() { Err(ActivateError::Active) } else { Ok(account) }
}

/// The registration form of a mailed invitation, with names made from the address.
fn accept(portal: &mut Portal, id: Uuid, now: Timestamp) {
    let Some(email) = portal.directory.get(id).map(|account| account.email.clone()) else {
        return;
    };
    let (first, last) = names_from(&email);
    register(portal, id, &first, &last, OWNER, now);
    portal.give_invitation_back();
    portal.mail(&email, MailKind::Welcome, now);
}

/// The click that confirms an address. It runs under the person's own account.
fn confirm(portal: &mut Portal, id: Uuid, now: Timestamp) {
    let Some(account) = portal.directory.get_mut(id) else {
        return;
    };
    account.activation = ACTIVATED;
    account.modified_at = now;
    portal.publish(UserEvent::Updated, id, id, now);
}

/// The page saves the names once the person is in. The record tells a later moment, so that the two events differ: to a
/// receiver this is a second delivery and not the first one again.
fn save_profile(portal: &mut Portal, id: Uuid, now: Timestamp) {
    let later = now.saturating_add(SignedDuration::from_millis(1)).unwrap_or(now);
    if let Some(account) = portal.directory.get_mut(id) {
        account.modified_at = later;
    }
    portal.publish(UserEvent::Updated, id, id, now);
}

/// Names as somebody with this address might type them: letters only, as the server's rule wants.
fn names_from(email: &str) -> (String, String) {
    let local = email.split('@').next().unwrap_or_default();
    let mut words = local.split(|sign: char| !sign.is_alphabetic()).filter(|word| !word.is_empty()).map(|word| {
        let mut signs = word.chars();
        signs.next().map(|first| first.to_uppercase().chain(signs).collect::<String>()).unwrap_or_default()
    });
    let first = words.next().unwrap_or_else(|| "New".to_owned());
    let last = words.next().unwrap_or_else(|| "Member".to_owned());
    (first, last)
}
