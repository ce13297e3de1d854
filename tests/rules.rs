//! From an event to the actions that follow.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected has failed")]

use jiff::civil::date;
use usher::expr::Expr;
use usher::model::{
    Action, Channel, Congratulate, Disable, Enable, Event, EventKind, Onboard, RoomAccess, RoomGrant, Update, UserType,
};
use usher::rules::{Ask, Computed, Parameter, Planned, ROOTS, Rule, plan};

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

#[test]
fn an_account_is_enabled_before_all_else_and_congratulated_at_the_end_whatever_the_order_of_the_rules() {
    let update = Action::Update(Update::default());
    let (disable, enable) = (Action::Disable(Disable::default()), Action::Enable(Enable::default()));
    let each = [congratulate(), disable.clone(), update.clone(), onboard(UserType::User), enable.clone()];
    let sorted = [enable, onboard(UserType::User), update, disable, congratulate()];
    let rules: Vec<_> =
        each.iter().map(|action| rule(EventKind::EmployeeHired, "", std::slice::from_ref(action))).collect();
    for rules in [rules, vec![rule(EventKind::EmployeeHired, "", &each)]] {
        let actions: Vec<_> = planned(&rules).into_iter().map(|planned| planned.action).collect();
        assert_eq!(actions, sorted);
    }
}

/// An update of fixed groups and rooms, with these parameters computed.
fn updated(computed: &[(Parameter, &str)]) -> Planned {
    let room = RoomGrant { id: "1".to_owned(), access: RoomAccess::Read };
    let fixed = Update { user_type: None, groups: Some(vec!["Everybody".to_owned()]), rooms: Some(vec![room]) };
    let computed = computed
        .iter()
        .map(|(parameter, text)| Computed { parameter: *parameter, expr: Expr::compile(text, &ROOTS).unwrap() });
    let ask = Ask { action: Action::Update(fixed), computed: computed.collect() };
    let rule = Rule { asks: vec![ask], ..rule(EventKind::EmployeeHired, "", &[]) };
    planned(&[rule]).pop().unwrap()
}

#[test]
fn the_groups_rooms_and_type_of_an_update_are_computed() {
    let planned = updated(&[
        (Parameter::Group, "event.department"),
        (Parameter::Room(RoomAccess::Edit), "[7, '8']"),
        (Parameter::Type { allow_paid: true }, "'RoomAdmin'"),
    ]);
    assert_eq!(planned.hold, None);
    assert_eq!(
        planned.action.params(),
        serde_json::json!({"type": "RoomAdmin", "groups": ["Everybody", "Sales"], "rooms": [
            {"id": "1", "access": "read"}, {"id": "7", "access": "edit"}, {"id": "8", "access": "edit"}]})
    );
}

/// A message that leaves the department out says nothing of it: nobody is taken out of the old one's group.
#[test]
fn what_an_update_would_be_computed_from_and_is_absent_changes_nothing() {
    let absent = updated(&[
        (Parameter::Group, "event.location"),
        (Parameter::Group, "event.department"),
        (Parameter::Room(RoomAccess::Edit), "event.title"),
        (Parameter::Type { allow_paid: false }, "event.title"),
    ]);
    assert_eq!((absent.action.params(), absent.hold), (serde_json::json!({}), None));
    let none = updated(&[
        (Parameter::Group, "event.location or []"),
        (Parameter::Room(RoomAccess::Edit), "event.title or ''"),
    ]);
    assert_eq!(
        none.action.params(),
        serde_json::json!({"groups": ["Everybody"], "rooms": [{"id": "1", "access": "read"}]})
    );
}

#[test]
fn a_type_that_an_update_cannot_give_is_held() {
    for (text, why) in [
        ("'RoomAdmin'", "takes a paid seat; the rule lacks allow_paid"),
        ("'Guest'", "makes no guest"),
        ("'Boss'", "no account type"),
    ] {
        let hold = updated(&[(Parameter::Type { allow_paid: false }, text)]).hold.unwrap();
        assert!(hold.contains(why), "{hold}");
    }
}
