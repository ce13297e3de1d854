//! The page, and the commands marked in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the package lies.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub(crate) struct Page {
    pub(crate) text: String,
}

/// A block of commands under `<!-- run: NAME -->`, `<!-- run: NAME after OTHER -->` or `<!-- start: NAME -->`.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Goes on while the next steps run; one of the same name takes its place.
    pub(crate) stays: bool,
    /// A step without which this one makes no sense.
    pub(crate) after: Option<String>,
    pub(crate) script: String,
}

impl Page {
    pub(crate) fn read() -> Self {
        Self { text: std::fs::read_to_string(root().join("README.md")).expect("README.md can be read") }
    }

    /// The marked blocks in order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut lines = self.text.lines();
        let mut steps = Vec::new();
        while let Some(line) = lines.next() {
            let Some(mark) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) else { continue };
            let (word, rest) = mark.split_once(": ").expect("a mark is `word: name`");
            let stays = match word {
                "run" => false,
                "start" => true,
                "config" => continue,
                other => panic!("the README has a mark `{other}`, which nobody knows"),
            };
            let (name, after) = match rest.split_once(" after ") {
                Some((name, after)) => (name, Some(after.to_owned())),
                None => (rest, None),
            };
            assert_eq!(lines.next(), Some("```sh"), "a block of shell stands right below the mark {mark}");
            let script: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            steps.push(Step { name: name.to_owned(), stays, after, script: script.join("\n") });
        }
        steps
    }

    /// Configurations under `<!-- config: NAME -->`, each with its name.
    pub(crate) fn examples(&self) -> Vec<(String, String)> {
        let mut lines = self.text.lines();
        let mut examples = Vec::new();
        while let Some(line) = lines.next() {
            let mark = line.strip_prefix("<!-- config: ").and_then(|line| line.strip_suffix(" -->"));
            let Some(name) = mark else { continue };
            assert_eq!(lines.next(), Some("```toml"), "a configuration stands right below the mark {name}");
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            examples.push((name.to_owned(), text.join("\n")));
        }
        examples
    }

    /// The cells of the one table whose first column has this head, row by row.
    pub(crate) fn table(&self, head: &str) -> Vec<Vec<String>> {
        let start = format!("| {head} |");
        let mut lines = self.text.lines().skip_while(|line| !line.starts_with(&start));
        assert!(lines.next().is_some(), "the README has no table {head}");
        let rows: Vec<_> = lines.by_ref().skip(1).take_while(|line| line.starts_with("| ")).map(cells).collect();
        assert!(!lines.any(|line| line.starts_with(&start)), "the README has two tables {head}");
        assert!(!rows.is_empty(), "the table {head} is empty");
        rows
    }

    /// The words in the first column of a table, without the marks of code.
    pub(crate) fn words(&self, head: &str) -> Vec<String> {
        self.table(head).iter().map(|row| bare(&row[0])).collect()
    }

    /// Targets of all links.
    pub(crate) fn links(&self) -> Vec<String> {
        let ends = self.text.split("](").skip(1);
        ends.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
    }

    /// Anchors of all headings, as they are made from their texts.
    pub(crate) fn anchors(&self) -> BTreeSet<String> {
        let headings = self.text.lines().filter_map(|line| line.strip_prefix('#'));
        let anchor = |heading: &str| {
            let text = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        headings.map(anchor).collect()
    }
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// A cell without the marks of code.
pub(crate) fn bare(cell: &str) -> String {
    cell.replace('`', "")
}
