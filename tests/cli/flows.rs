//! Whole stories with real processes: from `init` to the letter in the mail, and replaying.

use serde_json::{Value as Json, json};

use crate::stage::{Place, fixture, free_port, until};

const ADA: &str = "ada.example@example.com";

/// `init`, moved to ports of its own.
fn initiated() -> Place {
    let place = Place::empty();
    place.run(&["init"]).good();
    place.edit("127.0.0.1:8080", &place.public.to_string());
    place.edit("127.0.0.1:8081", &place.admin.to_string());
    place.edit("127.0.0.1:8090", &place.portal.to_string());
    place
}

#[test]
fn from_init_to_one_account_one_letter_and_one_congratulation() {
    let place = initiated();
    let secret = place.read("secrets/docspace_webhook");
    let hook = format!("http://{}/hooks/docspace", place.public);
    let portal = place.sandbox(&["--webhook-url", &hook, "--webhook-secret", secret.trim()]);
    let check = place.run(&["check"]).good();
    assert!(check.out.lines().skip(1).all(|line| line.contains(" ok ")), "{check:#?}");
    let _server = place.serve();
    let hired = fixture("bamboohr/hired.http");
    let replay = |more: &[&str]| place.run(&[&["replay", &hired, "--source", "bamboohr"], more].concat());
    let first = replay(&["--wait"]).good();
    assert!(first.out.starts_with(&format!("{hired} 200 OK\n")), "{first:#?}");
    assert!(first.out.contains("process  done") && first.out.contains("onboard  done"), "{first:#?}");
    replay(&[]).good();
    place.settled();
    assert_eq!(portal.users(), [ADA]);
    assert_eq!(portal.mails(ADA), ["activation"]);
    portal.activate(ADA);
    until("the congratulation", || (portal.mails(ADA).len() == 2).then_some(()));
    assert_eq!(portal.mails(ADA), ["activation", "congratulation"]);
    let jobs = place.settled();
    for job in &jobs {
        for key in ["id", "kind", "state", "reason"] {
            assert!(job.get(key).is_some(), "{key} in {job}");
        }
        assert_eq!(job["state"], "done", "{job}");
    }
    let people = place.run(&["people", "list", "--json"]).good().json();
    assert_eq!(people.as_array().unwrap().len(), 1, "{people}");
    assert_eq!(people[0]["email"], ADA);
    for key in ["hired_at", "invited_at", "activated_at", "congratulated_at"] {
        assert!(people[0][key].is_string(), "{key} in {people}");
    }
}

#[test]
fn replaying_with_changes_as_it_stands_and_elsewhere() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    let (own, bamboo) = (fixture("generic-hmac/hired.http"), fixture("bamboohr/hired.http"));
    let as_is = place.run(&["replay", &bamboo, "--source", "bamboohr", "--as-is"]);
    assert_eq!((as_is.code, as_is.out), (Some(1), format!("{bamboo} 401 Unauthorized\n")));
    let forged = place.run(&["replay", &own, "--source", "own", "--as-is", "--set", "data.email=eve@example.com"]);
    assert_eq!(forged.code, Some(1));
    let set = ["--set", "data.email=grace@example.com", "--set", "data.employee_id=77", "--set", "/data/match_id=P-78"];
    let changed = place.run(&[&["replay", &own, "--source", "own", "--wait"], &set[..]].concat()).good();
    assert_eq!(changed.notes(), "");
    // The body is the same and this scheme signs nothing else: the same delivery.
    let again = place.run(&[&["replay", &own, "--source", "own", "--wait"], &set[..]].concat()).good();
    assert_eq!(again.notes(), "nothing new was stored: the same delivery was seen before\n");
    let base = format!("http://{}", place.public);
    for to in [base.clone(), format!("{base}/hooks/own")] {
        place.edit(&place.public.to_string(), "127.0.0.1:0");
        assert_eq!(place.run(&["replay", &own, "--source", "own"]).code, Some(2), "no port to post to");
        place.run(&["replay", &own, "--source", "own", "--to", &to]).good();
        place.edit("127.0.0.1:0", &place.public.to_string());
    }
    place.settled();
    assert_eq!(portal.users(), ["grace@example.com", "ada@example.com"]);
    let nobody = place.run(&["replay", &own, "--source", "own", "--to", &format!("http://127.0.0.1:{}", free_port())]);
    assert_eq!((nobody.code, nobody.out.as_str()), (Some(1), ""));
    assert!(nobody.err.contains("is `usher serve` running?"), "{nobody:#?}");
}

