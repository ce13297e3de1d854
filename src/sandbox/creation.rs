//! `POST /people`: an account with names, and the activation letter that comes with it.

use axum::extract::State;
use email_address::EmailAddress;
use serde::Deserialize;

use super::directory::{NewAccount, OWNER};
use super::employee::{ACTIVE, AWAITED, EmployeeType};
use super::hook::UserEvent;
use super::portal::{MailKind, Portal};
use super::request::Body;
use super::wire::Reply;
use super::{Sandbox, Settings};

/// Longest e-mail address or name.
const TEXT_LIMIT: usize = 255;

/// What `POST /people` takes; members it would ignore are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Member {
    email: String,
    first_name: String,
    last_name: String,
    #[serde(rename = "type")]
    kind: EmployeeType,
    culture_name: Option<String>,
    location: Option<String>,
    comment: Option<String>,
    from_invite_link: bool,
}

/// Create an account: active, not activated, and one activation letter.
///
/// Without `type` it is a room administrator. Where no paid seat is left it is silently a `User`.
pub(super) async fn create(State(sandbox): State<Sandbox>, Body(member): Body<Member>) -> Result<Reply, Reply> {
    check_email("Email", &member.email)?;
    check_length("FirstName", &member.first_name)?;
    check_length("LastName", &member.last_name)?;
    // Guests come by other ways; the registration form's own call needs a link's key.
    if member.kind == EmployeeType::Guest || member.from_invite_link {
        return Err(Reply::denied());
    }
    if !sandbox.takes_names(&member.first_name, &member.last_name) {
        return Err(Reply::bad("Incorrect firstname or lastname"));
    }
    sandbox.change(|portal, now| {
        if portal.directory.by_email(&member.email).is_some() {
            return Err(Reply::bad("User with this email is already registered"));
        }
        let kind = seated(portal, &sandbox.inner.settings, member.kind.settled())?;
        let new = NewAccount {
            email: &member.email,
            first_name: &member.first_name,
            last_name: &member.last_name,
            kind,
            status: ACTIVE,
            activation: AWAITED,
        };
        let id = portal.directory.add(&new, now);
        if let Some(account) = portal.directory.get_mut(id) {
            account.culture = member.culture_name;
            account.location = member.location;
            account.notes = member.comment;
        }
        portal.mail(&member.email, MailKind::Activation, now);
        portal.publish(UserEvent::Created, id, OWNER, now);
        let full = portal.directory.get(id).map(|account| portal.directory.full(account));
        Ok(full.map_or(Reply::Done, Reply::Found))
    })
}

/// The type an account really gets: a paid one without a free seat becomes `User`, if users have room.
fn seated(portal: &Portal, settings: &Settings, wanted: EmployeeType) -> Result<EmployeeType, Reply> {
    if wanted.is_paid() && portal.directory.paid_seats() < settings.paid_seats {
        return Ok(wanted);
    }
    check_user_limit(portal, settings).map(|()| EmployeeType::User)
}

/// Room for one more `User`.
///
/// # Errors
/// 402.
pub(super) fn check_user_limit(portal: &Portal, settings: &Settings) -> Result<(), Reply> {
    // The count walks all accounts, so it is left out where there is no limit.
    if settings.user_limit == usize::MAX || portal.directory.users() < settings.user_limit {
        Ok(())
    } else {
        Err(Reply::quota("The number of users exceeds the limit of the tariff plan"))
    }
}

/// Model validation of an address.
///
/// # Errors
/// 400 with the problem in `response`.
pub(super) fn check_email(member: &'static str, email: &str) -> Result<(), Reply> {
    check_length(member, email)?;
    if EmailAddress::is_valid(email) && !email.contains('<') {
        Ok(())
    } else {
        Err(Reply::invalid(member, format!("The {member} field is not a valid e-mail address.")))
    }
}

fn check_length(member: &'static str, text: &str) -> Result<(), Reply> {
    if text.chars().count() > TEXT_LIMIT {
        Err(Reply::invalid(
            member,
            format!("The field {member} must be a string with a maximum length of {TEXT_LIMIT}."),
        ))
    } else {
        Ok(())
    }
}
