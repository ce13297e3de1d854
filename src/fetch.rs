//! Calls back to an HR platform that tells in its webhooks only whom something is about.
//!
//! What a webhook holds has a part in the address of such a call, and its answer decides about people. So the host is fixed
//! by the configuration, redirects are not followed, and addresses that are not of the public internet are refused, both
//! those written and those that a name leads to, unless an administrator has listed the host. What was looked up is what is
//! connected to. Time, size and number of calls are limited. Answers are given back and kept nowhere.

mod answer;
mod asked;
mod error;
mod line;
mod login;
mod pace;
mod settings;
mod token;

pub use asked::Asked;
pub use error::FetchError;
pub use settings::{Credentials, Settings, SetupError};

use std::sync::{Arc, PoisonError, RwLock};

use http::HeaderName;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde_json::Value as Json;
use url::{Position, Url};

use crate::address::Allowed;
use crate::connector::Call;
use crate::model::Clock;
use line::Line;
use login::{Login, Shown};
use pace::Pace;
use token::Token;

/// Told of every call that ended: `ok`, or [`FetchError::word`].
pub type Observer = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Asks one platform.
pub struct Fetcher {
    line: Line,
    base: Url,
    allowed: Arc<Allowed>,
    /// How we show who we are, as it was told last.
    shown: RwLock<Arc<Shown>>,
    pace: Pace,
    clock: Arc<dyn Clock>,
    observer: Option<Observer>,
}

/// Shows who is asked alone: everything else may hold a secret.
impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("at", &self.line.at).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// A fetcher of these settings. Opens no connection.
    ///
    /// # Errors
    /// An address or a credential cannot be used, or TLS cannot be set up.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let Settings { source: name, base, allow, credentials, secret_headers, per_minute, timeout } = settings;
        let allowed = Allowed::read(allow.iter().map(String::as_str));
        let allowed = Arc::new(allowed.ok_or_else(|| SetupError::Allow { name: name.clone() })?);
        let line = Line::new(&name, "base", &base, &allowed, timeout)?;
        let shown = Shown::new(&line, &allowed, credentials, &secret_headers, &clock)?;
        let shown = RwLock::new(Arc::new(shown));
        Ok(Self { line, base, allowed, shown, pace: Pace::new(per_minute), clock, observer: None })
    }

    /// From the next call on show these credentials: an administrator has put others in the place of the former ones.
    /// Limits and waits go on.
    ///
    /// # Errors
    /// A credential cannot be used: the former ones stay.
    pub fn renew(
        &self,
        credentials: Credentials,
        secret_headers: &[(HeaderName, SecretString)],
    ) -> Result<(), SetupError> {
        let shown = Shown::new(&self.line, &self.allowed, credentials, secret_headers, &self.clock)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
        Ok(())
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same fetcher, telling `observer` of every call.
    #[must_use]
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Host and, unless it is the scheme's own, port of the platform, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.line.at.host
    }

    /// Whether the platform is to be left alone for a while: it has put us off, or was out of reach a moment ago.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.pace.is_resting(self.clock.now())
    }

    /// Make one call; its answer. Nothing is tried a second time here, but for a token that has lost its validity.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn ask(&self, call: &Call) -> Result<Json, FetchError> {
        let answer = self.answer(call).await;
        match &answer {
            Ok(_) => self.pace.go_on(),
            Err(error) => self.pace.note(error, self.clock.now()),
        }
        if let Some(observer) = &self.observer {
            observer(answer.as_ref().err().map_or("ok", FetchError::word));
        }
        answer
    }

    /// Whether the platform is there, and, where tokens are fetched, gives one: a sentence that says so. No secret is
    /// shown to the platform itself, and nobody is asked about.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn check(&self) -> Result<String, FetchError> {
        let host = self.host();
        let answer = self.line.http.head(self.base.clone()).send().await;
        answer.map_err(|error| self.line.failure(&error))?;
        match &self.shown().login {
            Login::Fixed(None) => Ok(format!("{host} answers")),
            Login::Fixed(Some(how)) => {
                Ok(format!("{host} answers; whether it takes the credentials ({how}) shows with the first call"))
            }
            Login::Tokens(tokens) => {
                tokens.token(None).await?;
                Ok(format!("{host} answers, and {} gives a token", tokens.line.at))
            }
        }
    }

    async fn answer(&self, call: &Call) -> Result<Json, FetchError> {
        let url = self.address(call)?;
        let shown = self.shown();
        let Login::Tokens(tokens) = &shown.login else {
            return self.exchange(&shown, call, url, None).await;
        };
        let token = tokens.token(None).await?;
        match self.exchange(&shown, call, url.clone(), Some(&token)).await {
            Err(FetchError::Refused { status: 401, .. }) => {
                let token = tokens.token(Some(&token)).await?;
                self.exchange(&shown, call, url, Some(&token)).await
            }
            answer => answer,
        }
    }

    async fn exchange(&self, shown: &Shown, call: &Call, url: Url, token: Option<&Token>) -> Result<Json, FetchError> {
        self.pace.pass(&self.line.at, &*self.clock).await?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let fixed = call.headers.iter().map(|(name, value)| (name, value));
        for (name, value) in fixed.chain(&shown.headers) {
            headers.insert(name, value.clone());
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.bearer.clone());
        }
        let http = &self.line.http;
        let request = match &call.body {
            Some(body) => http.post(url).json(body),
            None => http.get(url),
        };
        let answer = request.headers(headers).send().await.map_err(|error| self.line.failure(&error))?;
        answer::read(&self.line, answer, self.clock.now()).await
    }

    /// The address of a call. What is not below the base in the way it was written, as after `..`, is refused.
    fn address(&self, call: &Call) -> Result<Url, FetchError> {
        let astray = || FetchError::Astray { at: self.line.at.clone() };
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), call.path_and_query);
        let mut written = self.base[..Position::BeforePath].to_owned();
        written.push_str(&path);
        let url = Url::parse(&written).map_err(|_| astray())?;
        let is_below = call.path_and_query.starts_with('/')
            && url[..Position::BeforePath] == self.base[..Position::BeforePath]
            && url.fragment().is_none()
            && percent_decode_str(&url[Position::BeforePath..]).eq(percent_decode_str(&path));
        if is_below { Ok(url) } else { Err(astray()) }
    }
}
