//! `/settings/webhook`: registration, with its probe (`WebhooksController.cs`).

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::directory::OWNER;
use super::hook::Hook;
use super::portal::Portal;
use super::request::{Body, number, some_number};
use super::target::Unfit;
use super::triggers;
use super::wire::Reply;
use super::{Error, Sandbox};

/// What `POST`, `PUT` and `PUT enable` take. Members left out are false, 0 or empty, also on `PUT`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config {
    #[serde(default, deserialize_with = "some_number")]
    id: Option<i64>,
    name: String,
    uri: String,
    #[serde(default)]
    secret_key: String,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    ssl: bool,
    #[serde(default, deserialize_with = "number")]
    triggers: i64,
    #[serde(default)]
    target_id: Option<String>,
}

impl Config {
    fn check(&self) -> Result<(), Reply> {
        for (member, text) in [("Name", &self.name), ("Uri", &self.uri)] {
            if text.trim().is_empty() {
                return Err(Reply::invalid(member, format!("The {member} field is required.")));
            }
        }
        let long = |member, limit| {
            Reply::invalid(member, format!("The field {member} must be a string with a maximum length of {limit}."))
        };
        if self.name.chars().count() > 50 {
            return Err(long("Name", 50));
        }
        if self.secret_key.chars().count() > 50 {
            return Err(long("SecretKey", 50));
        }
        if self.target_id.as_deref().is_some_and(|target| target.chars().count() > 255) {
            return Err(long("TargetId", 255));
        }
        Ok(())
    }

    /// The portal's password rules.
    fn check_secret(&self) -> Result<(), Reply> {
        let fits =
            (8..=30).contains(&self.secret_key.len()) && self.secret_key.chars().all(|sign| sign.is_ascii_graphic());
        if fits { Ok(()) } else { Err(Reply::bad("The secret key does not meet the password requirements")) }
    }

    fn number(&self) -> Result<i64, Reply> {
        self.id.ok_or_else(|| Reply::invalid("Id", "The Id field is required."))
    }
}

/// `GET /settings/webhook`; `status` is that of the newest success, so it tells nothing about health.
pub(super) async fn list(State(sandbox): State<Sandbox>) -> Reply {
    sandbox.change(|portal, _| {
        let status = |hook: &Hook| {
            let delivered = portal.log.values().filter(|row| row.hook == hook.id && row.last.delivered_at.is_some());
            delivered.max_by_key(|row| row.last.delivered_at).map_or(0, |row| row.last.status)
        };
        Reply::List(
            portal
                .hooks
                .values()
                .map(|hook| json!({ "configs": shown(portal, hook), "status": status(hook) }))
                .collect(),
        )
    })
}

fn shown(portal: &Portal, hook: &Hook) -> Value {
    hook.shown(portal.directory.get(OWNER).map(super::account::Account::employee))
}

/// `POST /settings/webhook`.
pub(super) async fn create(State(sandbox): State<Sandbox>, Body(config): Body<Config>) -> Result<Reply, Reply> {
    config.check()?;
    config.check_secret()?;
    sandbox.change(|portal, _| triggers::check(config.triggers, &portal.policy))?;
    let uri = probe(&sandbox, &config.uri, config.ssl).await?;
    sandbox.change(|portal, now| {
        if portal.hooks.values().any(|hook| hook.name == config.name && hook.uri == uri) {
            return Err(Reply::bad("Webhook with the same name and payload URL already exists"));
        }
        let id = portal.register(|id| Hook {
            id,
            name: config.name,
            uri,
            secret: config.secret_key,
            enabled: config.enabled,
            ssl: config.ssl,
            triggers: config.triggers,
            target: config.target_id,
            is_given: false,
            created_at: now,
            modified_at: now,
            last_failure_at: None,
            last_failure: None,
            last_success_at: None,
        });
        Ok(portal.hooks.get(&id).map_or(Reply::Done, |hook| Reply::Found(shown(portal, hook))))
    })
}

