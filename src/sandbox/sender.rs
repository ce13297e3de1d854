//! Sends what was published: signed, in the background, with the real server's retries (`WebhookSender.cs`).

use hmac::{Hmac, KeyInit, Mac};
use http::header;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tracing::debug;

use super::Sandbox;
use super::hook::{Hook, LogRow, Retry};
use super::target::Unfit;
use crate::model::Timestamp;

/// Header of the signature.
pub(super) const SIGNATURE: &str = "x-docspace-signature-256";

/// Pauses before the second to sixth attempt, in units of `retry_unit`.
const PAUSES: [u32; 5] = [1, 2, 4, 8, 16];

/// A webhook without a success for this long is disabled when it fails for good: the default of
/// `webhooks:trusteddayscount`.
const TRUSTED: SignedDuration = SignedDuration::from_hours(3 * 24);

/// One row on its way, with its webhook as it was when the sending began.
struct Sending {
    row: LogRow,
    hook: Hook,
    client: reqwest::Client,
    began_at: Timestamp,
}

/// What became of an attempt.
enum Outcome {
    /// 2xx, with the headers as the log has them and the body.
    Taken(u16, String, String),
    /// Any other answer, or none: status 0.
    Refused(u16, String),
    /// No answer in time.
    TimedOut(String),
}

/// What was sent, as the log has it.
struct Sent {
    headers: String,
    body: String,
}

impl Sandbox {
    /// Send these rows of one webhook in order. A failing row is retried beside the others.
    pub(super) fn deliver(&self, rows: Vec<i64>) {
        let sandbox = self.clone();
        self.inner.deliveries.spawn(async move {
            for row in rows {
                let Some(sending) = sandbox.prepare(row).await else {
                    continue;
                };
                let Some((sent, outcome)) = sandbox.attempt(&sending, None).await else {
                    continue;
                };
                if matches!(outcome, Outcome::Taken(..)) {
                    sandbox.settle(&sending, sent, outcome);
                } else {
                    let retrying = sandbox.clone();
                    let retries = async move { retrying.retry(sending, sent, outcome).await };
                    sandbox.inner.deliveries.spawn(retries);
                }
            }
        });
    }

    /// The row and its webhook, checked anew; `None` where nothing is to be sent. That the webhook was disabled in the
    /// meantime does not hold back what was published to it before.
    async fn prepare(&self, row: i64) -> Option<Sending> {
        let (row, hook) = self.change(|portal, _| {
            let row = portal.log.get(&row)?;
            Some((row.clone(), portal.hooks.get(&row.hook)?.clone()))
        })?;
        let checked = if hook.is_given { Ok(None) } else { self.check(&hook.uri, hook.ssl).await.map(Some) };
        let address = checked.map_err(|unfit| self.unfit(hook.id, unfit)).ok()?;
        let client = self.client(&hook.uri, hook.ssl, address).ok()?;
        Some(Sending { row, hook, client, began_at: self.inner.settings.clock.now() })
    }

    /// Attempts two to six.
    async fn retry(&self, sending: Sending, mut sent: Sent, mut outcome: Outcome) {
        let mut failed_at = sending.began_at;
        for (count, pause) in (1..).zip(PAUSES) {
            let (Outcome::Refused(_, failure) | Outcome::TimedOut(failure)) = &outcome else {
                break;
            };
            tokio::time::sleep(self.inner.settings.retry_unit * pause).await;
            let at = self.inner.settings.clock.now();
            let succeeded_at = sending.hook.last_success_at;
            let retry = Retry { count, failed_at, failure: failure.clone(), succeeded_at, at };
            let Some(next) = self.attempt(&sending, Some(&retry)).await else {
                return;
            };
            (sent, outcome) = next;
            failed_at = at;
        }
        self.settle(&sending, sent, outcome);
    }

    /// One attempt; the signature is made anew because later bodies tell of the failures before.
    async fn attempt(&self, sending: &Sending, retry: Option<&Retry>) -> Option<(Sent, Outcome)> {
        let body = sending.row.body(retry).ok()?;
        let signature = signature(&sending.hook.secret, &body)?;
        let headers = json!({ "Accept": ["*/*"], SIGNATURE: [signature] }).to_string();
        let sent = Sent { headers, body: String::from_utf8(body.clone()).ok()? };
        let limit = self.inner.settings.attempt_limit;
        let response = sending
            .client
            .post(sending.hook.uri.clone())
            .timeout(limit)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .header(SIGNATURE, signature)
            .body(body)
            .send()
            .await;
        let outcome = match response {
            Ok(response) => read(response).await,
            Err(error) => failure(&error, &sending.hook, limit.as_secs()),
        };
        let status = match outcome {
            Outcome::Taken(status, ..) | Outcome::Refused(status, _) => status,
            Outcome::TimedOut(_) => 0,
        };
        let attempt = retry.map_or(1, |retry| retry.count + 1);
        debug!(webhook = sending.hook.id, event = sending.row.id, attempt, status, "webhook sent");
        Some((sent, outcome))
    }

