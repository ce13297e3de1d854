//! The steps of onboarding by hand, with a server on the same store and without one.

use serde_json::json;

use crate::actors::Sandbox;
use crate::stage::{Place, Ran, until};

const ADA: &str = "ada@corp.example";

fn invite(place: &Place, email: &str) -> Ran {
    place.run(&["people", "invite", "--email", email, "--first", "Ada", "--last", "Example"])
}

/// The last line and the result words of an invitation.
fn results(ran: &Ran) -> (String, Vec<String>) {
    let lines: Vec<_> = ran.out.lines().collect();
    let (last, table) = lines.split_last().unwrap();
    let word = |line: &&str| line.split_whitespace().nth(1).unwrap().to_owned();
    ((*last).to_owned(), table[1..].iter().map(word).collect())
}

/// Everything by hand, whoever does the work.
fn story(place: &Place, portal: &Sandbox) {
    let new = invite(place, ADA).good();
    assert_eq!(results(&new), ("1 new, 0 known, 0 held, 0 failed".to_owned(), vec!["new".to_owned()]), "{new:#?}");
    let known = invite(place, "ADA@corp.example").good();
    assert_eq!(results(&known).0, "0 new, 1 known, 0 held, 0 failed");
    portal.fault(&json!({"path": "/people", "method": "POST", "status": 403}));
    let held = invite(place, "held@corp.example");
    assert_eq!((held.code, results(&held).0.as_str()), (Some(1), "0 new, 0 known, 1 held, 0 failed"), "{held:#?}");
    assert!(held.out.contains("accounts:write"), "the scope is named: {held:#?}");
    place.write("users.csv", "\u{feff}email,first,last,type\nbob@corp.example,Bob,Example,\n\"Eve@corp.example\",Eve,\"Ex Ample\",RoomAdmin\nada@corp.example,Ada,Example,User\n");
    let file = place.run(&["people", "invite", "--file", "users.csv"]).good();
    assert_eq!(
        results(&file),
        ("2 new, 1 known, 0 held, 0 failed".to_owned(), vec!["new".to_owned(), "new".to_owned(), "known".to_owned()])
    );
    let state = portal.state();
    let mut accounts: Vec<_> =
        state["users"].as_array().unwrap().iter().map(|user| (&user["email"], &user["type"])).collect();
    accounts.sort_by_key(|(email, _)| email.to_string());
    assert_eq!(
        json!(accounts),
        json!([[ADA, "User"], ["bob@corp.example", "User"], ["eve@corp.example", "RoomAdmin"]])
    );
    for (who, words) in [
        (ADA, "active         no"),
        (ADA, "disabled       no"),
        ("bob@corp.example", "type           User"),
        ("eve@corp.example", "Eve Ex Ample"),
    ] {
        let status = place.run(&["people", "status", who]).good();
        assert!(status.out.contains(words), "{words} {status:#?}");
    }
    let nobody = place.run(&["people", "status", "nobody@corp.example"]);
    assert_eq!(nobody.code, Some(1), "{nobody:#?}");
    let congratulate = |more: &[&str]| place.run(&[&["people", "congratulate", ADA], more].concat());
    assert!(congratulate(&[]).good().out.starts_with("new: "));
    assert!(congratulate(&[]).good().out.starts_with("known: "));
    assert_eq!(portal.mails(ADA), ["activation", "congratulation"]);
    assert!(congratulate(&["--again"]).good().out.starts_with("new: "));
    assert_eq!(portal.mails(ADA), ["activation", "congratulation", "congratulation"]);
    assert_eq!(place.run(&["people", "congratulate", "nobody@corp.example"]).code, Some(1));
    for kind in [None, Some("User"), Some("Guest"), Some("RoomAdmin")] {
        let link = place.run(&[&["link"], kind.as_slice()].concat()).good();
        assert!(link.out.starts_with("http") && link.out.lines().count() == 1 && link.err.is_empty(), "{link:#?}");
    }
    assert_eq!(place.run(&["link", "All"]).code, Some(2));
}

