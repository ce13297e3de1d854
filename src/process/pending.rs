//! Work that waits for its day, and what becomes of it when more is told before: later events move it, change what it is
//! about, or take it back.

use serde_json::Value as Json;

use super::consequences::{Asked, Consequences, Now, Origin};
use super::told::{Place, Told};
use crate::ledger::Ledger;
use crate::model::{Action, Event, EventKind, PersonId, Timestamp, kind};
use crate::rules::{self, Planned};

/// Work for a person that waits for its day.
pub(super) struct Pending {
    /// Kind of the job.
    pub(super) kind: &'static str,
    /// What was told of it so far.
    pub(super) told: Told,
    params: Json,
}

impl Pending {
    /// What waits that `event` has to say something of.
    pub(super) fn of(ledger: &Ledger, person: PersonId, event: &Event) -> Vec<Self> {
        let kinds: &[&'static str] = match event.kind {
            EventKind::EmployeeHired => &[kind::ONBOARD],
            EventKind::EmployeeUpdated => &[kind::ONBOARD, kind::DISABLE],
            EventKind::EmployeeTerminated | EventKind::EmployeeRescinded => &[kind::DISABLE],
            _ => &[],
        };
        let waiting = |kind: &&'static str| {
            let payload = ledger.waiting(person, kind)?;
            let params = payload.get("params").cloned().unwrap_or_default();
            Some(Self { kind, told: Told::of(payload)?, params })
        };
        kinds.iter().filter_map(waiting).collect()
    }

    /// As it was planned.
    fn unchanged(&self, portal: &str) -> Option<Planned> {
        let params = self.params.clone();
        let action = match self.kind {
            kind::ONBOARD => Action::Onboard(serde_json::from_value(params).ok()?),
            _ => Action::Disable(serde_json::from_value(params).ok()?),
        };
        Some(Planned { action, portal: portal.to_owned(), hold: None })
    }
}

/// Note on the person what all messages together say, after `event` was noted, which is not the latest if it was
/// processed once more.
fn note(ledger: &mut Ledger, person: PersonId, source: &str, event: &Event, told: &Told, at: (Place, Timestamp)) {
    let all = told.event();
    let (place, now) = at;
    if !told.is_latest(place) {
        let Some(portal) = ledger.get(person).map(|person| person.portal.clone()) else { return };
        let (email, first_name, last_name) = (all.email.clone(), all.first_name.clone(), all.last_name.clone());
        let latest = Event { email, first_name, last_name, ..event.clone() };
        ledger.join(&portal, source, &latest, now);
    }
    let Some(person) = ledger.edit(person) else { return };
    if all.starts_on.is_some() && told.kind() != EventKind::EmployeeTerminated {
        person.starts_on = all.starts_on;
    }
    if all.ends_on.is_some() && person.left_at.is_some() {
        person.ends_on = all.ends_on;
    }
}

impl Consequences {
    /// Ask the rules again about work that waits, now that an event has told more of it.
    pub(super) fn reconsider(
        &mut self,
        ledger: &mut Ledger,
        person: PersonId,
        work: Pending,
        told: Asked<'_>,
        origin: Origin<'_>,
        at: &Now<'_>,
    ) {
        let Asked { event, doubt, .. } = told;
        if ledger.waiting(person, work.kind).is_none() {
            // What the event asks for itself has taken its place.
            return;
        }
        let is_moved = work.told.kind() != event.kind;
        let told = work.told.clone().with(origin.place, event);
        note(ledger, person, origin.source, event, &told, (origin.place, at.now));
        let mut all = told.event();
        // Employee ids belong to sources, and the job comes from this one.
        all.employee_id = event.employee_id.clone().or(all.employee_id);
        // Rules that know this portal no more, such as one of another name, do not say that it is not to be done.
        let planned = match at.rules.iter().any(|rule| rule.portal == origin.portal) {
            true => {
                let is_it = |one: &Planned| one.portal == origin.portal && one.action.name() == work.kind;
                rules::plan(at.rules, &all, at.today).into_iter().find(is_it)
            }
            false => work.unchanged(origin.portal),
        };
        match planned {
            Some(planned) => {
                if doubt.is_some() {
                    // It takes the place of what waits all the same: nothing is to be done at an address of before.
                    self.clear(ledger, person, work.kind);
                }
                let asked = Asked { event: &all, told: Some(told), doubt, is_moved };
                self.add(ledger, person, asked, planned, at.now);
            }
            None => self.unplan(ledger, person, work.kind),
        }
    }
}
