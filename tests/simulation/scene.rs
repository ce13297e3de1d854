//! The scene: rules, guard, ledger and portal, changed by each test.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use usher::docspace::Account;
use usher::guard::Guard;
use usher::ledger::{Keys, Recent};
use usher::model::{Action, Event, EventKind, Onboard, Person, PersonId, UserType};
use usher::rules::{Ask, Rule};
use usher::simulation::{Asked, Book, Item, Look, Row, Setting, Verdict, asked, simulate};

pub(crate) const PORTAL: &str = "docspace";
pub(crate) const ID: &str = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";

pub(crate) fn now() -> Timestamp {
    "2026-08-03T08:00:00Z".parse().unwrap()
}

pub(crate) fn rule(on: EventKind, action: Action) -> Rule {
    Rule { on, when: None, portal: PORTAL.to_owned(), asks: vec![Ask { action, computed: Vec::new() }] }
}

pub(crate) fn onboard() -> Onboard {
    Onboard::new(UserType::User)
}

/// Everything that a simulation goes by. As it begins: a rule that brings hires in, and an empty portal.
pub(crate) struct Scene {
    pub(crate) rules: Vec<Rule>,
    pub(crate) guard: Guard,
    pub(crate) people: Vec<Person>,
    pub(crate) recent: Recent,
    pub(crate) forgotten: Keys,
    pub(crate) look: Option<Look>,
    pub(crate) items: Vec<Item>,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            rules: vec![rule(EventKind::EmployeeHired, Action::Onboard(onboard()))],
            guard: Guard::default(),
            people: Vec::new(),
            recent: Recent::default(),
            forgotten: Keys::default(),
            look: Some(Look::new(Vec::new(), false)),
            items: Vec::new(),
        }
    }
}

impl Scene {
    pub(crate) fn with_onboard(change: impl FnOnce(&mut Onboard)) -> Self {
        let mut wanted = onboard();
        change(&mut wanted);
        Self { rules: vec![rule(EventKind::EmployeeHired, Action::Onboard(wanted))], ..Self::default() }
    }

    pub(crate) fn accounts(mut self, accounts: Vec<Account>) -> Self {
        self.look = Some(Look::new(accounts, false));
        self
    }

    pub(crate) fn tell(mut self, event: Event) -> Self {
        let (source, portal, place) = ("hr".to_owned(), PORTAL.to_owned(), "staff.csv".to_owned());
        self.items.push(Item { source, portal, place, told: Ok(event) });
        self
    }

    fn book(&self) -> Book {
        Book::new(self.people.clone(), self.recent, self.forgotten.clone())
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let looks: BTreeMap<_, _> = self.look.clone().map(|look| (PORTAL.to_owned(), look)).into_iter().collect();
        let setting = Setting { rules: &self.rules, guard: &self.guard, looks: &looks, now: now() };
        simulate(self.book(), &self.items, setting)
    }

    pub(crate) fn asked(&self) -> BTreeMap<String, Asked> {
        asked(self.book(), &self.items, &self.rules, &self.guard, now())
    }

    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.rows().into_iter().map(|row| row.verdict).collect()
    }

    /// Verdict and reason of the only row.
    pub(crate) fn only(&self) -> (Verdict, String) {
        let rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:#?}");
        (rows[0].verdict, rows[0].why.clone().unwrap_or_default())
    }
}

pub(crate) fn hired(employee: &str) -> Event {
    Event {
        employee_id: Some(employee.to_owned()),
        email: Some(address(employee)),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        ..Event::new(EventKind::EmployeeHired)
    }
}

pub(crate) fn told(kind: EventKind, employee: &str) -> Event {
    Event { employee_id: Some(employee.to_owned()), ..Event::new(kind) }
}

pub(crate) fn address(employee: &str) -> String {
    format!("p{employee}@corp.org")
}

/// An active account with this address.
pub(crate) fn account(employee: &str) -> Account {
    Account {
        id: format!("00000000-0000-0000-0000-{:0>12}", employee),
        email: address(employee),
        display_name: String::new(),
        first_name: String::new(),
        last_name: String::new(),
        status: 1,
        activation_status: 1,
        user_type: UserType::User,
        is_owner: false,
        groups: Vec::new(),
        created_by: None,
        registered_at: None,
        culture: None,
    }
}

/// Somebody of the ledger, hired a day ago.
pub(crate) fn person(id: i64, employee: &str) -> Person {
    let day_ago = now() - SignedDuration::from_hours(30);
    let employee_id = usher::model::EmployeeId { source: "hr".to_owned(), id: employee.to_owned() };
    let email = Some(address(employee));
    Person { email, employees: vec![employee_id], ..Person::new(PersonId(id), PORTAL, day_ago) }
}

/// The same, onboarded by us.
pub(crate) fn ours(id: i64, employee: &str) -> Person {
    let person = person(id, employee);
    let at = Some(person.created_at);
    Person {
        hired_at: at,
        intent_at: at,
        admitted_at: at,
        invited_at: at,
        user_id: Some(account(employee).id),
        ..person
    }
}