#[test]
fn by_hand_with_a_server_on_the_same_store() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    story(&place, &portal);
    assert!(server.log().contains(r#""kind":"onboard""#), "the server did the work: {}", server.log());
}

#[test]
fn by_hand_without_a_server() {
    let place = Place::usual();
    let portal = place.sandbox(&["--webhook-url", "http://127.0.0.1:1/", "--webhook-secret", "nobody-listens"]);
    story(&place, &portal);
}

#[test]
fn a_file_with_a_wrong_row_invites_nobody_and_names_every_wrong_row() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let refused = |text: &str| {
        place.write("users.csv", text);
        let ran = place.run(&["people", "invite", "--file", "users.csv"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:#?}");
        ran.err
    };
    let rows = "email,first,last,type\nada@corp.example,Ada,Example,User\nnonsense,Bob,Example,User\nbob@corp.example,,Example,User\n\nbob@corp.example,Bob,Example,All\nx@corp.example,Eve,Example,Guest\nx@corp.example,Eve\n";
    assert_eq!(
        refused(rows),
        r##"error: users.csv: line 3: 'nonsense' is not an e-mail address: Missing separator character '@'
error: users.csv: line 4: the first name is empty; DocSpace needs one
error: users.csv: line 6: 'All' is not an account type; use User, Guest, RoomAdmin or DocSpaceAdmin
error: users.csv: line 7: DocSpace makes guests from room invitations only; use User
error: users.csv: line 8: there are 2 fields, but 4 columns; quote a field that has a comma in it
"##
    );
    assert_eq!(
        refused("mail;first;last\nada@corp.example;Ada;Example\n"),
        r##"error: users.csv: line 1: there is no column email and no column first; the first line names the columns, with commas between: email,first,last,type
"##
    );
    assert_eq!(
        refused("email,first,last\n"),
        r##"error: users.csv: there is nobody in it
"##
    );
    assert_eq!(
        refused(""),
        r##"error: users.csv: line 1: there is no column email and no column first; the first line names the columns, with commas between: email,first,last,type
"##
    );
    let missing = place.run(&["people", "invite", "--file", "missing.csv"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""), "{missing:#?}");
    assert_eq!(portal.users(), [""; 0]);
    assert!(!place.path("usher.db").exists(), "nothing was begun");
}

#[test]
fn asking_leaves_no_store_behind() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    assert_eq!(place.run(&["people", "status", ADA]).code, Some(1));
    place.run(&["link"]).good();
    assert!(!place.path("usher.db").exists());
}

#[test]
fn work_that_a_killed_server_left_running_is_taken_up_by_a_command() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    portal.fault(&json!({"path": "/people", "method": "POST", "delay_ms": 3000}));
    let mut server = place.serve();
    assert_eq!(place.hire("1", ADA), Some(200));
    until("the call is on its way", || {
        (place.jobs(&["--state", "running", "--kind", "onboard"]).len() == 1).then_some(())
    });
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let began = std::time::Instant::now();
    // The same person's invitation comes after the job that the server left.
    let known = invite(&place, ADA).good();
    assert_eq!(results(&known).0, "0 new, 1 known, 0 held, 0 failed", "{known:#?}");
    assert!(began.elapsed().as_secs() < 20, "nobody waits for a lease to run out");
    assert_eq!(portal.mails(ADA), ["activation"]);
}

#[test]
fn commands_that_need_a_portal_say_so() {
    let place = Place::empty();
    place.write("usher.toml", "[store]\nurl = \"sqlite://usher.db\"\n");
    let commands: [&[&str]; 4] = [
        &["people", "invite", "--email", ADA, "--first", "Ada", "--last", "Example"],
        &["people", "status", ADA],
        &["people", "congratulate", ADA],
        &["link"],
    ];
    for args in commands {
        let ran = place.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?} {ran:#?}");
        assert_eq!(ran.err, "error: usher.toml: docspace: is missing; add a [docspace] section with url and api_key\n");
    }
}

#[test]
fn a_portal_that_refuses_the_key_is_a_failure_with_its_reason() {
    let place = Place::usual();
    let _portal = place.sandbox(&["--api-key", "sk-another"]);
    for args in [["people", "status", ADA], ["link", "User", "--config=usher.toml"]] {
        let ran = place.run(&args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:#?}");
        assert!(ran.err.contains("401") && ran.err.contains("api_key"), "{ran:#?}");
    }
    let check = place.run(&["check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.out.contains("Developer Tools"), "{check:#?}");
}

#[test]
fn a_command_takes_over_when_the_server_it_waits_for_is_gone() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    portal.fault(&json!({"path": "/people/email", "delay_ms": 60_000}));
    let mut server = place.serve();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| invite(&place, ADA));
        until("the server works on it", || (place.jobs(&["--state", "running"]).len() == 1).then_some(()));
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        let new = waiting.join().unwrap().good();
        assert_eq!(results(&new).0, "1 new, 0 known, 0 held, 0 failed", "{new:#?}");
    });
    assert_eq!(portal.mails(ADA), ["activation"]);
}
