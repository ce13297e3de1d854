//! Connectors: what is known of one platform, as data. How its webhooks are signed, how a redelivery
//! is told, what it probes with, and how its payloads become [`Event`](crate::model::Event)s.
//!
//! A connector is one TOML file and no Rust. Those under `src/connectors` are part of the program; a
//! configured directory adds more at run time. Everything here is pure and never panics, whatever the
//! bytes.
//!
//! Keys of a file: `name`, `docs`, `setup`, `hint`, `answer`, `dedupe`, `[auth]`, `[options]`,
//! `[[handshake]]`, `[fields]` and `[[event]]`; [`Connector`] says what each is for.

mod auth_table;
mod catalog;
mod columns;
mod event_table;
mod fields;
mod handshake;
mod load;
mod mapping;
pub mod trial;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Map, Value as Json};

pub use auth_table::tell_auth_problems;
pub use catalog::Catalog;
pub use columns::event_of;
pub use event_table::EventTable;
pub use handshake::{Answer, Handshake};
pub use load::expression;
pub use mapping::{Input, MapProblem, Mapped};

use crate::auth::{Dedupe, Scheme};
use crate::model::EventKind;

/// One platform.
#[derive(Debug, Clone)]
pub struct Connector {
    /// Name, as sources refer to it: lower-case letters, digits, hyphens and underscores; also the stem of the file.
    pub name: String,
    /// Where the vendor describes its webhooks; empty if the file does not say.
    pub docs: String,
    /// What an administrator sets up at the platform; empty if the file does not say.
    pub setup: String,
    /// A sentence added to problems about something absent from a payload: what to change at the platform.
    pub hint: String,
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
    /// Requests that are answered before anything is verified.
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

    /// Whether the file maps anything; one that does not serves to verify and keep deliveries only.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether the missing half of a thin payload is fetched from the platform. No file can ask for it yet.
    #[must_use]
    pub fn has_fetch(&self) -> bool {
        false
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
