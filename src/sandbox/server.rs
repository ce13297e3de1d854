//! Listening, for those who want a whole server and not a router.

use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Error, Sandbox, Settings};

/// How long open calls may take to end once the sandbox is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// A sandbox that listens.
pub struct Running {
    /// The portal behind it.
    pub sandbox: Sandbox,
    /// The address it listens on, with the port the system chose where 0 was asked for.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Running {
    /// Its base address, such as `http://127.0.0.1:8090`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Wait until it has stopped, which its token orders.
    pub async fn stopped(self) {
        // A panic of the server task has been told already; there is nothing left to wait for.
        let _ = self.task.await;
    }
}

impl Sandbox {
    /// Make a sandbox and let it listen in the background until `stop`.
    ///
    /// # Errors
    /// Those of [`Sandbox::new`], and [`Error::Listen`].
    pub async fn start(settings: Settings, address: SocketAddr, stop: CancellationToken) -> Result<Running, Error> {
        let sandbox = Self::new(settings)?;
        let listen_error = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let serving = sandbox.clone();
        let task = tokio::spawn(async move { serving.serve(listener, stop).await });
        Ok(Running { sandbox, address, task })
    }

    /// Serve this listener until `stop`; open calls get two seconds to end. The state stays, so that the same portal
    /// can come back on another listener.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) {
        let listener = listener.tap_io(|stream| {
            // Small answers must not wait for an acknowledgement; where it cannot be set, they are merely slower.
            let _ = stream.set_nodelay(true);
        });
        let server = axum::serve(listener, self.router()).with_graceful_shutdown(stop.clone().cancelled_owned());
        let deadline = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            _ = server.into_future() => {}
            () = deadline => {}
        }
    }
}
