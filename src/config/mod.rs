//! From the text of the configuration file and a way to look up secrets to a [`Config`].
//!
//! Everything wrong is found in one reading, with the key's path and line. Nothing here reads a file or
//! the environment: `app` hands in the text and the look-up.

mod account;
mod advice;
mod awaiting;
mod channels;
mod congratulate;
mod endpoints;
mod feeds;
mod fetching;
mod guard;
mod joins;
mod moment;
mod movers;
mod onboard;
mod portals;
mod rules;
mod secrets;
mod sections;
mod serving;
mod settings;
mod sources;
mod texts;

pub use crate::schedule::duration;
pub use endpoints::{Endpoint, endpoints};
pub use fetching::{Credentials, FetchOutline, SourceFetch};
pub use portals::DEFAULT_PORTAL;
pub use secrets::secret_of_file;
pub use sections::{
    Admin, CallLimits, Portal, Receiver, Retention, SecretPlace, Server, Smtp, SmtpTls, Source, StoreSettings,
    StoreUrl, Worker,
};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::connector::Catalog;
use crate::document::{Document, Problem};
use crate::guard::Guard;
use crate::rules::Rule;
use crate::texts::Texts;

/// How much of the configuration a command needs. What is there must be well-formed in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Everything, as `serve` does.
    Everything,
    /// Only `[sources]`, as `explain` and `sign` do: other sections may be missing, or their secrets unset.
    SourcesOnly,
    /// Only `[store]`, as lists and shows do: every section may be missing and every secret unset.
    StoreOnly,
    /// `[store]` and `[docspace]`, as work by hand does: no secret of a source is needed.
    PortalOnly,
}

impl Needs {
    /// Whether the secrets of sources are looked up.
    fn sources(self) -> bool {
        matches!(self, Self::Everything | Self::SourcesOnly)
    }

    /// Whether the key of the portal is looked up.
    fn portal(self) -> bool {
        matches!(self, Self::Everything | Self::PortalOnly)
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretRef<'a> {
    /// Name of an environment variable.
    Env(&'a str),
    /// Path of a file as written; relative to the configuration file.
    File(&'a str),
}

/// Fetches the whole of a secret, the final newline of a file included. The error is a sentence that
/// names the variable or file.
pub type LookUp<'a> = dyn Fn(SecretRef<'_>) -> Result<String, String> + 'a;

/// The configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`: the public listener.
    pub server: Server,
    /// `[admin]`: the listener for operators.
    pub admin: Admin,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[docspace]` and `[portals.NAME]`, in this order.
    pub portals: Vec<Portal>,
    /// `[smtp]`.
    pub smtp: Option<Smtp>,
    /// `[receivers.NAME]` by name.
    pub receivers: BTreeMap<String, Receiver>,
    /// `[texts.NAME]` and the built-in texts, by name.
    pub texts: BTreeMap<String, Texts>,
    /// `[sources.NAME]` by name.
    pub sources: BTreeMap<String, Arc<Source>>,
    /// `[[rules]]` in order.
    pub rules: Vec<Rule>,
    /// `[guard]`.
    pub guard: Guard,
    /// `[worker]`.
    pub worker: Worker,
    /// `[retention]`.
    pub retention: Retention,
    /// What is allowed but probably not meant, in the order of the text.
    pub warnings: Vec<Problem>,
    serve_problems: Vec<Problem>,
}

impl Config {
    /// Read `text`; `file` is the name that problems carry.
    ///
    /// # Errors
    /// Every problem, in the order of the text. None contains a secret.
    pub fn parse(
        file: &str,
        text: &str,
        catalog: &Catalog,
        look_up: &LookUp<'_>,
        needs: Needs,
    ) -> Result<Self, Vec<Problem>> {
        let document = Document::parse(file, text)?;
        let root = document.root();
        let secrets = secrets::Secrets { look_up, needs };
        let (server, admin) = settings::listeners(&root);
        let (portals, all_portals) = portals::portals(&root, &secrets);
        let (sources, feeds) = sources::sources(&root, catalog, &portals, all_portals, &secrets);
        let smtp = channels::smtp(&root, &secrets);
        let receivers = channels::receivers(&root, &secrets);
        let rules = rules::Reader { feeds: &feeds, portals: &portals, all_portals }.rules(&root);
        let mut config = Self {
            server,
            admin,
            store: settings::store(&root),
            portals,
            smtp,
            receivers,
            texts: texts::texts(&root),
            sources,
            rules,
            guard: guard::guard(&root),
            worker: settings::worker(&root),
            retention: settings::retention(&root),
            warnings: Vec::new(),
            serve_problems: Vec::new(),
        };
        settings::connectors(&root);
        root.finish(
            "the sections are server, admin, store, connectors, docspace, portals, smtp, receivers, texts, sources, rules, guard, worker and retention",
        );
        let problems = document.into_problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        config.warnings = advice::warnings(file, text, &config, catalog, &feeds, needs);
        config.serve_problems = serving::problems(file, text, &config);
        Ok(config)
    }

    /// `[store]` alone, whatever is wrong elsewhere in `text`.
    ///
    /// # Errors
    /// The text is no TOML, or `[store]` is wrong.
    pub fn store_of(file: &str, text: &str) -> Result<StoreSettings, Vec<Problem>> {
        let document = Document::parse(file, text)?;
        let store = settings::store(&document.root());
        let problems = document.into_problems();
        if problems.is_empty() { Ok(store) } else { Err(problems) }
    }

    /// The portal of this name.
    #[must_use]
    pub fn portal(&self, name: &str) -> Option<&Portal> {
        self.portals.iter().find(|portal| portal.name == name)
    }

    /// What only `serve` refuses: sources that can be verified and explained, but not acted upon safely.
    #[must_use]
    pub fn serve_problems(&self) -> Vec<Problem> {
        self.serve_problems.clone()
    }
}

/// Where the optional directory with more connectors is, as written; to be read before the catalogue is
/// complete and [`Config::parse`] can run. `None` also where the text is broken, which `parse` will tell.
#[must_use]
pub fn connectors_directory(file: &str, text: &str) -> Option<String> {
    let document = Document::parse(file, text).ok()?;
    settings::connectors(&document.root())
}
