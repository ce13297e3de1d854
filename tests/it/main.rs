//! Scenes with the whole program in one process: the real router, worker and store file against the sandbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod accounts;
mod activation;
mod activation_orders;
mod catching_up;
mod chance;
mod changes;
mod closed;
mod congratulating;
mod congratulating_by_letter;
mod congratulating_by_mail;
mod congratulating_by_webhook;
mod congratulating_in_docspace;
mod congratulating_in_order;
mod discretion;
mod http_table;
mod identity;
mod idling;
mod limits;
mod listener;
mod log_rows;
mod onboarding;
mod onboarding_existing;
mod onboarding_guests;
mod onboarding_links;
mod onboarding_names;
mod onboarding_places;
mod once;
mod orders;
mod portals;
mod postman;
mod reconciling;
mod reconsidering;
mod recovery;
mod refusals;
mod reminding;
mod scene;
mod secrets;
mod silence;
mod support;
mod unclear;
mod watching;
mod webhook_health;
mod wire;
mod working;
