//! What Usher sends and what the sandbox answers, held against the portal's own description of its interface.
//!
//! `USHER_DOCSPACE_OPENAPI` names that description: one OpenAPI 3.0 document in JSON. It is not part of the project;
//! without it the comparison is left out, and said to be. The description that ONLYOFFICE publishes has mistakes that
//! have to be mended in the file first: moments are texts and not objects, sums of flags are no enumerations, refusals
//! have bodies. That the comparison can fail is shown by the proofs, with a small document of our own.
//! `USHER_PRISM_URL` names a mock made from the same description by somebody else's program.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod answer;
mod by_hand;
mod calls;
mod client;
mod completeness;
mod departures;
mod description;
mod prism;
mod program;
mod proofs;
mod recorder;
mod refusals;
mod request;
mod route;
mod schema;
mod stage;

// The whole program is set up here as it is there.
#[path = "../it/scene.rs"]
#[allow(dead_code, reason = "tests/it uses all of it")]
mod scene;
#[path = "../it/support.rs"]
#[allow(dead_code, reason = "tests/it uses all of it")]
mod support;
