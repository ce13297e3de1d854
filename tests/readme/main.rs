//! `README.md` says what is true: its commands are run as they stand, its tables name what there is.

#![expect(clippy::expect_used, reason = "tests fail by panicking")]

mod catalogue;
mod commands;
mod examples;
mod lists;
mod mishaps;
mod page;
mod shell;
mod tables;
mod walk;

use page::Page;

#[test]
fn the_two_main_commands_stand_on_lines_of_their_own() {
    let page = Page::read();
    for command in ["cargo run --release -- demo", "cargo test"] {
        assert!(page.text.lines().any(|line| line == command), "the README has no line `{command}`");
    }
}

#[test]
fn every_link_to_a_file_or_heading_leads_somewhere() {
    let page = Page::read();
    let links = page.links();
    assert!(links.len() > 10, "found only {links:?}");
    let anchors = page.anchors();
    for link in links.into_iter().filter(|link| !link.starts_with("http")) {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(anchors.contains(anchor), "no heading for #{anchor}; there are {anchors:?}"),
            None => assert!(page::root().join(&link).exists(), "the README links {link}, which does not exist"),
        }
    }
}
