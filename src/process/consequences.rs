//! What an event leads to: the ledger says whom it is about and what it means, the rules what is to be done.

use super::employment::{self, Hire};
use super::planning::{self, Due};
use crate::config::Source;
use crate::ledger::{Joined, Ledger};
use crate::model::{Action, CallOff, EmployeeId, Event, EventKind, Person, PersonId, Timestamp, Whom, kind};
use crate::rules::{self, Planned, Rule};

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Follow {
    /// What is to be done.
    pub action: Action,
    /// The event it follows from: the mapped one, the `user.activated` derived from it, or the hire of a planned
    /// onboarding as it stands after the mapped one.
    pub event: Event,
    /// Whom it is about.
    pub person: PersonId,
    /// Name of the portal it is to be done at.
    pub portal: String,
    /// Why the job is to be born held.
    pub hold: Option<String>,
    /// When, later than now; absent: at once.
    pub due_at: Option<Timestamp>,
}

/// What one event leads to.
#[derive(Debug, Clone, Default)]
pub struct Consequences {
    /// Work to be queued, or planned for later.
    pub follows: Vec<Follow>,
    /// Waiting work that is not wanted any more.
    pub off: Vec<CallOff>,
    /// What was planned and is not any more: kinds of jobs.
    pub unplanned: Vec<String>,
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
    let mut consequences = Consequences::default();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let moment = Now { rules, today, now };
    if event.kind.is_user() {
        consequences.at_portal(ledger, origin, event, &moment);
        return consequences;
    }
    let mut portals = ledger.portals_of(origin.source, event);
    portals.extend(rules::plan(rules, event, today).into_iter().map(|planned| planned.portal));
    if portals.is_empty() {
        portals.insert(origin.portal.to_owned());
    }
    for portal in &portals {
        consequences.at_portal(ledger, Origin { portal, ..origin }, event, &moment);
    }
    consequences
}

/// What is judged by, beside the ledger.
struct Now<'a> {
    rules: &'a [Rule],
    today: jiff::civil::Date,
    now: Timestamp,
}

impl Consequences {
    /// What the event leads to at one portal.
    fn at_portal(&mut self, ledger: &mut Ledger, origin: Origin<'_>, event: &Event, at: &Now<'_>) {
        let Origin { source, portal } = origin;
        let before = ledger.known(portal, source, event);
        let was_forgotten = before.is_none() && ledger.is_forgotten(source, event);
        if was_forgotten && event.kind != EventKind::EmployeeHired {
            return;
        }
        let hire = if event.kind == EventKind::EmployeeHired { Hire::of(before, event) } else { Hire::News };
        let (person, recycled) = match ledger.join(portal, source, event, at.now) {
            Joined::Person(person) => (person, None),
            Joined::Recycled(person, employee) => (person, Some(recycled(person, &employee))),
        };
        let mut events = vec![event.clone()];
        if recycled.is_none() {
            events = self.note(ledger, person, event, hire, at);
        }
        // The plan of whoever had the address before is not ours to change.
        let is_theirs = recycled.is_some();
        let hold = was_forgotten.then(forgotten).or(recycled).or_else(|| hire.hold());
        for told in events {
            // Of a hire that is only told anew, the rest was done when it was told first.
            let is_anew = told.kind == EventKind::EmployeeHired && event.kind != EventKind::EmployeeHired;
            for planned in rules::plan(at.rules, &told, at.today) {
                let is_due = !is_anew || matches!(planned.action, Action::Onboard(_));
                if planned.portal != portal || !is_due || !is_meant(ledger, person, &planned) {
                    continue;
                }
                if !is_theirs {
                    self.unplan(ledger, person, planned.action.name());
                }
                let planned = Planned { hold: hold.clone().or(planned.hold), ..planned };
                self.add(ledger, person, &told, planned, at.now);
            }
        }
    }

