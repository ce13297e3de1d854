//! The stand-in DocSpace against what is known of the real server, over real HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is test code too; clippy spares only the test functions themselves"
)]

#[path = "sandbox/access.rs"]
mod access;
#[path = "sandbox/condition.rs"]
mod condition;
#[path = "sandbox/congratulation.rs"]
mod congratulation;
#[path = "sandbox/control.rs"]
mod control;
#[path = "sandbox/creation.rs"]
mod creation;
#[path = "sandbox/delivery.rs"]
mod delivery;
#[path = "sandbox/delivery_log.rs"]
mod delivery_log;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/group_members.rs"]
mod group_members;
#[path = "sandbox/groups.rs"]
mod groups;
#[path = "sandbox/hosts.rs"]
mod hosts;
#[path = "sandbox/invitation.rs"]
mod invitation;
#[path = "sandbox/invitation_limit.rs"]
mod invitation_limit;
#[path = "sandbox/joining.rs"]
mod joining;
#[path = "sandbox/keys.rs"]
mod keys;
#[path = "sandbox/leaving.rs"]
mod leaving;
#[path = "sandbox/limits.rs"]
mod limits;
#[path = "sandbox/link_changes.rs"]
mod link_changes;
#[path = "sandbox/links.rs"]
mod links;
#[path = "sandbox/mention.rs"]
mod mention;
#[path = "sandbox/outcomes.rs"]
mod outcomes;
#[path = "sandbox/people.rs"]
mod people;
#[path = "sandbox/permission.rs"]
mod permission;
#[path = "sandbox/postbox.rs"]
mod postbox;
#[path = "sandbox/postbox_bounds.rs"]
mod postbox_bounds;
#[path = "sandbox/postbox_faults.rs"]
mod postbox_faults;
#[path = "sandbox/profile.rs"]
mod profile;
#[path = "sandbox/receiver.rs"]
mod receiver;
#[path = "sandbox/registration.rs"]
mod registration;
#[path = "sandbox/rooms.rs"]
mod rooms;
#[path = "sandbox/sharing.rs"]
mod sharing;
#[path = "sandbox/smtp_client.rs"]
mod smtp_client;
#[path = "sandbox/stage.rs"]
mod stage;
#[path = "sandbox/triggers.rs"]
mod triggers;
#[path = "sandbox/types.rs"]
mod types;
#[path = "sandbox/version.rs"]
mod version;
