//! `usher demo`, as somebody runs it who has nothing but the program.

#![expect(clippy::unwrap_used, reason = "a demo that cannot be started has failed")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// An empty machine: no environment, no CA certificates, an empty working directory, and a place for temporary files.
struct Machine {
    work: TempDir,
    temporary: TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { work: tempfile::tempdir().unwrap(), temporary: tempfile::tempdir().unwrap() }
    }

    fn demo(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.arg("demo").env_clear().current_dir(self.work.path()).stdin(Stdio::null());
        command.env("TMPDIR", self.temporary.path());
        command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn assert_untouched(&self) {
        for directory in [&self.work, &self.temporary] {
            assert_eq!(names(directory.path()), Vec::<String>::new(), "left behind");
        }
    }
}

fn names(directory: &Path) -> Vec<String> {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The words of each line.
fn words(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn times(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

fn position(lines: &[String], part: &str) -> usize {
    let found = lines.iter().position(|line| line.contains(part));
    found.unwrap_or_else(|| panic!("{part} is missing in\n{}", lines.join("\n")))
}

/// The time of a line of the story.
fn seconds(line: &str) -> f64 {
    line.strip_prefix('+').unwrap().split_once("s ").unwrap().0.parse().unwrap()
}

/// What the store tells is seen when it is committed, and the others do not wait for a slow disk.
const FROM_THE_STORE: [&str; 2] = [" waits ", " goes on from "];

#[test]
fn the_whole_story_ends_well_on_an_empty_machine_in_a_few_seconds() {
    let machine = Machine::new();
    let started = Instant::now();
    let output = machine.demo().output().unwrap();
    let took = started.elapsed();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(took < Duration::from_secs(15), "took {took:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "the story stands alone");
    machine.assert_untouched();
    let lines = words(&text);
    let table = [
        "person from answers accounts letters activated congratulated by",
        "Ada Example bamboohr 200 1 1 1 1 smtp",
        "Ruth Example greenhouse 200 200 1 1 1 1 smtp",
        "Eve Example bamboohr 401 0 0 0 0",
        "Hedy Example bamboohr 200 1 1 1 1 smtp",
        "Emmy Example greenhouse 200 1 1 1 1 smtp",
        "Alan Example bamboohr 200 1 1 1 1 smtp",
        "total 7 5 5 5 5",
    ];
    assert!(lines.windows(table.len()).any(|window| window == table), "{text}");
    assert!(text.contains("\nJobs: 5 congratulate done, 5 onboard done, "), "{text}");
    assert!(text.contains("\nWebhooks: 5 of platforms stored, 1 seen before, 1 refused; "), "{text}");
    assert!(text.contains("\nCongratulations: 5 refused to sendcongratulations (403), 5 sent by smtp.\n"), "{text}");
    let letter = [
        "From: people@example.com",
        "To: ada@example.com",
        "Subject: Welcome to Example Ltd, Ada!",
        "",
        "Dear Ada Example,",
    ];
    assert!(lines.windows(letter.len()).any(|window| window == letter), "{text}");
    let real = lines.iter().find(|line| line.starts_with("A real DocSpace")).unwrap();
    assert!(real.contains("403") && real.contains("sendcongratulations"), "{real}");
}

#[test]
fn the_timeline_tells_each_thing_once_and_in_order() {
    let output = Machine::new().demo().output().unwrap();
    let lines = words(&stdout(&output));
    for (part, number) in [
        ("-> usher employee hired: ", 5),
        ("-> usher again: employee hired: Ruth Example 200", 1),
        ("-> usher forged: employee hired: Eve Example 401", 1),
        ("usher -> DocSpace POST /people 200", 5),
        ("usher -> DocSpace POST /people 503", 1),
        ("usher -> DocSpace POST /people 429 Retry-After: 1", 1),
        ("usher waits ", 2),
        ("usher -> DocSpace POST /portal/sendcongratulations 403", 5),
        ("/portal/sendcongratulations", 5),
        ("goes on from sendcongratulations to smtp (congratulate ", 5),
        ("mail: activate your account", 5),
        ("-> usher user.created: ", 5),
        ("activates the account", 5),
        ("-> usher user.updated: ", 10),
        (" smtp: ", 5),
        ("mail: congratulations", 0),
        ("Eve Example", 2),
    ] {
        assert_eq!(times(&lines, part), number, "{part}\n{}", lines.join("\n"));
    }
    let is_timed = |line: &&String| line.starts_with('+') && !FROM_THE_STORE.iter().any(|part| line.contains(part));
    let times: Vec<f64> = lines.iter().filter(is_timed).map(|line| seconds(line)).collect();
    assert!(times.len() > 50 && times.is_sorted(), "{times:?}");
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    assert!(at("POST /people 503") < at(" smtp: "), "the others go on meanwhile");
    assert!(at("POST /people 503") < at("POST /people 429") && at("POST /people 429") < at("DocSpace -> Alan mail:"));
    let asked = lines.iter().filter_map(|line| line.split_once("usher waits ")?.1.split_once('s')).nth(1).unwrap();
    assert!(asked.0.parse::<f64>().unwrap() >= 1.0, "the portal asked for a second: {asked:?}");
}

/// Each fact of a person after the one that it follows from; the letter in the right words, and never a second one.
#[test]
fn everybody_hired_gets_one_letter_by_smtp_after_the_portal_refused_to_congratulate() {
    let output = Machine::new().demo().output().unwrap();
    let lines = words(&stdout(&output));
    let all = lines.join("\n");
    for name in ["Ada", "Ruth", "Hedy", "Emmy", "Alan"] {
        let letter = format!("usher -> {name} smtp: Welcome to Example Ltd, {name}!");
        assert_eq!(times(&lines, &letter), 1, "{all}");
        assert_eq!(times(&lines, &format!("-> {name} smtp: ")), 1, "{all}");
        assert_eq!(times(&lines, &format!("-> {name} mail: ")), 1, "the activation letter alone\n{all}");
        assert_eq!(times(&lines, &format!("(congratulate {name})")), 1, "{all}");
        let activated = position(&lines, &format!("{name} -> DocSpace activates the account"));
        let told = activated + position(&lines[activated..], &format!("-> usher user.updated: {name} Example 200"));
        let refused = told + position(&lines[told..], "POST /portal/sendcongratulations 403 refused");
        assert!(refused < position(&lines, &letter), "{all}");
    }
    assert_eq!(times(&lines, "-> Eve "), 0, "{all}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let machine = Machine::new();
    let mut child = machine.demo().spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("Usher takes webhooks at http://127.0.0.1:"), "{first}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    machine.assert_untouched();
}

#[test]
fn an_interrupted_demo_says_so_and_leaves_nothing_behind() {
    let machine = Machine::new();
    let mut child = machine.demo().spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    assert_eq!(names(machine.temporary.path()).len(), 1, "the store is there while it runs");
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(kill.success());
    reader.read_to_string(&mut String::new()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.as_ref()), (Some(1), "error: interrupted\n"));
    machine.assert_untouched();
}

#[test]
fn a_log_is_written_where_it_is_asked_for() {
    let output = Machine::new().demo().env("USHER_LOG", "info").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("refused a request") && stderr.contains("seen before"), "{stderr}");
}

#[test]
fn without_a_place_for_temporary_files_it_says_what_to_do() {
    let output = Machine::new().demo().env("TMPDIR", "/nonexistent").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("TMPDIR"), "{stderr}");
}
