//! The contract of the store, on real files.

mod accepting;
mod claiming;
mod failing;
mod keeping;
mod lasting;
mod listing;
mod mending;
mod opening;
mod ordering;
mod scene;
mod settling;
