//! All connectors by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::load::{self, Described};
use super::{Connector, Platform};
use crate::document::Problem;

/// File name and text of every file under `src/connectors`, sorted; written by `build.rs`.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/connectors.rs"));

/// The connectors known to this process, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    held: BTreeMap<String, Held>,
    /// Connectors whose files are there but could not be understood.
    broken: BTreeSet<String>,
    is_partial: bool,
}

/// What one file describes.
#[derive(Debug, Clone)]
enum Held {
    Added(Described),
    Embedded(Arc<Embedded>),
}

/// A file that is part of the program. It is compiled when it is asked for: most sources need but a few of them.
#[derive(Debug)]
struct Embedded {
    file: &'static str,
    text: &'static str,
    described: OnceLock<Option<Described>>,
}

impl Held {
    fn described(&self) -> Option<&Described> {
        match self {
            Self::Added(described) => Some(described),
            Self::Embedded(held) => held.described.get_or_init(|| load::load(held.file, held.text, true).ok()).as_ref(),
        }
    }
}

impl Catalog {
    /// The connectors that are part of the program.
    #[must_use]
    pub fn embedded() -> Self {
        let held = |(file, text): &(&'static str, &'static str)| {
            let embedded = Embedded { file, text, described: OnceLock::new() };
            (stem(file).to_owned(), Held::Embedded(Arc::new(embedded)))
        };
        Self { held: EMBEDDED.iter().map(held).collect(), ..Self::default() }
    }

    /// Every problem of the connectors that are part of the program: none, or the program is not as it was built to be.
    #[must_use]
    pub fn problems_of_embedded() -> Vec<Problem> {
        EMBEDDED.iter().filter_map(|(file, text)| load::load(file, text, true).err()).flatten().collect()
    }

    /// Add the text of a file from the configured directory. It may replace a connector that is part of the
    /// program, not one of another file. `file_name` may be a path; its stem must be the connector's name.
    ///
    /// # Errors
    /// Every problem of the file; its connector is then neither there nor [unknown](Self::is_unknown).
    pub fn add(&mut self, file_name: &str, text: &str) -> Result<(), Vec<Problem>> {
        let described = match load::load(file_name, text, false) {
            Ok(described) => described,
            Err(problems) => {
                self.lose(file_name);
                return Err(problems);
            }
        };
        let name = stem(file_name);
        let connector = self.get(name).filter(|other| !other.embedded).map(|other| &other.file);
        let platform = self.platform(name).filter(|other| !other.embedded).map(|other| &other.file);
        if let Some(other) = connector.or(platform) {
            return Err(vec![Problem {
                file: file_name.to_owned(),
                at: None,
                key: "name".to_owned(),
                message: format!("'{name}' is described by {other} already; remove one of the two"),
            }]);
        }
        self.held.insert(name.to_owned(), Held::Added(described));
        Ok(())
    }

    /// Note a file of the configured directory that cannot be read.
    pub fn lose(&mut self, file_name: &str) {
        let name = stem(file_name);
        self.held.remove(name);
        self.broken.insert(name.to_owned());
    }

    /// Note that the configured directory cannot be listed: any name may belong to a file in it.
    pub fn lose_directory(&mut self) {
        self.is_partial = true;
    }

    /// Whether nothing describes a connector of this name, not even a file that could not be read or understood.
    #[must_use]
    pub fn is_unknown(&self, name: &str) -> bool {
        !(self.is_partial || self.broken.contains(name) || self.held.contains_key(name))
    }

    /// The connector of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Connector>> {
        self.held.get(name).and_then(Held::described).and_then(Described::connector)
    }

    /// The platform of this name that cannot post here.
    #[must_use]
    pub fn platform(&self, name: &str) -> Option<&Platform> {
        self.held.get(name).and_then(Held::described).and_then(Described::platform)
    }

    /// Every platform that cannot post here, by name.
    pub fn platforms(&self) -> impl Iterator<Item = &Platform> {
        self.held.values().filter_map(|held| held.described()?.platform())
    }

    /// Names that may be meant by one that nothing has, the nearest first, at most three: connectors and platforms that
    /// are spelt like it, or whose name or title has it in it.
    #[must_use]
    pub fn near(&self, name: &str) -> Vec<&str> {
        let wanted = name.to_lowercase();
        let connectors = self.iter().map(|connector| (connector.name.as_str(), connector.title.as_str()));
        let platforms = self.platforms().map(|platform| (platform.name.as_str(), platform.title.as_str()));
        let mut near: Vec<_> = connectors
            .chain(platforms)
            .map(|(name, title)| (name, likeness(&wanted, name).max(likeness(&wanted, &title.to_lowercase()))))
            .filter(|(_, likeness)| *likeness >= ALIKE)
            .collect();
        near.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        near.into_iter().take(3).map(|(name, _)| name).collect()
    }

    /// Every connector, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Connector>> {
        self.held.values().filter_map(|held| held.described()?.connector())
    }
}

/// Least likeness of names that are taken for one another: a letter or two in ten are wrong.
const ALIKE: f64 = 0.85;

/// How like two names are, from 0 to 1.
fn likeness(wanted: &str, known: &str) -> f64 {
    let has = |long: &str, short: &str| short.len() >= 3 && long.contains(short);
    let part = if has(known, wanted) || has(wanted, known) { 0.9 } else { 0.0 };
    strsim::jaro_winkler(wanted, known).max(part)
}

/// The name that a connector's file gives it.
pub(super) fn stem(file_name: &str) -> &str {
    Path::new(file_name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}
