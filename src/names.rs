//! People's names as a portal takes them.
//!
//! DocSpace refuses an account whose names do not match its rule (`core.username.regex` of its configuration, published
//! by `GET /settings`). HR systems send names with digits, dots and typographic signs, most of which can be mended; no
//! letter is ever left out.

use regex::{Regex, RegexBuilder};

/// The rule of a portal that tells none (`config/appsettings.json` of the server).
pub const USUAL: &str = r"^[\p{L}\p{M}' \-]+$";

/// Largest compiled rule, in bytes: the pattern comes from outside.
const LARGEST: usize = 1 << 20;

/// What a portal asks of names. Both patterns are absent only where they do not compile; then every name is fit.
#[derive(Debug, Clone)]
pub struct NameRule {
    rule: Option<Regex>,
    usual: Option<Regex>,
}

/// Names that the portal takes, as far as its rule tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Mended {
    /// First name; not empty.
    pub first: String,
    /// Last name; may be empty.
    pub last: String,
    /// What was changed, for people and without the names; absent: nothing.
    pub changes: Option<String>,
}

/// Shows no name.
impl std::fmt::Debug for Mended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mended").field("changes", &self.changes).finish_non_exhaustive()
    }
}

/// A name that cannot be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing of the first name is left without what the portal refuses, and it makes no account without one.
    #[error("nothing of the first name is left without what the portal refuses in names")]
    NoFirst,
    /// The first name has letters that the portal's own rule refuses.
    #[error("the first name has letters that the portal's rule for names refuses")]
    First,
    /// The last name has letters that the portal's own rule refuses.
    #[error("the last name has letters that the portal's rule for names refuses")]
    Last,
}

impl NameRule {
    /// The rule that a portal publishes, in the syntax of .NET. One that cannot be read here is as good as none: the
    /// server has the last word anyway.
    #[must_use]
    pub fn new(pattern: Option<&str>) -> Self {
        let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(LARGEST).build().ok();
        let usual = compile(USUAL);
        let rule = pattern.filter(|pattern| !pattern.trim().is_empty()).and_then(|pattern| {
            // What .NET calls a block, such as IsCyrillic, is mostly a script here.
            compile(pattern).or_else(|| compile(&pattern.replace(r"\p{Is", r"\p{")))
        });
        Self { rule: rule.or_else(|| usual.clone()), usual }
    }

    /// Both names, changed where they have to be and can be. A last name without any letter is left out.
    ///
    /// # Errors
    /// A name that cannot be mended.
    pub fn mend(&self, first: &str, last: &str) -> Result<Mended, NameError> {
        let mut changes = Vec::new();
        let mut note = |which: &str, change: Vec<&str>| {
            if !change.is_empty() {
                changes.push(format!("{which}: {}", change.join(", ")));
            }
        };
        let first = match self.mend_one(first) {
            One::Fit(name, change) => {
                note("first name", change);
                name
            }
            One::Nothing => return Err(NameError::NoFirst),
            One::Unfit => return Err(NameError::First),
        };
        let last = match self.mend_one(last) {
            One::Fit(name, change) => {
                note("last name", change);
                name
            }
            One::Nothing if last.trim().is_empty() => String::new(),
            One::Nothing => {
                note("last name", vec!["left out, since it has no letter"]);
                String::new()
            }
            One::Unfit => return Err(NameError::Last),
        };
        let changes = (!changes.is_empty()).then(|| changes.join("; "));
        Ok(Mended { first, last, changes })
    }

    fn fits(&self, name: &str) -> bool {
        self.rule.as_ref().is_none_or(|rule| rule.is_match(name))
    }

    /// A sign that names have everywhere: a letter, a mark on one, an apostrophe, a blank, a hyphen.
    fn is_usual(&self, c: char) -> bool {
        self.usual.as_ref().is_none_or(|usual| usual.is_match(c.encode_utf8(&mut [0; 4])))
    }

    fn is_letter(&self, c: char) -> bool {
        !matches!(c, '\'' | ' ' | '-') && self.is_usual(c)
    }

    fn mend_one(&self, name: &str) -> One {
        let tidied = tidy(name.chars());
        if tidied.is_empty() {
            return One::Nothing;
        }
        let mut changed = if tidied == name { Vec::new() } else { vec!["blanks tidied"] };
        if self.fits(&tidied) {
            return One::Fit(tidied, changed);
        }
        let plain = tidy(tidied.chars().map(plain));
        if plain != tidied {
            changed.push("apostrophes and dashes made plain");
        }
        if self.fits(&plain) {
            return One::Fit(plain, changed);
        }
        if !plain.chars().any(|c| self.is_letter(c)) {
            return One::Nothing;
        }
        // The least change first. Only what is no letter is ever replaced or taken out.
        let kept = |c: char, is_fit: bool| if is_fit { Some(c) } else { divider(c) };
        let attempts = [
            ("signs other than letters removed", tidy(plain.chars().filter_map(|c| kept(c, self.is_usual(c))))),
            ("all but letters replaced by blanks", tidy(plain.chars().filter_map(|c| kept(c, self.is_letter(c))))),
            ("all but letters removed", plain.chars().filter(|c| self.is_letter(*c)).collect()),
        ];
        for (change, mended) in attempts {
            let mended = mended.trim_matches(['-', ' ']);
            if !mended.is_empty() && self.fits(mended) {
                return One::Fit(mended.to_owned(), changed.into_iter().chain([change]).collect());
            }
        }
        One::Unfit
    }
}

/// What became of one name.
enum One {
    Fit(String, Vec<&'static str>),
    Nothing,
    Unfit,
}

/// The sign that keyboards have for it.
fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{02B9}' | '\u{2032}' | '`' | '\u{00B4}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c if c.is_control() => ' ',
        c => c,
    }
}

/// What a sign between two parts of a name leaves behind; others leave nothing.
fn divider(c: char) -> Option<char> {
    (c.is_ascii_punctuation() || c == ' ').then_some(' ')
}

/// One blank between words, none at the ends.
fn tidy(chars: impl Iterator<Item = char>) -> String {
    chars.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
