//! What an event leads to: the ledger says whom it is about and what it means, the rules what is to be done.

use super::employment::{self, Hire};
use super::pending::Pending;
use super::planning::{self, Due};
use super::told::{Place, Told};
use crate::config::Source;
use crate::ledger::{self, Joined, Ledger};
use crate::model::{Action, CallOff, DeliveryId, Event, EventKind, Person, PersonId, Timestamp, Whom, kind};
use crate::rules::{self, Planned, Rule};
use crate::schedule;

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Follow {
    /// What is to be done.
    pub action: Action,
    /// The event it follows from: the mapped one, the `user.activated` derived from it, or the one of work that waits for
    /// its day, with what was told of it since.
    pub event: Event,
    /// Whom it is about.
    pub person: PersonId,
    /// Name of the portal it is to be done at.
    pub portal: String,
    /// Why the job is to be born held.
    pub hold: Option<String>,
    /// When, later than now; absent: at once.
    pub due_at: Option<Timestamp>,
    /// What was told of it, message by message, if a later one may change it: it is planned, or held for want of a fact.
    pub told: Option<Told>,
    /// Whether it was asked for before, by another kind of event, and this one has something to say of it.
    pub is_moved: bool,
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
    /// Keys of waiting jobs that something else has taken the place of.
    pub superseded: Vec<String>,
}

/// Who tells of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Name of the source, to which employee ids belong.
    pub source: &'a str,
    /// Name of the portal whose accounts it tells of.
    pub portal: &'a str,
    /// Where it was told.
    pub place: Place,
}

impl<'a> From<&'a Source> for Origin<'a> {
    fn from(source: &'a Source) -> Self {
        Self { source: &source.name, portal: &source.portal, place: Place::LATEST }
    }
}

/// What one event leads to, by the ledger and the rules. Changes only `ledger`.
pub fn follow(ledger: &mut Ledger, rules: &[Rule], origin: Origin<'_>, event: &Event, now: Timestamp) -> Consequences {
    let mut consequences = Consequences::default();
    let today = schedule::today(now);
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
pub(super) struct Now<'a> {
    pub(super) rules: &'a [Rule],
    pub(super) today: jiff::civil::Date,
    pub(super) now: Timestamp,
}

