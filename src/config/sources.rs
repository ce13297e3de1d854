//! `[sources.NAME]`: the endpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret;
use serde_json::{Map, Value as Json};

use super::Source;
use super::feeds::{Feeds, listed};
use super::secrets::Secrets;
use crate::auth::{Dedupe, Key, Scheme};
use crate::connector::{Catalog, Connector, tell_auth_problems};
use crate::document::{Entry, Section};

const HOW: &str = "add [sources.NAME] with connector and secrets; its endpoint is then /hooks/NAME";

/// Every source, and what they send.
pub(super) fn sources(
    root: &Section<'_>,
    catalog: &Catalog,
    secrets: &Secrets<'_>,
) -> (BTreeMap<String, Arc<Source>>, Feeds) {
    let mut sources = BTreeMap::new();
    let mut feeds = Feeds::default();
    let entry = root.get("sources");
    let section = entry.as_ref().and_then(Entry::section);
    let entries = section.map(|section| section.entries()).unwrap_or_default();
    if entries.is_empty() && secrets.needs.sources() {
        match entry {
            None => root.problem("sources", format!("is missing; {HOW}")),
            Some(entry) => entry.problem(format!("is empty; {HOW}")),
        }
    }
    for (name, entry) in entries {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) {
            entry.problem("the name of a source is part of its address /hooks/NAME; use a-z, 0-9, - and _");
        }
        let connector = entry.section().and_then(|section| {
            let connector = connector(&section, catalog);
            if let Some(source) = source(&name, section, connector.clone(), secrets) {
                sources.insert(name.clone(), Arc::new(source));
            }
            connector
        });
        match connector {
            Some(connector) => feeds.sources.push((name, connector)),
            None => feeds.is_partial = true,
        }
    }
    (sources, feeds)
}

fn connector(section: &Section<'_>, catalog: &Catalog) -> Option<Arc<Connector>> {
    let names = || listed(catalog.iter().map(|connector| connector.name.as_str()));
    let entry = section.require("connector", &format!("name one of {}", names()))?;
    let name = entry.text()?;
    let connector = catalog.get(&name);
    if catalog.is_unknown(&name) {
        entry.problem(format!("there is no connector '{name}'; there are {}", names()));
    }
    connector.cloned()
}

fn source(
    name: &str,
    section: Section<'_>,
    connector: Option<Arc<Connector>>,
    secrets: &Secrets<'_>,
) -> Option<Source> {
    let scheme = scheme(&section, connector.as_deref());
    let keys = keys(&section, scheme.as_ref().map(|(scheme, _)| scheme), secrets);
    let options = table(section.get("options").as_ref());
    section.finish("a source has connector, secrets, auth and options");
    let (scheme, dedupe) = scheme?;
    Some(Source { name: name.to_owned(), connector: connector?, scheme, dedupe, keys, options: options? })
}

/// The connector's scheme, with the source's own auth table worked in.
fn scheme(section: &Section<'_>, connector: Option<&Connector>) -> Option<(Scheme, Dedupe)> {
    let own = section.get("auth");
    let table = table(own.as_ref())?;
    let table = own.is_some().then(|| Json::Object(table));
    match connector?.scheme_with(table.as_ref()) {
        Ok(found) => Some(found),
        Err(sentences) => {
            tell_auth_problems(&own.or_else(|| section.get("connector"))?, &sentences);
            None
        }
    }
}

/// A table as JSON, empty where it is absent; `None` where it is no table.
fn table(entry: Option<&Entry<'_>>) -> Option<Map<String, Json>> {
    let Some(entry) = entry else {
        return Some(Map::new());
    };
    entry.section()?;
    match entry.json() {
        Json::Object(map) => Some(map),
        _ => None,
    }
}

/// Every live secret, decoded as the scheme wants.
fn keys(section: &Section<'_>, scheme: Option<&Scheme>, secrets: &Secrets<'_>) -> Vec<Key> {
    let how = r#"write secrets = [{ env = "NAME" }], or { file = "path" } in the list"#;
    let Some(entry) = section.require("secrets", how) else {
        return Vec::new();
    };
    if entry.json().is_object() || entry.json().is_string() {
        entry.problem(format!("must be a list of references to secrets; {how}"));
        return Vec::new();
    }
    let items = entry.items();
    if items.as_ref().is_some_and(Vec::is_empty) {
        entry.problem(format!("is empty, so that nothing could be verified; {how}"));
    }
    let wanted = secrets.needs.sources();
    let key = |entry: &Entry<'_>| {
        let secret = secrets.read(entry, wanted)?;
        scheme?.key(secret.expose_secret()).map_err(|sentence| entry.problem(sentence)).ok()
    };
    items.unwrap_or_default().iter().filter_map(key).collect()
}
