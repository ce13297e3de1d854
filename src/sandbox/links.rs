//! Shared links that anybody may register through.

use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::employee::EmployeeType;
use super::gate::origin;
use super::portal::{Link, Portal};
use super::request::{Body, some_number};
use super::wire::{Reply, api_time};
use super::{Sandbox, seats};

/// How long a link of the obsolete call lives.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Signs in the short code of a link.
const CODE_LENGTH: usize = 15;

impl Link {
    fn new(kind: EmployeeType, is_lasting: bool, expires_at: Option<Timestamp>, max_uses: Option<i64>) -> Self {
        let id = Uuid::new_v4();
        let code = id.simple().to_string().chars().take(CODE_LENGTH).collect();
        Self { id, kind, code, is_lasting, expires_at, max_uses, uses: 0 }
    }

    /// Whether nobody may register through it any more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.is_expired(now) || self.max_uses.is_some_and(|limit| self.uses >= limit)
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    fn shown(&self, headers: &HeaderMap, now: Timestamp) -> Value {
        let mut shown = json!({
            "id": self.id.to_string(),
            "employeeType": self.kind.number(),
            "expiration": self.expires_at.map(api_time),
            "isExpired": self.is_expired(now),
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

/// `GET /portal/users/invite/{type}`: obsolete, yet the only way to a link for guests. Valid seven days. Empty where the
/// caller may not invite such people.
pub(super) async fn obsolete(
    State(sandbox): State<Sandbox>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Result<Reply, Reply> {
    let kind = kind_of(&kind)?;
    sandbox.change(|portal, now| {
        if !portal.policy.invites_members {
            return Err(Reply::denied());
        }
        if !portal.policy.role.may_add(kind) {
            return Ok(Reply::Found(Value::from("")));
        }
        let link = Link::new(kind, false, now.saturating_add(LIFE).ok(), None);
        let url = link.url(&headers);
        portal.links.push(link);
        Ok(Reply::Found(Value::from(url)))
    })
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

/// `POST /portal/users/invitationlink`: one of each type; guests have none. Without an expiration it never ends
/// (`PortalController.cs`).
pub(super) async fn create(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Body(new): Body<NewLink>,
) -> Result<Reply, Reply> {
    check_count(new.max_use_count)?;
    let kind = new.employee_type;
    sandbox.change(|portal, now| {
        check(portal, kind)?;
        check_expiration(new.expiration, now)?;
        check_seat(portal, &sandbox, kind)?;
        if portal.links.iter().any(|link| link.is_lasting && link.kind == kind) {
            return Err(Reply::bad("The invitation link already exists"));
        }
        let link = Link::new(kind, true, new.expiration, new.max_use_count);
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
    sandbox.change(|portal, now| {
        check_version(portal)?;
        let kind = kind_of(&kind)?;
        check(portal, kind)?;
        check_seat(portal, &sandbox, kind)?;
        let link = portal.links.iter().find(|link| link.is_lasting && link.kind == kind);
        Ok(link.map_or(Reply::Done, |link| Reply::Found(link.shown(&headers, now))))
    })
}

/// What `PUT` and `DELETE /portal/users/invitationlink` take.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change {
    id: String,
    #[serde(default)]
    expiration: Option<Timestamp>,
    #[serde(default, deserialize_with = "some_number")]
    max_use_count: Option<i64>,
}

impl Change {
    /// Where the link stands, once it is clear that the caller may touch it.
    fn find(&self, portal: &Portal) -> Result<usize, Reply> {
        check_version(portal)?;
        if !portal.policy.invites_members {
            return Err(Reply::denied());
        }
        let id = Uuid::try_parse(&self.id).map_err(|_| Reply::invalid("Id", "The value is not a GUID."))?;
        let place = portal.links.iter().position(|link| link.is_lasting && link.id == id);
        let place = place.ok_or_else(|| Reply::missing("The invitation link could not be found"))?;
        let kind = portal.links.get(place).map_or(EmployeeType::All, |link| link.kind);
        check(portal, kind).map(|()| place)
    }
}

/// `PUT /portal/users/invitationlink`: what is left out is cleared, so that the link never ends or has no limit.
pub(super) async fn update(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Body(change): Body<Change>,
) -> Result<Reply, Reply> {
    check_count(change.max_use_count)?;
    sandbox.change(|portal, now| {
        let place = change.find(portal)?;
        check_expiration(change.expiration, now)?;
        let Some(link) = portal.links.get_mut(place) else {
            return Ok(Reply::Done);
        };
        if change.max_use_count.is_some_and(|limit| limit < link.uses) {
            return Err(Reply::bad("MaxUseCount"));
        }
        (link.expires_at, link.max_uses) = (change.expiration, change.max_use_count);
        Ok(Reply::Found(link.shown(&headers, now)))
    })
}

/// `DELETE /portal/users/invitationlink`: it has a body. Who joined stays.
pub(super) async fn remove(State(sandbox): State<Sandbox>, Body(change): Body<Change>) -> Result<Reply, Reply> {
    sandbox.change(|portal, _| {
        let place = change.find(portal)?;
        portal.links.remove(place);
        Ok(Reply::Done)
    })
}

/// Lasting links came with 3.7. An address that no call has is answered without a body.
fn check_version(portal: &Portal) -> Result<(), Reply> {
    if portal.policy.is_old { Err(Reply::Empty(StatusCode::NOT_FOUND)) } else { Ok(()) }
}

fn check(portal: &Portal, kind: EmployeeType) -> Result<(), Reply> {
    check_version(portal)?;
    if matches!(kind, EmployeeType::Guest | EmployeeType::All) {
        return Err(Reply::bad("The employee type is not valid for a link"));
    }
    if !portal.policy.invites_members {
        return Err(Reply::denied());
    }
    portal.policy.check_adding(kind)
}

fn check_count(count: Option<i64>) -> Result<(), Reply> {
    if count.is_some_and(|count| !(1..=1000).contains(&count)) {
        return Err(Reply::invalid("MaxUseCount", "The field MaxUseCount must be between 1 and 1000."));
    }
    Ok(())
}

fn check_expiration(end: Option<Timestamp>, now: Timestamp) -> Result<(), Reply> {
    if end.is_some_and(|end| end < now) { Err(Reply::bad("Expiration")) } else { Ok(()) }
}

fn check_seat(portal: &Portal, sandbox: &Sandbox, kind: EmployeeType) -> Result<(), Reply> {
    if kind.is_paid() { seats::check_paid(portal, &sandbox.inner.settings) } else { Ok(()) }
}
