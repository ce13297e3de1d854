//! The contract as somebody outside sees it: the real binary, configuration files, HTTP, exit codes and JSON. Signatures
//! are made here, by hand, so that a mistake of signing and verifying alike shows.

#![allow(clippy::unwrap_used, reason = "a test has nobody to hand an error to")]

mod acme;
mod conditions;
mod deliveries;
mod events;
mod expressions;
mod loading;
mod overrides;
mod requests;
mod sandbox;
mod server;
mod vectors;
mod workplace;
