//! The part that people play: opening a mailed link, or registering through a shared one.

use jiff::SignedDuration;
use serde::Deserialize;
use uuid::Uuid;

use super::Sandbox;
use super::control::User;
use super::directory::{NewAccount, OWNER};
use super::employee::{ACTIVATED, ACTIVE, NOT_ACTIVATED, PENDING, TERMINATED};
use super::hook::UserEvent;
use super::portal::{MailKind, Portal};
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
}

/// Somebody who registers through a shared link.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Joining {
    /// The link, or its last part alone.
    pub link: String,
    /// E-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// Why somebody cannot register through a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There is no such link.
    #[error("there is no such link")]
    Unknown,
    /// Its time or its uses are over.
    #[error("the link is over")]
    Over,
    /// The form would not take these names or this address.
    #[error("the form does not take these names or this address")]
    Refused,
    /// The address has an account.
    #[error("the address has an account already")]
    Known,
}

impl Sandbox {
    /// Activate an account as the person would, with the webhooks that the real server sends then.
    ///
    /// Who was invited registers: `user.created`, active, with names made from the address, and a welcome letter. Who
    /// has an account sets a password and saves the profile: `user.updated` twice. Who came by a link confirms the
    /// address: `user.updated`.
    ///
    /// # Errors
    /// Every [`ActivateError`].
    pub async fn activate(&self, id: &str) -> Result<User, ActivateError> {
        let id = Uuid::try_parse(id).map_err(|_| ActivateError::Unknown)?;
        self.change(|portal, now| {
            let account = portal.directory.get(id).ok_or(ActivateError::Unknown)?;
            if account.status == TERMINATED {
                return Err(ActivateError::Disabled);
            }
            if account.is_active() {
                return Err(ActivateError::Active);
            }
            match (account.status, account.activation) {
                (PENDING, _) => register(portal, id, now),
                (_, NOT_ACTIVATED) => confirm(portal, id, now),
                _ => {
                    confirm(portal, id, now);
                    save_profile(portal, id, now);
                }
            }
            portal.directory.get(id).map(User::from).ok_or(ActivateError::Unknown)
        })
    }

    /// Register through a shared link: an active account whose address is still to be confirmed by [`Self::activate`].
    ///
    /// # Errors
    /// Every [`JoinError`].
    pub async fn join(&self, joining: &Joining) -> Result<User, JoinError> {
        let takes_names = self.takes_names(&joining.first_name, &joining.last_name);
        if !takes_names || super::creation::check_email("Email", &joining.email).is_err() {
            return Err(JoinError::Refused);
        }
        let code = joining.link.rsplit('/').next().unwrap_or_default();
        self.change(|portal, now| {
            let known = portal.directory.by_email(&joining.email).is_some();
            let link = portal.links.iter_mut().find(|link| link.code == code).ok_or(JoinError::Unknown)?;
            if link.is_over(now) {
                return Err(JoinError::Over);
            }
            if known {
                return Err(JoinError::Known);
            }
            link.uses += 1;
            let new = NewAccount {
                email: &joining.email,
                first_name: &joining.first_name,
                last_name: &joining.last_name,
                kind: link.kind,
                status: ACTIVE,
                activation: NOT_ACTIVATED,
            };
            let id = portal.directory.add(&new, now);
            portal.mail(&joining.email, MailKind::Confirmation, now);
            portal.mail(&joining.email, MailKind::Welcome, now);
            portal.publish(UserEvent::Created, id, OWNER, now);
            portal.directory.get(id).map(User::from).ok_or(JoinError::Unknown)
        })
    }
}

/// The registration form of a mailed invitation: the pending record becomes an account in place. The call runs under the
/// inviter, so the event names the inviter.
fn register(portal: &mut Portal, id: Uuid, now: Timestamp) {
    let Some(account) = portal.directory.get_mut(id) else {
        return;
    };
    let (first, last) = names_from(&account.email);
    account.first_name = first;
    account.last_name = last;
    account.status = ACTIVE;
    account.activation = ACTIVATED;
    account.modified_at = now;
    let email = account.email.clone();
    portal.mail(&email, MailKind::Welcome, now);
    portal.publish(UserEvent::Created, id, OWNER, now);
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
