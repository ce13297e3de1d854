//! Usher stands between HR systems and ONLYOFFICE DocSpace. A signed webhook says that somebody was hired: Usher creates
//! that person in DocSpace and invites them. DocSpace's own webhook says that somebody has activated the account: Usher
//! congratulates them. No polling, nothing accepted is lost, nobody is invited twice.
//!
//! # The walk of one webhook
//!
//! ```text
//! http::hooks            source, method, size; a connector's handshake is answered here
//!   -> auth::verify      raw bytes -> Verified, or a Reject (401)
//!   -> Store::accept     one durable transaction for all who wait: the delivery (or "seen") and one process job
//!   -> 200, empty body; the worker is woken
//! worker: claim -> process
//!   connector::map       body -> items -> events; an item of a thin payload is a job of its own, which asks the platform
//!                        by fetch and maps that item with the answer
//!   ledger               event -> person; the transition to active -> user.activated
//!   rules::plan          event -> actions
//!   -> Done { then: one job for each action }, or a plan of the ledger that `claim` turns into that job on its day
//! worker: claim -> actions
//!   docspace             look, act, look again; each step recorded on the job
//!   -> Done | Retry | Held | Dead
//! store                  settles job, attempt, person and follow-up jobs in one transaction
//! ```
//!
//! What webhooks missed comes the same way: [`watch`] lets [`catch_up`] read DocSpace's delivery log, row by row through
//! `auth::verify` and `Store::accept`, and compare its accounts with the ledger.
//!
//! # Layers
//!
//! A module imports only from lines with a lower number, never from its own (`tests/layering.rs`). Lines 0 to 4 are
//! pure: no socket, database, file or real clock.
//!
//! | line | modules |
//! | --- | --- |
//! | 10 | [`cli`]: one file a command |
//! | 9 | [`http`]: webhooks, health, metrics; [`watch`]: what is looked at from time to time; [`worker`]: when work is done |
//! | 8 | [`catch_up`]: what webhooks missed; [`simulation`]: what would become of events; [`erase`]: what is kept about a person, and its end |
//! | 7 | [`process`]: delivery -> planned jobs; [`actions`]: one file an action |
//! | 6 | [`app`]: wiring, real clock, files and environment; [`hooks`]: DocSpace's webhooks towards us |
//! | 5 | [`store`]: the only SQL; [`docspace`]: the only calls to the portal; [`fetch`]: calls back to HR platforms; [`mail`]: SMTP; [`receiver`]: webhooks of ours; [`sandbox`]: the stand-in portal |
//! | 4 | [`config`]: text -> configuration, all problems at once; [`anonymise`]: captured webhooks without people |
//! | 3 | [`connector`]: platforms as data (`src/connectors/*.toml`) |
//! | 2 | [`guard`]: who may come without a look; [`auth`]: verify and sign; [`rules`]: event + condition -> actions; [`texts`]: what people read |
//! | 1 | [`address`]: which hosts may be asked; [`body`]: JSON and forms, read; [`expr`], [`ledger`], [`schedule`], [`retry`], [`document`], [`fixture`], [`names`], [`kept`], [`telemetry`] |
//! | 0 | [`model`]: the words |
//!
//! # Where things are added
//!
//! - A platform: `src/connectors/NAME.toml`, `fixtures/NAME/*.http` and a row in the README's catalogue. No Rust.
//! - A key of connector files: `connector`, `src/schemas/connector.schema.json`, the README's tables of keys.
//! - A format of bodies: a variant of [`connector::Format`], its reading beside `connector/form.rs`.
//! - A place that a handshake looks at or writes to: `connector/place.rs`.
//! - A kind of credentials for questions to a platform: a variant of `Credentials` in `connector/fetch.rs`, its keys in
//!   `config/fetching/credentials.rs`, its secrets in `config/fetching/renewing.rs`, its header in `fetch/login.rs`.
//! - A way in which a question can fail: a variant of [`fetch::FetchError`], which says whether waiting helps or somebody is
//!   needed.
//! - An action: a file in `actions`, a variant of [`model::Action`]; the compiler names the rest.
//! - A channel: a variant of [`model::Channel`] with its guarantee, its keys in `config/congratulate.rs`, its sending in
//!   `actions/congratulate/channel.rs`.
//! - A limit of the guard: a variant of [`guard::Limit`], its key in `config/guard.rs`; it is asked in `actions/guarding.rs`
//!   and, so that nobody is told otherwise before, in `simulation`.
//! - Something to be done now and then for a portal: a variant of `Chore` in `watch`, with its period.
//! - A command: a file in `cli` and a line in its list.
//! - A call to DocSpace: a method in `docspace`, a route in `sandbox`.

pub mod actions;
pub mod address;
pub mod anonymise;
pub mod app;
pub mod auth;
pub mod body;
pub mod catch_up;
pub mod cli;
pub mod config;
pub mod connector;
pub mod docspace;
pub mod document;
pub mod erase;
pub mod expr;
pub mod fetch;
pub mod fixture;
pub mod guard;
pub mod hooks;
pub mod http;
pub mod kept;
pub mod ledger;
pub mod mail;
pub mod model;
pub mod names;
pub mod process;
pub mod receiver;
pub mod retry;
pub mod rules;
pub mod sandbox;
pub mod schedule;
pub mod simulation;
pub mod store;
pub mod telemetry;
pub mod texts;
pub mod watch;
pub mod worker;
