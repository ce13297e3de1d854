//! What a simulation says: over a ledger, rules, a guard and a look at a portal, all in memory.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests fail by panicking")]

mod asking;
mod diffing;
mod moving;
mod onboarding;
mod planning;
mod scene;
