//! Tokens of OAuth 2 client credentials (RFC 6749, section 4.4), kept until shortly before they expire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::Serializer;

use super::answer;
use super::error::FetchError;
use super::line::Line;
use crate::model::Clock;

/// How long a token is kept that does not say how long it lives, and the longest that any is kept.
const UNTOLD: i64 = 60 * 60;
const LONGEST: i64 = 24 * 60 * 60;
/// How long before its end a token is no longer used, in seconds; of a short life a fifth.
const MARGIN: i64 = 60;

/// Why a token is refused (RFC 6749, section 5.2).
const CODES: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// A token in use.
#[derive(Clone)]
pub(super) struct Token {
    /// The header it travels in.
    pub(super) bearer: HeaderValue,
    until: Timestamp,
    /// Which of all tokens it is.
    number: u64,
}

/// Where tokens come from.
pub(super) struct Tokens {
    pub(super) line: Line,
    pub(super) url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) scope: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) state: State,
}

/// The token at hand. Whoever fetches one holds the lock, so that all others wait for that one.
#[derive(Default)]
pub(super) struct State {
    kept: Mutex<Kept>,
    /// How many times a token has been asked for.
    rounds: AtomicU64,
}

#[derive(Default)]
struct Kept {
    token: Option<Token>,
    failure: Option<FetchError>,
}

impl Tokens {
    /// The token at hand, or a new one. One that was `refused` is thrown away.
    pub(super) async fn token(&self, refused: Option<&Token>) -> Result<Token, FetchError> {
        let before = self.state.rounds.load(Ordering::Acquire);
        let mut kept = self.state.kept.lock().await;
        let is_refused = |token: &Token| refused.is_some_and(|refused| refused.number == token.number);
        kept.token.take_if(|token| token.until <= self.clock.now() || is_refused(token));
        if let Some(token) = &kept.token {
            return Ok(token.clone());
        }
        // Somebody has asked while we waited: their answer is ours, so that not each waits out the same failure.
        if let (true, Some(failure)) = (self.state.rounds.load(Ordering::Acquire) != before, &kept.failure) {
            return Err(failure.clone());
        }
        let token = self.fetch(before).await;
        self.state.rounds.fetch_add(1, Ordering::AcqRel);
        kept.failure = token.as_ref().err().cloned();
        kept.token = token.as_ref().ok().cloned();
        token
    }

    /// What is posted for a token (RFC 6749, sections 2.3.1 and 4.4.2).
    fn form(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials").append_pair("client_id", &self.client_id);
        form.append_pair("client_secret", self.client_secret.expose_secret());
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        form.finish()
    }

    async fn fetch(&self, number: u64) -> Result<Token, FetchError> {
        let request = self.line.http.post(self.url.clone()).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(self.form());
        let answer = request.send().await.map_err(|error| self.line.failure(&error))?;
        let now = self.clock.now();
        let status = answer.status().as_u16();
        match answer::judge(&self.line, &answer, now) {
            Ok(()) => {}
            Err(error) if error.is_outage() || (300..400).contains(&status) => return Err(error),
            Err(_) => {
                let body = answer::bytes(&self.line, answer).await.unwrap_or_default();
                return Err(FetchError::TokenRefused { at: self.line.at.clone(), status, code: code(&body) });
            }
        }
        let body = answer::bytes(&self.line, answer).await?;
        read(&body, number, now).map_err(|why| FetchError::NoToken { at: self.line.at.clone(), why })
    }
}

/// The token in an answer (RFC 6749, section 5.1).
fn read(body: &[u8], number: u64, now: Timestamp) -> Result<Token, &'static str> {
    let body: Json = serde_json::from_slice(body).map_err(|_| "its answer is not JSON")?;
    let kind = body.get("token_type").and_then(Json::as_str).unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err("its token is of another kind than bearer");
    }
    let text = body.get("access_token").and_then(Json::as_str).ok_or("its answer holds no access_token")?;
    let bearer = bearer(text).ok_or("its access_token holds characters that no token has")?;
    let life = life(&body).unwrap_or(UNTOLD).clamp(0, LONGEST);
    let used = SignedDuration::from_secs(life - MARGIN.min(life / 5));
    Ok(Token { bearer, until: now.saturating_add(used).unwrap_or(Timestamp::MAX), number })
}

/// `expires_in` in seconds. Some write it as a text.
fn life(body: &Json) -> Option<i64> {
    match body.get("expires_in")? {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// `Authorization` with a token; `None` where it cannot stand in a header.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    let usable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| usable)?;
    value.set_sensitive(true);
    Some(value)
}

/// The reason of a refusal, if it is a known one: anything else may say more than a log should.
fn code(body: &[u8]) -> Option<&'static str> {
    let body: Json = serde_json::from_slice(body).ok()?;
    let said = body.get("error")?.as_str()?;
    CODES.into_iter().find(|code| *code == said)
}
