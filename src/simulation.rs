//! What would become of events today: ledger, rules, guard and a look at the portals, and nothing done.
//!
//! ```text
//! item            one event of a source, or why there is none
//!   -> process::follow     over a copy of the ledger (book)
//!   -> each action         as it would be at its time: onboarding, moving
//!        guard, look       counted in the order of the events
//!   -> row                 what would become of whom, and why
//! diff                     what another simulation says differently
//! ```

mod book;
mod diff;
mod look;
mod moving;
mod onboarding;
mod report;

pub use book::Book;
pub use diff::{Change, Counts, diff};
pub use look::{Asked, Look};
pub use report::{Details, Row, Verdict, summary};

use std::collections::{BTreeMap, BTreeSet};

use crate::docspace::Account;
use crate::guard::Guard;
use crate::ledger::Keys;
use crate::model::{Action, Event, Person, PersonId, Plan, Timestamp, Waiting, kind};
use crate::process::{self, Consequences, Follow, Origin, Place};
use crate::rules::Rule;
use crate::schedule;

/// One thing to be simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Name of the source that tells of it.
    pub source: String,
    /// Name of the portal whose accounts that source tells of.
    pub portal: String,
    /// Where it stands: a file or a delivery.
    pub place: String,
    /// The event, or why there is none.
    pub told: Result<Event, String>,
}

/// What a simulation goes by, beside the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'s> {
    /// The rules.
    pub rules: &'s [Rule],
    /// The guard.
    pub guard: &'s Guard,
    /// What was seen of the portals, by name; a portal that is not among them is left out.
    pub looks: &'s BTreeMap<String, Look>,
    /// The moment for which everything is told.
    pub now: Timestamp,
}

/// What would become of `items`, in their order, one after the other.
#[must_use]
pub fn simulate(book: Book, items: &[Item], setting: Setting<'_>) -> Vec<Row> {
    run(book, items, setting).rows
}

/// What has to be known of which portals for [`simulate`]: nobody that the guard stops anyway is asked for.
#[must_use]
pub fn asked(book: Book, items: &[Item], rules: &[Rule], guard: &Guard, now: Timestamp) -> BTreeMap<String, Asked> {
    // Whom a look finds to be known uses up nothing of the limits: more people may come into question than these let in.
    let guard = Guard { new_people_per_day: None, leavers_per_day: None, ..guard.clone() };
    let looks = BTreeMap::new();
    run(book, items, Setting { rules, guard: &guard, looks: &looks, now }).asked
}

fn run<'s>(book: Book, items: &[Item], setting: Setting<'s>) -> Simulation<'s> {
    let mut simulation = Simulation {
        setting,
        book,
        rows: Vec::new(),
        asked: BTreeMap::new(),
        standing: BTreeMap::new(),
        moved: BTreeMap::new(),
        held: BTreeSet::new(),
        plans: 0,
    };
    for item in items {
        simulation.take(item);
    }
    simulation
}

/// A simulation under way.
struct Simulation<'s> {
    setting: Setting<'s>,
    book: Book,
    rows: Vec<Row>,
    asked: BTreeMap<String, Asked>,
    /// Accounts that were made, disabled or enabled on the way: whether they are enabled.
    standing: BTreeMap<PersonId, bool>,
    /// Accounts as they stand after they were moved.
    moved: BTreeMap<PersonId, Account>,
    /// Whose onboarding waits for a person.
    held: BTreeSet<PersonId>,
    plans: usize,
}

/// What would become of one action.
struct Decided {
    verdict: Verdict,
    why: Option<String>,
}

impl Decided {
    fn now(verdict: Verdict) -> Self {
        Self { verdict, why: None }
    }

    fn because(verdict: Verdict, why: impl Into<String>) -> Self {
        Self { verdict, why: Some(why.into()) }
    }

    fn hold(why: impl Into<String>) -> Self {
        Self::because(Verdict::Hold, why)
    }

    fn skip(why: impl Into<String>) -> Self {
        Self::because(Verdict::Skip, why)
    }

    fn dead(why: impl Into<String>) -> Self {
        Self::because(Verdict::Dead, why)
    }
}

