//! The mail catcher: a small SMTP server that keeps every letter beside those DocSpace would have mailed, and sends
//! none on. No TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::smtp::Session;
use super::{Error, Sandbox};

/// Connections at once; one more is told 421 and closed.
const CONNECTIONS: usize = 16;

/// How long one connection may last, however busy.
const SESSION_LIMIT: Duration = Duration::from_secs(600);

/// Pause after a connection could not be accepted, as when no file handle is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How mail catchers of a sandbox behave.
#[derive(Clone)]
pub struct PostboxSettings {
    /// The one login that is taken, and then asked for; `None`: any, and none is needed.
    pub login: Option<SmtpLogin>,
    /// How long a client may be silent.
    pub idle_limit: Duration,
}

impl Default for PostboxSettings {
    /// Any login, a minute of silence.
    fn default() -> Self {
        Self { login: None, idle_limit: Duration::from_secs(60) }
    }
}

/// A login for [`PostboxSettings`].
#[derive(Clone)]
pub struct SmtpLogin {
    /// Name.
    pub user: String,
    /// Password.
    pub password: String,
}

/// A mail catcher that listens.
pub struct Postbox {
    /// The address it listens on, with the port the system chose where 0 was asked for.
    pub address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Postbox {
    /// Its address as a URL, such as `smtp://127.0.0.1:2525`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Tell it to stop, the portal beside it left alone.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Wait until it has stopped and every connection is closed, which [`Self::stop`] or its token orders.
    pub async fn stopped(self) {
        // A panic of the task has been told already; there is nothing left to wait for.
        let _ = self.task.await;
    }
}

impl Sandbox {
    /// Let a mail catcher listen in the background until `stop`. What it takes is in [`super::State::mails`], one entry
    /// for each recipient, of kind [`super::MailKind::Smtp`] and with a [`super::Letter`].
    ///
    /// It speaks EHLO and HELO, MAIL, RCPT, DATA, RSET, NOOP, QUIT, AUTH PLAIN and LOGIN, SIZE and 8BITMIME. Lines have
    /// up to 4096 bytes, letters up to 1 MiB, 16 clients are served at once.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn start_postbox(&self, address: SocketAddr, stop: CancellationToken) -> Result<Postbox, Error> {
        let listen_error = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let stop = stop.child_token();
        let task = tokio::spawn(accept(self.clone(), listener, stop.clone()));
        Ok(Postbox { address, stop, task })
    }
}

async fn accept(sandbox: Sandbox, listener: TcpListener, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let sessions = TaskTracker::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Small replies must not wait for an acknowledgement; where it cannot be set, they are merely slower.
        let _ = stream.set_nodelay(true);
        let (sandbox, stop) = (sandbox.clone(), stop.clone());
        let place = Arc::clone(&places).try_acquire_owned();
        sessions.spawn(async move {
            let work = async move {
                if place.is_ok() {
                    Session::new(sandbox, stream).serve().await;
                } else {
                    turn_away(&stream).await;
                }
            };
            // A session cut off here is closed by being dropped.
            let _ = stop.run_until_cancelled(tokio::time::timeout(SESSION_LIMIT, work)).await;
        });
    }
    sessions.close();
    sessions.wait().await;
}

async fn turn_away(stream: &TcpStream) {
    // An empty send buffer takes this line at once.
    if stream.writable().await.is_ok() {
        let _ = stream.try_write(b"421 4.3.2 Too many connections\r\n");
    }
}
