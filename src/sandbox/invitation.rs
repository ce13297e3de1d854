//! `/people/invite`: invitations by mail, and their repetition.

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::creation::{check_email, check_user_limit};
use super::directory::{NewAccount, OWNER};
use super::employee::{AWAITED, EmployeeType, PENDING, TERMINATED};
use super::hook::UserEvent;
use super::portal::{MailKind, Portal};
use super::request::Body;
use super::wire::Reply;
use super::{Sandbox, Settings};

/// What `POST /people/invite` takes.
#[derive(Deserialize)]
pub(super) struct Invitations {
    invitations: Vec<Invitation>,
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
/// answer lists every account that waits for its activation, not only those asked for.
pub(super) async fn invite(State(sandbox): State<Sandbox>, Body(body): Body<Invitations>) -> Result<Reply, Reply> {
    for invitation in &body.invitations {
        check_email("Email", &invitation.email)?;
    }
    sandbox.change(|portal, now| {
        let settings = &sandbox.inner.settings;
        check_paid_seats(portal, settings, &body.invitations)?;
        for invitation in &body.invitations {
            invite_one(portal, settings, invitation, now)?;
        }
        let pending =
            portal.directory.iter().filter(|account| account.activation & AWAITED != 0 && account.status != TERMINATED);
        Ok(Reply::List(pending.map(super::account::Account::employee).collect()))
    })
}

/// The check made before anything is sent. It counts the paid types named, and so overlooks `All`.
fn check_paid_seats(portal: &Portal, settings: &Settings, invitations: &[Invitation]) -> Result<(), Reply> {
    let has_seat = |email: &str| portal.directory.by_email(email).is_some_and(|account| account.kind.is_paid());
    let wanted =
        invitations.iter().filter(|invitation| invitation.kind.is_paid() && !has_seat(&invitation.email)).count();
    if wanted > 0 && portal.directory.paid_seats().saturating_add(wanted) > settings.paid_seats {
        Err(no_seat())
    } else {
        Ok(())
    }
}

fn no_seat() -> Reply {
    Reply::quota("The number of paid accounts exceeds the limit of the tariff plan")
}

fn invite_one(portal: &mut Portal, settings: &Settings, invitation: &Invitation, now: Timestamp) -> Result<(), Reply> {
    if invitation.kind == EmployeeType::Guest {
        return Err(Reply::denied());
    }
    if let Some(known) = portal.directory.by_email(&invitation.email) {
        if known.status == TERMINATED {
            return Err(Reply::bad(format!("User disabled: {}", invitation.email)));
        }
        let (id, rank) = (known.id, known.kind.rank());
        if let Some(account) = portal.directory.get_mut(id).filter(|_| invitation.kind.rank() > rank) {
            account.kind = invitation.kind;
        }
        return Ok(());
    }
    let kind = invitation.kind.settled();
    if kind.is_paid() && portal.directory.paid_seats() >= settings.paid_seats {
        return Err(no_seat());
    }
    if kind == EmployeeType::User {
        check_user_limit(portal, settings)?;
    }
    let new = NewAccount {
        email: &invitation.email,
        first_name: "",
        last_name: "",
        kind,
        status: PENDING,
        activation: AWAITED,
    };
    let id = portal.directory.add(&new, now);
    portal.mail(&invitation.email, MailKind::Invitation, now);
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

/// GUIDs of a body.
///
/// # Errors
/// 400 with the problem in `response`.
pub(super) fn ids(member: &'static str, texts: &[String]) -> Result<Vec<Uuid>, Reply> {
    texts
        .iter()
        .map(|text| {
            Uuid::try_parse(text).map_err(|_| Reply::invalid(member, format!("The value '{text}' is not a GUID.")))
        })
        .collect()
}
