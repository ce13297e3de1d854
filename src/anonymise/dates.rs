//! Dates: those of employment and of messages stay, those of lives are moved.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;
use regex::Regex;

/// Parts of names of keys with dates of somebody's life, or of papers that it shows in.
const LIFE: [&str; 11] =
    ["birth", "dob", "born", "anniversary", "wedding", "passport", "visa", "permit", "licen", "expir", "death"];

/// Parts of names of keys with dates of employment or of messages.
const WORK: [&str; 21] = [
    "start",
    "hire",
    "hiring",
    "join",
    "end",
    "termin",
    "leav",
    "lastday",
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
    let has = |parts: &[&str], key: &str| {
        let plain: String = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        parts.iter().any(|part| plain.contains(part))
    };
    if path.iter().any(|key| has(&LIFE, key)) {
        return false;
    }
    let is_moment = |key: &str| ["_at", "_on", "At", "On"].iter().any(|end| key.ends_with(end));
    // A wrapper such as `value` belongs to the key above it.
    path.iter().rev().take(2).any(|key| has(&WORK, key) || is_moment(key))
}

/// Whether a text is a moment since 1970 in seconds or milliseconds, between 2001 and 2286.
pub(super) fn is_moment(text: &str) -> bool {
    matches!(text.len(), 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// `4/12/1990`, `04.12.1990`.
static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\d{1,2})([/.])(\d{1,2})[/.](\d{4})$").ok());

/// `4 May 1990`, `May 4th, 1990`, `04-May-1990`.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const MONTH: &str = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?";
    const DAY: &str = r"\d{1,2}(?:st|nd|rd|th)?\.?";
    Regex::new(&format!(r"(?i)^(?:{DAY}[\s/-]+{MONTH}|{MONTH}[\s/-]+{DAY}),?[\s/-]+\d{{4}}$")).ok()
});

/// A date `YYYY-MM-DD`, moved by so many days; one that is not in the calendar stays.
pub(super) fn moved(date: &str, days: i32) -> String {
    let read = date.parse::<Date>().ok();
    let moved = read.and_then(|date| date.checked_add(days.days()).ok());
    moved.map_or_else(|| date.to_owned(), |date| date.to_string())
}

/// What becomes of a text that is a date in another form: it stays, or is moved by so many days. `None` where it is none,
/// or is to go word by word.
pub(super) fn other(text: &str, stays: bool, days: i32) -> Option<String> {
    let text = text.trim();
    if NAMED.as_ref()?.is_match(text) {
        return stays.then(|| text.to_owned());
    }
    let found = NUMBERS.as_ref()?.captures(text)?;
    if stays {
        return Some(text.to_owned());
    }
    let number = |at: usize| found.get(at).and_then(|part| part.as_str().parse::<i32>().ok()).unwrap_or_default();
    // Whether day or month comes first is open: both are taken from what either may be.
    let moved = |at: usize, by: i32| (number(at) + by).rem_euclid(12) + 1;
    let separator = found.get(2).map_or("/", |part| part.as_str());
    let (first, second, year) = (moved(1, days), moved(3, days / 12), number(4) + days.signum());
    Some(format!("{first:02}{separator}{second:02}{separator}{year}"))
}
