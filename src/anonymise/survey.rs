//! What is in a delivery, looked through before anything is replaced: no replacement may be a word of the original, and a
//! word that belongs to a person is harmless nowhere.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::words::runs;

/// Parts of names of keys that hold what people are called or where they are to be found.
const PERSONAL: [&str; 22] = [
    "name",
    "first",
    "last",
    "given",
    "family",
    "sur",
    "middle",
    "nick",
    "mail",
    "phone",
    "mobile",
    "login",
    "user",
    "manager",
    "supervisor",
    "street",
    "address",
    "city",
    "author",
    "creator",
    "owner",
    "contact",
];

/// The words of a delivery, in lower case.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// All of them, and all runs of digits.
    pub(super) all: BTreeSet<String>,
    /// Those in values that hold what people are called.
    personal: BTreeSet<String>,
}

impl Survey {
    pub(super) fn value<'v>(&mut self, path: &mut Vec<&'v str>, value: &'v Json) {
        match value {
            Json::Object(members) => {
                for (name, member) in members {
                    self.add(name, false);
                    path.push(name);
                    self.value(path, member);
                    path.pop();
                }
            }
            Json::Array(items) => items.iter().for_each(|item| self.value(path, item)),
            Json::String(text) => self.text(path, text),
            Json::Number(number) => self.add(&number.to_string(), false),
            Json::Null | Json::Bool(_) => {}
        }
    }

    pub(super) fn text(&mut self, path: &[&str], text: &str) {
        self.add(text, is_personal(path) || text.contains('@'));
    }

    fn add(&mut self, text: &str, is_personal: bool) {
        for run in runs(text) {
            let word = run.to_lowercase();
            if is_personal && word.chars().count() > 1 {
                self.personal.insert(word.clone());
            }
            self.all.insert(word);
        }
    }

    /// Whether a word is what a person is called, and no word for such.
    pub(super) fn is_name(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        self.personal.contains(&word) && !PERSONAL.iter().any(|part| word.contains(part)) && word != "id"
    }

    /// Whether some word of the text belongs to a person.
    pub(super) fn is_about_people(&self, text: &str) -> bool {
        runs(text).any(|run| self.personal.contains(&run.to_lowercase()))
    }
}

/// Whether what stands there is what somebody is called. A wrapper such as `value` belongs to the key above it.
fn is_personal(path: &[&str]) -> bool {
    let near = path.iter().rev().take(2);
    near.into_iter().any(|key| {
        let key = key.to_lowercase();
        // `event_name`, `type_name`: words of the platform.
        let is_platform =
            ["event", "type", "field", "file", "company", "resource"].iter().any(|word| key.contains(word));
        !is_platform && PERSONAL.iter().any(|part| key.contains(part))
    })
}
