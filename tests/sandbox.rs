//! The stand-in DocSpace against what is known of the real server, over real HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is test code too; clippy spares only the test functions themselves"
)]

#[path = "sandbox/access.rs"]
mod access;
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
#[path = "sandbox/invitation.rs"]
mod invitation;
#[path = "sandbox/links.rs"]
mod links;
#[path = "sandbox/people.rs"]
mod people;
#[path = "sandbox/receiver.rs"]
mod receiver;
#[path = "sandbox/registration.rs"]
mod registration;
#[path = "sandbox/stage.rs"]
mod stage;
