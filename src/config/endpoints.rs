//! Where platforms reach us, read without judging anything else: the catalogue is shown while a configuration is written.

use serde_json::{Map, Value as Json};

use super::settings;
use crate::document::{Document, Entry};

/// Stands for the host where nothing says it.
const NO_HOST: &str = "https://YOUR-HOST/";

/// One source, as far as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name; absent for one that is still to be written.
    pub source: Option<String>,
    /// The address to post to.
    pub url: String,
    /// Its options as written.
    pub options: Map<String, Json>,
}

impl Endpoint {
    /// The address that a source of this name would have.
    #[must_use]
    pub fn unwritten(name: &str) -> Self {
        Self { source: None, url: format!("{NO_HOST}hooks/{name}"), options: Map::new() }
    }
}

/// The sources of a connector in the text of a configuration, by name; one that is still to be written where there is
/// none. Whatever is wrong with the text is for [`super::Config::parse`] to tell.
#[must_use]
pub fn endpoints(file: &str, text: &str, connector: &str) -> Vec<Endpoint> {
    let Ok(document) = Document::parse(file, text) else { return vec![Endpoint::unwritten(connector)] };
    let root = document.root();
    let public_url = settings::listeners(&root).0.public_url;
    let base = public_url.map_or_else(|| NO_HOST.to_owned(), |url| url.to_string());
    let sources = root.section("sources").map(|sources| sources.entries()).unwrap_or_default();
    let mut found: Vec<_> = sources.iter().filter_map(|(name, entry)| written(name, entry, connector, &base)).collect();
    found.sort_by(|one, other| one.source.cmp(&other.source));
    if found.is_empty() {
        found.push(Endpoint { url: format!("{base}hooks/{connector}"), ..Endpoint::unwritten(connector) });
    }
    found
}

fn written(name: &str, entry: &Entry<'_>, connector: &str, base: &str) -> Option<Endpoint> {
    let source = entry.json();
    if source.get("connector").and_then(Json::as_str) != Some(connector) {
        return None;
    }
    let options = source.get("options").and_then(Json::as_object).cloned().unwrap_or_default();
    Some(Endpoint { source: Some(name.to_owned()), url: format!("{base}hooks/{name}"), options })
}
