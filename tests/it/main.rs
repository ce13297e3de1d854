//! Scenes with the whole program in one process: the real router, worker and store file against the sandbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod accounts;
mod activation;
mod activation_orders;
mod catching_up;
mod chance;
mod changes;
mod congratulating;
mod discretion;
mod http_table;
mod idling;
mod limits;
mod log_rows;
mod onboarding;
mod once;
mod orders;
mod portals;
mod reconciling;
mod recovery;
mod refusals;
mod scene;
mod support;
mod watching;
mod wire;
mod working;
