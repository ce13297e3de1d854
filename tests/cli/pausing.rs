//! The emergency stop with the real program.

use std::time::{Duration, Instant};

use crate::stage::{Place, until};
use crate::wire::request;

const ADA: &str = "ada@corp.example";

fn metrics(place: &Place) -> String {
    request(place.admin, "GET /metrics HTTP/1.1", &[], b"").unwrap().1
}

#[test]
fn a_running_server_is_paused_and_resumed() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    assert!(place.run(&["jobs", "list"]).good().notes().is_empty());
    let paused = place.run(&["pause"]).good();
    assert!(
        paused.out.starts_with("all portals are paused by hand, by ") && paused.out.contains("usher resume"),
        "{paused:#?}"
    );
    until("the server has seen it", || server.log().contains("paused by hand").then_some(()));
    assert_eq!(place.hire("7", ADA), Some(200));
    until("it is read", || (place.jobs(&["--kind", "onboard", "--state", "ready"]).len() == 1).then_some(()));
    let list = place.run(&["jobs", "list"]).good();
    assert!(list.notes().starts_with("all portals are paused by hand") && !list.out.contains("paused"), "{list:#?}");
    let check = place.run(&["check"]).good();
    assert!(
        check.out.lines().any(|line| line.trim_start().starts_with("paused  ") && line.contains("warning")),
        "{check:#?}"
    );
    assert!(metrics(&place).contains("usher_portal_paused_by_hand{portal=\"docspace\"} 1"));
    let again = place.run(&["pause"]).good();
    assert!(again.out.starts_with("nothing to do: all portals are paused"), "{again:#?}");
    assert!(portal.users().is_empty());

    assert_eq!(place.run(&["resume"]).good().out, "resumed all portals\n");
    until("the account", || (portal.users() == [ADA]).then_some(()));
    assert!(metrics(&place).contains("usher_portal_paused_by_hand{portal=\"docspace\"} 0"));
    assert_eq!(place.run(&["resume"]).good().out, "nothing to do: no portal is paused\n");
    let acts = place.run(&["audit", "--json"]).good().json();
    let told: Vec<_> =
        acts.as_array().unwrap().iter().map(|act| (act["what"].as_str(), act["subject"].as_str())).collect();
    assert_eq!(told, [(Some("pause"), Some("all portals")), (Some("resume"), Some("all portals"))]);
}

#[test]
fn commands_that_do_the_work_themselves_say_that_it_is_paused() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    drop(place.serve());
    let paused = place.run(&["pause", "--portal", "docspace"]).good();
    assert!(paused.out.starts_with("portal docspace is paused by hand"), "{paused:#?}");
    let began = Instant::now();
    let invited = place.run(&["people", "invite", "--email", ADA, "--first", "Ada", "--last", "Example"]);
    assert!(began.elapsed() < Duration::from_secs(30), "nobody waits for good");
    assert_eq!(invited.code, Some(1), "{invited:#?}");
    assert!(invited.notes().contains("portal docspace is paused by hand"), "{invited:#?}");
    assert!(invited.out.ends_with("0 failed, 1 waiting (going on by itself with `usher serve`)\n"), "{invited:#?}");
    assert!(invited.out.contains("not done yet") && portal.users().is_empty(), "{invited:#?}");
    let resumed = place.run(&["resume"]).good();
    assert_eq!(resumed.out, "resumed all portals\n", "every pause ends");
    let _server = place.serve();
    until("the order is carried out", || (portal.users() == [ADA]).then_some(()));
}

#[test]
fn one_portal_stays_paused_while_all_are() {
    let place = Place::usual();
    drop(place.serve());
    place.run(&["pause"]).good();
    place.run(&["pause", "--portal", "docspace"]).good();
    let resumed = place.run(&["resume", "--portal", "docspace"]);
    assert_eq!((resumed.code, resumed.out.as_str()), (Some(1), "resumed portal docspace\n"), "{resumed:#?}");
    assert!(resumed.err.contains("all portals are paused by hand"), "{resumed:#?}");
    let unknown = place.run(&["pause", "--portal", "nowhere"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""), "{unknown:#?}");
    assert!(unknown.err.contains("there is docspace"), "{unknown:#?}");
}

#[test]
fn there_has_to_be_a_store_to_be_paused() {
    let place = Place::usual();
    for command in ["pause", "resume", "audit"] {
        let ran = place.run(&[command]);
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert!(ran.err.contains("no store"), "{ran:#?}");
        assert!(place.run(&[command, "--help"]).good().out.contains("Usage: usher"), "{command}");
    }
    assert!(!place.path("usher.db").exists());
}

/// Whoever needs the emergency stop may be in the middle of changing the configuration.
#[test]
fn a_configuration_with_faults_can_be_paused() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    place.edit("[sources.own]", "[sources.half]\nconnector = \"bambohr\"\n[sources.own]");
    let paused = place.run(&["pause"]).good();
    assert!(
        paused.out.starts_with("all portals are paused by hand") && paused.err.contains("has faults"),
        "{paused:#?}"
    );
    until("the server has seen it", || server.log().contains("paused by hand").then_some(()));
    assert_eq!(place.run(&["pause", "--portal", "docspace"]).code, Some(2), "one portal is not known from it");
    assert_eq!(place.run(&["resume"]).code, Some(2));
    drop(portal);
}
