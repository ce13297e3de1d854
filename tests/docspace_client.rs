//! The DocSpace client against stand-ins on this machine: calls, refusals, broken answers, limits, pause.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "docspace_client/budget.rs"]
mod budget;
#[path = "docspace_client/calls.rs"]
mod calls;
#[path = "docspace_client/everybody.rs"]
mod everybody;
#[path = "docspace_client/limits.rs"]
mod limits;
#[path = "docspace_client/links.rs"]
mod links;
#[path = "docspace_client/members.rs"]
mod members;
#[path = "docspace_client/moves.rs"]
mod moves;
#[path = "docspace_client/pause.rs"]
mod pause;
#[path = "docspace_client/refusals.rs"]
mod refusals;
#[path = "docspace_client/rooms.rs"]
mod rooms;
#[path = "docspace_client/setup.rs"]
mod setup;
#[path = "docspace_client/shapes.rs"]
mod shapes;
#[path = "docspace_client/support.rs"]
mod support;
#[path = "docspace_client/transport.rs"]
mod transport;
#[path = "docspace_client/webhooks.rs"]
mod webhooks;