impl Consequences {
    /// What the event leads to at one portal.
    fn at_portal(&mut self, ledger: &mut Ledger, origin: Origin<'_>, event: &Event, at: &Now<'_>) {
        let Origin { source, portal, .. } = origin;
        let before = ledger.known(portal, source, event);
        let was_forgotten = before.is_none() && ledger.is_forgotten(source, event);
        if was_forgotten && event.kind != EventKind::EmployeeHired {
            return;
        }
        let hire = if event.kind == EventKind::EmployeeHired { Hire::of(before, event) } else { Hire::News };
        let joined = ledger.join(portal, source, event, at.now);
        let person = joined.person();
        // Neither the employment nor the plan of whoever had the address before is ours to change.
        let is_theirs = matches!(joined, Joined::Recycled(..));
        let mut events = vec![event.clone()];
        if !is_theirs {
            events = self.note(ledger, person, event, hire, at);
        }
        // Whose event it is, or whether it is news at all, is for a person to say: what waits stays as it is. Where only the
        // address is in doubt, what waits is about it, too.
        let asked = question(ledger, &joined, origin, event);
        let is_disputed = asked.is_some() && !is_theirs;
        let doubt = was_forgotten.then(forgotten).or(asked).or_else(|| hire.hold());
        let waiting = if doubt.is_none() || is_disputed { Pending::of(ledger, person, event) } else { Vec::new() };
        for event in events {
            for planned in rules::plan(at.rules, &event, at.today) {
                // Of what waits the same rules are asked below, with all that was told of it.
                let is_waiting = |work: &Pending| work.kind == planned.action.name() && work.told.kind() == event.kind;
                if planned.portal == portal
                    && is_meant(ledger, person, hire, &planned)
                    && !waiting.iter().any(is_waiting)
                {
                    let told = doubt.is_none().then(|| Told::first(origin.place, &event));
                    let asked = Asked { event: &event, told, doubt: doubt.clone(), is_moved: false };
                    self.add(ledger, person, asked, planned, at.now);
                }
            }
        }
        for work in waiting {
            self.reconsider(
                ledger,
                person,
                work,
                Asked { event, told: None, doubt: doubt.clone(), is_moved: false },
                origin,
                at,
            );
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

    /// What was planned is not to be done any more.
    pub(super) fn unplan(&mut self, ledger: &mut Ledger, person: PersonId, kind: &str) {
        if self.clear(ledger, person, kind) {
            self.unplanned.push(kind.to_owned());
        }
    }

    /// Nothing of this kind waits any more; whether something was planned.
    pub(super) fn clear(&mut self, ledger: &mut Ledger, person: PersonId, kind: &str) -> bool {
        self.superseded.extend(ledger.stop_waiting(person, kind));
        ledger.unplan(person, kind).is_some()
    }

    /// Add one action that the rules ask for. It takes the place of one of its kind that waits; but what was not asked
    /// about that one, and cannot be decided, leaves it.
    pub(super) fn add(
        &mut self,
        ledger: &mut Ledger,
        person: PersonId,
        asked: Asked<'_>,
        planned: Planned,
        now: Timestamp,
    ) {
        let Asked { event, told, doubt, is_moved } = asked;
        let Planned { action, portal, hold } = planned;
        let is_about_it = ledger
            .waiting(person, action.name())
            .and_then(Told::of)
            .is_some_and(|waiting| told.as_ref().is_some_and(|told| told.kind() == waiting.kind()));
        if doubt.is_none() && (hold.is_none() || is_about_it) {
            self.clear(ledger, person, action.name());
        }
        let person_now = ledger.get(person);
        // Somebody who was onboarded before is known at once; what is held waits for a person, and not for a day.
        let is_onboarded = person_now.is_some_and(|person| person.invited_at.is_some());
        let is_known = is_onboarded && matches!(action, Action::Onboard(_));
        let (hold, due_at) = match (doubt.or(hold), Due::of(&action, event, person_now, now)) {
            (Some(hold), Due::At(due)) if !is_known => (Some(format!("{hold}. {}", early(due))), None),
            (hold, _) if hold.is_some() || is_known => (hold, None),
            (_, Due::Now) => (None, None),
            (_, Due::At(due)) => (None, Some(due)),
            (_, Due::Unknown(reason)) => (Some(reason), None),
        };
        let waits = planning::moment(&action).is_some() && (hold.is_some() || due_at.is_some());
        let told = told.filter(|_| waits);
        self.follows.push(Follow { action, event: event.clone(), person, portal, hold, due_at, told, is_moved });
    }
}

/// What rules were asked about.
pub(super) struct Asked<'a> {
    pub(super) event: &'a Event,
    /// All messages that it is put together from; absent where it is in doubt.
    pub(super) told: Option<Told>,
    /// Why a person has to look first, whatever is asked for.
    pub(super) doubt: Option<String>,
    /// See [`Follow::is_moved`].
    pub(super) is_moved: bool,
}

/// What somebody has to know who releases a job before its day.
fn early(due: Timestamp) -> String {
    format!("It would be due at {due:.0}; released, it is done at once")
}

/// Whether the rule speaks of somebody like this.
fn is_meant(ledger: &Ledger, person: PersonId, hire: Hire, planned: &Planned) -> bool {
    match &planned.action {
        // An old hire told again must not open an account that somebody has closed.
        Action::Enable(_) => hire != Hire::News,
        Action::Congratulate(wanted) if wanted.whom == Whom::Onboarded => {
            ledger.get(person).is_some_and(Person::is_ours)
        }
        _ => true,
    }
}

/// What a human being is asked before anything follows.
fn question(ledger: &Ledger, joined: &Joined, origin: Origin<'_>, event: &Event) -> Option<String> {
    let Origin { source, place, .. } = origin;
    let delivery = (place.delivery != Place::LATEST.delivery).then_some(DeliveryId(place.delivery));
    match joined {
        Joined::Person(_) => None,
        Joined::Recycled(holder, employee) => {
            let shares = |person: &Person| person.employees.iter().any(|own| own.source == employee.source);
            Some(match ledger.get(*holder).is_some_and(shares) {
                true => ledger::recycled(*holder, source, delivery),
                false => ledger::former(*holder, delivery),
            })
        }
        // An end needs no address: the ids say whose it is.
        Joined::Disputed { .. } if is_end(event) => None,
        Joined::Disputed { person, holder } => Some(ledger::disputed(*person, *holder)),
    }
}

fn is_end(event: &Event) -> bool {
    matches!(event.kind, EventKind::EmployeeTerminated | EventKind::EmployeeRescinded)
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
