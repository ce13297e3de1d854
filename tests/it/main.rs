//! Scenes with the whole program in one process: the real router, worker and store file against the sandbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod congratulating;
mod http_table;
mod onboarding;
mod recovery;
mod refusals;
mod support;
