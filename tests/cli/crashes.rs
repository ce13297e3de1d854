//! `kill -9` at any moment: nothing accepted is lost, nobody is invited twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;

use crate::actors::Sandbox;
use crate::stage::{Place, until};

const ROUNDS: usize = 8;
const HIRES: usize = 40;

/// Milliseconds from the clock's last digits: another moment in every run and round.
fn some_moment() -> Duration {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    Duration::from_millis(u64::from(nanos / 1000 % 350))
}

#[test]
fn a_server_killed_again_and_again_onboards_everybody_exactly_once() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    // Slow enough that most kills meet a call on its way.
    portal.fault(&json!({"method": "POST", "delay_ms": 150, "times": 100_000}));
    let round = AtomicUsize::new(0);
    let next = AtomicUsize::new(0);
    let sender = || {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= HIRES {
                return;
            }
            // A few hires for each life of the server.
            until("the round", || (round.load(Ordering::SeqCst) * HIRES / ROUNDS > number).then_some(()));
            // A sender gives up at nothing but success, as those on the other side of the network do.
            until("accepted", || {
                place.hire(&number.to_string(), &format!("p{number}@corp.example")).filter(|status| *status == 200)
            });
        }
    };
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(sender);
        }
        for number in 1..=ROUNDS {
            round.store(number, Ordering::SeqCst);
            let mut server = if number % 2 == 0 { place.begin_serve() } else { place.serve() };
            sleep(some_moment());
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        }
        round.store(ROUNDS, Ordering::SeqCst);
        let server = place.serve();
        until("everybody has an account", || (portal.users().len() == HIRES).then_some(()));
        place.settled();
        let log = server.log();
        assert!(log.contains("jobs were running when the last server ended"), "no kill met any work: {log}");
    });
    everybody_once(&place, &portal);
}

/// Every job done; for each person one account, one letter, one row.
fn everybody_once(place: &Place, portal: &Sandbox) {
    let jobs = place.jobs(&[]);
    assert!(jobs.iter().all(|job| job["state"] == "done"), "{jobs:#?}");
    let state = portal.state();
    let mut mails: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in state["mails"].as_array().unwrap() {
        mails
            .entry(mail["to"].as_str().unwrap().to_owned())
            .or_default()
            .push(mail["kind"].as_str().unwrap().to_owned());
    }
    let mut users = portal.users();
    users.sort_unstable();
    let mut everybody: Vec<_> = (0..HIRES).map(|number| format!("p{number}@corp.example")).collect();
    everybody.sort_unstable();
    assert_eq!(users, everybody);
    for (who, kinds) in &mails {
        assert_eq!(kinds, &["activation"], "{who}");
    }
    assert_eq!(mails.len(), HIRES);
    let people = place.run(&["people", "list", "--json"]).good().json();
    assert_eq!(people.as_array().unwrap().len(), HIRES);
    assert!(people.as_array().unwrap().iter().all(|person| person["invited_at"].is_string()));
}
