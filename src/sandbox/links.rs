//! Shared links that anybody may register through.

use axum::extract::{Path, State};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Sandbox;
use super::employee::EmployeeType;
use super::gate::origin;
use super::portal::Link;
use super::request::{Body, some_number};
use super::wire::{Reply, api_time};

/// How long a link lives.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Signs in the short code of a link.
const CODE_LENGTH: usize = 15;

impl Link {
    fn new(kind: EmployeeType, is_lasting: bool, expires_at: Timestamp, max_uses: Option<i64>) -> Self {
        let id = Uuid::new_v4();
        let code = id.simple().to_string().chars().take(CODE_LENGTH).collect();
        Self { id, kind, code, is_lasting, expires_at, max_uses, uses: 0 }
    }

    /// Whether nobody may register through it any more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at || self.max_uses.is_some_and(|limit| self.uses >= limit)
    }

    fn shown(&self, headers: &HeaderMap, now: Timestamp) -> Value {
        let mut shown = json!({
            "id": self.id.to_string(),
            "employeeType": self.kind.number(),
            "expiration": api_time(self.expires_at),
            "isExpired": now >= self.expires_at,
            "maxUseCount": self.max_uses,
            "currentUseCount": self.uses,
            "url": self.url(headers),
        });
        if let Some(members) = shown.as_object_mut() {
            members.retain(|_, member| !member.is_null());
        }
        shown
    }

    fn url(&self, headers: &HeaderMap) -> String {
        format!("{}/s/{}", origin(headers), self.code)
    }
}

fn kind_of(text: &str) -> Result<EmployeeType, Reply> {
    text.parse().map_err(|error: String| Reply::invalid("employeeType", error))
}

/// `GET /portal/users/invite/{type}`: obsolete, yet the only way to a link for guests. Valid seven days.
pub(super) async fn obsolete(
    State(sandbox): State<Sandbox>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Result<Reply, Reply> {
    let kind = kind_of(&kind)?;
    Ok(sandbox.change(|portal, now| {
        let link = Link::new(kind, false, now.saturating_add(LIFE).unwrap_or(now), None);
        let url = link.url(&headers);
        portal.links.push(link);
        Reply::Found(Value::from(url))
    }))
}

/// What `POST /portal/users/invitationlink` takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewLink {
    employee_type: EmployeeType,
    #[serde(default)]
    expiration: Option<Timestamp>,
    #[serde(default, deserialize_with = "some_number")]
    max_use_count: Option<i64>,
}

/// `POST /portal/users/invitationlink`: one of each type; guests have none.
pub(super) async fn create(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Body(new): Body<NewLink>,
) -> Result<Reply, Reply> {
    if new.max_use_count.is_some_and(|count| !(1..=1000).contains(&count)) {
        return Err(Reply::invalid("MaxUseCount", "The field MaxUseCount must be between 1 and 1000."));
    }
    let kind = new.employee_type;
    check_kind(kind)?;
    sandbox.change(|portal, now| {
        check_seat(&sandbox, portal.directory.paid_seats(), kind)?;
        if portal.links.iter().any(|link| link.is_lasting && link.kind == kind) {
            return Err(Reply::bad("The invitation link already exists"));
        }
        let expires_at = new.expiration.unwrap_or_else(|| now.saturating_add(LIFE).unwrap_or(now));
        let link = Link::new(kind, true, expires_at, new.max_use_count);
        let shown = link.shown(&headers, now);
        portal.links.push(link);
        Ok(Reply::Found(shown))
    })
}

/// `GET /portal/users/invitationlink/{type}`: no `response` where none exists.
pub(super) async fn show(
    State(sandbox): State<Sandbox>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Result<Reply, Reply> {
    let kind = kind_of(&kind)?;
    check_kind(kind)?;
    sandbox.change(|portal, now| {
        check_seat(&sandbox, portal.directory.paid_seats(), kind)?;
        let link = portal.links.iter().find(|link| link.is_lasting && link.kind == kind);
        Ok(link.map_or(Reply::Done, |link| Reply::Found(link.shown(&headers, now))))
    })
}

fn check_kind(kind: EmployeeType) -> Result<(), Reply> {
    if matches!(kind, EmployeeType::Guest | EmployeeType::All) {
        return Err(Reply::bad("The employee type is not valid for a link"));
    }
    Ok(())
}

fn check_seat(sandbox: &Sandbox, taken: usize, kind: EmployeeType) -> Result<(), Reply> {
    if kind.is_paid() && taken >= sandbox.inner.settings.paid_seats {
        return Err(Reply::quota("The number of paid accounts exceeds the limit of the tariff plan"));
    }
    Ok(())
}
