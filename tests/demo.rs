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

#[test]
fn the_whole_story_ends_well_on_an_empty_machine_in_under_ten_seconds() {
    let machine = Machine::new();
    let started = Instant::now();
    let output = machine.demo().output().unwrap();
    let took = started.elapsed();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(took < Duration::from_secs(10), "took {took:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "the story stands alone");
    machine.assert_untouched();
    let lines = words(&text);
    let table = [
        "person from answers accounts invited activated congratulated",
        "Ada Example bamboohr 200 1 1 1 1",
        "Ruth Example greenhouse 200 200 1 1 1 1",
        "Eve Example bamboohr 401 0 0 0 0",
        "Hedy Example bamboohr 200 1 1 1 1",
        "Emmy Example greenhouse 200 1 1 1 1",
        "Alan Example bamboohr 200 1 1 1 1",
        "total 7 5 5 5 5",
    ];
    assert!(lines.windows(table.len()).any(|window| window == table), "{text}");
    assert!(text.contains("\nJobs: 5 congratulate done, 5 onboard done, "), "{text}");
    assert!(text.contains("\nWebhooks: 5 of platforms stored, 1 seen before, 1 refused; "), "{text}");
    let real = lines.iter().find(|line| line.starts_with("On a real DocSpace")).unwrap();
    assert!(real.contains("403") && real.contains("template key") && real.contains("held"), "{real}");
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
        ("mail: activate your account", 5),
        ("-> usher user.created: ", 5),
        ("activates the account", 5),
        ("-> usher user.updated: ", 10),
        ("mail: congratulations", 5),
        ("Eve Example", 2),
    ] {
        assert_eq!(times(&lines, part), number, "{part}\n{}", lines.join("\n"));
    }
    let seconds = |line: &String| line.strip_prefix('+')?.split_once("s ")?.0.parse::<f64>().ok();
    let times: Vec<f64> = lines.iter().filter_map(seconds).collect();
    let in_order = times.windows(2).all(|pair| pair[1] > pair[0] - 0.1);
    assert!(times.len() > 50 && in_order, "{times:?}");
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    assert!(at("POST /people 503") < at("mail: congratulations"), "the others go on meanwhile");
    assert!(at("POST /people 503") < at("POST /people 429") && at("POST /people 429") < at("DocSpace -> Alan mail:"));
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
