//! What a server says, fit for logs and listings.

use std::sync::LazyLock;

use regex::Regex;

/// The longest quotation, in characters.
const MAX_QUOTED: usize = 200;

/// Anything around an `@`, quoted local parts included.
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:"[^"]*"|[^\s<>()\[\],;:"'`]+)@[^\s<>()\],;:"'`]*"#).ok());

/// Quotes servers without repeating whom we write to.
#[derive(Clone)]
pub(super) struct Scrub {
    private: Vec<String>,
}

impl Scrub {
    /// `private` are words that must not be repeated, such as what stands before an address's `@`.
    pub(super) fn new(private: impl IntoIterator<Item = String>) -> Self {
        Self { private: private.into_iter().filter(|word| !word.is_empty()).collect() }
    }

    /// One line of a server's text, shortened, without e-mail addresses and private words.
    pub(super) fn quote(&self, text: &str) -> String {
        let text = text.replace(char::is_control, " ");
        let Some(address) = ADDRESS.as_ref() else {
            return String::new();
        };
        let mut text = address.replace_all(&text, "[address]").into_owned();
        for word in &self.private {
            text = without(&text, word);
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(MAX_QUOTED).collect()
    }
}

/// The text without the word, in any case, where it stands alone.
fn without(text: &str, word: &str) -> String {
    let pattern = format!(r"(?i)(^|[^\w.-]){}($|[^\w-])", regex::escape(word));
    Regex::new(&pattern)
        .map_or_else(|_| String::new(), |found| found.replace_all(text, "${1}[address]${2}").into_owned())
}
