//! From the text of the configuration file and a way to look up secrets to a [`Config`].
//!
//! Everything wrong is found in one reading, with the key's path and line. Nothing here reads a file or
//! the environment: `app` hands in the text and the look-up.

mod advice;
mod feeds;
mod rules;
mod secrets;
mod settings;
mod sources;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value as Json};
use url::Url;

use crate::auth::{Dedupe, Key, Scheme};
use crate::connector::{Catalog, Connector};
use crate::document::{Document, Problem};
use crate::rules::Rule;

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
    /// `[docspace]`; `None` if absent, and always where [`Needs`] leaves its secret out.
    pub docspace: Option<Docspace>,
    /// Address of the portal, whether or not its secret is needed.
    pub portal: Option<Url>,
    /// `[sources.NAME]` by name.
    pub sources: BTreeMap<String, Arc<Source>>,
    /// `[[rules]]` in order.
    pub rules: Vec<Rule>,
    /// `[worker]`.
    pub worker: Worker,
    /// `[retention]`.
    pub retention: Retention,
    /// What is allowed but probably not meant, in the order of the text.
    pub warnings: Vec<Problem>,
    serve_problems: Vec<Problem>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address of the public listener; 127.0.0.1:8080 by default. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Longest body taken, in bytes; 1 MiB by default.
    pub body_limit: usize,
}

/// `[admin]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Address of the listener for operators; 127.0.0.1:8081 by default.
    pub listen: SocketAddr,
}

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// Where it is; `sqlite://usher.db` by default.
    pub url: StoreUrl,
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// An SQLite file: its path as written, relative to the configuration file.
    Sqlite(String),
}

/// `[docspace]`: the portal.
#[derive(Debug, Clone)]
pub struct Docspace {
    /// Address of the portal: http or https, path `/`, nothing else.
    pub url: Url,
    /// The API key, visible ASCII.
    pub api_key: SecretString,
}

/// `[worker]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Jobs worked on at a time; 8 by default.
    pub concurrency: usize,
}

/// `[retention]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days a body is kept once its jobs are done; 30 by default.
    pub bodies_days: u32,
    /// Days a body is kept while a job of it is held or dead; 90 by default.
    pub held_days: u32,
}

/// `[sources.NAME]`: one endpoint `/hooks/NAME`.
#[derive(Clone)]
pub struct Source {
    /// The name.
    pub name: String,
    /// What is known of the platform.
    pub connector: Arc<Connector>,
    /// The connector's scheme with `[sources.NAME.auth]` worked in.
    pub scheme: Scheme,
    /// What makes two deliveries the same.
    pub dedupe: Dedupe,
    /// Every live secret; not empty, except where [`Needs`] leaves them out.
    pub keys: Vec<Key>,
    /// `[sources.NAME.options]` as written.
    pub options: Map<String, Json>,
}

/// Keys and options stay out of it, whatever their types print.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("connector", &self.connector.name)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
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
        let (sources, feeds) = sources::sources(&root, catalog, &secrets);
        let mut config = Self {
            server,
            admin,
            store: settings::store(&root),
            docspace: settings::docspace(&root, &secrets),
            portal: settings::portal(&root),
            sources,
            rules: rules::rules(&root, &feeds),
            worker: settings::worker(&root),
            retention: settings::retention(&root),
            warnings: Vec::new(),
            serve_problems: Vec::new(),
        };
        settings::connectors(&root);
        root.finish(
            "the sections are server, admin, store, connectors, docspace, sources, rules, worker and retention",
        );
        let problems = document.into_problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        config.warnings = advice::warnings(file, text, &config, catalog, &feeds);
        config.serve_problems = advice::serve_problems(file, text, &config);
        Ok(config)
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
