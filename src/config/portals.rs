//! `[docspace]` and `[portals.NAME]`: where people get their accounts.

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::feeds::listed;
use super::secrets::{HOW, Secrets};
use super::settings::number;
use super::{CallLimits, Needs, Portal};
use crate::document::{Entry, Section};

/// Name of the portal that `[docspace]` is the short form of.
pub const DEFAULT_PORTAL: &str = "docspace";

/// An hour at least: a reconciliation reads every account.
const RECONCILE_LEAST: SignedDuration = SignedDuration::from_hours(1);

/// Every portal, that of `[docspace]` first. The flag: all of them could be read.
pub(super) fn portals(root: &Section<'_>, secrets: &Secrets<'_>) -> (Vec<Portal>, bool) {
    let short = root.get("docspace");
    let long = root.get("portals");
    if short.is_none() && long.is_none() && secrets.needs == Needs::Everything && root.get("rules").is_some() {
        root.problem("docspace", "is missing, but the rules act on a portal; add [docspace] with url and api_key");
    }
    let mut entries: Vec<(String, Entry<'_>)> =
        short.into_iter().map(|entry| (DEFAULT_PORTAL.to_owned(), entry)).collect();
    for (name, entry) in long.and_then(|entry| entry.section()).map(|all| all.entries()).unwrap_or_default() {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) {
            entry.problem("the name of a portal stands in lists and metrics; use a-z, 0-9, - and _");
        }
        if entries.iter().any(|(earlier, _)| *earlier == name) {
            entry.problem("is what [docspace] stands for; give one of the two another name");
        }
        entries.push((name, entry));
    }
    let count = entries.len();
    let portals: Vec<_> = entries.into_iter().filter_map(|(name, entry)| portal(name, &entry, secrets)).collect();
    let is_whole = portals.len() == count;
    (portals, is_whole)
}

fn portal(name: String, entry: &Entry<'_>, secrets: &Secrets<'_>) -> Option<Portal> {
    let section = entry.section()?;
    let url = section
        .require("url", "write the portal's address, such as https://portal.example.com")
        .and_then(|entry| portal_url(&entry));
    let key = section.require("api_key", HOW);
    let api_key = key.as_ref().and_then(|entry| api_key(entry, secrets));
    let is_lacking = key.is_none() || (api_key.is_none() && secrets.needs.portal());
    let limits = limits(section.section("limits"));
    let company = section.get("company").and_then(|entry| entry.text());
    let reconcile = section.get("reconcile").and_then(|entry| reconcile(&entry));
    section.finish("a portal has url, api_key, company, reconcile and limits");
    let portal = Portal { name, url: url?, api_key, company, reconcile, limits };
    (!is_lacking).then_some(portal)
}

fn api_key(entry: &Entry<'_>, secrets: &Secrets<'_>) -> Option<SecretString> {
    let key = secrets.read(entry, secrets.needs.portal())?;
    // It travels in a header; a second newline or a blank would fail each call much later.
    let usable = key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
    if !usable {
        entry.problem("this secret has blanks, line ends or letters that no API key has; store the key alone");
    }
    Some(key).filter(|_| usable)
}

fn portal_url(entry: &Entry<'_>) -> Option<Url> {
    let how = "write it as https://portal.example.com";
    let text = entry.text()?;
    let Ok(url) = Url::parse(&text) else {
        entry.problem(format!("is not the address of a portal; {how}"));
        return None;
    };
    let problem = if !matches!(url.scheme(), "http" | "https") {
        "must begin with https:// or http://"
    } else if !url.username().is_empty() || url.password().is_some() {
        "has a user name or password in it; the api_key is all that is needed"
    } else if url.path() != "/" {
        "has a path; DocSpace answers at the root of its host"
    } else if url.query().is_some() || url.fragment().is_some() {
        "has a query or fragment"
    } else {
        return Some(url);
    };
    entry.problem(format!("{problem}; {how}"));
    None
}

/// What is asked of the portal at most. The defaults are the server's own limits (`RateLimiterSettings.cs`).
fn limits(section: Option<Section<'_>>) -> CallLimits {
    let usual = CallLimits::default();
    let limits = CallLimits {
        writes: number(section.as_ref(), "writes", i64::from(usual.writes), 1..=1000),
        reads: number(section.as_ref(), "reads", i64::from(usual.reads), 1..=1000),
        per_minute: number(section.as_ref(), "per_minute", i64::from(usual.per_minute), 1..=1_000_000),
        writes_per_day: number(section.as_ref(), "writes_per_day", i64::from(usual.writes_per_day), 1..=100_000_000),
    };
    if let Some(section) = section {
        section.finish("limits has writes, reads, per_minute and writes_per_day");
    }
    limits
}

fn reconcile(entry: &Entry<'_>) -> Option<SignedDuration> {
    let text = entry.text()?;
    let Ok(every) = text.parse::<SignedDuration>() else {
        entry.problem(format!("'{text}' is not a length of time; write 6h, or 90m"));
        return None;
    };
    if every < RECONCILE_LEAST {
        entry.problem("reads every new account of the portal each time; write 1h or more");
        return None;
    }
    Some(every)
}

/// The portal that `entry`, or its absence, names; `portals` may be the few that could be read.
pub(super) fn named(entry: Option<&Entry<'_>>, at: &Section<'_>, portals: &[Portal], is_whole: bool) -> Option<String> {
    let names = || listed(portals.iter().map(|portal| portal.name.as_str()));
    match (entry, portals) {
        (Some(entry), _) => {
            let name = entry.text()?;
            if is_whole && !portals.iter().any(|portal| portal.name == name) {
                entry.problem(format!("there is no portal '{name}'; there is {}", names()));
            }
            Some(name)
        }
        (None, [only]) if is_whole => Some(only.name.clone()),
        (None, [] | [_]) => Some(DEFAULT_PORTAL.to_owned()),
        (None, _) => {
            at.problem("portal", format!("is missing, and there are several; name {}", names()));
            None
        }
    }
}
