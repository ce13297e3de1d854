//! The plain sections: listeners, store, portal, worker, retention.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use secrecy::ExposeSecret;
use url::Url;

use super::secrets::{HOW, Secrets};
use super::{Admin, Docspace, Needs, Retention, Server, StoreSettings, StoreUrl, Worker};
use crate::document::{Entry, Section};

const BODY_LIMIT: i64 = 1024 * 1024;
const BODY_LIMIT_MOST: i64 = 64 * 1024 * 1024;

/// `[server]` and `[admin]`, which cannot share an address.
pub(super) fn listeners(root: &Section<'_>) -> (Server, Admin) {
    let server = root.section("server");
    let admin = root.section("admin");
    let public = server.as_ref().and_then(|section| section.get("listen"));
    let private = admin.as_ref().and_then(|section| section.get("listen"));
    let listen = address(public.as_ref(), 8080);
    let admin_listen = address(private.as_ref(), 8081);
    let overlap =
        listen.ip() == admin_listen.ip() || listen.ip().is_unspecified() || admin_listen.ip().is_unspecified();
    let is_shared = overlap && listen.port() == admin_listen.port() && listen.port() != 0;
    if let Some(entry) = private.or(public).filter(|_| is_shared) {
        entry.problem("the public and the admin listener share this address; give each a port of its own");
    }
    let body_limit = number(server.as_ref(), "body_limit", BODY_LIMIT, 1..=BODY_LIMIT_MOST);
    if let Some(section) = server {
        section.finish("[server] has listen and body_limit");
    }
    if let Some(section) = admin {
        section.finish("[admin] has listen");
    }
    (Server { listen, body_limit }, Admin { listen: admin_listen })
}

fn address(entry: Option<&Entry<'_>>, default_port: u16) -> SocketAddr {
    let default = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), default_port);
    let Some(entry) = entry else { return default };
    let Some(text) = entry.text() else {
        return default;
    };
    text.parse().unwrap_or_else(|_| {
        entry.problem(format!(
            "'{text}' is not an address to listen on; write an IP address and a port, such as {default}"
        ));
        default
    })
}

/// A whole number within a range; the default where it is absent or a problem was recorded.
fn number<N: TryFrom<i64> + Default>(
    section: Option<&Section<'_>>,
    key: &str,
    default: i64,
    range: RangeInclusive<i64>,
) -> N {
    let entry = section.and_then(|section| section.get(key));
    let written = entry.and_then(|entry| Some((entry.integer()?, entry)));
    let value = match written {
        Some((number, entry)) if !range.contains(&number) => {
            entry.problem(format!("must be between {} and {}", range.start(), range.end()));
            default
        }
        Some((number, _)) => number,
        None => default,
    };
    N::try_from(value).unwrap_or_default()
}

/// `[store]`.
pub(super) fn store(root: &Section<'_>) -> StoreSettings {
    let section = root.section("store");
    let entry = section.as_ref().and_then(|section| section.get("url"));
    let path = entry.and_then(|entry| sqlite_path(&entry)).unwrap_or_else(|| "usher.db".to_owned());
    if let Some(section) = section {
        section.finish("[store] has url");
    }
    StoreSettings { url: StoreUrl::Sqlite(path) }
}

/// The path in a store URL. The URL is not repeated in problems: other databases have a password in it.
fn sqlite_path(entry: &Entry<'_>) -> Option<String> {
    let url = entry.text()?;
    let problem = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        "PostgreSQL is not in this version; write sqlite://usher.db"
    } else {
        match url.strip_prefix("sqlite://") {
            None => "is not a store; write sqlite:// and a path, such as sqlite://usher.db",
            Some("") => "has no path; write sqlite:// and a path, such as sqlite://usher.db",
            Some(":memory:") => "would lose everything at a restart; write sqlite:// and the path of a file",
            Some(path) if path.contains('?') => "takes no parameters; leave out the '?' and what follows",
            Some(path) => return Some(path.to_owned()),
        }
    };
    entry.problem(problem);
    None
}

/// `[connectors] directory`.
pub(super) fn connectors(root: &Section<'_>) -> Option<String> {
    let section = root.section("connectors")?;
    let entry = section.require("directory", "name the directory with your connectors, or leave [connectors] out");
    let directory = entry.and_then(|entry| {
        let directory = entry.text()?;
        if directory.is_empty() {
            entry.problem("is empty; name the directory with your connectors");
        }
        Some(directory).filter(|directory| !directory.is_empty())
    });
    section.finish("[connectors] has directory");
    directory
}

/// `[docspace]`.
pub(super) fn docspace(root: &Section<'_>, secrets: &Secrets<'_>) -> Option<Docspace> {
    let wanted = secrets.needs.portal();
    let Some(entry) = root.get("docspace") else {
        if secrets.needs == Needs::Everything && root.get("rules").is_some() {
            root.problem("docspace", "is missing, but the rules act on a portal; add [docspace] with url and api_key");
        }
        return None;
    };
    let section = entry.section()?;
    let url = section
        .require("url", "write the portal's address, such as https://portal.example.com")
        .and_then(|entry| portal_url(&entry));
    let api_key = section.require("api_key", HOW).and_then(|entry| {
        let key = secrets.read(&entry, wanted)?;
        // It travels in a header; a second newline or a blank would fail each call much later.
        let usable = key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
        if !usable {
            entry.problem("this secret has blanks, line ends or letters that no API key has; store the key alone");
        }
        Some(key).filter(|_| usable)
    });
    section.finish("[docspace] has url and api_key");
    Some(Docspace { url: url?, api_key: api_key? })
}

/// The address in `[docspace]` alone.
pub(super) fn portal(root: &Section<'_>) -> Option<Url> {
    portal_url(&root.section("docspace")?.get("url")?)
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

/// `[worker]`.
pub(super) fn worker(root: &Section<'_>) -> Worker {
    let section = root.section("worker");
    let concurrency = number(section.as_ref(), "concurrency", 8, 1..=64);
    if let Some(section) = section {
        section.finish("[worker] has concurrency");
    }
    Worker { concurrency }
}

/// `[retention]`.
pub(super) fn retention(root: &Section<'_>) -> Retention {
    let section = root.section("retention");
    let bodies_days = number(section.as_ref(), "bodies_days", 30, 0..=3650);
    let held_days = number(section.as_ref(), "held_days", 90, 0..=3650);
    if let Some(section) = section {
        section.finish("[retention] has bodies_days and held_days");
    }
    Retention { bodies_days, held_days }
}
