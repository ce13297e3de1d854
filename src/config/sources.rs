//! `[sources.NAME]`: the endpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret;
use serde_json::{Map, Value as Json};

use super::feeds::{Feeds, listed};
use super::secrets::Secrets;
use super::{DEFAULT_PORTAL, FetchOutline, Portal, SecretPlace, Source, fetching, portals};
use crate::auth::{Dedupe, Key, Scheme};
use crate::connector::{Catalog, Connector, tell_auth_problems};
use crate::document::{Entry, Section};
use crate::model::EventKind;

const HOW: &str = "add [sources.NAME] with connector and secrets; its endpoint is then /hooks/NAME";

/// Every source, and what they send.
pub(super) fn sources(
    root: &Section<'_>,
    catalog: &Catalog,
    portals: &[Portal],
    all_portals: bool,
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
            let portal = portal(&section, connector.as_deref(), portals, all_portals);
            if let Some(source) = source(&name, section, connector.clone(), portal, secrets) {
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
    let entry = section.require("connector", "name the platform's; `usher connectors` lists all")?;
    let name = entry.text()?;
    let connector = catalog.get(&name);
    if let Some(platform) = catalog.platform(&name) {
        let limits = platform.limits.split_whitespace().collect::<Vec<_>>().join(" ");
        entry.problem(format!("{} cannot be connected directly, so no source can be of it: {limits}", platform.title));
    } else if catalog.is_unknown(&name) {
        entry.problem(match listed(catalog.near(&name)) {
            near if near.is_empty() => format!("there is no connector '{name}'; `usher connectors` lists all"),
            near => {
                format!("there is no connector '{name}'; is one of these meant: {near}? `usher connectors` lists all")
            }
        });
    }
    connector.cloned()
}

fn source(
    name: &str,
    section: Section<'_>,
    connector: Option<Arc<Connector>>,
    portal: Option<String>,
    secrets: &Secrets<'_>,
) -> Option<Source> {
    let scheme = scheme(&section, connector.as_deref());
    let awaits_secret = section.get("awaiting_secret").and_then(|entry| entry.flag()).unwrap_or(false);
    let secret = Wanted {
        scheme: scheme.as_ref().map(|(scheme, _)| scheme),
        is_awaited: awaits_secret,
        is_told: connector.as_ref().is_some_and(|connector| connector.tells_secret()),
    };
    let Keys { keys, unset } = keys(&section, &secret, secrets);
    let options = table(section.get("options").as_ref());
    let fetch = fetching::fetch(&section, connector.as_deref(), secrets);
    let accepts_assumptions = section.get("accept_assumptions").is_some_and(|entry| entry.flag() == Some(true));
    let fetch_outline = section.get("fetch").map(|entry| FetchOutline::of(&entry.json())).unwrap_or_default();
    let secret_places = section.get("secrets").map(|entry| places(&entry)).unwrap_or_default();
    section.finish(
        "a source has connector, secrets, awaiting_secret, portal, auth, options, accept_assumptions and fetch",
    );
    let (scheme, dedupe) = scheme?;
    Some(Source {
        name: name.to_owned(),
        connector: connector?,
        scheme,
        dedupe,
        keys,
        options: options?,
        portal: portal?,
        secret_places,
        awaits_secret,
        unset,
        fetch,
        accepts_assumptions,
        fetch_outline,
    })
}

/// The portal whose accounts the source tells of. Other sources have none to name.
fn portal(
    section: &Section<'_>,
    connector: Option<&Connector>,
    portals: &[Portal],
    all_portals: bool,
) -> Option<String> {
    let entry = section.get("portal");
    let tells = |users: bool| {
        let maps = |connector: &Connector| {
            EventKind::ALL.into_iter().any(|kind| kind.is_user() == users && connector.fields_mapped(kind).is_some())
        };
        connector.is_some_and(maps)
    };
    match (&entry, tells(true), tells(false)) {
        (Some(entry), false, true) => {
            entry.problem("stands here for nothing: this platform tells of no accounts; name the portal in the rules");
            None
        }
        // Who tells of employees need not name a portal; the rules do.
        (None, _, true) => Some(portals.first().map_or(DEFAULT_PORTAL, |portal| portal.name.as_str()).to_owned()),
        _ => portals::named(entry.as_ref(), section, portals, all_portals),
    }
}

/// The references as written; wrong ones are told by the reading of the secrets.
fn places(entry: &Entry<'_>) -> Vec<SecretPlace> {
    entry.json().as_array().into_iter().flatten().filter_map(SecretPlace::of).collect()
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

/// What is wanted of a source's secrets.
struct Wanted<'a> {
    scheme: Option<&'a Scheme>,
    /// `awaiting_secret`: none need be there.
    is_awaited: bool,
    /// Whether the platform tells it in a handshake, so that it can hardly be there at the first start.
    is_told: bool,
}

/// What was found at the places of the secrets.
#[derive(Default)]
struct Keys {
    keys: Vec<Key>,
    unset: Vec<(usize, String)>,
}

/// Every live secret, decoded as the scheme wants.
fn keys(section: &Section<'_>, secret: &Wanted<'_>, secrets: &Secrets<'_>) -> Keys {
    let or = if secret.is_told {
        "; this platform tells it in its first request: awaiting_secret = true waits for it"
    } else {
        ""
    };
    let how = format!(r#"write secrets = [{{ env = "NAME" }}], or {{ file = "path" }} in the list{or}"#);
    let entry = if secret.is_awaited { section.get("secrets") } else { section.require("secrets", &how) };
    let Some(entry) = entry else {
        return Keys::default();
    };
    if entry.json().is_object() || entry.json().is_string() {
        entry.problem(format!("must be a list of references to secrets; {how}"));
        return Keys::default();
    }
    let items = entry.items();
    if items.as_ref().is_some_and(Vec::is_empty) && !secret.is_awaited {
        entry.problem(format!("is empty, so that nothing could be verified; {how}"));
    }
    let wanted = secrets.needs.sources();
    let mut found = Keys::default();
    for (index, entry) in items.unwrap_or_default().iter().enumerate() {
        match secrets.look(entry, wanted) {
            Some(Ok(text)) => {
                let key = secret.scheme.map(|scheme| scheme.key(text.expose_secret()));
                found.keys.extend(key.and_then(|key| key.map_err(|sentence| entry.problem(sentence)).ok()));
            }
            Some(Err(sentence)) if secret.is_awaited => found.unset.push((index, sentence)),
            Some(Err(sentence)) => entry.problem(format!("{sentence}{or}")),
            None => {}
        }
    }
    found
}