    /// Note what the event says of the person; the events that rules are to be asked about.
    fn note(&mut self, ledger: &mut Ledger, person: PersonId, event: &Event, hire: Hire, at: &Now<'_>) -> Vec<Event> {
        let mut events = vec![event.clone()];
        self.off.extend(called_off(person, event));
        if event.kind.is_user() {
            // Whether an activation is one is for the ledger to say, whoever tells of it.
            events.retain(|event| event.kind != EventKind::UserActivated);
            events.extend(ledger.observe(person, event, at.now));
        } else {
            employment::note(ledger, person, event, hire, at.now);
        }
        if events.iter().any(|event| event.kind == EventKind::UserActivated) {
            let reason = "called off: the account is active".to_owned();
            self.off.push(CallOff { person, kinds: &[kind::REMIND], held_only: false, reason });
        }
        match event.kind {
            EventKind::EmployeeUpdated => {
                if let Some(hire) = planning::changed(ledger, person, event) {
                    self.unplanned.push(kind::ONBOARD.to_owned());
                    events.push(hire);
                }
            }
            EventKind::EmployeeTerminated | EventKind::EmployeeRescinded => self.unplan(ledger, person, kind::ONBOARD),
            EventKind::EmployeeHired if hire == Hire::Again => {
                self.unplan(ledger, person, kind::DISABLE);
                let reason = "called off: hired again".to_owned();
                self.off.push(CallOff { person, kinds: &[kind::DISABLE], held_only: false, reason });
            }
            _ => {}
        }
        events
    }

    fn unplan(&mut self, ledger: &mut Ledger, person: PersonId, kind: &str) {
        self.unplanned.extend(ledger.unplan(person, kind).map(|plan| plan.kind));
    }

    /// Add one action that the rules ask for.
    fn add(&mut self, ledger: &Ledger, person: PersonId, event: &Event, planned: Planned, now: Timestamp) {
        let Planned { action, portal, hold } = planned;
        // Somebody who was onboarded before is known at once; what is held waits for a person, and not for a day.
        let is_onboarded = ledger.get(person).is_some_and(|person| person.invited_at.is_some());
        let is_known = is_onboarded && matches!(action, Action::Onboard(_));
        let (hold, due_at) = match Due::of(&action, event, now) {
            _ if hold.is_some() || is_known => (hold, None),
            Due::Now => (None, None),
            Due::At(due) => (None, Some(due)),
            Due::Unknown(reason) => (Some(reason), None),
        };
        self.follows.push(Follow { action, event: event.clone(), person, portal, hold, due_at });
    }
}

/// Whether the rule speaks of somebody like this.
fn is_meant(ledger: &Ledger, person: PersonId, planned: &Planned) -> bool {
    match &planned.action {
        Action::Congratulate(wanted) if wanted.whom == Whom::Onboarded => {
            ledger.get(person).is_some_and(Person::is_ours)
        }
        _ => true,
    }
}

fn recycled(person: PersonId, employee: &EmployeeId) -> String {
    format!(
        "the address of this event belongs to person {person} under another employee id of '{}' than {}; \
         addresses get recycled: compare the two, then release or cancel",
        employee.source, employee.id
    )
}

fn forgotten() -> String {
    "the personal data of somebody with this id or address was erased: this may be an old message about them. If it is a \
     new hire, release this job; else cancel it"
        .to_owned()
}

/// Waiting work that the event makes needless.
fn called_off(person: PersonId, event: &Event) -> Option<CallOff> {
    const OF_ACCOUNT: &[&str] = &[kind::CONGRATULATE, kind::REMIND];
    const OF_EMPLOYEE: &[&str] = &[kind::ONBOARD, kind::CONGRATULATE, kind::REMIND, kind::UPDATE, kind::ENABLE];
    let (kinds, why) = match event.kind {
        EventKind::UserDeleted => (OF_ACCOUNT, "the account was deleted"),
        EventKind::UserUpdated if event.status == Some(2) => (OF_ACCOUNT, "the account was disabled"),
        EventKind::EmployeeTerminated => (OF_EMPLOYEE, "the employment was terminated"),
        EventKind::EmployeeRescinded => (OF_EMPLOYEE, "the hire was rescinded"),
        _ => return None,
    };
    Some(CallOff { person, kinds, held_only: false, reason: format!("called off: {why}") })
}
