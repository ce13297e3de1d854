//! Whether the portal can post to an address: what its rules say of it, and whether it answers the portal's probe.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use url::{Host, Url};

use crate::docspace::http_client;

/// How long the portal waits for a name to be resolved, and for its probe to be answered (`UrlValidator.cs`,
/// `BaseStartup.cs`).
const LOOK_UP_LIMIT: Duration = Duration::from_secs(3);
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// Whether the portal refuses webhooks to `address` by default: the list `webhooks:blacklist` of private, loopback and
/// link-local networks (`appsettings.json`).
#[must_use]
pub fn is_refused(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_refused_v4(address),
        IpAddr::V6(address) => is_refused_v6(address),
    }
}

fn is_refused_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    first == 0 || is_shared || address.is_private() || address.is_loopback() || address.is_link_local()
}

fn is_refused_v6(address: Ipv6Addr) -> bool {
    let is_near = address.is_unspecified() || address.is_loopback();
    is_near || address.is_unique_local() || address.is_unicast_link_local()
}

/// The addresses behind the host of `url`, as this machine resolves it; the portal may resolve it otherwise.
///
/// # Errors
/// A sentence: the name has no address, or nobody told one in time.
pub async fn resolve(url: &Url) -> Result<Vec<IpAddr>, String> {
    let name = match url.host() {
        Some(Host::Ipv4(address)) => return Ok(vec![address.into()]),
        Some(Host::Ipv6(address)) => return Ok(vec![address.into()]),
        Some(Host::Domain(name)) => name,
        None => return Err("it names no host".to_owned()),
    };
    let look_up = tokio::time::timeout(LOOK_UP_LIMIT, tokio::net::lookup_host((name, 0)));
    match look_up.await {
        Ok(Ok(found)) => {
            let mut found: Vec<_> = found.map(|address| address.ip()).collect();
            found.dedup();
            if found.is_empty() { Err(format!("the name {name} has no address")) } else { Ok(found) }
        }
        Ok(Err(error)) => Err(format!("the name {name} cannot be resolved here ({error})")),
        Err(_) => Err(format!("the name {name} was not resolved here within {} s", LOOK_UP_LIMIT.as_secs())),
    }
}

/// Ask `address` as the portal does before it takes a webhook: one `HEAD` without a signature, no redirect followed.
/// The status of the answer.
///
/// # Errors
/// A sentence: nothing answered, or no request could be made.
pub async fn probe(address: &Url) -> Result<u16, String> {
    let client = http_client(address).map_err(|error| error.to_string())?;
    match client.head(address.clone()).timeout(PROBE_LIMIT).send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) if error.is_timeout() => Err(format!("no answer within {} s", PROBE_LIMIT.as_secs())),
        Err(error) => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            Err(cause.to_string())
        }
    }
}
