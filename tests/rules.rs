//! From an event to the actions that follow.

use jiff::civil::date;
use usher::expr::Expr;
use usher::model::{Action, Channel, Congratulate, Event, EventKind, Onboard, UserType};
use usher::rules::{Ask, Planned, ROOTS, Rule, plan};

fn onboard(user_type: UserType) -> Action {
    Action::Onboard(Onboard::new(user_type))
}

fn congratulate() -> Action {
    Action::Congratulate(Congratulate::new(vec![Channel::SendCongratulations]))
}

fn rule(on: EventKind, when: &str, actions: &[Action]) -> Rule {
    let when = Some(when).filter(|when| !when.is_empty());
    let when = when.map(|when| Expr::compile(when, &ROOTS).unwrap_or_else(|problem| panic!("{when}: {problem}")));
    Rule {
        on,
        when,
        portal: "docspace".to_owned(),
        asks: actions.iter().map(|action| Ask { action: action.clone(), computed: Vec::new() }).collect(),
    }
}

fn hired(when: &str, user_type: UserType) -> Rule {
    rule(EventKind::EmployeeHired, when, &[onboard(user_type)])
}

fn event() -> Event {
    Event {
        email: Some("ada@example.org".to_owned()),
        department: Some("Sales".to_owned()),
        starts_on: Some("2026-03-02".to_owned()),
        ..Event::new(EventKind::EmployeeHired)
    }
}

fn planned(rules: &[Rule]) -> Vec<Planned> {
    plan(rules, &event(), date(2026, 3, 2))
}

#[test]
fn a_rule_without_a_condition_always_matches_its_kind() {
    let rules = [rule(EventKind::UserActivated, "", &[congratulate()]), hired("", UserType::User)];
    let planned = planned(&rules);
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].action, onboard(UserType::User));
    assert_eq!(planned[0].hold, None);
}

#[test]
fn no_rule_for_the_kind_plans_nothing() {
    assert!(planned(&[rule(EventKind::EmployeeUpdated, "", &[onboard(UserType::User)])]).is_empty());
    assert!(planned(&[]).is_empty());
}

#[test]
fn a_false_condition_plans_nothing() {
    assert!(planned(&[hired("event.department == 'Kitchen'", UserType::User)]).is_empty());
}

#[test]
fn the_first_matching_rule_wins_each_action() {
    let rules = [
        hired("event.department == 'Kitchen'", UserType::DocSpaceAdmin),
        hired("event.department == 'Sales'", UserType::RoomAdmin),
        rule(EventKind::EmployeeHired, "", &[onboard(UserType::User), congratulate()]),
    ];
    let actions: Vec<_> = planned(&rules).into_iter().map(|planned| planned.action).collect();
    assert_eq!(actions, [onboard(UserType::RoomAdmin), congratulate()]);
}

#[test]
fn a_condition_that_reads_an_absent_field_holds_its_actions_and_wins_them() {
    let rules = [hired("event.employment_type != 'contractor'", UserType::RoomAdmin), hired("", UserType::User)];
    let planned = planned(&rules);
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].action, onboard(UserType::RoomAdmin));
    let reason = planned[0].hold.as_deref().unwrap();
    assert!(reason.contains("reads event.employment_type, which this event does not have"), "{reason}");
    assert!(!reason.contains("ada"), "{reason}");
}

#[test]
fn a_decided_action_is_not_held_by_a_later_rule() {
    let rules = [
        hired("", UserType::User),
        rule(EventKind::EmployeeHired, "event.manager == 'x'", &[onboard(UserType::User), congratulate()]),
    ];
    let planned = planned(&rules);
    assert_eq!(planned.iter().map(|planned| planned.hold.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(planned[1].action, congratulate());
}

#[test]
fn a_condition_that_asks_for_an_absent_field_is_decided() {
    for (when, matches) in [
        ("(event.employment_type or '') != 'contractor'", true),
        ("event.employment_type | default('contractor') != 'contractor'", false),
        ("event.employment_type is defined and event.employment_type != 'contractor'", false),
        ("event.department == 'Sales' or event.manager == 'x'", true),
    ] {
        let planned = planned(&[hired(when, UserType::User)]);
        assert_eq!(planned.len(), usize::from(matches), "{when}");
        assert!(planned.iter().all(|planned| planned.hold.is_none()), "{when}");
    }
}

#[test]
fn a_condition_that_fails_holds_with_the_reason() {
    let planned = planned(&[hired("event.department is before(today)", UserType::User)]);
    let reason = planned[0].hold.as_deref().unwrap();
    assert!(reason.contains("before needs a date") && !reason.contains("Sales"), "{reason}");
}

#[test]
fn conditions_see_the_kind_and_the_day() {
    for when in ["event.kind == 'employee.hired'", "event.starts_on is on_or_before(today)", "today == '2026-03-02'"] {
        assert_eq!(planned(&[hired(when, UserType::User)]).len(), 1, "{when}");
    }
}
