//! What an event leads to: the ledger says whom it is about and what it means, the rules what is to be done.

use crate::config::Source;
use crate::ledger::{Joined, Ledger};
use crate::model::{Action, CallOff, EmployeeId, Event, EventKind, Person, PersonId, Timestamp, Whom, kind};
use crate::rules::{self, Planned, Rule};

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Follow {
    /// What is to be done.
    pub action: Action,
    /// The event it follows from: the mapped one, or the `user.activated` derived from it.
    pub event: Event,
    /// Whom it is about.
    pub person: PersonId,
    /// Name of the portal it is to be done at.
    pub portal: String,
    /// Why the job is to be born held.
    pub hold: Option<String>,
}

/// What one event leads to.
#[derive(Debug, Clone, Default)]
pub struct Consequences {
    /// Work to be queued.
    pub follows: Vec<Follow>,
    /// Waiting work that is not wanted any more.
    pub off: Vec<CallOff>,
}

/// Who tells of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Name of the source, to which employee ids belong.
    pub source: &'a str,
    /// Name of the portal whose accounts it tells of.
    pub portal: &'a str,
}

impl<'a> From<&'a Source> for Origin<'a> {
    fn from(source: &'a Source) -> Self {
        Self { source: &source.name, portal: &source.portal }
    }
}

/// What one event leads to, by the ledger and the rules. Changes only `ledger`.
pub fn follow(ledger: &mut Ledger, rules: &[Rule], origin: Origin<'_>, event: &Event, now: Timestamp) -> Consequences {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut consequences = Consequences::default();
    if event.kind.is_user() {
        consequences.at_portal(ledger, origin, event, now, |event| rules::plan(rules, event, today));
        return consequences;
    }
    let planned = rules::plan(rules, event, today);
    let mut portals = ledger.portals_of(origin.source, event);
    portals.extend(planned.iter().map(|planned| planned.portal.clone()));
    if portals.is_empty() {
        portals.insert(origin.portal.to_owned());
    }
    for portal in &portals {
        consequences.at_portal(ledger, Origin { portal, ..origin }, event, now, |_| planned.clone());
    }
    consequences
}

impl Consequences {
    /// What the event leads to at one portal, where `plan` tells what the rules ask for.
    fn at_portal(
        &mut self,
        ledger: &mut Ledger,
        Origin { source, portal }: Origin<'_>,
        event: &Event,
        now: Timestamp,
        plan: impl Fn(&Event) -> Vec<Planned>,
    ) {
        let (person, recycled) = match ledger.join(portal, source, event, now) {
            Joined::Person(person) => (person, None),
            Joined::Recycled(person, employee) => (person, Some(recycled(person, &employee))),
        };
        let mut events = vec![event.clone()];
        if event.kind.is_user() && recycled.is_none() {
            // Whether an activation is one is for the ledger to say, whoever tells of it.
            events.retain(|event| event.kind != EventKind::UserActivated);
            events.extend(ledger.observe(person, event, now));
        }
        if recycled.is_none() {
            self.off.extend(called_off(person, event));
        }
        if events.iter().any(|event| event.kind == EventKind::UserActivated) {
            let reason = "called off: the account is active".to_owned();
            self.off.push(CallOff { person, kinds: &[kind::REMIND], reason });
        }
        let is_ours = ledger.get(person).is_some_and(Person::is_ours);
        for event in events {
            for planned in plan(&event).into_iter().filter(|planned| planned.portal == portal) {
                if !is_ours && matches!(&planned.action, Action::Congratulate(wanted) if wanted.whom == Whom::Onboarded)
                {
                    continue;
                }
                let hold = recycled.clone().or(planned.hold);
                let portal = portal.to_owned();
                self.follows.push(Follow { action: planned.action, event: event.clone(), person, portal, hold });
            }
        }
    }
}

fn recycled(person: PersonId, employee: &EmployeeId) -> String {
    format!(
        "the address of this event belongs to person {person} under another employee id of '{}' than {}; \
         addresses get recycled: compare the two, then release or cancel",
        employee.source, employee.id
    )
}

/// Waiting work that the event makes needless.
fn called_off(person: PersonId, event: &Event) -> Option<CallOff> {
    const OF_ACCOUNT: &[&str] = &[kind::CONGRATULATE, kind::REMIND];
    const OF_EMPLOYEE: &[&str] = &[kind::ONBOARD, kind::CONGRATULATE, kind::REMIND];
    let (kinds, why) = match event.kind {
        EventKind::UserDeleted => (OF_ACCOUNT, "the account was deleted"),
        EventKind::UserUpdated if event.status == Some(2) => (OF_ACCOUNT, "the account was disabled"),
        EventKind::EmployeeTerminated => (OF_EMPLOYEE, "the employment was terminated"),
        EventKind::EmployeeRescinded => (OF_EMPLOYEE, "the hire was rescinded"),
        _ => return None,
    };
    Some(CallOff { person, kinds, reason: format!("called off: {why}") })
}
