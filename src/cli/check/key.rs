//! The API key: valid, with the scopes and the role that the rules need.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::portal::Asked;
use super::report::Report;
use crate::config::{Config, Portal};
use crate::docspace::{Account, Client, Error, KeyInfo};
use crate::hooks;
use crate::model::{Action, Channel, Mode, UserType};

/// Where keys are made.
const WHERE: &str = "in DocSpace under Developer Tools, API keys";
/// A key that ends so soon is told.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// `None` unless the portal takes the key, so that more can be asked; and what it tells of the key.
pub(super) async fn check(
    report: &mut Report,
    config: &Config,
    portal: &Portal,
    client: &Client,
    asked: &Asked,
) -> Option<Option<KeyInfo>> {
    let owner = match client.owner().await {
        Ok(owner) => Some(owner),
        Err(Error::Scope { .. }) => None,
        Err(error @ Error::Paused { status: 401, .. }) => {
            let how = format!("make a key {WHERE}, and put it where api_key of the portal points");
            report.bad("api key", format!("{error}; {how}"));
            return None;
        }
        Err(error) => {
            report.bad("api key", error);
            return None;
        }
    };
    let role = owner.as_ref().map_or_else(
        || "it may not read its own profile (accounts.self:read)".to_owned(),
        |owner| format!("acts as a {}", owner.user_type),
    );
    let key = client.key_info().await;
    match &key {
        Ok(key) => {
            tell_key(report, key, &role);
            tell_scopes(report, config, portal, key, asked);
        }
        // Servers before 3.2 do not tell; each call will.
        Err(error) => {
            report.ok("api key", format!("accepted; {role}"));
            report.warning("scopes", format!("the portal does not tell them: {error}"));
        }
    }
    if let Some(owner) = &owner {
        tell_role(report, client, owner, asked).await;
        tell_look_up(report, client, owner).await;
    }
    Some(key.ok())
}

fn tell_key(report: &mut Report, key: &KeyInfo, role: &str) {
    const WHAT: &str = "api key";
    let day = |end: Timestamp| end.strftime("%Y-%m-%d").to_string();
    match key.expires_at {
        _ if !key.is_active => report.bad(WHAT, format!("is switched off; switch it on {WHERE}")),
        None => report.ok(WHAT, format!("accepted; {role}; never ends")),
        Some(end) if end.duration_since(Timestamp::now()) < SOON => {
            report.warning(WHAT, format!("accepted; {role}; but it ends on {}: make a new one {WHERE}", day(end)));
        }
        Some(end) => report.ok(WHAT, format!("accepted; {role}; ends on {}", day(end))),
    }
}

/// The scopes that the rules need, and what for.
fn needed(asked: &Asked) -> BTreeMap<&'static str, &'static str> {
    let mut needed = BTreeMap::from([("accounts.self:read", "knowing its own account")]);
    for action in &asked.actions {
        match action {
            Action::Onboard(onboard) => {
                needed.insert("accounts:write", "making and inviting accounts");
                if !onboard.rooms.is_empty() {
                    needed.insert("rooms:write", "letting people into rooms");
                }
                if onboard.mode == Mode::Link {
                    needed.insert("*:write", "invitation links");
                }
            }
            Action::Congratulate(wanted) => {
                needed.entry("accounts:read").or_insert("looking at an account before congratulating");
                if wanted.via.contains(&Channel::Mention) {
                    needed.insert("files:write", "the channel mention");
                }
                if wanted.via.contains(&Channel::Room) {
                    needed.insert("rooms:write", "the channel room");
                }
            }
            Action::Update(wanted) => {
                needed.entry("accounts:write").or_insert("changing accounts");
                if wanted.rooms.is_some() {
                    needed.insert("rooms:write", "letting people into rooms and out of them");
                }
            }
            Action::Disable(_) | Action::Enable(_) => {
                needed.entry("accounts:write").or_insert("disabling and enabling accounts");
            }
        }
    }
    needed
}

fn tell_scopes(report: &mut Report, config: &Config, portal: &Portal, key: &KeyInfo, asked: &Asked) {
    const WHAT: &str = "scopes";
    let lacking: Vec<_> = needed(asked)
        .into_iter()
        .filter(|(scope, _)| !key.allows(scope))
        .map(|(scope, why)| format!("{scope} ({why})"))
        .collect();
    if !lacking.is_empty() {
        return report.bad(WHAT, format!("the key lacks {}; add it {WHERE}", lacking.join(" and ")));
    }
    let all = if key.permissions.is_empty() { "all".to_owned() } else { key.permissions.join(", ") };
    report.ok(WHAT, all);
    if !hooks::sources(config, &portal.name).is_empty() && !key.allows("*:read") {
        report.warning(
            WHAT,
            "without *:read the webhook's health cannot be seen and nothing that was missed can be caught up with",
        );
    }
}

/// Whom the owner of the key may invite (`UserController.cs`): nobody as a User or Guest; Users only as a room
/// administrator; administrators only as the owner of the portal.
async fn tell_role(report: &mut Report, client: &Client, owner: &Account, asked: &Asked) {
    const WHAT: &str = "role";
    let may = |kind: UserType, owns: bool| match owner.user_type {
        UserType::DocSpaceAdmin => kind != UserType::DocSpaceAdmin || owns,
        UserType::RoomAdmin => matches!(kind, UserType::User | UserType::Guest),
        UserType::User | UserType::Guest => false,
    };
    let types = || asked.types.iter().chain(&asked.new_types).copied();
    let wants_admins = types().any(|kind| kind == UserType::DocSpaceAdmin);
    let owns = wants_admins
        && client.settings().await.is_ok_and(|settings| settings.owner_id.as_deref() == Some(owner.id.as_str()));
    let refused: Vec<_> = types().filter(|kind| !may(*kind, owns)).map(UserType::as_str).collect();
    if !refused.is_empty() {
        return report.bad(
            WHAT,
            format!(
                "the key's owner, a {}, may not make accounts of type {}; use a key of {}",
                owner.user_type,
                refused.join(", "),
                if wants_admins { "the portal's owner" } else { "a DocSpace administrator" }
            ),
        );
    }
    match owner.user_type {
        UserType::DocSpaceAdmin => report.ok(WHAT, "the key's owner is a DocSpace administrator"),
        kind => report.warning(
            WHAT,
            format!("the key's owner is a {kind} and sees only part of the people; better use a DocSpace administrator's key"),
        ),
    }
}

/// The call every onboarding begins with, for the one person that is there for sure: the owner of the key. No made-up
/// address is sent to a portal.
async fn tell_look_up(report: &mut Report, client: &Client, owner: &Account) {
    const WHAT: &str = "look-up";
    if owner.email.is_empty() {
        return report.warning(WHAT, "not tried: the portal does not tell the address of the key's owner");
    }
    match client.find_by_email(&owner.email).await {
        Ok(Some(_)) => report.ok(WHAT, "people can be looked up by address"),
        Ok(None) => report.bad(WHAT, "the portal does not find the key's owner by the address it tells"),
        Err(error) => report.bad(WHAT, error),
    }
}
