//! What the portal says about itself and about the key.

use axum::extract::State;
use http::HeaderMap;
use serde_json::json;

use super::directory::OWNER;
use super::gate::has_key;
use super::wire::Reply;
use super::{Sandbox, USER_NAME_RULE};

/// `GET /settings`: open to everybody; more with a key.
pub(super) async fn portal(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Reply {
    let mut answer = json!({
        "culture": "en-US",
        "utcOffset": "00:00:00",
        "docSpace": true,
        "standalone": true,
        "personal": false,
        "tenantStatus": 0,
        "version": sandbox.inner.settings.version,
        "userNameRegex": USER_NAME_RULE,
    });
    if has_key(&sandbox, &headers) {
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

/// `GET /keys/@self`: the key itself is masked. All scopes are an empty list.
pub(super) async fn key(State(sandbox): State<Sandbox>) -> Reply {
    let settings = &sandbox.inner.settings;
    let postfix: String = settings.api_key.chars().skip(settings.api_key.chars().count().saturating_sub(4)).collect();
    let owner = sandbox.change(|portal, _| portal.directory.get(OWNER).map(super::account::Account::employee));
    Reply::Found(json!({
        "id": "5a1d0b0e-0000-4000-8000-000000000001",
        "name": "usher",
        "key": format!("sk-***{postfix}"),
        "keyPostfix": postfix,
        "permissions": settings.permissions,
        "createBy": owner,
        "isActive": true,
    }))
}
