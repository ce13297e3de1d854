//! The triggers of webhooks: their flags, and who may have them (`WebhookTrigger.cs`).

use axum::extract::State;
use serde_json::{Map, Value, json};

use super::Sandbox;
use super::policy::{Policy, Role};
use super::wire::Reply;

/// The name for all triggers.
pub(super) const ALL: &str = "*";

/// Every trigger with its flag; 0 means all.
const TRIGGERS: [(&str, i64); 37] = [
    (ALL, 0),
    ("user.created", 1),
    ("user.invited", 1 << 1),
    ("user.updated", 1 << 2),
    ("user.deleted", 1 << 3),
    ("group.created", 1 << 4),
    ("group.updated", 1 << 5),
    ("group.deleted", 1 << 6),
    ("file.created", 1 << 7),
    ("file.uploaded", 1 << 8),
    ("file.updated", 1 << 9),
    ("file.trashed", 1 << 10),
    ("file.deleted", 1 << 11),
    ("file.restored", 1 << 12),
    ("file.copied", 1 << 13),
    ("file.moved", 1 << 14),
    ("folder.created", 1 << 15),
    ("folder.updated", 1 << 16),
    ("folder.trashed", 1 << 17),
    ("folder.deleted", 1 << 18),
    ("folder.restored", 1 << 19),
    ("folder.copied", 1 << 20),
    ("folder.moved", 1 << 21),
    ("room.created", 1 << 22),
    ("room.updated", 1 << 23),
    ("room.archived", 1 << 24),
    ("room.deleted", 1 << 25),
    ("room.restored", 1 << 26),
    ("room.copied", 1 << 27),
    ("form.submit", 1 << 28),
    ("form.filled.out", 1 << 29),
    ("form.stopped", 1 << 30),
    ("agent.created", 1 << 31),
    ("agent.updated", 1 << 32),
    ("agent.deleted", 1 << 33),
    ("file.downloaded", 1 << 34),
    ("folder.downloaded", 1 << 35),
];

/// Those that only administrators of the portal or of rooms may have: user.created and user.invited, group.*,
/// room.created and room.copied, agent.created.
const OF_MANAGERS: i64 = 0b11 | 0b111 << 4 | 1 << 22 | 1 << 27 | 1 << 31;

/// The first flag that servers before 3.7 do not have: form.*, agent.* and *.downloaded.
const FIRST_NEW: i64 = 1 << 28;

/// The names of a set of flags, as webhook bodies list them.
pub(super) fn trigger_names(flags: i64) -> Vec<&'static str> {
    if flags == 0 {
        return vec![ALL];
    }
    TRIGGERS.into_iter().filter(|(_, flag)| flags & flag != 0).map(|(name, _)| name).collect()
}

/// Whether the key's owner may have all of these; 0, which is all, is not looked at.
///
/// # Errors
/// 400.
pub(super) fn check(flags: i64, policy: &Policy) -> Result<(), Reply> {
    let is_refused = policy.role == Role::User && !policy.is_old && flags & OF_MANAGERS != 0;
    if is_refused { Err(Reply::bad("Trigger is not available")) } else { Ok(()) }
}

/// `GET /settings/webhook/triggers`: a list that tells what is available; before 3.7 one object of names and flags.
pub(super) async fn list(State(sandbox): State<Sandbox>) -> Reply {
    let policy = sandbox.change(|portal, _| portal.policy.clone());
    if policy.is_old {
        let known = TRIGGERS.into_iter().filter(|(_, flag)| *flag < FIRST_NEW);
        return Reply::Found(Value::Object(
            known.map(|(name, flag)| (name.to_owned(), json!(flag))).collect::<Map<_, _>>(),
        ));
    }
    let shown = |(name, id)| json!({ "name": name, "id": id, "available": check(id, &policy).is_ok() });
    Reply::List(TRIGGERS.into_iter().map(shown).collect())
}
