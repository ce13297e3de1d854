//! The calls about DocSpace's own webhooks.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::answer::{lacking, misshapen, needed};
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::wire;

/// A webhook, as the portal keeps it. The portal never shows the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Number, unique in the portal.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Where it posts to.
    pub uri: String,
    /// Whether it is switched on. The server switches it off after 3 days of failures.
    pub enabled: bool,
    /// Whether the certificate of the address is checked.
    pub ssl: bool,
    /// Sum of the flags of its triggers; 0: all of them (`WebhookTrigger.cs`).
    pub triggers: i64,
    /// The one thing it tells of; `None`: of everything.
    pub target_id: Option<String>,
    /// GUID of its owner, lower case. It tells of what this person may see.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it last failed for good.
    pub last_failure_at: Option<Timestamp>,
    /// What was wrong then, in the server's words.
    pub last_failure: Option<String>,
    /// When it last succeeded.
    pub last_success_at: Option<Timestamp>,
}

/// A webhook to be made, or what one is changed to.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Name, up to 50 characters. The server takes no second webhook with the same name and address.
    pub name: String,
    /// Where it posts to. The server probes it with a `HEAD` at once.
    pub uri: String,
    /// Secret, which has to fit the portal's rules for passwords, by default 8 to 30 printable ASCII characters
    /// without spaces. `None` keeps the one that is there; a new webhook needs one.
    pub secret: Option<SecretString>,
    /// Whether the certificate of the address is checked; wants https.
    pub ssl: bool,
    /// Sum of the flags of its triggers; 0: all of them.
    pub triggers: i64,
    /// Whether it is switched on.
    pub enabled: bool,
}

impl Client {
    /// The webhooks: all for an administrator of the portal, for others their own.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let call = call::WEBHOOKS;
        let response = needed(call, self.send(call, self.request(call, &["settings", "webhook"])).await?)?;
        let rows = response.as_array().ok_or_else(|| misshapen(call))?;
        rows.iter().map(|row| webhook(call, row)).collect()
    }

    /// Make a webhook. The portal probes its address first.
    ///
    /// # Errors
    /// Any of [`Error`]: a 400 where the probe, the secret, or the address is not as the portal wants it;
    /// [`Error::Uncertain`] with 500 where nothing answered the probe (`WebhooksController.cs`).
    pub async fn create_webhook(&self, new: &NewWebhook) -> Result<Webhook, Error> {
        let call = call::NEW_WEBHOOK;
        let request = self.request(call, &["settings", "webhook"]).json(&body(None, new));
        webhook(call, &needed(call, self.send(call, request).await?)?)
    }

    /// Change all of a webhook, a target included: afterwards it has none. The portal probes its address first, also
    /// for one that is switched off.
    ///
    /// # Errors
    /// As [`Client::create_webhook`]; [`Error::Refused`] with 404 for an unknown one.
    pub async fn update_webhook(&self, id: i64, new: &NewWebhook) -> Result<Webhook, Error> {
        let call = call::CHANGE_WEBHOOK;
        let request = self.request(call, &["settings", "webhook"]).json(&body(Some(id), new));
        webhook(call, &needed(call, self.send(call, request).await?)?)
    }

    /// Remove a webhook; `false` if there was none.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn remove_webhook(&self, id: i64) -> Result<bool, Error> {
        let call = call::REMOVE_WEBHOOK;
        match self.send(call, self.request(call, &["settings", "webhook", &id.to_string()])).await {
            Ok(_) => Ok(true),
            Err(Error::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn body(id: Option<i64>, new: &NewWebhook) -> wire::Hook<'_> {
    wire::Hook {
        id,
        name: &new.name,
        uri: &new.uri,
        secret_key: new.secret.as_ref().map(ExposeSecret::expose_secret),
        enabled: new.enabled,
        ssl: new.ssl,
        triggers: new.triggers,
    }
}

/// A webhook, bare or beside its state: the list has it as `{configs, status}`. That state is the one of the last
/// success and no sign of health.
fn webhook(call: Call, row: &Value) -> Result<Webhook, Error> {
    let config = row.get("configs").unwrap_or(row);
    if !config.is_object() {
        return Err(misshapen(call));
    }
    let member = |name: &str| config.get(name).filter(|value| !value.is_null());
    let text = |name: &str| member(name).and_then(Value::as_str).map(str::to_owned);
    let integer = |name: &str| match member(name) {
        Some(value) => wire::integer(value).ok_or_else(|| misshapen(call)),
        None => Err(lacking(call, name)),
    };
    let moment = |name: &str| member(name).and_then(Value::as_str).and_then(wire::moment);
    Ok(Webhook {
        id: integer("id")?,
        name: text("name").unwrap_or_default(),
        uri: text("uri").ok_or_else(|| lacking(call, "uri"))?,
        enabled: member("enabled").and_then(Value::as_bool).ok_or_else(|| lacking(call, "enabled"))?,
        ssl: member("ssl").and_then(Value::as_bool).unwrap_or(false),
        triggers: integer("triggers")?,
        target_id: text("targetId").filter(|target| !target.is_empty()),
        created_by: member("createdBy").and_then(wire::creator),
        created_at: moment("createdOn"),
        last_failure_at: moment("lastFailureOn"),
        last_failure: text("lastFailureContent").filter(|words| !words.is_empty()),
        last_success_at: moment("lastSuccessOn"),
    })
}
