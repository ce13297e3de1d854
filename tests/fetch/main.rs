//! Calls back to an HR platform: what is sent, what is refused, and every way in which they fail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod answers;
mod failing;
mod pace;
mod platform;
mod sending;
mod setup;
mod tls;
mod tokens;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value as Json;
use usher::config::{Credentials, SourceFetch};
use usher::connector::Call;
use usher::fetch::{FetchError, Fetcher};
use usher::model::Clock;

use platform::{Answer, Platform};

/// A clock moved by hand.
struct HandClock(Mutex<Timestamp>);

impl HandClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2026-08-01T10:00:00Z".parse().unwrap())))
    }

    fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Every secret in these tests has this in it.
const MARK: &str = "s3cret";

fn secret(text: &str) -> SecretString {
    assert!(text.contains(MARK));
    SecretString::from(text)
}

/// Settings for a stand-in at this address.
fn settings(address: SocketAddr) -> SourceFetch {
    SourceFetch {
        base: format!("http://{address}").parse().unwrap(),
        allow: vec!["127.0.0.1".to_owned()],
        credentials: Credentials::Bearer(secret("token-s3cret")),
        secret_headers: Vec::new(),
        per_minute: 6000,
        timeout: Duration::from_secs(30),
    }
}

fn fetcher(settings: SourceFetch) -> Fetcher {
    Fetcher::new("hr", settings, HandClock::new()).unwrap()
}

/// Whether the platform does not know what was asked for.
fn is_missing(error: &FetchError) -> bool {
    matches!(error, FetchError::Missing { .. })
}

/// A call about somebody: nothing of it may come back in an error.
fn call() -> Call {
    about("/v1/people/ada%40example.com?birthday=1")
}

fn about(path_and_query: &str) -> Call {
    Call { path_and_query: path_and_query.to_owned(), headers: Vec::new(), body: None }
}

/// What a stand-in that says this is understood to say.
async fn asked(answer: Answer) -> Result<Json, FetchError> {
    let platform = Platform::saying(answer).await;
    asking(&fetcher(settings(platform.address))).await
}

async fn asking(fetcher: &Fetcher) -> Result<Json, FetchError> {
    let answer = fetcher.ask(&call()).await;
    if let Err(error) = &answer {
        assert_discreet(error);
    }
    answer
}

/// No secret, nothing of path or query, in whatever way it is shown.
fn assert_discreet(error: &impl std::error::Error) {
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        for hidden in [MARK, "ada", "example.com", "people", "birthday", "%40"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    let text = error.to_string();
    assert!(text.len() > 40 && !text.contains('\n'), "no sentence that says what to do: {text}");
}
