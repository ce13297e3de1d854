//! The marked commands, run in order in one empty directory, with what the page says comes of them.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::page::{Page, Step, bare};
use crate::shell::{Shell, wait_until};

/// Programs that the commands use and that a machine may lack. With this variable set to 1 it may not.
const TOOLS: [&str; 2] = ["curl", "openssl"];
const REQUIRE_ALL: &str = "USHER_REQUIRE_ALL";

/// Every step that is known, so that none drops out of the page unnoticed.
const RUN: [&str; 28] = [
    "init",
    "hooks",
    "check",
    "hire",
    "state",
    "hire-again",
    "activate",
    "mail",
    "congratulated",
    "look",
    "explain",
    "add-inhouse",
    "curl-inhouse",
    "curl-forged",
    "curl-bamboohr",
    "curl-docspace",
    "acme-new",
    "acme-test",
    "acme-source",
    "acme-send",
    "acme-explain",
    "acme-export",
    "acme-leaver",
    "acme-rerun",
    "roster-new",
    "roster-explain",
    "acme-handshake",
    "schemas",
];

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    let steps = Page::read().steps();
    let named: Vec<_> = steps.iter().filter(|step| !step.stays).map(|step| step.name.as_str()).collect();
    assert_eq!(named, RUN, "the page and this test know different steps");
    let mut shell = Shell::new();
    let mut skipped = BTreeSet::new();
    for step in &steps {
        if let Some(why) = reason_to_skip(step, &skipped) {
            eprintln!("SKIPPED {}: {why}", step.name);
            skipped.insert(step.name.clone());
        } else if step.stays {
            shell.start(&step.name, &step.script);
        } else {
            let told = shell.run(&step.name, &step.script);
            judge(&step.name, &told, &shell);
        }
    }
    metrics_are_told(&shell.metrics());
    if skipped.is_empty() {
        assert_eq!(shell.users(), ["ada.example@example.com", "mary@example.com", "lin@example.com"]);
        assert_eq!(shell.state()["mails"].as_array().map(Vec::len), Some(4), "{}", shell.state());
    }
}

fn reason_to_skip(step: &Step, skipped: &BTreeSet<String>) -> Option<String> {
    let uses = |tool: &&str| step.script.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == *tool);
    if let Some(tool) = TOOLS.into_iter().filter(uses).find(|tool| !is_there(tool)) {
        let required = std::env::var(REQUIRE_ALL).is_ok_and(|value| value == "1");
        assert!(!required, "{} needs {tool}, which this machine does not have", step.name);
        return Some(format!("this machine has no {tool}"));
    }
    let before = step.after.as_ref().filter(|before| skipped.contains(*before))?;
    Some(format!("{before} was skipped"))
}

fn is_there(tool: &str) -> bool {
    let asked = Command::new(tool).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok()
}

fn judge(name: &str, told: &str, shell: &Shell) {
    let says = |text: &str| assert!(told.contains(text), "{name} does not say `{text}`:\n{told}");
    match name {
        "init" => written(shell),
        "hooks" => says("made webhook "),
        "check" => in_order(told),
        "hire" => {
            says("created as User and invited");
            only_ada(shell, &["activation"]);
        }
        "state" => says("ada.example@example.com"),
        "hire-again" => {
            says("known: onboarded before; nothing was created or mailed");
            only_ada(shell, &["activation"]);
        }
        "activate" => {
            let refused = wait_until(|| shell.run("held", "usher jobs list --state held").contains("403"));
            assert!(refused, "the portal has not refused: {}", shell.state());
            only_ada(shell, &["activation"]);
        }
        "mail" => {
            ["subject: ", "letter: skipped: ", "smtp: The mail server has taken the letter"].into_iter().for_each(says);
        }
        "congratulated" => {
            let congratulated = wait_until(|| shell.letters("ada.example@example.com").len() > 1);
            assert!(congratulated, "nobody was congratulated: {}", shell.state());
            only_ada(shell, &["activation", "smtp"]);
        }
        "look" => ["bamboohr", "process", "step", "intent"].into_iter().for_each(says),
        "explain" => ["verified  no: ", "action    onboard on employee.hired"].into_iter().for_each(says),
        "curl-inhouse" => {
            assert_eq!(told, "200\n");
            onboarded(shell, "mary@example.com");
        }
        "curl-forged" => assert_eq!(told, "401\n"),
        "curl-bamboohr" => assert_eq!(told, "200\n"),
        "curl-docspace" => assert_eq!(told, "200\n200\n"),
        "add-inhouse" | "acme-source" => {}
        of_platforms => judge_platforms(of_platforms, told, shell),
    }
}

