//! The contract of the store, on real files.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected has failed")]

mod accepting;
mod auditing;
mod claiming;
mod emptying;
mod failing;
mod forgetting;
mod keeping;
mod knowing;
mod lasting;
mod listing;
mod looking;
mod mending;
mod migrating;
mod opening;
mod ordering;
mod planning;
mod scene;
mod settling;
