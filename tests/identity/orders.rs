//! Whatever the order: nobody's row gets what belongs to somebody else.

use std::collections::BTreeMap;

use proptest::prelude::*;
use usher::ledger::{Joined, Ledger};
use usher::model::EventKind::{
    EmployeeHired, EmployeeRescinded, EmployeeTerminated, EmployeeUpdated, UserCreated, UserDeleted, UserUpdated,
};
use usher::model::{Event, Person};

use crate::{PORTAL, employee, matching, now, onboard, user};

/// What can happen.
#[derive(Debug, Clone)]
enum Fact {
    /// A source tells of it.
    Told(&'static str, Box<Event>),
    /// Whoever the HR system knows by this id was onboarded, with this account.
    Onboarded(String, String),
}

fn account(human: usize, which: usize) -> String {
    format!("00000000-0000-0000-0000-{:012}", human * 10 + which)
}

fn address(human: usize, which: &str) -> String {
    format!("{which}{human}@corp.example")
}

/// All that may be said of one human being: two HR platforms, two accounts, four addresses.
fn facts_of(human: usize) -> Vec<Fact> {
    let (number, candidate, shared) = (format!("e-{human}"), format!("c-{human}"), format!("m-{human}"));
    let mut facts = Vec::new();
    for kind in [EmployeeHired, EmployeeUpdated, EmployeeTerminated] {
        for which in ["work", "wed"] {
            let event = employee(kind, &number, &address(human, which));
            facts.push(Fact::Told("hr", Box::new(event.clone())));
            facts.push(Fact::Told("hr", Box::new(matching(event, &shared))));
        }
    }
    for kind in [EmployeeHired, EmployeeRescinded] {
        let event = employee(kind, &candidate, &address(human, "home"));
        facts.push(Fact::Told("hiring", Box::new(matching(event, &shared))));
    }
    for which in [1, 2] {
        for (kind, at) in [
            (UserCreated, "work"),
            (UserCreated, "home"),
            (UserUpdated, "wed"),
            (UserUpdated, "work"),
            (UserDeleted, "work"),
        ] {
            let event = user(kind, &account(human, which), &address(human, at));
            facts.push(Fact::Told("docspace", Box::new(event)));
        }
        facts.push(Fact::Onboarded(number.clone(), account(human, which)));
    }
    facts
}

/// What processing a fact does to the ledger. Held events change nothing.
fn take(ledger: &mut Ledger, fact: &Fact) -> Option<Joined> {
    match fact {
        Fact::Told(source, event) => {
            let joined = ledger.join(PORTAL, source, event, now());
            if matches!(joined, Joined::Recycled(..)) {
                return Some(joined);
            }
            if event.kind.is_user() {
                ledger.observe(joined.person(), event, now());
            } else {
                ledger.employ(joined.person(), event, now());
            }
            Some(joined)
        }
        Fact::Onboarded(number, user_id) => {
            let known = ledger.known(PORTAL, "hr", &employee(EmployeeUpdated, number, "nobody@corp.example"))?;
            let fits = !known.has_account() || known.user_id.as_ref() == Some(user_id);
            if let Some(id) = fits.then_some(known.id) {
                onboard(ledger, id, user_id);
            }
            None
        }
    }
}

fn rows(ledger: &Ledger) -> Vec<Person> {
    let mut all = ledger.clone().into_changed();
    all.retain(Person::is_current);
    all
}

/// Whatever a row is known by, as text; each names one human being.
fn keys(person: &Person) -> Vec<String> {
    let employees = person.employees.iter().map(|own| format!("{}/{}", own.source, own.id));
    let ids = person.user_id.iter().chain(&person.match_id).cloned();
    ids.chain(employees).collect()
}

/// No id stands on two rows, and no two accounts have one address.
fn check(ledger: &Ledger) -> Result<(), TestCaseError> {
    let rows = rows(ledger);
    let mut owners = BTreeMap::new();
    for person in &rows {
        let account = person.email.clone().filter(|_| person.has_account());
        for key in keys(person).into_iter().chain(account) {
            if let Some(other) = owners.insert(key.clone(), person.id) {
                prop_assert!(false, "{key} names {other} and {}: {rows:#?}", person.id);
            }
        }
    }
    Ok(())
}

/// The human being of a key or an address: its last digit before a sign, as [`facts_of`] makes them.
fn human(text: &str) -> Option<char> {
    match text.split_once('@') {
        Some((local, _)) => local.chars().last(),
        None if text.starts_with("0000") => text.chars().rev().nth(1),
        None => text.chars().last(),
    }
}

proptest! {
    #[test]
    fn no_row_is_two_people_and_no_id_is_on_two_rows(order in prop::collection::vec((0..3_usize, any::<prop::sample::Index>()), 1..40)) {
        let facts: Vec<_> = (0..3).map(facts_of).collect();
        let mut ledger = Ledger::default();
        for (human_number, fact) in order {
            take(&mut ledger, fact.get(&facts[human_number]));
            check(&ledger)?;
            for person in rows(&ledger) {
                let names = keys(&person).into_iter().chain(person.email.clone()).chain(person.other_emails.clone());
                let humans: std::collections::BTreeSet<_> = names.filter_map(|name| human(&name)).collect();
                prop_assert!(humans.len() <= 1, "{person:#?}");
            }
        }
    }

    /// The address of a first employee is given to a second one, in any order with what the portal tells.
    #[test]
    fn who_gets_a_recycled_address_gets_nothing_else_of_whoever_had_it(order in prop::collection::vec(any::<prop::sample::Index>(), 1..30)) {
        let first = |kind| Fact::Told("hr", Box::new(employee(kind, "e-0", "work0@corp.example")));
        let second = |kind, email: &str| Fact::Told("hr", Box::new(employee(kind, "e-1", email)));
        let portal =
            |kind, number, email: &str| Fact::Told("docspace", Box::new(user(kind, &account(number, 1), email)));
        let facts = [
            first(EmployeeHired),
            first(EmployeeUpdated),
            first(EmployeeTerminated),
            portal(UserUpdated, 0, "wed0@corp.example"),
            portal(UserDeleted, 0, "work0@corp.example"),
            portal(UserCreated, 1, "work0@corp.example"),
            portal(UserUpdated, 1, "work0@corp.example"),
            second(EmployeeHired, "work0@corp.example"),
            second(EmployeeUpdated, "work0@corp.example"),
            second(EmployeeHired, "own1@corp.example"),
        ];
        let mut ledger = Ledger::default();
        take(&mut ledger, &facts[0]);
        take(&mut ledger, &Fact::Onboarded("e-0".to_owned(), account(0, 1)));
        for fact in order {
            let fact = fact.get(&facts);
            let joined = take(&mut ledger, fact);
            check(&ledger)?;
            for person in rows(&ledger) {
                let keys = keys(&person);
                let has = |key: &str| keys.iter().any(|own| own == key);
                prop_assert!(!(has("hr/e-1") && (has("hr/e-0") || has(&account(0, 1)))), "{person:#?}");
                prop_assert!(!(person.goes_by("work0@corp.example") && has("hr/e-1")), "{person:#?}");
            }
            if matches!(fact, Fact::Told("hr", event) if event.employee_id.as_deref() == Some("e-1") && event.email.as_deref() == Some("work0@corp.example")) {
                let is_asked = matches!(joined, Some(Joined::Recycled(..) | Joined::Disputed { .. }));
                prop_assert!(is_asked, "{joined:?}");
            }
        }
    }
}
