//! Connectors: what is known of one platform, as data. How its webhooks are signed, how a redelivery
//! is told, what it probes with, and how its payloads become [`Event`](crate::model::Event)s.
//!
//! A connector is one TOML file and no Rust. Those under `src/connectors` are part of the program; a
//! configured directory adds more at run time. Everything here is pure and never panics, whatever the
//! bytes.
//!
//! Keys of a file: `name`, `title`, `docs`, `setup`, `hint`, `limits`, `answer`, `decode`, `dedupe`, `[evidence]`, `[sender]`,
//! `[auth]`, `[options]`, `[[handshake]]`, `[fetch]`, `[fields]` and `[[event]]`; [`Connector`] says what each is for. A file
//! with `limits` and without `[auth]` is about a [`Platform`] that cannot post here.

mod about;
mod auth_table;
mod catalog;
mod columns;
mod decode;
pub mod draft;
mod event_table;
mod examples;
mod fetch;
mod fields;
mod form;
mod handshake;
mod handshake_table;
mod load;
mod look;
mod mapping;
mod place;
mod thin;
pub mod trial;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Map, Value as Json};

pub use about::{Evidence, Proof, Sender};
pub use auth_table::tell_auth_problems;
pub use catalog::Catalog;
pub use columns::event_of;
pub use decode::Format;
pub use event_table::EventTable;
pub use examples::examples;
pub use fetch::{Call, Credentials, Fetch, Post, address};
pub use handshake::{Answer, Condition, Echo, EchoTo, Handshake, Reply, Wanted};
pub use load::expression;
pub use look::{ItemLook, Reading, TableLook, Value as YieldedValue, Yielded};
pub use mapping::{Input, MapProblem, Mapped};
pub use place::{Place, Probe};
pub use thin::Thin;

use crate::auth::{Dedupe, Scheme};
use crate::model::EventKind;

/// A platform that cannot post webhooks here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Name; also the stem of the file.
    pub name: String,
    /// How administrators know it.
    pub title: String,
    /// Where the vendor describes what there is; empty if the file does not say.
    pub docs: String,
    /// What is not possible, and what to do instead.
    pub limits: String,
    /// Name of the file it was read from.
    pub file: String,
    /// Whether the file is part of the program.
    pub embedded: bool,
}

/// One platform.
#[derive(Debug, Clone)]
pub struct Connector {
    /// Name, as sources refer to it: lower-case letters, digits, hyphens and underscores; also the stem of the file.
    pub name: String,
    /// How administrators know the platform: the name where the file does not say.
    pub title: String,
    /// Where the vendor describes its webhooks; empty if the file does not say.
    pub docs: String,
    /// What an administrator sets up at the platform; empty if the file does not say.
    pub setup: String,
    /// A sentence added to problems about something absent from a payload: what to change at the platform.
    pub hint: String,
    /// What cannot be had from this platform, and what to do instead; empty if the file does not say.
    pub limits: String,
    /// How well its parts are known.
    pub evidence: Evidence,
    /// How the platform sends.
    pub sender: Sender,
    /// What bodies are written in; the first one where a request does not say.
    pub formats: Vec<Format>,
    /// How the missing half of a thin payload is asked for.
    pub fetch: Option<Fetch>,
    /// Name of the file it was read from.
    pub file: String,
    /// Whether the file is part of the program.
    pub embedded: bool,
    /// The file's text.
    pub text: String,
    /// The `[auth]` table as JSON.
    pub auth: Json,
    /// The `[auth]` table compiled.
    pub scheme: Scheme,
    /// What makes two deliveries the same.
    pub dedupe: Dedupe,
    /// Requests that are answered, and neither stored nor mapped.
    pub handshakes: Vec<Handshake>,
    /// Status for a delivery taken in: 200 unless the file's `answer` names another 2xx.
    pub answer: StatusCode,
    /// The `[options]` table: what `source.options` holds where a source sets nothing.
    pub options: Map<String, Json>,
    /// The `[[event]]` tables, in the order of the file.
    pub events: Vec<EventTable>,
}

impl Connector {
    /// Methods that an endpoint of this connector answers: `POST` and those of the handshakes.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        let mut methods = vec![Method::POST];
        for handshake in &self.handshakes {
            if !methods.contains(&handshake.method) {
                methods.push(handshake.method.clone());
            }
        }
        methods
    }

    /// Whether an endpoint of this connector answers this method.
    #[must_use]
    pub fn takes(&self, method: &Method) -> bool {
        *method == Method::POST || self.handshakes.iter().any(|handshake| handshake.method == *method)
    }

    /// Whether the file maps anything; one that does not serves to verify and keep deliveries only.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether the missing half of a thin payload is fetched from the platform.
    #[must_use]
    pub fn has_fetch(&self) -> bool {
        self.fetch.is_some()
    }

    /// Whether some `[[event]]` is mapped without asking the platform although there is a way to ask it.
    #[must_use]
    pub fn believes_unasked(&self) -> bool {
        self.has_fetch() && self.events.iter().any(|table| !table.is_fetched)
    }

    /// The fields that some `[[event]]` of this kind maps, with `kind`; `None` if there is no such table.
    ///
    /// `user.activated` is also derived from `user.created` and `user.updated`, so it has the fields of both.
    #[must_use]
    pub fn fields_mapped(&self, kind: EventKind) -> Option<BTreeSet<String>> {
        let is_activated = kind == EventKind::UserActivated;
        let feeds = |table: &&EventTable| {
            let derives = matches!(table.kind, EventKind::UserCreated | EventKind::UserUpdated);
            table.kind == kind || (is_activated && derives)
        };
        let mut tables = self.events.iter().filter(feeds).peekable();
        tables.peek()?;
        let fields = tables.flat_map(|table| table.fields().map(|(name, _)| name.to_owned()));
        Some(fields.chain(["kind".to_owned()]).collect())
    }
}
