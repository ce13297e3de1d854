//! Rules about words and texts: vendors, SQL, the portal's paths, tests in production code, lengths, names, fixtures.

use crate::layers::module;
use crate::rules::{Breach, breach};
use crate::source::{self, Source};

const LONGEST_FILE: usize = 300;
const VAGUE_NAMES: [&str; 8] = ["common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"];

/// Platforms of HR, hiring and identity. A name that is also a plain English word we use (remote, sage, lever,
/// merge, bob) is left out.
const VENDORS: [&str; 31] = [
    "adp",
    "apideck",
    "ashby",
    "auth0",
    "bamboohr",
    "deel",
    "entra",
    "factorial",
    "finch",
    "greenhouse",
    "gusto",
    "hibob",
    "hirehive",
    "humaans",
    "jumpcloud",
    "kombo",
    "okta",
    "onelogin",
    "paycor",
    "paylocity",
    "personio",
    "recruitee",
    "rippling",
    "smartrecruiters",
    "successfactors",
    "teamtailor",
    "ukg",
    "workable",
    "workday",
    "workos",
    "zoho",
];

/// A vendor's name as a whole word, in code, texts and comments alike: platforms are data.
pub(crate) fn vendors(file: &str, text: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        let words = lower.split(|letter: char| !letter.is_alphanumeric());
        for word in words.filter(|word| VENDORS.contains(word)) {
            breaches.push(breach(file, number + 1, format!("names the vendor {word}")));
        }
    }
    breaches
}

/// SQL outside the store: a statement in a string, or the database's own crates.
pub(crate) fn sql(file: &str, source: &Source) -> Vec<Breach> {
    if module(file) == Some("store") {
        return Vec::new();
    }
    let statements = source.literals.iter().filter(|literal| is_sql(&literal.text));
    let statements = statements.map(|literal| breach(file, literal.line, "SQL outside src/store"));
    let paths = source::paths(&source.code);
    let crates = paths.iter().filter(|path| ["rusqlite", "refinery"].contains(&path.parts[0].as_str()));
    let crates = crates.map(|path| breach(file, path.line, format!("{} outside src/store", path.parts[0])));
    statements.chain(crates).collect()
}

/// Upper-case keywords anywhere; in lower case, where English has the same words, only a whole statement.
fn is_sql(literal: &str) -> bool {
    const KEYWORDS: [&str; 7] =
        ["SELECT ", "INSERT INTO", "INSERT OR ", "DELETE FROM", "CREATE TABLE", "PRAGMA ", "BEGIN IMMEDIATE"];
    let inside = literal.trim_start_matches(['r', 'b', '#', '"']).trim_start();
    let lower = inside.to_lowercase();
    let pairs = [("select ", " from "), ("update ", " set "), ("insert ", " into "), ("delete ", "from ")];
    KEYWORDS.iter().any(|keyword| literal.contains(keyword))
        || (literal.contains("UPDATE ") && literal.contains(" SET "))
        || lower.starts_with("create table ")
        || lower.starts_with("pragma ")
        || pairs.iter().any(|(verb, part)| lower.starts_with(verb) && format!("{lower} ").contains(part))
}

/// Paths of the portal's interface outside its client and its stand-in.
pub(crate) fn docspace_paths(file: &str, source: &Source) -> Vec<Breach> {
    if matches!(module(file), Some("docspace" | "sandbox")) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for literal in &source.literals {
        let paths = ["/people", "/portal/", "api/2.0"];
        for path in paths.iter().filter(|path| literal.text.contains(*path)) {
            let what = format!("{path} outside src/docspace and src/sandbox");
            breaches.push(breach(file, literal.line, what));
        }
    }
    breaches
}

/// Code that is built for tests only: what is tested has to be what ships.
pub(crate) fn test_switches(file: &str, code: &str) -> Vec<Breach> {
    let openings = ["#[", "#![", "cfg!("];
    let found = openings.iter().flat_map(|opening| code.match_indices(opening));
    let switches = found.filter(|(at, opening)| is_test_switch(opening, &code[at + opening.len()..]));
    switches
        .map(|(at, _)| code[..at].matches('\n').count() + 1)
        .map(|line| breach(file, line, "code for tests only"))
        .collect()
}

/// Whether an attribute or `cfg!` asks for `test`, or is a `#[test]` of any runtime.
fn is_test_switch(opening: &str, rest: &str) -> bool {
    let mut depth = 1;
    let end = rest.find(|letter| {
        depth += i32::from(matches!(letter, '(' | '['));
        depth -= i32::from(matches!(letter, ')' | ']'));
        depth == 0
    });
    let inside = &rest[..end.unwrap_or(rest.len())];
    let name = inside.split('(').next().unwrap_or(inside).trim();
    let mut words = inside.split(|letter| !source::is_word(letter));
    let condition = opening == "cfg!(" || name.starts_with("cfg");
    (condition && words.any(|word| word == "test")) || name.rsplit("::").next() == Some("test")
}

/// Length and name of a file.
pub(crate) fn shape(file: &str, text: &str) -> Vec<Breach> {
    let lines = text.lines().count();
    let long =
        (lines > LONGEST_FILE).then(|| breach(file, lines, format!("has {lines} lines, more than {LONGEST_FILE}")));
    let mut names = file.split('/').map(|part| part.trim_end_matches(".rs"));
    let vague = names
        .find(|name| VAGUE_NAMES.contains(name))
        .map(|name| breach(file, 1, format!("{name} says nothing about what is inside")));
    long.into_iter().chain(vague).collect()
}

/// Connectors (file names without `.toml`) that no recorded request exercises. `fixtures` are paths below `fixtures/`.
pub(crate) fn unexercised(connectors: &[String], fixtures: &[String]) -> Vec<Breach> {
    let recorded = |connector: &&String| {
        let folder = format!("{connector}/");
        fixtures.iter().any(|path| {
            let case = path.strip_prefix(&folder);
            case.is_some_and(is_request)
        })
    };
    let missing = connectors.iter().filter(|connector| !recorded(connector));
    missing
        .map(|name| breach(&format!("src/connectors/{name}.toml"), 1, format!("no request under fixtures/{name}")))
        .collect()
}

fn is_request(name: &str) -> bool {
    let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
    ends(".http") || (ends(".json") && !ends(".expected.json") && !ends(".fetched.json"))
}
