//! Whether the key, and whoever made it, may have webhooks about people.

use crate::cli::report::Report;
use crate::docspace::{Account, Client, Error};
use crate::model::UserType;

const ONCE: &str = "for this command alone, name the file of another key with --api-key-file";

/// The owner of the key, where the portal tells.
pub(super) async fn check(report: &mut Report, client: &Client) -> Option<Account> {
    match client.key_info().await {
        Ok(key) if key.allows("*:write") => report.ok("scope", "the key may change webhooks"),
        Ok(_) => report.bad(
            "scope",
            format!(
                "the key lacks *:write, without which the portal lets nobody change webhooks; make one with it in DocSpace \
                 under Developer Tools, API keys; {ONCE}"
            ),
        ),
        Err(error @ (Error::Paused { .. } | Error::Unsent(_))) => {
            report.bad("api key", error);
            return None;
        }
        // Servers before 3.2 do not tell; the call itself will.
        Err(error) => report.warning("scope", format!("the portal does not tell what the key may: {error}")),
    }
    match client.owner().await {
        Ok(owner) => {
            tell_role(report, &owner);
            Some(owner)
        }
        Err(error) => {
            report.warning("role", format!("the key's owner cannot be seen: {error}"));
            None
        }
    }
}

/// A webhook tells of what its owner may see, and administrators alone may subscribe to new people
/// (`WebhookTrigger.cs`, `UserWebhookManager.cs`).
fn tell_role(report: &mut Report, owner: &Account) {
    match owner.user_type {
        UserType::DocSpaceAdmin => report.ok("role", "the key's owner, a DocSpace administrator, sees everybody"),
        UserType::RoomAdmin => report.warning(
            "role",
            "the key's owner is a room administrator: the webhook tells of only part of the guests; better use the key \
             of a DocSpace administrator",
        ),
        kind @ (UserType::User | UserType::Guest) => report.bad(
            "role",
            format!(
                "the key's owner is a {kind}, whom the portal tells of nobody; use the key of a DocSpace administrator; \
                 {ONCE}"
            ),
        ),
    }
}

/// What keeps an existing webhook from telling of everybody: events stop without a word when its owner may not see
/// people any more.
pub(super) async fn owner_trouble(client: &Client, owner: Option<&str>) -> Option<String> {
    let owner = owner?;
    let how = "remove it with `usher hooks remove` and install it anew";
    match client.account(owner).await {
        Ok(None) => Some(format!("its owner is no longer there, so that the portal sends nothing; {how}")),
        Ok(Some(account)) if account.status != 1 => {
            Some(format!("its owner's account is switched off, so that the portal sends nothing; {how}"))
        }
        Ok(Some(Account { user_type: kind @ (UserType::User | UserType::Guest), .. })) => {
            Some(format!("its owner is a {kind}, whom the portal tells of nobody; {how}"))
        }
        Ok(Some(_)) | Err(_) => None,
    }
}
