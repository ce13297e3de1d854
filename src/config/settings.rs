//! The plain sections: listeners, store, connectors, worker, retention.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use url::Url;

use super::{Admin, Retention, Server, StoreSettings, StoreUrl, Worker};
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
    let public_url = server.as_ref().and_then(|section| section.get("public_url")).and_then(|entry| public_url(&entry));
    if let Some(section) = server {
        section.finish("[server] has listen, public_url and body_limit");
    }
    if let Some(section) = admin {
        section.finish("[admin] has listen");
    }
    (Server { listen, public_url, body_limit }, Admin { listen: admin_listen })
}

/// Where platforms reach the public listener, with any path before `/hooks`.
fn public_url(entry: &Entry<'_>) -> Option<Url> {
    let how = "write it as https://usher.example.com";
    let url = Url::parse(&entry.text()?).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(mut url) = url.filter(|url| url.host().is_some()) else {
        entry.problem(format!("is not an address that platforms could post to; {how}"));
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        entry.problem(format!("has a user name, password, query or fragment in it; {how}"));
        return None;
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
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
pub(super) fn number<N: TryFrom<i64> + Default>(
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
    let jobs_days = number(section.as_ref(), "jobs_days", 90, 1..=3650);
    // Absent stays absent: nobody is forgotten by default.
    let has_leavers = section.as_ref().is_some_and(|section| section.get("leavers_days").is_some());
    let leavers_days = has_leavers.then(|| number(section.as_ref(), "leavers_days", 3650, 1..=3650));
    if let Some(section) = section {
        section.finish("[retention] has bodies_days, held_days, jobs_days and leavers_days");
    }
    Retention { bodies_days, held_days, jobs_days, leavers_days }
}