    /// Write the last attempt into the log and to the webhook. 410 removes the webhook, and its rows with it; any other
    /// answer, or none, disables one without a success for three days; a time-out does not count towards that.
    fn settle(&self, sending: &Sending, sent: Sent, outcome: Outcome) {
        self.change(|portal, now| {
            if matches!(outcome, Outcome::Refused(410, _)) {
                portal.hooks.remove(&sending.hook.id);
                return;
            }
            let (Some(row), Some(hook)) = (portal.log.get_mut(&sending.row.id), portal.hooks.get_mut(&sending.hook.id))
            else {
                return;
            };
            row.last.request_headers = Some(sent.headers);
            row.last.request_body = Some(sent.body);
            let (status, text, headers) = match outcome {
                Outcome::Taken(status, headers, text) => {
                    row.last.delivered_at = Some(now);
                    hook.last_success_at = Some(now);
                    (status, text, Some(headers))
                }
                Outcome::Refused(status, message) => {
                    fail(hook, &message, now);
                    if now.duration_since(hook.last_success_at.unwrap_or(hook.created_at)) > TRUSTED {
                        hook.enabled = false;
                    }
                    (status, message, None)
                }
                Outcome::TimedOut(message) => {
                    fail(hook, &message, now);
                    (500, message, None)
                }
            };
            row.last.status = status;
            row.last.response_headers = headers;
            row.last.response_body = Some(text);
        });
    }

    /// An address that has become private removes the webhook; any other fault disables it.
    fn unfit(&self, hook: i64, unfit: Unfit) {
        self.change(|portal, _| {
            if unfit == Unfit::Blacklisted {
                portal.hooks.remove(&hook);
            } else if let Some(hook) = portal.hooks.get_mut(&hook) {
                hook.enabled = false;
            }
        });
    }
}

fn fail(hook: &mut Hook, message: &str, now: Timestamp) {
    hook.last_failure_at = Some(now);
    hook.last_failure = Some(message.to_owned());
}

/// `sha256=` and the HMAC-SHA256 of the body in upper-case digits.
fn signature(secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(format!("sha256={}", hex::encode_upper(mac.finalize().into_bytes())))
}

/// An answer. Of a refusal the server keeps neither headers nor body, only .NET's sentence.
async fn read(response: reqwest::Response) -> Outcome {
    let status = response.status();
    if !status.is_success() {
        return Outcome::Refused(status.as_u16(), refusal(status));
    }
    let mut headers = Map::new();
    for name in response.headers().keys().filter(|name| !is_of_content(name.as_str())) {
        let values = response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
        headers.insert(name.to_string(), values.collect());
    }
    // A body that breaks off is the end of the text.
    let text = response.text().await.unwrap_or_default();
    Outcome::Taken(status.as_u16(), Value::Object(headers).to_string(), text)
}

/// The headers that .NET keeps with the content and not with the response.
fn is_of_content(name: &str) -> bool {
    name.starts_with("content-") || matches!(name, "allow" | "expires" | "last-modified")
}

/// What `EnsureSuccessStatusCode` says.
fn refusal(status: StatusCode) -> String {
    let reason = status.canonical_reason().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("Response status code does not indicate success: {}{reason}.", status.as_u16())
}

/// A failure without an answer, in .NET's words.
fn failure(error: &reqwest::Error, hook: &Hook, limit: u64) -> Outcome {
    if error.is_timeout() {
        let what = "The request was canceled due to the configured HttpClient.Timeout of";
        Outcome::TimedOut(format!("{what} {limit} seconds elapsing."))
    } else if error.is_connect() {
        let host = hook.uri.host_str().unwrap_or_default();
        let port = hook.uri.port_or_known_default().unwrap_or_default();
        Outcome::Refused(0, format!("Connection refused ({host}:{port})"))
    } else {
        Outcome::Refused(0, "An error occurred while sending the request.".to_owned())
    }
}
