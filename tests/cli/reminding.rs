//! Who has not come yet, and reminding them by hand.

use crate::stage::{Place, fixture, until};

#[test]
fn who_has_not_come_is_listed_reminded_once_and_again_only_on_order() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    place.edit(r#"onboard = { type = "User" }"#, r#"onboard = { type = "User", mode = "invite" }"#);
    let _server = place.serve();
    place.run(&["replay", &fixture("generic-hmac/hired.http"), "--source", "own", "--wait"]).good();
    let ada = portal.users()[0].clone();
    let list = place.run(&["people", "list", "--unaccepted"]).good();
    assert!(list.out.contains(&ada) && list.out.contains("invited") && list.out.contains("link expires"), "{list:#?}");
    let rows = place.run(&["people", "list", "--unaccepted", "--json"]).good().json();
    assert_eq!((rows[0]["way"].as_str(), rows.as_array().unwrap().len()), (Some("invited"), 1), "{rows:#}");
    assert!(rows[0]["link_expires_at"].is_string() && rows[0]["reminded_at"].is_null(), "{rows:#}");

    let old = place.run(&["people", "remind", "--unaccepted", "--older-than", "5d", "--dry-run"]).good();
    assert!(old.notes().starts_with("0 to be reminded") && !old.out.contains(&ada), "{old:#?}");
    let dry = place.run(&["people", "remind", "--unaccepted", "--dry-run"]).good();
    assert!(dry.notes().starts_with("1 to be reminded") && dry.out.contains(&ada), "{dry:#?}");
    assert_eq!(portal.mails(&ada), ["invitation"], "nothing was mailed");

    let all = place.run(&["people", "remind", "--unaccepted"]).good();
    assert!(all.notes().contains(&ada) && all.out.ends_with("1 reminded, 0 known, 0 held, 0 failed\n"), "{all:#?}");
    assert_eq!(portal.mails(&ada), ["invitation", "invitation"]);
    let none = place.run(&["people", "remind", "--unaccepted"]).good();
    assert!(none.out.ends_with("0 reminded, 0 known, 0 held, 0 failed\n"), "{none:#?}");
    let known = place.run(&["people", "remind", &ada]).good();
    assert!(known.out.ends_with("0 reminded, 1 known, 0 held, 0 failed\n"), "{known:#?}");
    place.run(&["people", "remind", &ada, "--again"]).good();
    assert_eq!(portal.mails(&ada).len(), 3);
    let status = place.run(&["people", "status", &ada]).good();
    for line in ["way", "link expires", "reminded"] {
        let line = status
            .out
            .lines()
            .find(|row| row.trim_start().starts_with(line))
            .unwrap_or_else(|| panic!("{line} {status:#?}"));
        assert!(line.contains("invited") || line.contains("20"), "{line}");
    }
    let show = place.run(&["people", "show", &ada]).good();
    assert!(show.out.contains("way            invited") && show.out.contains("reminded       20"), "{show:#?}");

    portal.activate(&ada);
    until("the activation has arrived", || {
        let list = place.run(&["people", "list", "--unaccepted", "--json"]).good().json();
        list.as_array().unwrap().is_empty().then_some(())
    });
    let active = place.run(&["people", "remind", &ada, "--again"]).good();
    assert!(active.out.contains("known: active"), "{active:#?}");
    assert_eq!(portal.mails(&ada).iter().filter(|kind| *kind == "invitation").count(), 3);
}

#[test]
fn whoever_was_disabled_is_not_waited_for() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let rule = "onboard = { type = \"User\" }";
    place.edit(rule, &format!("{rule}\n\n[[rules]]\non = \"employee.terminated\"\ndisable = {{}}"));
    let _server = place.serve();
    let replay = |name: &str| place.run(&["replay", &fixture(name), "--source", "own", "--wait"]).good();
    let waiting = || place.run(&["people", "list", "--unaccepted", "--json"]).good().json().as_array().unwrap().len();
    replay("generic-hmac/hired.http");
    assert_eq!(waiting(), 1);
    let left = replay("generic-hmac/terminated.http");
    assert!(left.out.contains("disabled; the account keeps"), "{left:#?}");
    assert_eq!(waiting(), 0);
    let shown = place.run(&["people", "show", "1"]).good();
    assert!(shown.out.contains("disabled       20") && shown.out.contains("leaver since   20"), "{shown:#?}");
}

#[test]
fn an_account_that_was_created_is_not_reminded_by_the_portal() {
    let place = Place::usual();
    let portal = place.sandbox(&["--webhook-url", "http://127.0.0.1:1/", "--webhook-secret", "nobody-listens"]);
    let ada = "ada@corp.example";
    place.run(&["people", "invite", "--email", ada, "--first", "Ada 2.", "--last", "Example"]).good();
    let held = place.run(&["people", "remind", ada]);
    assert_eq!((held.code, portal.mails(ada)), (Some(1), vec!["activation".to_owned()]), "{held:#?}");
    assert!(held.out.contains("Forgot password") && held.out.ends_with("1 held, 0 failed\n"), "{held:#?}");
    let list = place.run(&["people", "list", "--unaccepted"]).good();
    assert!(list.out.contains("created"), "{list:#?}");
}

#[test]
fn what_is_no_order_to_remind_is_told() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    for wrong in [
        &["people", "remind"][..],
        &["people", "remind", "x", "--unaccepted"],
        &["people", "remind", "--unaccepted", "--older-than", "soon"],
        &["people", "remind", "x", "--older-than", "5d"],
        &["people", "remind", "--unaccepted", "--portal", "nowhere"],
    ] {
        assert_eq!(place.run(wrong).code, Some(2), "{wrong:?}");
    }
    let nobody = place.run(&["people", "remind", "nobody@corp.example"]);
    assert_eq!(nobody.code, Some(1), "{nobody:#?}");
    assert!(nobody.err.contains("knows nobody"), "{nobody:#?}");
}

#[test]
fn waiting_for_a_replay_does_not_wait_for_the_reminder_in_some_days() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    place
        .edit(r#"onboard = { type = "User" }"#, r#"onboard = { type = "User", mode = "invite", remind_after = "5d" }"#);
    let _server = place.serve();
    let begin = std::time::Instant::now();
    let ran = place.run(&["replay", &fixture("generic-hmac/hired.http"), "--source", "own", "--wait"]).good();
    assert!(begin.elapsed().as_secs() < 50, "{ran:#?}");
    assert!(ran.out.contains("onboard  done") && ran.out.contains("remind   ready"), "{ran:#?}");
    assert_eq!(portal.mails(&portal.users()[0]), ["invitation"]);
}
