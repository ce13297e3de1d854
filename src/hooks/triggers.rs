//! The names of triggers (`WebhookTrigger.cs`).

/// Every trigger in the order of its flag, the first of which is 1.
const NAMES: [&str; 36] = [
    "user.created",
    "user.invited",
    "user.updated",
    "user.deleted",
    "group.created",
    "group.updated",
    "group.deleted",
    "file.created",
    "file.uploaded",
    "file.updated",
    "file.trashed",
    "file.deleted",
    "file.restored",
    "file.copied",
    "file.moved",
    "folder.created",
    "folder.updated",
    "folder.trashed",
    "folder.deleted",
    "folder.restored",
    "folder.copied",
    "folder.moved",
    "room.created",
    "room.updated",
    "room.archived",
    "room.deleted",
    "room.restored",
    "room.copied",
    "form.submit",
    "form.filled.out",
    "form.stopped",
    "agent.created",
    "agent.updated",
    "agent.deleted",
    "file.downloaded",
    "folder.downloaded",
];

/// The names of a sum of flags; `*` for 0, which is all of them. A flag of a newer server is given as its number.
#[must_use]
pub fn trigger_names(flags: i64) -> Vec<String> {
    if flags == 0 {
        return vec!["*".to_owned()];
    }
    let set = (0..63).filter(|bit| flags & (1 << bit) != 0);
    set.map(|bit| NAMES.get(bit).map_or_else(|| (1_i64 << bit).to_string(), |name| (*name).to_owned())).collect()
}
