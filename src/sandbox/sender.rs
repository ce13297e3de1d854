//! Sends what was published: signed, in the background, with the real server's retries.

use hmac::{Hmac, KeyInit, Mac};
use http::header;
use reqwest::Response;
use serde_json::{Map, Value};
use sha2::Sha256;
use tracing::debug;

use super::Sandbox;
use super::hook::Hook;
use super::target::{self, Unfit};
use crate::model::Timestamp;

/// Header of the signature.
pub(super) const SIGNATURE: &str = "x-docspace-signature-256";

/// Pauses before the second to sixth attempt, in units of `retry_unit`.
const PAUSES: [u32; 5] = [1, 2, 4, 8, 16];

/// A webhook without a success for this long is disabled when it fails for good.
const TRUSTED_SECONDS: i64 = 3 * 24 * 60 * 60;

/// What became of an attempt.
enum Verdict {
    /// 2xx, or nothing left to send to.
    Over,
    /// Anything else; the status, 0 where there was no answer.
    Failed(u16),
}

impl Sandbox {
    /// Send these rows of one webhook in order. A failing row is retried beside the others.
    pub(super) fn deliver(&self, rows: Vec<i64>) {
        let sandbox = self.clone();
        self.inner.deliveries.spawn(async move {
            for row in rows {
                if matches!(sandbox.attempt(row, 1).await, Verdict::Failed(_)) {
                    let retrying = sandbox.clone();
                    sandbox.inner.deliveries.spawn(async move { retrying.retry(row).await });
                }
            }
        });
    }

    /// Attempts two to six.
    async fn retry(&self, row: i64) {
        let mut last = 0;
        for (attempt, pause) in (2..).zip(PAUSES) {
            tokio::time::sleep(self.inner.settings.retry_unit * pause).await;
            match self.attempt(row, attempt).await {
                Verdict::Over => return,
                Verdict::Failed(status) => last = status,
            }
        }
        self.give_up(row, last);
    }

    /// After the last failure: 410 removes the webhook, three days without a success disable it.
    fn give_up(&self, row: i64, status: u16) {
        self.change(|portal, now| {
            let Some(hook) = portal.log.get(&row).map(|row| row.hook) else {
                return;
            };
            if status == 410 {
                portal.hooks.remove(&hook);
            } else if let Some(hook) = portal.hooks.get_mut(&hook) {
                let trusted_since = hook.last_success_at.unwrap_or(hook.created_at);
                // Without any answer the real server does not count the failure here.
                if status != 0 && now.as_second() - trusted_since.as_second() > TRUSTED_SECONDS {
                    hook.enabled = false;
                }
            }
        });
    }

    /// One attempt; the signature is made anew because later bodies tell of the failures before.
    async fn attempt(&self, row: i64, attempt: u32) -> Verdict {
        let prepared = self.change(|portal, now| {
            let entry = portal.log.get(&row)?;
            let hook = portal.hooks.get(&entry.hook).filter(|hook| hook.enabled)?;
            let body = entry.body(hook, attempt, now).ok()?;
            Some((hook.clone(), body))
        });
        let Some((hook, body)) = prepared else {
            return Verdict::Over;
        };
        if !hook.is_given
            && let Err(unfit) = target::check(&hook.uri, hook.ssl).await
        {
            self.unfit(hook.id, unfit);
            return Verdict::Over;
        }
        let Some(signature) = signature(&hook.secret, &body) else {
            return Verdict::Over;
        };
        self.change(|portal, _| {
            if let Some(entry) = portal.log.get_mut(&row) {
                entry.last.request_headers = Some(format!(r#"{{"Accept":"*/*","{SIGNATURE}":"{signature}"}}"#));
                entry.last.request_body = String::from_utf8(body.clone()).ok();
            }
        });
        let (status, headers, text) = match post(&self.inner.client, &hook, body, &signature).await {
            Ok(response) => read(response).await,
            Err(error) => (0, None, reason(&error)),
        };
        debug!(webhook = hook.id, event = row, attempt, status, "webhook sent");
        self.change(|portal, now| {
            if let Some(entry) = portal.log.get_mut(&row) {
                entry.last.status = status;
                entry.last.response_headers = headers;
                entry.last.response_body = Some(text.clone());
                entry.last.delivered_at = (200..300).contains(&status).then_some(now);
            }
            if let Some(hook) = portal.hooks.get_mut(&hook.id) {
                note(hook, status, text, now);
            }
        });
        if (200..300).contains(&status) { Verdict::Over } else { Verdict::Failed(status) }
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

fn note(hook: &mut Hook, status: u16, text: String, now: Timestamp) {
    if (200..300).contains(&status) {
        hook.last_success_at = Some(now);
    } else {
        hook.last_failure_at = Some(now);
        hook.last_failure = Some(text);
    }
}

/// `sha256=` and the HMAC-SHA256 of the body in upper-case digits.
fn signature(secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(format!("sha256={}", hex::encode_upper(mac.finalize().into_bytes())))
}

async fn post(client: &reqwest::Client, hook: &Hook, body: Vec<u8>, signature: &str) -> reqwest::Result<Response> {
    let verifying = if hook.uri.scheme() == "https" && hook.ssl { Some(target::verifying_client()?) } else { None };
    verifying
        .as_ref()
        .unwrap_or(client)
        .post(hook.uri.clone())
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(SIGNATURE, signature)
        .body(body)
        .send()
        .await
}

/// Status, headers as JSON text, and body of an answer. A body that breaks off is the end of the text.
async fn read(response: Response) -> (u16, Option<String>, String) {
    let status = response.status().as_u16();
    let headers: Map<String, Value> = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))))
        .collect();
    let text = response.text().await.unwrap_or_default();
    (status, Some(Value::Object(headers).to_string()), text)
}

/// A failure without an answer, in words that name no address.
fn reason(error: &reqwest::Error) -> String {
    let word = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "connection refused"
    } else {
        "no answer"
    };
    word.to_owned()
}
