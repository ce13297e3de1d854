//! Usher.
#![allow(missing_docs)]
pub mod model;
pub mod document;
pub mod expr;
pub mod auth;
pub mod rules;
pub mod ledger;
pub mod store;
pub mod sandbox;
