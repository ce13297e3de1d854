//! When what follows from an event is to be done: at once, or at a moment counted from a day that the event names.

use crate::ledger::Ledger;
use crate::model::{Action, Event, EventKind, Moment, PersonId, Timestamp, kind};
use crate::schedule;

/// When an action is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// At once.
    Now,
    /// Then.
    At(Timestamp),
    /// It cannot be told: a sentence why.
    Unknown(String),
}

impl Due {
    /// When `action` is to follow `event`. A moment that is past is now.
    pub(super) fn of(action: &Action, event: &Event, now: Timestamp) -> Self {
        let (moment, day, field) = match action {
            Action::Onboard(wanted) => (&wanted.before_start, &event.starts_on, "starts_on"),
            Action::Disable(wanted) => (&wanted.after_end, &event.ends_on, "ends_on"),
            Action::Congratulate(_) | Action::Update(_) | Action::Enable(_) => return Self::Now,
        };
        let Some(moment) = moment else { return Self::Now };
        match at(moment, day.as_deref(), field) {
            Ok(due) if due > now => Self::At(due),
            Ok(_) => Self::Now,
            Err(reason) => Self::Unknown(reason),
        }
    }
}

fn at(moment: &Moment, day: Option<&str>, field: &str) -> Result<Timestamp, String> {
    const REMEDY: &str = "release this job to act at once, or cancel it";
    let Some(day) = day else {
        return Err(format!("the rule counts from event.{field}, which the event lacks: {REMEDY}"));
    };
    schedule::due(moment, day).map_err(|problem| format!("the rule counts from event.{field}, and {problem}: {REMEDY}"))
}

/// The event of a planned onboarding, with what a later event of the person says differently; the plan is taken back.
/// `None` without such a plan.
pub(super) fn changed(ledger: &mut Ledger, person: PersonId, later: &Event) -> Option<Event> {
    let plan = ledger.unplan(person, kind::ONBOARD)?;
    let planned: Event = serde_json::from_value(plan.payload.get("event")?.clone()).ok()?;
    Some(overlaid(planned, later))
}

/// `planned` with every field that `later` has.
fn overlaid(planned: Event, later: &Event) -> Event {
    let either = |later: &Option<String>, before: Option<String>| later.clone().or(before);
    Event {
        kind: EventKind::EmployeeHired,
        employee_id: either(&later.employee_id, planned.employee_id),
        email: either(&later.email, planned.email),
        first_name: either(&later.first_name, planned.first_name),
        last_name: either(&later.last_name, planned.last_name),
        starts_on: either(&later.starts_on, planned.starts_on),
        ends_on: either(&later.ends_on, planned.ends_on),
        department: either(&later.department, planned.department),
        title: either(&later.title, planned.title),
        employment_type: either(&later.employment_type, planned.employment_type),
        manager: either(&later.manager, planned.manager),
        location: either(&later.location, planned.location),
        match_id: either(&later.match_id, planned.match_id),
        user_id: planned.user_id,
        status: planned.status,
        activation_status: planned.activation_status,
        occurred_at: either(&later.occurred_at, planned.occurred_at),
    }
}
