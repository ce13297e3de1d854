//! Lists of the page against the lists of the program: events, channels, choices, metrics, lines, scopes, reasons.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;
use usher::auth::Reject;
use usher::config::CallLimits;
use usher::connector::Proof;
use usher::model::{Channel, EventKind, Existing, Mode, RoomAccess, Whom};
use usher::simulation::Verdict;
use usher::texts::BuiltIn;

use crate::page::{self, Page, bare};

/// All Rust below a directory or of one file, without the ends of lines that texts do not have.
fn source(path: &str) -> String {
    let joined = Regex::new(r"\\\n\s*").expect("it is one");
    joined.replace_all(&read(&page::root().join(path)), "").into_owned()
}

fn read(path: &Path) -> String {
    if path.is_file() {
        return if path.extension().is_some_and(|end| end == "rs") {
            fs::read_to_string(path).expect("the file can be read")
        } else {
            String::new()
        };
    }
    let mut entries: Vec<_> =
        fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries.iter().map(|entry| read(entry)).collect()
}

/// What a pattern finds in a source.
fn found(path: &str, pattern: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("it is one");
    let text = source(path);
    let names: BTreeSet<_> = pattern
        .captures_iter(&text)
        .filter_map(|found| found.iter().skip(1).flatten().next().map(|name| name.as_str().to_owned()))
        .collect();
    assert!(!names.is_empty(), "nothing like {pattern} in {path}");
    names
}

fn sorted(words: Vec<String>) -> BTreeSet<String> {
    let count = words.len();
    let set: BTreeSet<_> = words.into_iter().collect();
    assert_eq!(set.len(), count, "a row stands twice: {set:?}");
    set
}

#[test]
fn every_event_has_a_row() {
    assert_eq!(Page::read().words("event"), EventKind::ALL.map(|kind| kind.to_string()));
}

#[test]
fn every_channel_has_a_row_with_what_its_acceptance_means() {
    let rows = Page::read().table("channel");
    let told: Vec<_> = rows.iter().map(|row| (bare(&row[0]), row[2].clone())).collect();
    let known = Channel::ALL.map(|channel| (channel.as_str().to_owned(), channel.guarantee().to_owned()));
    assert_eq!(told, known);
}

#[test]
fn every_choice_of_a_rule_is_named() {
    let page = Page::read();
    let named = |word: &str| assert!(page.text.contains(word), "the README does not name {word}");
    Mode::ALL.iter().for_each(|mode| named(&format!(r#"`mode = "{}"`"#, mode.as_str())));
    Existing::ALL.iter().for_each(|choice| named(&format!(r#"`"{}"`"#, choice.as_str())));
    Whom::ALL.iter().for_each(|whom| named(&format!(r#""{}"`"#, whom.as_str())));
    RoomAccess::ALL.iter().for_each(|access| named(&format!("`{}`", access.as_str())));
    BuiltIn::ALL.iter().for_each(|text| named(&format!("`{}`", text.name())));
}

#[test]
fn the_limits_that_are_kept_are_told() {
    let page = Page::read();
    let CallLimits { writes, reads, per_minute, writes_per_day } = CallLimits::default();
    for (key, usual) in
        [("writes", writes), ("reads", reads), ("per_minute", per_minute), ("writes_per_day", writes_per_day)]
    {
        let row = page.table("limit").into_iter().find(|row| row[2] == format!("`limits.{key}`"));
        assert_eq!(row.expect("a row")[1], usual.to_string(), "{key}");
        let row = page.table("key").into_iter().find(|row| row[0] == format!("`docspace.limits.{key}`"));
        assert_eq!(row.expect("a row")[1], format!("`{usual}`"), "{key}");
    }
}

#[test]
fn every_metric_has_a_row_and_there_is_no_other() {
    let mut names = found("src/telemetry.rs", r#"registry\.register\(\s*"([a-z_]+)""#);
    names.extend(found("src/telemetry", r#"registry\.register\(\s*"([a-z_]+)""#));
    assert!(names.len() > 10, "{names:?}");
    let row = |word: String| word.trim_start_matches("usher_").trim_end_matches("_total").to_owned();
    assert_eq!(sorted(Page::read().words("metric").into_iter().map(row).collect()), names);
}

#[test]
fn every_verdict_of_a_simulation_stands_in_the_table() {
    let words = Page::read().words("verdict").join(", ");
    assert_eq!(words.split(", ").collect::<Vec<_>>(), Verdict::ALL.map(Verdict::as_str));
}

/// What gives a line of a report its name; of some only the first word is fixed.
const LINE: &str = r#"\.(?:ok|warning|bad|add)\(\s*"([a-z -]+)"|const WHAT: &str = "([a-z -]+)"|let what = format!\("([a-z -]+) \{\w*\}""#;

#[test]
fn every_line_of_check_and_of_the_installation_has_a_row() {
    let page = Page::read();
    for (table, place) in [("line", "src/cli/check"), ("line of `hooks install`", "src/cli/hooks")] {
        let fixed = |word: String| word.trim_end_matches(" NAME").to_owned();
        assert_eq!(sorted(page.words(table).into_iter().map(fixed).collect()), found(place, LINE));
    }
}

#[test]
fn every_word_of_evidence_is_explained() {
    assert_eq!(Page::read().words("evidence"), Proof::ALL.map(|proof| proof.as_str().to_owned()));
}

#[test]
fn every_outcome_of_a_question_to_a_platform_is_named() {
    let words = found("src/fetch/error.rs", r#"=> "([a-z_]+)","#);
    let row = Page::read().table("metric").into_iter().find(|row| row[0].contains("usher_fetches_total"));
    let told = row.expect("a row").concat();
    for word in words {
        assert!(told.contains(&format!("`{word}`")), "the row of usher_fetches_total does not name {word}");
    }
}

#[test]
fn every_scope_that_a_call_needs_has_a_row() {
    let scopes =
        found("src/docspace/call.rs", r#"(?:scoped|mailing|recent)\("[^"]*", "([^"]+)"\)|Optional\("([^"]+)"\)"#);
    let told = sorted(Page::read().table("feature").iter().map(|row| bare(&row[1])).collect());
    assert_eq!(told, scopes);
}

#[test]
fn every_reason_of_a_refusal_is_explained() {
    let reasons = [
        Reject::MissingSignature,
        Reject::MalformedSignature,
        Reject::BadSignature,
        Reject::MissingTimestamp,
        Reject::Stale,
        Reject::MissingId,
        Reject::AmbiguousHeader,
        Reject::BadToken,
    ];
    assert_eq!(Page::read().words("reason"), reasons.map(|reason| reason.code().to_owned()));
}

/// The page quotes the reasons of held jobs in pieces, with `...` for what differs.
#[test]
fn the_reasons_of_held_jobs_are_those_of_the_program() {
    let page = Page::read();
    let source = source("src");
    for reason in page.words("reason says") {
        let pieces = reason.split("...").flat_map(|piece| piece.split("; ")).flat_map(|piece| piece.split(" N "));
        for piece in pieces.map(str::trim).filter(|piece| piece.len() > 3) {
            assert!(source.contains(piece), "no text of the program says `{piece}`, which the README quotes");
        }
    }
}
