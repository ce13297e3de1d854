//! Dates: those of employment and of messages stay, those of lives are moved.

use jiff::ToSpan;
use jiff::civil::Date;
use regex::Regex;

/// Parts of names of keys with dates of somebody's life, or of papers that it shows in.
const LIFE: [&str; 11] =
    ["birth", "dob", "born", "anniversary", "wedding", "passport", "visa", "permit", "licen", "expir", "death"];

/// Parts of names of keys with dates of employment or of messages.
const WORK: [&str; 24] = [
    "start",
    "hire",
    "hiring",
    "join",
    "end",
    "termin",
    "leav",
    "last_day",
    "lastday",
    "last day",
    "first_day",
    "firstday",
    "effective",
    "occur",
    "creat",
    "updat",
    "chang",
    "modif",
    "timestamp",
    "trigger",
    "sent",
    "publish",
    "rescind",
    "time",
];

/// Whether a date that stands there stays.
pub(super) fn stays(path: &[&str]) -> bool {
    let has = |parts: &[&str], key: &str| parts.iter().any(|part| key.contains(part));
    let lower: Vec<_> = path.iter().map(|key| key.to_lowercase()).collect();
    if lower.iter().any(|key| has(&LIFE, key)) {
        return false;
    }
    // A wrapper such as `value` belongs to the key above it.
    lower.iter().rev().take(2).any(|key| has(&WORK, key) || key.ends_with("_at") || key.ends_with("_on"))
        || path.last().is_some_and(|key| key.ends_with("At") || key.ends_with("On"))
}

/// Whether a text is a moment since 1970 in seconds or milliseconds, between 2001 and 2286.
pub(super) fn is_moment(text: &str) -> bool {
    matches!(text.len(), 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// Ways in which people write dates.
pub(super) struct Dates {
    /// `4/12/1990`, `04.12.1990`.
    numbers: Regex,
    /// `4 May 1990`, `May 4th, 1990`.
    named: Regex,
    /// Days by which dates of lives are moved.
    shift: i32,
}

impl Dates {
    pub(super) fn new(shift: i32) -> Result<Self, regex::Error> {
        const MONTH: &str = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?";
        Ok(Self {
            numbers: Regex::new(r"^(\d{1,2})([/.])(\d{1,2})[/.](\d{4})$")?,
            named: Regex::new(&format!(
                r"(?i)^(?:\d{{1,2}}(?:st|nd|rd|th)?\.?\s+{MONTH}|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?),?\s+\d{{4}}$"
            ))?,
            shift,
        })
    }

    /// A date `YYYY-MM-DD`, moved; one that is not in the calendar stays.
    pub(super) fn moved(&self, date: &str) -> String {
        let read = date.parse::<Date>().ok();
        let moved = read.and_then(|date| date.checked_add(self.shift.days()).ok());
        moved.map_or_else(|| date.to_owned(), |date| date.to_string())
    }

    /// What becomes of a text that is a date in another form; `None` where it is none.
    pub(super) fn other(&self, text: &str, stays: bool) -> Option<String> {
        let text = text.trim();
        if self.named.is_match(text) {
            return stays.then(|| text.to_owned());
        }
        let found = self.numbers.captures(text)?;
        if stays {
            return Some(text.to_owned());
        }
        let number = |at: usize| found.get(at).and_then(|part| part.as_str().parse::<i32>().ok()).unwrap_or_default();
        // Whether day or month comes first is open: both are taken from what either may be.
        let other = |at: usize, by: i32| (number(at) + by).rem_euclid(12) + 1;
        let (first, second) = (other(1, self.shift), other(3, self.shift / 12));
        let year = number(4) + self.shift.signum();
        let separator = found.get(2).map_or("/", |part| part.as_str());
        Some(format!("{first:02}{separator}{second:02}{separator}{year}"))
    }
}
