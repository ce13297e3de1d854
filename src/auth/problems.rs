//! Reads the texts of the `[auth]` table and collects what is wrong with them, so that all is told at once.

use super::scheme::Place;

#[derive(Debug, Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// Notes a problem of a key.
    pub(super) fn add(&mut self, key: &str, problem: &str) {
        self.0.push(format!("{key}: {problem}"));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.0
    }

    /// The value; or nothing, with its problem noted.
    pub(super) fn keep<T>(&mut self, key: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.add(key, &problem)).ok()
    }

    /// A required place.
    pub(super) fn place(&mut self, key: &str, text: Option<&str>) -> Option<Place> {
        let missing = || Err("is missing; write header:NAME, json:/POINTER or form:NAME".to_owned());
        self.keep(key, text.map_or_else(missing, Place::parse))
    }

    /// A required place that is kept with the delivery, as the query is not.
    pub(super) fn kept_place(&mut self, key: &str, text: Option<&str>) -> Option<Place> {
        let place = self.place(key, text)?;
        if matches!(place, Place::Query(_)) {
            self.add(key, "the query is a place for token only; write header:NAME, json:/POINTER or form:NAME");
        }
        Some(place)
    }

    /// A required place that holds one value.
    pub(super) fn one_place(&mut self, key: &str, text: Option<&str>) -> Option<Place> {
        let place = self.kept_place(key, text)?;
        if place.is_plural() {
            self.add(key, "may select several values, and it is one");
        }
        Some(place)
    }

    /// The meaning of a word of a closed list.
    pub(super) fn word<T: Copy>(&mut self, key: &str, text: Option<&str>, words: &[(&str, T)], default: T) -> T {
        let Some(text) = text else { return default };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return *meaning;
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        self.add(key, &format!("'{text}' is not one of {}", known.join(", ")));
        default
    }
}
