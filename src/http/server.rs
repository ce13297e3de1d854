//! Listening: HTTP/1.1 with time limits on slow clients, and an orderly stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use hyper_util::rt::TokioTimer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

/// How long a client may take to send its request head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may take between two parts of its body.
const BODY_GAP: Duration = Duration::from_secs(5);
/// How long a request may take in all.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// How long open connections may take to finish once the stop was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// A port could not be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: {source}; is another program (or another `usher serve`) using the port? Change `{key}`"
)]
pub struct ServeError {
    /// Where.
    pub address: SocketAddr,
    /// The key of the configuration.
    pub key: &'static str,
    /// Why.
    pub source: std::io::Error,
}

/// An open port.
pub struct Listener {
    listener: std::net::TcpListener,
    address: SocketAddr,
    handle: Handle<SocketAddr>,
}

impl Listener {
    /// Open the port; `key` names the setting in messages.
    ///
    /// # Errors
    /// When the port is taken or may not be opened.
    pub fn bind(address: SocketAddr, key: &'static str) -> Result<Self, ServeError> {
        let open = || {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = open().map_err(|source| ServeError { address, key, source })?;
        Ok(Self { listener, address, handle: Handle::new() })
    }

    /// The address bound, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops it: no new connections, a few seconds for open ones.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let handle = self.handle.clone();
        move || handle.graceful_shutdown(Some(GRACE))
    }

    /// Serve until stopped.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, routes: Router) -> std::io::Result<()> {
        let routes = routes
            .layer(RequestBodyTimeoutLayer::new(BODY_GAP))
            .layer(TimeoutLayer::with_status_code(http::StatusCode::REQUEST_TIMEOUT, REQUEST_LIMIT))
            .layer(tower_http::catch_panic::CatchPanicLayer::new());
        // HTTP/1.1 only: the detection of HTTP/2 waits for ever on a client that sends nothing. The server has to be
        // told, not its builder: it asks itself alone.
        let mut server = axum_server::from_tcp(self.listener)?.handle(self.handle).http1_only();
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
        server.serve(routes.into_make_service()).await
    }
}