#[test]
fn several_files_are_posted_in_order_and_one_refusal_fails_the_command() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let _server = place.serve();
    let (hired, updated) = (fixture("bamboohr/hired.http"), fixture("bamboohr/updated.http"));
    let both = place.run(&["replay", &hired, &updated, "--source", "bamboohr"]).good();
    assert_eq!(both.out, format!("{hired} 200 OK\n{updated} 200 OK\n"));
    place.write("wrong.http", "DELETE /hooks/bamboohr HTTP/1.1\n\n{}");
    let mixed = place.run(&["replay", "wrong.http", &hired, "--source", "bamboohr"]);
    assert_eq!((mixed.code, mixed.out), (Some(1), format!("wrong.http 405 Method Not Allowed\n{hired} 200 OK\n")));
}

#[test]
fn a_portal_that_is_no_sandbox_is_named_and_needs_a_yes() {
    let place = Place::usual();
    place.edit(&format!("http://{}", place.portal), "https://portal.example.com");
    let own = fixture("generic-hmac/hired.http");
    let listener = std::net::TcpListener::bind(place.public).unwrap();
    listener.set_nonblocking(true).unwrap();
    let asked = place.run(&["replay", &own, "--source", "own"]);
    assert_eq!((asked.code, asked.out.as_str()), (Some(2), ""));
    assert!(asked.err.contains("portal.example.com") && asked.err.contains("--yes"), "{asked:#?}");
    assert!(listener.accept().is_err(), "nothing was sent");
    drop(listener);
    let meant = place.run(&["replay", &own, "--source", "own", "--yes"]);
    assert_eq!(meant.code, Some(1));
    assert!(meant.err.contains("nothing answers"), "{meant:#?}");
}

#[test]
fn what_cannot_be_mapped_is_dead_shown_and_rerun_once_the_mapping_is_mended() {
    let place = Place::usual();
    place.edit(
        "[sources.own]\nconnector = \"generic-hmac\"",
        "[connectors]\ndirectory = \"connectors.d\"\n[sources.own]\nconnector = \"acme\"",
    );
    let acme = r#"name = "acme"
docs = "here"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-usher-signature"
entry = "sha256={sig}"
encoding = "hex"
[[event]]
kind = "employee.hired"
employee_id = "item.data.employee_id"
email = "item.data.mail"
first_name = "item.data.first_name"
"#;
    place.write("connectors.d/acme.toml", acme);
    let portal = place.sandbox(&[]);
    let server = place.serve();
    assert_eq!(place.hire("1", "ada@corp.example"), Some(200));
    let dead = place.settled();
    assert_eq!((dead.len(), &dead[0]["state"]), (1, &json!("dead")), "{dead:#?}");
    assert!(dead[0]["reason"].as_str().unwrap().contains("email"), "{dead:#?}");
    let list = place.run(&["deliveries", "list", "--json", "--state", "dead"]).good().json();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    let id = list[0]["id"].to_string();
    let shown = place.run(&["deliveries", "show", &id, "--json"]).good().json();
    assert!(shown[0]["body"].as_str().unwrap().contains("ada@corp.example"), "{shown}");
    drop(server);
    place.write("connectors.d/acme.toml", &acme.replace("data.mail", "data.email"));
    let _server = place.serve();
    let counted = place.run(&["deliveries", "rerun", "--state", "dead", "--dry-run"]).good();
    assert_eq!(counted.notes(), "1 delivery(ies) to be rerun\n");
    assert_eq!(place.jobs(&[]).len(), 1, "only counted");
    assert_eq!(place.run(&["deliveries", "rerun", "--state", "dead"]).good().out, "1 rerun\n");
    until("the account", || (portal.users() == ["ada@corp.example"]).then_some(()));
    place.settled();
    assert_eq!(place.run(&["deliveries", "rerun", &id]).good().out, "1 rerun\n");
    assert_eq!(place.run(&["deliveries", "rerun", "99"]).code, Some(1));
    place.settled();
    assert_eq!(portal.mails("ada@corp.example"), ["activation"], "a rerun invites nobody twice");
}

