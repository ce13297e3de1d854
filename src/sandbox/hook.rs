//! Registered webhooks, the log of what was published to them, and the body of one attempt.

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::dotnet;
use super::triggers::{ALL, trigger_names};
use super::wire::{api_time, whole_seconds};

/// What the sandbox itself publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserEvent {
    Created,
    Invited,
    Updated,
    Deleted,
}

impl UserEvent {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "user.created",
            Self::Invited => "user.invited",
            Self::Updated => "user.updated",
            Self::Deleted => "user.deleted",
        }
    }

    pub(super) fn flag(self) -> i64 {
        match self {
            Self::Created => 1,
            Self::Invited => 2,
            Self::Updated => 4,
            Self::Deleted => 8,
        }
    }
}

/// One webhook configuration.
#[derive(Clone)]
pub(super) struct Hook {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) uri: Url,
    pub(super) secret: String,
    pub(super) enabled: bool,
    pub(super) ssl: bool,
    pub(super) triggers: i64,
    pub(super) target: Option<String>,
    /// Given when the sandbox was started: neither probed nor kept from private addresses.
    pub(super) is_given: bool,
    pub(super) created_at: Timestamp,
    pub(super) modified_at: Timestamp,
    pub(super) last_failure_at: Option<Timestamp>,
    pub(super) last_failure: Option<String>,
    pub(super) last_success_at: Option<Timestamp>,
}

impl Hook {
    /// Whether an event about `entity` goes to this webhook.
    pub(super) fn wants(&self, trigger: UserEvent, entity: Uuid) -> bool {
        let is_target = self.target.as_deref().is_none_or(|target| target.is_empty() || target == entity.to_string());
        self.enabled && is_target && (self.triggers == 0 || self.triggers & trigger.flag() != 0)
    }

    /// The webhook as bodies tell of it.
    pub(super) fn told(&self) -> Value {
        let target = self.target.as_deref().filter(|target| !target.is_empty());
        json!({
            "id": self.id,
            "name": self.name,
            "url": self.uri.as_str(),
            "triggers": trigger_names(self.triggers),
            "target": target.map(|id| json!({ "id": id, "type": "user" })),
        })
    }

    /// The configuration as the API shows it: never the secret. `owner` is the `EmployeeDto` of its maker.
    pub(super) fn shown(&self, owner: Option<Value>) -> Value {
        let mut shown = json!({
            "id": self.id,
            "name": self.name,
            "uri": self.uri.as_str(),
            "enabled": self.enabled,
            "ssl": self.ssl,
            "triggers": self.triggers,
            "targetId": self.target,
            "createdBy": owner,
            "createdOn": whole_seconds(self.created_at),
            "modifiedBy": owner,
            "modifiedOn": whole_seconds(self.modified_at),
            "lastFailureOn": self.last_failure_at.map(whole_seconds),
            "lastFailureContent": self.last_failure,
            "lastSuccessOn": self.last_success_at.map(whole_seconds),
        });
        if let Some(members) = shown.as_object_mut() {
            members.retain(|_, member| !member.is_null());
        }
        shown
    }
}

/// One event published to one webhook: a row of the delivery log. Its number is `event.id` of every attempt.
#[derive(Clone)]
pub(super) struct LogRow {
    pub(super) id: i64,
    pub(super) hook: i64,
    /// `None` in a row that an old version of the server has left: its trigger is `*`.
    pub(super) trigger: Option<UserEvent>,
    /// When the event was first published; a manual retry keeps it.
    pub(super) published_at: Timestamp,
    /// When the row was made.
    pub(super) created_at: Timestamp,
    /// Account under which the call ran.
    pub(super) by: Uuid,
    /// The user's record at that moment, defaults left out; in a row of an old version its JSON as one text.
    pub(super) payload: Value,
    /// The webhook as it was when the event was first published; a manual retry keeps that too.
    pub(super) webhook: Value,
    pub(super) last: Exchange,
}

/// The outcome of a row, as texts of the log. The real server writes it when the last attempt is over.
#[derive(Clone, Default)]
pub(super) struct Exchange {
    pub(super) request_headers: Option<String>,
    pub(super) request_body: Option<String>,
    pub(super) response_headers: Option<String>,
    pub(super) response_body: Option<String>,
    /// HTTP status of the last attempt; 0 where there was no answer, 500 where it timed out.
    pub(super) status: u16,
    /// Set on success only.
    pub(super) delivered_at: Option<Timestamp>,
}

/// What an attempt after the first tells of those before.
pub(super) struct Retry {
    /// 1 for the second attempt.
    pub(super) count: u32,
    /// When the attempt before began.
    pub(super) failed_at: Timestamp,
    /// How it failed.
    pub(super) failure: String,
    /// The webhook's last success.
    pub(super) succeeded_at: Option<Timestamp>,
    /// When this attempt begins.
    pub(super) at: Timestamp,
}

impl LogRow {
    /// The exact bytes of an attempt; none is the first.
    ///
    /// # Errors
    /// Never in practice; see [`dotnet::to_bytes`].
    pub(super) fn body(&self, retry: Option<&Retry>) -> serde_json::Result<Vec<u8>> {
        let mut webhook = self.webhook.clone();
        if let Some(retry) = retry {
            let at = |time: Timestamp| whole_seconds(time) + "Z";
            webhook["lastFailureOn"] = json!(at(retry.failed_at));
            webhook["lastFailureContent"] = json!(retry.failure);
            webhook["lastSuccessOn"] = json!(retry.succeeded_at.map(at));
            webhook["retryCount"] = json!(retry.count);
            webhook["retryOn"] = json!(at(retry.at));
        }
        let body = json!({
            "event": {
                "id": self.id,
                "createOn": whole_seconds(self.published_at) + "Z",
                "createBy": self.by.to_string(),
                "trigger": self.trigger.map_or(ALL, UserEvent::name),
                "triggerId": self.trigger_id(),
            },
            "payload": self.payload,
            "webhook": webhook,
        });
        dotnet::to_bytes(&dotnet::without_defaults(body))
    }

    pub(super) fn trigger_id(&self) -> i64 {
        self.trigger.map_or(0, UserEvent::flag)
    }

    /// The row as the API lists it; `hook` is its webhook as it is now.
    pub(super) fn shown(&self, hook: &Hook) -> Value {
        let mut shown = json!({
            "id": self.id,
            "configName": hook.name,
            "trigger": self.trigger_id(),
            "creationTime": api_time(self.created_at),
            "requestHeaders": self.last.request_headers,
            "requestPayload": self.last.request_body.clone().or_else(|| self.unsent()),
            "responseHeaders": self.last.response_headers,
            "responsePayload": self.last.response_body,
            "status": self.last.status,
            "delivery": self.last.delivered_at.map(api_time),
        });
        if let Some(members) = shown.as_object_mut() {
            members.retain(|_, member| !member.is_null());
        }
        shown
    }

    /// What the log holds until the outcome is there: the text as published, which has no `event.id` yet. A row of an
    /// old version holds the record alone.
    fn unsent(&self) -> Option<String> {
        if self.trigger.is_none() {
            return self.payload.as_str().map(str::to_owned);
        }
        let bytes = Self { id: 0, ..self.clone() }.body(None).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// The flag of `groupStatus` the row belongs to: 1 unsent or unanswered, 2, 4, 8, 16 for 2xx to 5xx.
    pub(super) fn group(&self) -> i64 {
        match self.last.status / 100 {
            2 => 2,
            3 => 4,
            4 => 8,
            5 => 16,
            _ => 1,
        }
    }
}