/// The chapter on platforms.
fn judge_platforms(name: &str, told: &str, shell: &Shell) {
    let says = |text: &str| assert!(told.contains(text), "{name} does not say `{text}`:\n{told}");
    match name {
        "acme-new" => says("wrote connectors.d/acme/hired.expected.json"),
        "acme-test" => says("1 connector, 2 fixtures: 2 passed, 0 failed"),
        "acme-send" => {
            assert!(told.starts_with("200\n200\n"), "{told}");
            says("no event: ");
            onboarded(shell, "lin@example.com");
        }
        "acme-explain" => {
            ["verified  yes", "signed     ", "file secrets/acme fits", "-> false (body.action is \"Left\")"]
                .into_iter()
                .for_each(says);
        }
        "acme-export" => {
            says("x-acme-signature: v1=");
            for private in ["ben@", "Ben", "Okoro"] {
                assert!(!told.contains(private), "{private} is still there:\n{told}");
            }
        }
        "acme-leaver" => {
            ["FAILED  acme, 3 fixtures", "+      \"kind\": \"employee.terminated\"", "3 passed, 0 failed"]
                .into_iter()
                .for_each(says);
        }
        "acme-rerun" => ["1 rerun", "employee.terminated: no rule asks for anything"].into_iter().for_each(says),
        "roster-new" => says("2 connectors, 6 fixtures: 6 passed, 0 failed"),
        "roster-explain" => {
            let call = "GET https://api.roster.example/v1/people/r-77?fields=state,email,name,start";
            [
                "verified  yes",
                call,
                "bearer from file secrets/roster_token",
                "email = \"noor@example.com\"",
                "action    onboard",
            ]
            .into_iter()
            .for_each(says);
        }
        "acme-handshake" => ["7 passed, 0 failed", "body: abc"].into_iter().for_each(says),
        "schemas" => says("7 passed, 0 failed"),
        other => panic!("what comes of {other} is not known"),
    }
}

/// The files of `usher init`; from here on with our own addresses in them.
fn written(shell: &Shell) {
    for secret in ["docspace_api_key", "docspace_webhook", "hr_webhook"] {
        let file = shell.path("secrets").join(secret);
        let mode = std::fs::metadata(&file).expect("the secret was written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    shell.readdress("usher.toml");
}

/// Nothing is wrong, and the page knows each line.
fn in_order(told: &str) {
    assert!(!told.contains("FAILED"), "{told}");
    let known = Page::read().words("line");
    for line in told.lines().skip(1).map(str::trim_start) {
        let is_known = known.iter().any(|what| match what.strip_suffix("NAME") {
            Some(fixed) => line.starts_with(fixed),
            None => line.starts_with(&format!("{what}  ")),
        });
        assert!(is_known, "the README does not know this line of check: {line}");
    }
    for what in ["webhook", "scopes", "role"] {
        let line = told.lines().map(str::trim_start).find(|line| line.starts_with(what)).unwrap_or_default();
        assert!(line.contains(" ok "), "{what} is not as it should be:\n{told}");
    }
}

/// Names and labels of whatever was counted or measured stand in the table.
fn metrics_are_told(told: &str) {
    let rows = Page::read().table("metric");
    let samples: Vec<_> = told.lines().filter(|line| line.starts_with("usher_")).collect();
    assert!(samples.len() > 5, "{told}");
    for sample in samples {
        let (name, rest) = sample.split_once(['{', ' ']).expect("a name and a value");
        let row = rows.iter().find(|row| bare(&row[0]) == name).unwrap_or_else(|| panic!("no row for {sample}"));
        let labels = rest.split_once('}').map_or("", |(labels, _)| labels);
        let labels: Vec<_> = labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0)).collect();
        assert_eq!(row[1], labels.join(", "), "{sample}");
    }
}

fn only_ada(shell: &Shell, letters: &[&str]) {
    assert_eq!(shell.users(), ["ada.example@example.com"]);
    assert_eq!(shell.letters("ada.example@example.com"), letters);
}

/// One account, and one letter.
fn onboarded(shell: &Shell, email: &str) {
    assert!(wait_until(|| shell.users().iter().any(|user| user == email)), "{email}: {}", shell.state());
    assert_eq!(shell.letters(email), ["activation"]);
}