#[test]
fn jobs_are_retried_released_and_cancelled_by_id_and_by_filter() {
    let place = Place::usual();
    place.edit("onboard = { type = \"User\" }", "when = \"event.department == 'Lab'\"\nonboard = { type = \"User\" }");
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    for number in 1..=5 {
        assert_eq!(place.hire(&number.to_string(), &format!("p{number}@corp.example")), Some(200));
    }
    until("five are held", || (place.jobs(&["--state", "held"]).len() == 5).then_some(()));
    let held = place.jobs(&["--state", "held", "--kind", "onboard", "--source", "own"]);
    assert!(held.iter().all(|job| job["reason"].as_str().unwrap().contains("department")), "{held:#?}");
    let ids: Vec<_> = held.iter().map(|job| job["id"].to_string()).collect();
    let run = |args: &[&str]| place.run(&[&["jobs"], args].concat());
    let counted = run(&["release", "--state", "held", "--dry-run"]).good();
    assert_eq!(counted.notes(), "5 job(s) to be released\n");
    assert_eq!(counted.out.lines().count(), 6, "{counted:#?}");
    assert_eq!(run(&["cancel", &ids[0]]).good().out, "1 cancelled\n");
    assert_eq!(run(&["release", &ids[1], &ids[2]]).good().out, "2 released\n");
    let unfit = run(&["retry", &ids[0]]);
    assert_eq!((unfit.code, unfit.out.as_str()), (Some(1), "0 retried\n"), "{unfit:#?}");
    assert!(unfit.err.contains("is cancelled; it cannot be retried"), "{unfit:#?}");
    assert_eq!(run(&["release", "9999"]).code, Some(1));
    let rest = run(&["release", "--state", "held", "--kind", "onboard"]).good();
    assert_eq!((rest.out.as_str(), rest.notes().lines().next()), ("2 released\n", Some("2 job(s) to be released")));
    until("four accounts", || (portal.users().len() == 4).then_some(()));
    place.settled();
    assert_eq!(place.jobs(&["--state", "cancelled"]).len(), 1);
    assert_eq!(run(&["release", "--state", "held"]).good().out, "0 released\n");
    let shown = run(&["show", &ids[0], &ids[1], "--json"]).good().json();
    assert_eq!(
        shown.as_array().unwrap().iter().map(|job| job["state"].clone()).collect::<Vec<Json>>(),
        [json!("cancelled"), json!("done")]
    );
    assert_eq!(run(&["show", "9999"]).code, Some(1));
    portal.fault(&json!({"path": "/people", "method": "POST", "status": 400, "body": {"error": {"message": "no", "type": "T"}, "status": 1, "statusCode": 400}}));
    assert_eq!(
        place.run(&["people", "invite", "--email", "x@corp.example", "--first", "X", "--last", "Y"]).code,
        Some(1)
    );
    let dead = place.jobs(&["--state", "dead"]);
    assert_eq!(dead.len(), 1, "{:#?}", place.jobs(&[]));
    assert_eq!(run(&["retry", &dead[0]["id"].to_string()]).good().out, "1 retried\n");
    until("the account", || portal.users().contains(&"x@corp.example".to_owned()).then_some(()));
}

#[test]
fn lists_of_a_store_with_nothing_in_it_are_empty() {
    let place = Place::usual();
    drop(place.serve());
    for command in ["jobs", "deliveries", "people"] {
        assert_eq!(place.run(&[command, "list", "--json"]).good().out, "[]\n");
        assert_eq!(place.run(&[command, "list"]).good().out.lines().count(), 1, "the head alone");
    }
    let nobody = place.run(&["people", "show", "nobody@corp.example", "--json"]);
    assert_eq!((nobody.code, nobody.out.as_str()), (Some(1), "[]\n"));
}
