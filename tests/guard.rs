//! The guard's judgement, without anything around it.

use jiff::civil::date;
use usher::guard::{Guard, Limit, domain};
use usher::ledger::Recent;

fn counted(newcomers: u64, leavers: u64) -> Recent {
    Recent { newcomers, leavers }
}

#[test]
fn nothing_is_guarded_without_limits() {
    let guard = Guard::default();
    assert!(guard.is_empty() && !guard.is_about_newcomers());
    assert_eq!(guard.newcomer("eve@anywhere.example", None, date(2026, 8, 3)), None);
    assert_eq!((guard.one_more(counted(u64::MAX, 0)), guard.one_less(counted(0, u64::MAX))), (None, None));
    assert!(!guard.allows("7", "ada@example.com"));
}

#[test]
fn a_limit_is_reached_with_as_many_as_it_says() {
    let guard = Guard { new_people_per_day: Some(2), leavers_per_day: Some(1), ..Guard::default() };
    assert_eq!((guard.one_more(counted(1, 9)), guard.one_less(counted(9, 0))), (None, None));
    let hold = guard.one_more(counted(2, 0)).unwrap();
    assert_eq!(hold.limit, Limit::NewPeople);
    assert_eq!(
        hold.reason,
        "the limit of new people within 24 hours, 2, is reached ([guard] new_people_per_day): release this job, or cancel it"
    );
    assert_eq!(guard.one_less(counted(0, 1)).unwrap().limit, Limit::Leavers);
    let nobody = Guard { new_people_per_day: Some(0), leavers_per_day: Some(0), ..Guard::default() };
    assert!(
        nobody.one_more(counted(0, 0)).unwrap().reason.starts_with("nobody is let in without having been looked at")
    );
    assert!(nobody.one_less(counted(0, 0)).unwrap().reason.starts_with("no account is disabled without"));
}

#[test]
fn an_address_is_let_in_by_exactly_its_domain() {
    let domains = ["example.com", "xn--bcher-kva.example"].map(str::to_owned);
    let guard = Guard { email_domains: Some(domains.into()), ..Guard::default() };
    let limit = |email: &str| guard.newcomer(email, None, date(2026, 8, 3)).map(|hold| hold.limit);
    for email in ["ada@example.com", "ada@EXAMPLE.com", "ada@bücher.example", "ada@XN--BCHER-KVA.example"] {
        assert_eq!(limit(email), None, "{email}");
    }
    for email in [
        "ada@mail.example.com",
        "ada@example.com.evil.example",
        "ada@notexample.com",
        "example.com@evil.example",
        "ada@example.org",
        "ada@",
        "",
    ] {
        assert_eq!(limit(email), Some(Limit::EmailDomain), "{email}");
    }
}

#[test]
fn the_first_day_of_work_is_at_most_so_long_ago() {
    let guard = Guard { hired_at_most_ago: Some(30), ..Guard::default() };
    let limit = |day| guard.newcomer("ada@example.com", day, date(2026, 8, 3)).map(|hold| hold.limit);
    for day in ["2026-07-04", "2026-08-03", "2027-01-01", "2026-07-04T23:00:00-11:00"] {
        assert_eq!(limit(Some(day)), None, "{day}");
    }
    for day in [Some("2026-07-03"), Some("1999-01-01"), Some("soon"), Some(""), None] {
        assert_eq!(limit(day), Some(Limit::HiredLongAgo), "{day:?}");
    }
}

#[test]
fn accounts_are_allowed_by_address_or_id() {
    let guard = Guard { allow: vec!["ada@example.com".to_owned(), "6b1f".to_owned()], ..Guard::default() };
    assert!(guard.allows("6B1F", "eve@example.com") && guard.allows("7", "Ada@Example.com"));
    assert!(!guard.allows("7", "eve@example.com") && !guard.allows("", ""));
}

#[test]
fn an_address_has_the_domain_after_its_last_at() {
    assert_eq!(domain("Ada@Example.COM").as_deref(), Some("example.com"));
    assert_eq!(domain("\"a@b\"@example.com").as_deref(), Some("example.com"));
    assert_eq!(domain("example.com").as_deref(), Some("example.com"));
    for none in ["ada@", "ada@127.0.0.1", "ada@[::1]", "ada@exa mple.com", ""] {
        assert_eq!(domain(none), None, "{none}");
    }
}
