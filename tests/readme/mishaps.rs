//! The mishaps that the page tells of, against the tests that play them.

use std::fs;

use regex::Regex;

use crate::page::{self, Page, bare};

/// Where they are played with the real program.
const FILES: [&str; 2] = ["tests/cli/mishaps.rs", "tests/cli/mishaps_later.rs"];

#[test]
fn every_mishap_of_the_table_is_played_by_a_test_and_no_other_is() {
    let test = Regex::new(r"(?m)^#\[test\]\n(?:#\[.*\]\n)*fn (\w+)\(").expect("it is one");
    let mut played = Vec::new();
    for file in FILES {
        let text = fs::read_to_string(page::root().join(file)).expect("the tests of the mishaps can be read");
        assert_eq!(test.find_iter(&text).count(), text.matches("#[test]").count(), "a test of {file} was overlooked");
        played.extend(test.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    let rows = Page::read().table("mishap");
    let mut told: Vec<_> = rows.iter().map(|row| bare(row.last().expect("a cell"))).collect();
    told.sort();
    played.sort();
    assert_eq!(told, played);
}
