//! Registering: the forms behind mailed invitations, shared links, third-party sign-up and trusted mail domains.
//!
//! Whichever the way, the pages end in `user.created`. What differs is whether the address counts as confirmed, under
//! which account the call runs, and which letters follow.

use serde::Deserialize;
use uuid::Uuid;

use super::Sandbox;
use super::creation::check_email;
use super::directory::{NewAccount, OWNER, SYSTEM};
use super::employee::{ACTIVATED, ACTIVE, EmployeeType, NOT_ACTIVATED, PENDING, TERMINATED};
use super::hook::UserEvent;
use super::invitation::LIFE;
use super::portal::{MailKind, Portal};
use super::seats;
use super::state::User;
use crate::model::Timestamp;

/// How somebody registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// Through a shared link: active, the address still to be confirmed by [`Sandbox::activate`]. A confirmation and a
    /// welcome letter.
    #[default]
    Link,
    /// Through the newest mailed invitation, to the portal or to a room: activated at once. A welcome letter.
    Invitation,
    /// By signing in elsewhere, on the page of a shared link or of a mailed invitation: activated at once, no letter.
    ThirdParty,
    /// By an address in a mail domain that the portal trusts: a `User`, activated at once, no letter.
    Domain,
}

/// Somebody who registers.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Joining {
    /// How; a shared link where JSON does not say.
    #[serde(default)]
    pub way: Way,
    /// The shared link, or its last part alone; the other ways need none.
    #[serde(default)]
    pub link: Option<String>,
    /// E-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Language, such as `de`; absent: as invited.
    #[serde(default)]
    pub culture: Option<String>,
}

/// Why somebody cannot register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There is no such link or invitation.
    #[error("there is no such link or invitation")]
    Unknown,
    /// Its time or its uses are over.
    #[error("the link is over")]
    Over,
    /// The form would not take these names or this address.
    #[error("the form does not take these names or this address")]
    Refused,
    /// The address has an account; the page of an invitation leads to the login then.
    #[error("the address has an account already")]
    Known,
    /// Inviting is switched off.
    #[error("inviting is switched off")]
    Closed,
    /// No seat is left.
    #[error("no seat is left")]
    Full,
}

/// What the form makes of somebody.
struct Entry {
    kind: EmployeeType,
    activation: u8,
    /// Who the account counts as invited by.
    inviter: Uuid,
    /// Under whom the call runs.
    by: Uuid,
}

impl Sandbox {
    /// Register, with the letters and webhooks of the real server.
    ///
    /// # Errors
    /// Every [`JoinError`].
    pub async fn join(&self, joining: &Joining) -> Result<User, JoinError> {
        let takes_names = self.takes_names(&joining.first_name, &joining.last_name);
        if !takes_names || check_email("Email", &joining.email).is_err() {
            return Err(JoinError::Refused);
        }
        self.change(|portal, now| {
            let id = match (joining.way, joining.link.as_deref()) {
                (Way::Link, link) => {
                    let kind = use_link(portal, link.unwrap_or_default(), &joining.email, now)?;
                    let entry = Entry { kind, activation: NOT_ACTIVATED, inviter: OWNER, by: OWNER };
                    let id = enter(portal, self, joining, &entry, now)?;
                    portal.mail(&joining.email, MailKind::Confirmation, now);
                    portal.mail(&joining.email, MailKind::Welcome, now);
                    id
                }
                (Way::ThirdParty, Some(link)) => {
                    let kind = use_link(portal, link, &joining.email, now)?;
                    let entry = Entry { kind, activation: ACTIVATED, inviter: OWNER, by: SYSTEM };
                    enter(portal, self, joining, &entry, now)?
                }
                (Way::Domain, _) => {
                    check_free(portal, &joining.email)?;
                    let entry = Entry { kind: EmployeeType::User, activation: ACTIVATED, inviter: SYSTEM, by: SYSTEM };
                    enter(portal, self, joining, &entry, now)?
                }
                (Way::Invitation, _) => {
                    let id = accept(portal, joining, OWNER, now)?;
                    portal.give_invitation_back();
                    portal.mail(&joining.email, MailKind::Welcome, now);
                    id
                }
                (Way::ThirdParty, None) => accept(portal, joining, SYSTEM, now)?,
            };
            portal.directory.get(id).map(User::from).ok_or(JoinError::Unknown)
        })
    }
}