/// `PUT /settings/webhook`: replaces everything but the secret, which an empty one keeps; probes even to disable.
pub(super) async fn update(State(sandbox): State<Sandbox>, Body(config): Body<Config>) -> Result<Reply, Reply> {
    config.check()?;
    let id = config.number()?;
    if !config.secret_key.is_empty() {
        config.check_secret()?;
    }
    sandbox.change(|portal, _| triggers::check(config.triggers, &portal.policy))?;
    // The real server probes first and then looks whether it knows the webhook.
    let uri = probe(&sandbox, &config.uri, config.ssl).await?;
    change(&sandbox, id, |hook| {
        hook.name = config.name;
        hook.uri = uri;
        hook.enabled = config.enabled;
        hook.ssl = config.ssl;
        hook.triggers = config.triggers;
        hook.target = config.target_id;
        if !config.secret_key.is_empty() {
            hook.secret = config.secret_key;
        }
    })
}

/// `PUT /settings/webhook/enable`: name and address must be there and are not used; probes only to enable.
pub(super) async fn enable(State(sandbox): State<Sandbox>, Body(config): Body<Config>) -> Result<Reply, Reply> {
    config.check()?;
    let id = config.number()?;
    let known = sandbox.change(|portal, _| portal.hooks.get(&id).map(|hook| (hook.uri.clone(), hook.ssl)));
    let (uri, ssl) = known.ok_or_else(unknown)?;
    if config.enabled {
        probe(&sandbox, uri.as_str(), ssl).await?;
    }
    change(&sandbox, id, |hook| hook.enabled = config.enabled)
}

fn change(sandbox: &Sandbox, id: i64, work: impl FnOnce(&mut Hook)) -> Result<Reply, Reply> {
    sandbox.change(|portal, now| {
        let hook = portal.hooks.get_mut(&id).ok_or_else(unknown)?;
        work(hook);
        hook.modified_at = now;
        let hook = portal.hooks.get(&id).ok_or_else(unknown)?;
        Ok(Reply::Found(shown(portal, hook)))
    })
}

fn unknown() -> Reply {
    Reply::missing("The webhook could not be found")
}

/// `DELETE /settings/webhook/{id}`.
pub(super) async fn remove(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Reply, Reply> {
    let id: i64 = id.parse().map_err(|_| unknown())?;
    sandbox.change(|portal, _| {
        let hook = portal.hooks.remove(&id).ok_or_else(unknown)?;
        Ok(Reply::Found(shown(portal, &hook)))
    })
}

/// One unsigned `HEAD` which must be answered 2xx. An address that does not answer at all is a 500 of the API.
async fn probe(sandbox: &Sandbox, address: &str, ssl: bool) -> Result<Url, Reply> {
    let uri = Url::parse(address).map_err(|_| Reply::bad("The webhook URL is not valid"))?;
    let checked = sandbox.check(&uri, ssl).await.map_err(|unfit: Unfit| Reply::bad(unfit.to_string()))?;
    let broken = |_| Reply::broken("The webhook URL could not be reached");
    let client = sandbox.client(&uri, ssl, Some(checked)).map_err(broken)?;
    let limit = sandbox.inner.settings.probe_limit;
    let response = client.head(uri.clone()).timeout(limit).send().await.map_err(broken)?;
    if response.status().is_success() {
        Ok(uri)
    } else {
        Err(Reply::bad("Webhook URL is not available. HEAD request is not response 200 http status."))
    }
}

impl Sandbox {
    /// Register a webhook for all triggers, without a probe, in place of one given before.
    ///
    /// # Errors
    /// [`Error::WebhookUrl`].
    pub fn set_webhook(&self, url: &str, secret: &str) -> Result<(), Error> {
        let uri =
            Url::parse(url).ok().filter(|uri| matches!(uri.scheme(), "http" | "https")).ok_or(Error::WebhookUrl)?;
        self.change(|portal, now| {
            portal.hooks.retain(|_, hook| !hook.is_given);
            portal.register(|id| Hook {
                id,
                name: "usher".to_owned(),
                ssl: uri.scheme() == "https",
                uri,
                secret: secret.to_owned(),
                enabled: true,
                triggers: 0,
                target: None,
                is_given: true,
                created_at: now,
                modified_at: now,
                last_failure_at: None,
                last_failure: None,
                last_success_at: None,
            });
        });
        Ok(())
    }
}
