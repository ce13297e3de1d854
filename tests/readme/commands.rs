//! What the table of commands must name, asked of the program's own help.

use std::collections::BTreeSet;

use regex::Regex;

use crate::page::{self, Page};
use crate::tables::usher;

/// Options of every command, or of every list.
const EVERYWHERE: [&str; 4] = ["config", "help", "json", "version"];

/// Names in the list that `--help` gives.
fn commands(of: &[&str]) -> Vec<String> {
    let help = usher(&[of, &["--help"]].concat(), &page::root()).0;
    let list = help.split_once("Commands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or_default());
    let lines = list.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("  "));
    let names = lines.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Options that `--help` gives.
fn options(of: &[&str]) -> BTreeSet<String> {
    let help = usher(&[of, &["--help"]].concat(), &page::root()).0;
    let option = Regex::new(r"(?m)^\s+(?:-\w, )?--([a-z-]+)").expect("it is one");
    let names = option.captures_iter(&help).map(|found| found[1].to_owned());
    names.filter(|name| !EVERYWHERE.contains(&name.as_str())).collect()
}

/// The rows of a command, as one text.
fn told(page: &Page, command: &str) -> String {
    let word = Regex::new(&format!(r"^`usher {command}\b")).expect("it is one");
    let rows: Vec<_> = page.table("command").into_iter().filter(|row| word.is_match(&row[0])).collect();
    assert!(!rows.is_empty(), "no row for {command}");
    rows.concat().join("\n")
}

#[test]
fn the_table_of_commands_names_every_command_with_its_options() {
    let page = Page::read();
    let all = commands(&[]);
    assert!(all.len() > 10, "{all:?}");
    let is_named = |text: &str, word: &str| {
        Regex::new(&format!(r"(^|[^a-z-]){word}($|[^a-z-])")).expect("it is one").is_match(text)
    };
    for command in &all {
        let told = told(&page, command);
        let parts = commands(&[command]);
        let mut wanted = options(&[command]);
        for part in &parts {
            assert!(is_named(&told, part), "no row of {command} names {part}");
            wanted.extend(options(&[command, part]));
        }
        for option in wanted {
            assert!(is_named(&told, &format!("--{option}")), "no row of {command} names --{option}:\n{told}");
        }
    }
    let rows = page.words("command");
    let unknown = |row: &&String| {
        let name = row.strip_prefix("usher ").and_then(|rest| rest.split([' ', ',']).next());
        !name.is_some_and(|name| all.iter().any(|command| command == name))
    };
    assert_eq!(rows.iter().find(unknown), None, "the README tells of a command that is not there");
}
