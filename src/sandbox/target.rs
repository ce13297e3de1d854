//! The clients webhooks are sent with, and the rules for their addresses (`UrlValidator.cs`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::redirect::Policy;
use url::{Host, Url};

use super::Sandbox;

/// How long a name may take to resolve.
const LOOKUP_LIMIT: Duration = Duration::from_secs(3);

/// Why an address may not receive webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// Not http or https.
    #[error("the scheme is neither http nor https")]
    Scheme,
    /// `ssl` is set and the address is not https.
    #[error("the address is not https although ssl is set")]
    NotHttps,
    /// The name does not resolve.
    #[error("the name does not resolve")]
    Unresolved,
    /// Private, link-local or unspecified.
    #[error("the address is on the blacklist")]
    Blacklisted,
}

/// A client for http, and for https without verification.
///
/// It is given an empty list of roots, so that it can be made on a machine without CA certificates.
pub(super) fn unverified_client() -> reqwest::Result<reqwest::Client> {
    unverified().build()
}

fn unverified() -> reqwest::ClientBuilder {
    plain().tls_certs_only([]).tls_danger_accept_invalid_certs(true)
}

fn plain() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().http1_only().gzip(false).redirect(Policy::none())
}

impl Sandbox {
    /// The client for an address: it verifies where the webhook says `ssl`, and a checked name is connected to at the
    /// address that was checked.
    ///
    /// # Errors
    /// A client that verifies cannot be made on a machine without CA certificates.
    pub(super) fn client(&self, uri: &Url, ssl: bool, checked: Option<IpAddr>) -> reqwest::Result<reqwest::Client> {
        let verifies = uri.scheme() == "https" && ssl;
        let pinned = match (uri.host(), checked) {
            (Some(Host::Domain(name)), Some(address)) => Some((name, SocketAddr::new(address, 0))),
            _ => None,
        };
        if !verifies && pinned.is_none() {
            return Ok(self.inner.client.clone());
        }
        let builder = if verifies { plain() } else { unverified() };
        match pinned {
            // Port 0 stands for the port of the address itself.
            Some((name, address)) => builder.resolve(name, address).build(),
            None => builder.build(),
        }
    }

    /// Check an address as the server does at registration and again before each delivery; the address to connect to.
    ///
    /// # Errors
    /// Every [`Unfit`]. Loopback is let through, the one difference from the real server's list.
    pub(super) async fn check(&self, uri: &Url, ssl: bool) -> Result<IpAddr, Unfit> {
        match uri.scheme() {
            "https" => {}
            "http" if ssl => return Err(Unfit::NotHttps),
            "http" => {}
            _ => return Err(Unfit::Scheme),
        }
        let addresses = match uri.host() {
            None => return Err(Unfit::Unresolved),
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => match self.with_standing(|standing| standing.hosts.get(name).cloned()) {
                Some(addresses) => addresses,
                None => look_up(name).await?,
            },
        };
        let first = addresses.first().copied().ok_or(Unfit::Unresolved)?;
        if addresses.into_iter().any(is_blacklisted) { Err(Unfit::Blacklisted) } else { Ok(first) }
    }
}

async fn look_up(name: &str) -> Result<Vec<IpAddr>, Unfit> {
    let found = tokio::time::timeout(LOOKUP_LIMIT, tokio::net::lookup_host((name, 0))).await;
    let found = found.map_err(|_| Unfit::Unresolved)?.map_err(|_| Unfit::Unresolved)?;
    Ok(found.map(|address| address.ip()).collect())
}

/// The default of the server's `webhooks:blacklist`, without loopback.
fn is_blacklisted(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_blacklisted_v4(address),
        IpAddr::V6(address) => is_blacklisted_v6(address),
    }
}

fn is_blacklisted_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    first == 0 || is_shared || address.is_private() || address.is_link_local()
}

fn is_blacklisted_v6(address: Ipv6Addr) -> bool {
    let in_fe80_10 = address.segments()[0] & 0xffc0 == 0xfe80;
    address.is_unspecified() || address.is_unique_local() || in_fe80_10
}
