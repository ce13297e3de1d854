//! The real program, as a person at a terminal, a supervisor and a sender on the network meet it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod actors;
mod asking;
mod auditing;
mod authored;
mod authoring;
mod broken;
mod by_hand;
mod catalogue;
mod catching_up;
mod commands;
mod crashes;
mod drafting;
mod examples;
mod explaining;
mod explaining_more;
mod exporting;
mod fetching;
mod flows;
mod forgetting;
mod guarding;
mod hooks_install;
mod hooks_refused;
mod hooks_rotation;
mod joining;
mod judging;
mod mishaps;
mod mishaps_later;
mod pausing;
mod planning;
mod portal;
mod previewing;
mod refusing;
mod reminding;
mod silence;
mod simulating;
mod simulating_moves;
mod simulating_thin;
mod simulating_truly;
mod slow_clients;
mod sources;
mod stage;
mod stopping;
mod wire;
