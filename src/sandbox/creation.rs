//! `POST /people`: an account with names, and the activation letter that comes with it.

use axum::extract::State;
use email_address::EmailAddress;
use serde::Deserialize;

use super::directory::{NewAccount, OWNER};
use super::employee::{ACTIVE, AWAITED, EmployeeType};
use super::group_calls::join_groups;
use super::hook::UserEvent;
use super::portal::MailKind;
use super::request::{Body, ids};
use super::wire::Reply;
use super::{Sandbox, seats};

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
    /// GUIDs of groups.
    department: Vec<String>,
    from_invite_link: bool,
}

/// Create an account: active, not activated, and one activation letter.
///
/// Without `type` it is a room administrator. Where no paid seat is left it is silently a `User`. A group that is not
/// there is an error that comes after the account and its letter, and before the webhook.
pub(super) async fn create(State(sandbox): State<Sandbox>, Body(member): Body<Member>) -> Result<Reply, Reply> {
    check_email("Email", &member.email)?;
    check_length("FirstName", &member.first_name)?;
    check_length("LastName", &member.last_name)?;
    let groups = ids("Department", &member.department)?;
    // Guests come by other ways; the registration form's own call needs a link's key.
    if member.kind == EmployeeType::Guest || member.from_invite_link {
        return Err(Reply::denied());
    }
    sandbox.change(|portal, now| {
        portal.policy.check_inviting()?;
        portal.policy.check_adding(member.kind)?;
        if !sandbox.takes_names(&member.first_name, &member.last_name) {
            return Err(Reply::bad("Incorrect firstname or lastname"));
        }
        if portal.directory.by_email(&member.email).is_some() {
            return Err(Reply::bad("User with this email is already registered"));
        }
        let kind = seats::seated(portal, &sandbox.inner.settings, member.kind.settled())?;
        let new = NewAccount {
            email: &member.email,
            first_name: &member.first_name,
            last_name: &member.last_name,
            kind,
            status: ACTIVE,
            activation: AWAITED,
        };
        let id = portal.directory.add(&new, OWNER, now);
        if let Some(account) = portal.directory.get_mut(id) {
            account.culture = member.culture_name;
            account.location = member.location;
            account.notes = member.comment;
        }
        portal.mail(&member.email, MailKind::Activation, now);
        join_groups(portal, id, &groups)?;
        portal.publish(UserEvent::Created, id, OWNER, now);
        let full = portal.directory.get(id).map(|account| portal.directory.full(account));
        Ok(full.map_or(Reply::Done, Reply::Found))
    })
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
