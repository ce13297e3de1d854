//! Rate limits, for who asks for them: the self-hosted default has none (`RateLimiterSettings.cs`, `BaseStartup.cs`).

use std::collections::{HashMap, VecDeque};

use axum::response::{IntoResponse, Response};
use http::{HeaderName, Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};

use super::Sandbox;

/// How many calls one caller may make; `None` is no limit.
///
/// The owner of the keys is one caller, whichever key is used; everybody without a key is another. A call over a limit
/// is 429 with an empty body, `X-RateLimit-Limit` and `X-RateLimit-Remaining`; only the limit of a day sends
/// `Retry-After` and `X-RateLimit-Reset`. Calls that are refused do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls within any minute.
    pub per_minute: Option<usize>,
    /// `GET` calls at once.
    pub concurrent_reads: Option<usize>,
    /// Other calls at once.
    pub concurrent_writes: Option<usize>,
    /// `POST` and `PUT` calls in a day that begins with the first of them.
    pub writes_per_day: Option<usize>,
    /// Sensitive calls to one path within any quarter of an hour: resending invitations, retrying webhooks, mentions,
    /// new keys, changes of password and address.
    pub sensitive: Option<usize>,
}

impl Limits {
    /// The server's own figures, as the cloud is said to have them.
    #[must_use]
    pub const fn documented() -> Self {
        Self {
            per_minute: Some(1500),
            concurrent_reads: Some(50),
            concurrent_writes: Some(15),
            writes_per_day: Some(10_000),
            sensitive: Some(5),
        }
    }
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const DAY: SignedDuration = SignedDuration::from_hours(24);

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What was used up so far.
#[derive(Default)]
pub(super) struct Usage {
    owner: Counts,
    strangers: Counts,
}

impl Usage {
    fn of(&mut self, is_owner: bool) -> &mut Counts {
        if is_owner { &mut self.owner } else { &mut self.strangers }
    }
}

#[derive(Default)]
struct Counts {
    minute: VecDeque<Timestamp>,
    reads: usize,
    writes: usize,
    /// When the day began, and how many calls it has had.
    day: Option<(Timestamp, usize)>,
    sensitive: HashMap<String, VecDeque<Timestamp>>,
}

impl Counts {
    /// Count a call, limit after limit in the server's order; what an earlier limit has counted stays counted.
    fn admit(&mut self, limits: &Limits, method: &Method, path: &str, now: Timestamp) -> Result<(), Refusal> {
        slide(&mut self.minute, limits.per_minute, MINUTE, now)?;
        let is_read = method == Method::GET;
        let (running, most) = if is_read {
            (&mut self.reads, limits.concurrent_reads)
        } else {
            (&mut self.writes, limits.concurrent_writes)
        };
        if let Some(limit) = most.filter(|limit| *running >= *limit) {
            return Err(Refusal { limit, reset: None });
        }
        // The places are counted last: a call refused below never runs.
        if let Some(limit) = limits.writes_per_day.filter(|_| matches!(*method, Method::POST | Method::PUT)) {
            let (began, count) = self.day.filter(|(began, _)| now < *began + DAY).unwrap_or((now, 0));
            if count >= limit {
                return Err(Refusal { limit, reset: Some(began + DAY) });
            }
            self.day = Some((began, count + 1));
        }
        if limits.sensitive.is_some() && is_sensitive(method, path) {
            slide(self.sensitive.entry(path.to_owned()).or_default(), limits.sensitive, QUARTER, now)?;
        }
        *running += 1;
        Ok(())
    }
}

/// Count a call within a sliding window.
fn slide(
    calls: &mut VecDeque<Timestamp>,
    limit: Option<usize>,
    window: SignedDuration,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(limit) = limit else {
        return Ok(());
    };
    while calls.front().is_some_and(|at| *at + window <= now) {
        calls.pop_front();
    }
    if calls.len() >= limit {
        return Err(Refusal { limit, reset: None });
    }
    calls.push_back(now);
    Ok(())
}

/// The calls marked `RateLimiterPolicy.SensitiveApi`; `path` is without the API's prefix.
fn is_sensitive(method: &Method, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    matches!(
        (method.as_str(), parts.as_slice()),
        ("PUT", ["people", "invite"] | ["people", _, "password" | "email"])
            | ("POST", ["people", "password" | "email"] | ["keys"])
            | ("PUT", ["settings", "webhook", "retry"] | ["settings", "webhook", _, "retry"])
            | ("POST", ["files", "rooms", _, "resend"] | ["files", "file", _, "sendeditornotify"])
    )
}

/// A limit that is reached.
pub(super) struct Refusal {
    limit: usize,
    /// When a limit of a day begins anew.
    reset: Option<Timestamp>,
}

impl Refusal {
    /// 429, empty.
    pub(super) fn answer(&self, now: Timestamp) -> Response {
        let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
        let headers = response.headers_mut();
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, 0.into());
        if let Some(reset) = self.reset {
            headers.insert(RESET, reset.as_second().into());
            headers.insert(header::RETRY_AFTER, (reset.as_second() - now.as_second()).max(1).into());
        }
        response
    }
}

/// The place of a running call; given back when dropped.
pub(super) struct Place {
    sandbox: Sandbox,
    is_owner: bool,
    is_read: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.sandbox.with_standing(|standing| {
            let counts = standing.usage.of(self.is_owner);
            let running = if self.is_read { &mut counts.reads } else { &mut counts.writes };
            // A reset in between has set it to nothing already.
            *running = running.saturating_sub(1);
        });
    }
}

impl Sandbox {
    /// A place for this call under the API, where no limit is reached; `path` is without the API's prefix.
    pub(super) fn place(&self, is_owner: bool, method: &Method, path: &str, now: Timestamp) -> Result<Place, Refusal> {
        let limits = &self.inner.settings.limits;
        self.with_standing(|standing| standing.usage.of(is_owner).admit(limits, method, path, now))?;
        Ok(Place { sandbox: self.clone(), is_owner, is_read: method == Method::GET })
    }
}
