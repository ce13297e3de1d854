//! What the portal says about itself and about the key.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::directory::OWNER;
use super::wire::{Reply, api_time};
use super::{Sandbox, USER_NAME_RULE};

/// `GET /settings`: open to everybody; more with a key.
pub(super) async fn portal(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Reply {
    let mut answer = json!({
        "culture": "en-US",
        "utcOffset": "00:00:00",
        "docSpace": true,
        "standalone": true,
        "personal": false,
        "tenantStatus": sandbox.with_standing(|standing| standing.condition.tenant_status()),
        "version": sandbox.inner.settings.version,
        "userNameRegex": USER_NAME_RULE,
    });
    if sandbox.holder(&headers).is_some() {
        let (owner, left) = sandbox.change(|portal, now| (portal.directory.owner(), portal.invitations_left(now)));
        answer["ownerId"] = json!(owner.to_string());
        answer["invitationLimit"] = json!(left);
        answer["limitedAccessDevToolsForUsers"] = json!(false);
    }
    Reply::Found(answer)
}

/// `GET /settings/version/build`: open to everybody.
pub(super) async fn build(State(sandbox): State<Sandbox>) -> Reply {
    let version = &sandbox.inner.settings.version;
    Reply::Found(
        json!({ "docSpace": version, "communityServer": "", "documentServer": "9.1.0", "mailServer": "", "xmppServer": "" }),
    )
}

/// `GET /settings/invitationsettings`.
pub(super) async fn invitations(State(sandbox): State<Sandbox>) -> Reply {
    let (members, guests) = sandbox.change(|portal, _| (portal.policy.invites_members, portal.policy.invites_guests));
    Reply::Found(json!({ "allowInvitingMembers": members, "allowInvitingGuests": guests }))
}

/// `GET /keys/@self`: the key the call came with, masked. All scopes are an empty list.
pub(super) async fn key(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Reply, Reply> {
    let holder = sandbox.holder(&headers).ok_or(Reply::Empty(StatusCode::UNAUTHORIZED))?;
    let postfix: String = holder.key.chars().skip(holder.key.chars().count().saturating_sub(4)).collect();
    let owner = sandbox.change(|portal, _| portal.directory.get(OWNER).map(super::account::Account::employee));
    let mut answer = json!({
        "id": "5a1d0b0e-0000-4000-8000-000000000001",
        "name": "usher",
        "key": format!("sk-***{postfix}"),
        "keyPostfix": postfix,
        "permissions": holder.permissions,
        "createBy": owner,
        "isActive": true,
    });
    if let Some(end) = holder.expires_at {
        answer["expiresAt"] = json!(api_time(end));
    }
    Ok(Reply::Found(answer))
}