fn check_free(portal: &Portal, email: &str) -> Result<(), JoinError> {
    if portal.directory.by_email(email).is_some() { Err(JoinError::Known) } else { Ok(()) }
}

/// Use a shared link once; the type it gives.
fn use_link(portal: &mut Portal, link: &str, email: &str, now: Timestamp) -> Result<EmployeeType, JoinError> {
    let code = link.rsplit('/').next().unwrap_or_default();
    let known = check_free(portal, email);
    let link = portal.links.iter_mut().find(|link| link.code == code).ok_or(JoinError::Unknown)?;
    if link.is_over(now) {
        return Err(JoinError::Over);
    }
    known?;
    let kind = link.kind.settled();
    if !portal.policy.invites(kind) {
        return Err(JoinError::Closed);
    }
    link.uses += 1;
    Ok(kind)
}

/// Make the account and tell of it.
fn enter(
    portal: &mut Portal,
    sandbox: &Sandbox,
    joining: &Joining,
    entry: &Entry,
    now: Timestamp,
) -> Result<Uuid, JoinError> {
    if !portal.policy.invites(entry.kind) {
        return Err(JoinError::Closed);
    }
    let kind = seats::seated(portal, &sandbox.inner.settings, entry.kind).map_err(|_| JoinError::Full)?;
    let new = NewAccount {
        email: &joining.email,
        first_name: &joining.first_name,
        last_name: &joining.last_name,
        kind,
        status: ACTIVE,
        activation: entry.activation,
    };
    let id = portal.directory.add(&new, entry.inviter, now);
    if let Some(account) = portal.directory.get_mut(id) {
        account.culture.clone_from(&joining.culture);
    }
    portal.publish(UserEvent::Created, id, entry.by, now);
    Ok(id)
}

/// The form of a mailed invitation: the pending record becomes an account in place.
///
/// The link of an invitation that was mailed to an account with a password is of no use: the page leads to the login
/// (`InvitationValidator.cs`).
fn accept(portal: &mut Portal, joining: &Joining, by: Uuid, now: Timestamp) -> Result<Uuid, JoinError> {
    let account = portal.directory.by_email(&joining.email).ok_or(JoinError::Unknown)?;
    let mailed = portal
        .mails
        .iter()
        .rfind(|mail| mail.kind == MailKind::Invitation && mail.to.eq_ignore_ascii_case(&account.email))
        .ok_or(JoinError::Unknown)?;
    match account.status {
        PENDING => {}
        TERMINATED => return Err(JoinError::Refused),
        _ => return Err(JoinError::Known),
    }
    if now >= mailed.at.saturating_add(LIFE).unwrap_or(now) {
        return Err(JoinError::Over);
    }
    if !portal.policy.invites(account.kind) {
        return Err(JoinError::Closed);
    }
    let id = account.id;
    if let (Some(account), Some(culture)) = (portal.directory.get_mut(id), &joining.culture) {
        account.culture = Some(culture.clone());
    }
    register(portal, id, &joining.first_name, &joining.last_name, by, now);
    Ok(id)
}

/// Give a pending account its names and activate it. The call runs under `by`, and the event names that account: the
/// inviter, whose id the link carries.
pub(super) fn register(portal: &mut Portal, id: Uuid, first: &str, last: &str, by: Uuid, now: Timestamp) {
    if let Some(account) = portal.directory.get_mut(id) {
        account.first_name = first.to_owned();
        account.last_name = last.to_owned();
        account.status = ACTIVE;
        account.activation = ACTIVATED;
        account.modified_at = now;
    }
    portal.publish(UserEvent::Created, id, by, now);
}
