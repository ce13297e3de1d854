//! `/people/invite`: invitations by mail, and their repetition.

use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::account::Account;
use super::creation::check_email;
use super::directory::{NewAccount, OWNER};
use super::employee::{AWAITED, EmployeeType, PENDING, TERMINATED};
use super::hook::UserEvent;
use super::portal::{MailKind, Portal};
use super::request::{Body, ids};
use super::wire::Reply;
use super::{Sandbox, Settings, seats};

/// How long the link of an invitation lives.
pub(super) const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What `POST /people/invite` takes.
#[derive(Deserialize)]
pub(super) struct Invitations {
    invitations: Vec<Invitation>,
    #[serde(default)]
    culture: Option<String>,
}

/// One invitation.
#[derive(Deserialize)]
struct Invitation {
    #[serde(default)]
    email: String,
    #[serde(rename = "type", default)]
    kind: EmployeeType,
}

/// Invite addresses, in order and without a transaction: what stands before a refused one stays invited.
///
/// An unknown address gets a pending account and one letter. A known one gets nothing but perhaps a higher type. The
/// answer lists every account that waits for its activation, not only those asked for. Before 3.7 an item that would be
/// refused is skipped instead.
pub(super) async fn invite(State(sandbox): State<Sandbox>, Body(body): Body<Invitations>) -> Result<Reply, Reply> {
    sandbox.change(|portal, now| {
        let settings = &sandbox.inner.settings;
        let is_old = portal.policy.is_old;
        for invitation in body.invitations.iter().filter(|_| !is_old) {
            check_email("Email", &invitation.email)?;
        }
        portal.check_invitations(body.invitations.len(), now)?;
        portal.policy.check_inviting()?;
        check_paid_seats(portal, settings, &body.invitations)?;
        for invitation in &body.invitations {
            match check(portal, invitation) {
                Ok(()) => invite_one(portal, settings, invitation, body.culture.as_deref(), now)?,
                Err(_) if is_old => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let pending =
            portal.directory.iter().filter(|account| account.activation & AWAITED != 0 && account.status != TERMINATED);
        Ok(Reply::List(pending.map(Account::employee).collect()))
    })
}

/// The check made before anything is sent. It counts the paid types named, and so overlooks `All`.
fn check_paid_seats(portal: &Portal, settings: &Settings, invitations: &[Invitation]) -> Result<(), Reply> {
    let has_seat = |email: &str| portal.directory.by_email(email).is_some_and(|account| account.kind.is_paid());
    let wanted =
        invitations.iter().filter(|invitation| invitation.kind.is_paid() && !has_seat(&invitation.email)).count();
    if wanted > 0 && portal.directory.paid_seats().saturating_add(wanted) > settings.paid_seats {
        Err(seats::no_seat())
    } else {
        Ok(())
    }
}

/// Whether somebody may be invited at all: what 3.7 refuses, and older servers skip.
fn check(portal: &Portal, invitation: &Invitation) -> Result<(), Reply> {
    check_email("Email", &invitation.email)?;
    if invitation.kind == EmployeeType::Guest {
        return Err(Reply::denied());
    }
    // For a known account `All` asks for nothing; for an unknown one it is a room administrator.
    let known = portal.directory.by_email(&invitation.email);
    if known.is_none() || invitation.kind != EmployeeType::All {
        portal.policy.check_adding(invitation.kind)?;
    }
    if known.is_some_and(|account| account.status == TERMINATED) {
        return Err(Reply::bad(format!("User disabled: {}", invitation.email)));
    }
    Ok(())
}

fn invite_one(
    portal: &mut Portal,
    settings: &Settings,
    invitation: &Invitation,
    culture: Option<&str>,
    now: Timestamp,
) -> Result<(), Reply> {
    if let Some(known) = portal.directory.by_email(&invitation.email) {
        let (id, rank) = (known.id, known.kind.rank());
        if let Some(account) = portal.directory.get_mut(id).filter(|_| invitation.kind.rank() > rank) {
            account.kind = invitation.kind;
        }
        return Ok(());
    }
    let kind = invitation.kind.settled();
    seats::check(portal, settings, kind)?;
    let new = NewAccount {
        email: &invitation.email,
        first_name: "",
        last_name: "",
        kind,
        status: PENDING,
        activation: AWAITED,
    };
    let id = portal.directory.add(&new, OWNER, now);
    if let Some(account) = portal.directory.get_mut(id) {
        account.culture = culture.map(str::to_owned);
    }
    portal.mail_invitation(&invitation.email, now);
    portal.publish(UserEvent::Invited, id, OWNER, now);
    Ok(())
}

/// What `PUT /people/invite` takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Resend {
    user_ids: Vec<String>,
    resend_all: bool,
}

/// Mail an invitation again to those who have not activated; others are skipped.
///
/// Accounts made by `POST /people` get one too, although its link is of no use to them, as on the real server.
pub(super) async fn resend(State(sandbox): State<Sandbox>, Body(body): Body<Resend>) -> Result<Reply, Reply> {
    let ids = ids("UserIds", &body.user_ids)?;
    sandbox.change(|portal, now| {
        portal.policy.check_inviting()?;
        let chosen: Vec<_> = portal
            .directory
            .iter()
            .filter(|account| body.resend_all || ids.contains(&account.id))
            .filter(|account| account.activation & AWAITED != 0 && account.status != TERMINATED)
            .cloned()
            .collect();
        for account in &chosen {
            portal.mail(&account.email, MailKind::Invitation, now);
        }
        Ok(Reply::List(chosen.iter().map(|account| portal.directory.full(account)).collect()))
    })
}