impl Simulation<'_> {
    fn take(&mut self, item: &Item) {
        let event = match &item.told {
            Ok(event) => event,
            Err(why) => {
                let (place, why) = (Some(item.place.clone()), Some(why.clone()));
                self.rows.push(Row { place, why, ..Row::new(item, Verdict::Dead) });
                return;
            }
        };
        let consequences = self.follow(item, event);
        let Consequences { follows, unplanned, off, .. } = consequences;
        for off in off.iter().filter(|off| off.kinds.contains(&kind::ONBOARD)) {
            self.held.remove(&off.person);
        }
        let before = self.rows.len();
        for kind in unplanned {
            if !follows.iter().any(|follow| follow.action.name() == kind) {
                let row = self.aside(item, event, Verdict::Unplan);
                let why = Some("what was planned is taken back".to_owned());
                self.rows.push(Row { action: Some(kind), why, ..row });
            }
        }
        for follow in follows {
            self.perform(item, &follow);
        }
        // Most of what a portal tells of accounts is of no consequence, and no news to anybody.
        if self.rows.len() == before && !event.kind.is_user() {
            let row = self.aside(item, event, Verdict::None);
            self.rows.push(Row { why: Some("no rule asks for anything".to_owned()), ..row });
        }
    }

    /// What follows from the event, with the plans it makes; persons by the ids of the book.
    fn follow(&mut self, item: &Item, event: &Event) -> Consequences {
        let Setting { rules, now, .. } = self.setting;
        let mut keys = Keys::default();
        keys.add(&item.source, event);
        self.plans += 1;
        let number = self.plans;
        // Each is told after all that were stored, and after those before it.
        let place = Place { item: number, ..Place::LATEST };
        let origin = Origin { source: &item.source, portal: &item.portal, place };
        let (mut consequences, new) = self.book.write(&keys, |ledger| {
            let consequences = process::follow(ledger, rules, origin, event, now);
            for follow in &consequences.follows {
                if let Some(due_at) = follow.due_at {
                    ledger.plan(follow.person, planned(follow, due_at, number));
                }
            }
            consequences
        });
        self.book.stop_waiting(&consequences.superseded);
        for (index, follow) in consequences.follows.iter_mut().enumerate() {
            follow.person = new.get(&follow.person).copied().unwrap_or(follow.person);
            if follow.told.is_some() && follow.due_at.is_none() {
                self.book.wait(waiting(follow, format!("simulated/{number}/{index}")));
            }
        }
        consequences
    }

    /// A row about somebody for whom nothing is done.
    fn aside(&mut self, item: &Item, event: &Event, verdict: Verdict) -> Row {
        let mut keys = Keys::default();
        keys.add(&item.source, event);
        let (person, _) = self.book.write(&keys, |ledger| {
            let elsewhere = ledger.portals_of(&item.source, event).into_iter().next();
            let portal = elsewhere.as_deref().unwrap_or(&item.portal);
            ledger.known(portal, &item.source, event).cloned()
        });
        let portal = person.as_ref().map_or_else(|| item.portal.clone(), |person| person.portal.clone());
        Row { portal, ..Row::new(item, verdict).about(event, person.as_ref()) }
    }

    fn perform(&mut self, item: &Item, follow: &Follow) {
        let Some(person) = self.book.get(follow.person).cloned() else { return };
        let event = &follow.event;
        let decided = match (&follow.hold, follow.due_at, &follow.action) {
            (Some(why), ..) => Decided::hold(why),
            (None, Some(due_at), action) => self.plan(&person, event, action, due_at),
            (None, None, Action::Onboard(wanted)) => self.onboard(&person, event, wanted),
            (None, None, Action::Congratulate(_)) => self.congratulate(&person, event),
            (None, None, Action::Update(wanted)) => self.update(&person, event, wanted),
            (None, None, Action::Disable(_)) => self.disable(&person, event),
            (None, None, Action::Enable(_)) => self.enable(&person, event),
        };
        if matches!((&follow.action, decided.verdict), (Action::Onboard(_), Verdict::Hold)) {
            self.held.insert(person.id);
        }
        self.rows.push(Row {
            portal: follow.portal.clone(),
            action: Some(follow.action.name().to_owned()),
            due_at: follow.due_at,
            why: decided.why,
            details: Details::of(&follow.action),
            ..Row::new(item, decided.verdict).about(event, Some(&person))
        });
    }

    /// What is planned is guarded when its time comes: what the guard will certainly say then is told now.
    fn plan(&self, person: &Person, event: &Event, action: &Action, due_at: Timestamp) -> Decided {
        let email = person.email.as_ref().or(event.email.as_ref());
        let hold = match (action, email) {
            (Action::Onboard(_), Some(email)) if !onboarding::is_known(person) => {
                self.setting.guard.newcomer(email, onboarding::first_day(person, event), schedule::today(due_at))
            }
            _ => None,
        };
        let why = hold.map(|hold| format!("it will wait then: {}", hold.reason));
        Decided { verdict: Verdict::Plan, why }
    }

    /// See `actions/congratulate`.
    fn congratulate(&mut self, person: &Person, event: &Event) -> Decided {
        if person.congratulated_at.is_some() {
            return Decided::skip("known: congratulated before; nothing is sent");
        }
        if event.user_id.is_none() && person.user_id.is_none() {
            return Decided::dead("the person has no DocSpace account yet");
        }
        let now = self.setting.now;
        self.note(person, |person| person.congratulated_at = Some(now));
        Decided::now(Verdict::Congratulate)
    }

    /// Change somebody's row.
    fn note(&mut self, person: &Person, change: impl FnOnce(&mut Person)) {
        let id = person.id;
        self.book.write(&Keys::person(id), |ledger| {
            if let Some(person) = ledger.edit(id) {
                change(person);
            }
        });
    }

    /// Note that the person's account is asked for.
    fn look(&mut self, person: &Person, email: &str) {
        let sought = (look::account_on_record(person).map(str::to_owned), email.to_owned());
        self.wants(person).people.insert(sought);
    }

    fn wants(&mut self, person: &Person) -> &mut Asked {
        self.asked.entry(person.portal.clone()).or_default()
    }
}

fn waiting(follow: &Follow, key: String) -> Waiting {
    let job = process::queued(key, None, follow.clone());
    Waiting { person: follow.person, kind: job.kind.to_owned(), key: job.key, payload: job.payload }
}

fn planned(follow: &Follow, due_at: Timestamp, number: usize) -> Plan {
    let job = process::queued(format!("{}/simulated/{number}", follow.action.name()), None, follow.clone());
    Plan { kind: job.kind.to_owned(), due_at, key: job.key, delivery: None, hold: job.reason, payload: job.payload }
}
