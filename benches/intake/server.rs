//! The two sides: the bare handler and Usher, on the same kind of listener and runtime.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::StatusCode;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use usher::app::{App, SystemClock};
use usher::config::{Config, Needs};
use usher::connector::Catalog;
use usher::http::{self as web, Listener};
use usher::model::{JobState, kind};
use usher::sandbox::DEFAULT_API_KEY;
use usher::store::Store;
use usher::worker;

/// Name of the source in [`config`].
pub(crate) const SOURCE: &str = "own";

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// A handler that reads the body and says 200.
    Bare,
    /// Usher without its worker: what is accepted stays queued.
    Intake,
    /// Usher whole, beside a portal that takes connections and never answers.
    Whole,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::Intake, Self::Whole];

    /// For the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Intake => "intake",
            Self::Whole => "whole",
        }
    }

    /// For the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare handler",
            Self::Intake => "usher, no worker",
            Self::Whole => "usher, worker on",
        }
    }
}

/// A server at work.
pub(crate) struct Server {
    runtime: Runtime,
    address: SocketAddr,
    store: Option<(Arc<App>, TempDir)>,
    worker: Option<tokio::task::JoinHandle<()>>,
}

/// What a stopped server leaves.
pub(crate) struct Stored {
    pub(crate) deliveries: usize,
    pub(crate) processed: usize,
}

/// A runtime like that of the program: two threads, and a timer that is always near, as the worker's look at the store
/// is. Without one, tokio calls the system for each time limit of each request.
pub(crate) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.spawn(async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    runtime
}

/// One source with the plainest connector, one rule.
pub(crate) fn config(portal: SocketAddr) -> Config {
    let text = format!(
        r#"
[docspace]
url = "http://{portal}"
api_key = {{ env = "KEY" }}
[sources.{SOURCE}]
connector = "generic-hmac"
secrets = [{{ env = "SECRET" }}]
[[rules]]
on = "employee.hired"
when = "event.employment_type != 'contractor'"
onboard = {{ type = "User" }}
"#
    );
    let catalog = Catalog::embedded();
    let look_up = |_: usher::config::SecretRef<'_>| Ok(DEFAULT_API_KEY.to_owned());
    Config::parse("usher.toml", &text, &catalog, &look_up, Needs::Everything).unwrap()
}

/// Usher with a new store in `dir`.
pub(crate) async fn open(dir: &Path, portal: SocketAddr) -> Arc<App> {
    let store = Store::open(&dir.join("usher.db"), true).await.unwrap();
    App::new(config(portal), store, Arc::new(SystemClock)).unwrap()
}

/// Serve `routes` in the background, on the listener of the program.
pub(crate) fn listen(runtime: &Runtime, routes: Router) -> SocketAddr {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "bench").unwrap();
    let address = listener.address();
    runtime.spawn(listener.serve(routes));
    address
}

impl Server {
    pub(crate) fn start(variant: Variant, dir: &Path) -> Self {
        let runtime = runtime();
        if variant == Variant::Bare {
            let routes = Router::new().route("/hooks/{source}", post(|_: Bytes| async { StatusCode::OK }));
            let address = listen(&runtime, routes);
            return Self { runtime, address, store: None, worker: None };
        }
        let dir = tempfile::tempdir_in(dir).unwrap();
        let app = runtime.block_on(open(dir.path(), silent_portal()));
        let address = listen(&runtime, web::public(Arc::clone(&app)));
        let work = || runtime.spawn(worker::run(Arc::clone(&app), CancellationToken::new()));
        let worker = (variant == Variant::Whole).then(work);
        Self { runtime, address, store: Some((app, dir)), worker }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The log file of the store.
    pub(crate) fn log(&self) -> Option<PathBuf> {
        self.store.as_ref().map(|(_, dir)| dir.path().join("usher.db-wal"))
    }

    /// Stop, count and clear away; `None` without a store.
    pub(crate) fn stop(self) -> Option<Stored> {
        let (app, _dir) = self.store?;
        let stats = self.runtime.block_on(async {
            if let Some(worker) = self.worker {
                worker.abort();
                assert!(worker.await.is_err_and(|ended| ended.is_cancelled()), "the worker ended by itself");
            }
            let stats = app.store.stats().await.unwrap();
            app.store.close().await;
            stats
        });
        let count = |wanted: &dyn Fn(JobState) -> bool| {
            let jobs = stats.jobs.iter().filter(|(of, state, _)| of == kind::PROCESS && wanted(*state));
            jobs.map(|(_, _, count)| *count as usize).sum()
        };
        let ended = |state| !matches!(state, JobState::Ready | JobState::Running);
        Some(Stored { deliveries: count(&|_| true), processed: count(&ended) })
    }
}

/// A portal that takes connections and never answers, so that jobs wait for it as for a slow one.
fn silent_portal() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The thread ends with the program; it only holds on to a few sockets.
    std::thread::spawn(move || {
        let mut held: Vec<TcpStream> = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            held.push(stream);
        }
    });
    address
}
