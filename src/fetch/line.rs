//! The line to one host: an HTTP client that reaches nothing but addresses that may be asked.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::asked::Asked;
use super::error::FetchError;
use super::settings::SetupError;
use crate::address::Allowed;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// An idle connection is closed before servers and proxies usually do.
const IDLE: Duration = Duration::from_secs(15);

/// The way to the host of one address.
pub(super) struct Line {
    pub(super) http: reqwest::Client,
    pub(super) at: Asked,
    pub(super) timeout: Duration,
}

impl Line {
    /// A line to the host of `url`, the value of `key`. Opens no connection. TLS is set up for https addresses only, so that
    /// a machine without CA certificates can ask a stand-in.
    pub(super) fn new(
        name: &str,
        key: &'static str,
        url: &Url,
        allowed: &Arc<Allowed>,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        let source = || name.to_owned();
        let is_plain = url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| matches!(url.scheme(), "http" | "https") && is_plain);
        let host = host.ok_or_else(|| SetupError::Address { name: source(), key })?;
        let is_named = allowed.names(&host);
        if url.scheme() == "http" && !is_named {
            return Err(SetupError::Plain { name: source(), key, host: host.to_string() });
        }
        if !allowed.permits(&host) {
            return Err(SetupError::Private { name: source(), key, host: host.to_string() });
        }
        let is_near = is_named || matches!(host, Host::Domain(name) if name == "localhost");
        let proxy = if is_near { None } else { proxy(url) };
        let through = proxy.as_ref().map(|proxy| proxy.1.clone());
        let proxy = proxy.map(|proxy| proxy.0);
        let builder = reqwest::Client::builder()
            .user_agent(concat!("docspace-usher/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT.min(timeout))
            .timeout(timeout)
            .pool_idle_timeout(IDLE)
            .referer(false)
            .dns_resolver(Guarded { allowed: Arc::clone(allowed), proxy });
        // Whoever is named is near: a proxy to the outside does not lead there.
        let builder = if is_near { builder.no_proxy() } else { builder };
        // Without this the set-up looks for CA certificates, and fails where there are none.
        let builder = if url.scheme() == "https" { builder.https_only(true) } else { builder.tls_certs_only([]) };
        let http = builder.build().map_err(|error| SetupError::Tls { name: source(), cause: root_cause(&error) })?;
        let host = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        Ok(Self { http, at: Asked { source: source(), host, proxy: through }, timeout })
    }

    /// What a failure on the way means.
    pub(super) fn failure(&self, error: &reqwest::Error) -> FetchError {
        let at = self.at.clone();
        if let Some(Inside(address)) = causes(error).find_map(|cause| cause.downcast_ref()) {
            return FetchError::Private { at, address: *address };
        }
        // Whatever stops the reading of a body looks alike from outside.
        let is_connection = |cause: &(dyn std::error::Error + 'static)| cause.is::<hyper::Error>();
        let cause = root_cause(error);
        if error.is_dns() {
            FetchError::Unresolved { at, cause }
        } else if error.is_connect() || error.is_builder() {
            FetchError::Unreachable { at, cause }
        } else if error.is_timeout() {
            FetchError::Slow { at, limit: self.timeout }
        } else if error.is_decode() && !causes(error).any(is_connection) {
            FetchError::NotJson { at, why: "its answer cannot be unpacked" }
        } else {
            FetchError::Broken { at, cause }
        }
    }
}

/// The proxy that the environment puts between us and an address: its host, and the same with the port. Its name and
/// password are left out.
fn proxy(url: &Url) -> Option<(String, String)> {
    let proxy = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    let (host, port) = (proxy.uri().host()?.to_owned(), proxy.uri().port_u16());
    let named = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Some((host, named))
}

/// Looks names up and leaves out what may not be asked. What it lets through is what gets connected to, so that an answer
/// that changes between two looks changes nothing.
struct Guarded {
    allowed: Arc<Allowed>,
    /// A proxy that an administrator has set in the environment is asked wherever it is; it then looks our host up.
    proxy: Option<String>,
}

/// All addresses of a name are private; this is one of them.
#[derive(Debug, thiserror::Error)]
#[error("a private address")]
struct Inside(IpAddr);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let is_open = self.allowed.names_host(&name) || self.proxy.as_deref() == Some(name.as_str());
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
            let may = |address: &SocketAddr| is_open || allowed.permits_address(address.ip());
            let some = found.first().map(SocketAddr::ip);
            let open: Vec<SocketAddr> = found.into_iter().filter(may).collect();
            match some {
                Some(address) if open.is_empty() => Err(Inside(address).into()),
                _ => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}

/// Everything that an error comes from, from the outside in.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// The innermost cause: the outer texts repeat the address with its query.
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}
