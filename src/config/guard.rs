//! `[guard]`: who may come without a look.

use jiff::Span;

use crate::document::{Entry, Section};
use crate::guard::{self, Guard};

/// More than any company hires in a day.
const MOST_PEOPLE: u32 = 1_000_000;
/// A hundred years.
const MOST_DAYS: u32 = 36_500;

const HOW_DAYS: &str = r#"write a number of whole days, such as "30d", or of weeks, such as "4w""#;
const HOW_DOMAIN: &str = r#"write what follows the @ of an address, such as "example.com""#;

/// `[guard]`. What is absent guards nothing.
pub(super) fn guard(root: &Section<'_>) -> Guard {
    let Some(section) = root.section("guard") else { return Guard::default() };
    let people = |key| section.get(key).and_then(|entry| number_of_people(&entry));
    let guard = Guard {
        new_people_per_day: people("new_people_per_day"),
        email_domains: section.get("email_domains").and_then(|entry| domains(&entry)),
        hired_at_most_ago: section.get("hired_at_most_ago").and_then(|entry| days(&entry)),
        leavers_per_day: people("leavers_per_day"),
        allow: section.get("allow").map(|entry| allowed(&entry)).unwrap_or_default(),
    };
    section.finish("[guard] has new_people_per_day, email_domains, hired_at_most_ago, leavers_per_day and allow");
    guard
}

fn number_of_people(entry: &Entry<'_>) -> Option<u32> {
    let number = u32::try_from(entry.integer()?).ok().filter(|number| *number <= MOST_PEOPLE);
    if number.is_none() {
        entry.problem(format!("must be between 0 and {MOST_PEOPLE}; 0: each one waits for a person"));
    }
    number
}

/// Every domain, in lower case and ASCII.
fn domains(entry: &Entry<'_>) -> Option<Vec<String>> {
    let items = entry.items()?;
    if items.is_empty() {
        entry.problem("is empty, so that everybody would be held; name your domains, or take it out");
    }
    let mut domains: Vec<String> = items.iter().filter_map(domain).collect();
    domains.sort();
    domains.dedup();
    Some(domains)
}

fn domain(entry: &Entry<'_>) -> Option<String> {
    let text = entry.text()?;
    let text = text.trim();
    let problem = if text.contains('@') {
        "has an @ in it"
    } else if text.contains('*') {
        "has a * in it, and there are no patterns: name each domain"
    } else {
        match guard::domain(text).filter(|domain| is_name(domain)) {
            Some(domain) => return Some(domain),
            None => "is no domain",
        }
    };
    entry.problem(format!("'{text}' {problem}; {HOW_DOMAIN}"));
    None
}

/// Whether it is made of several labels as host names have them (RFC 1123, 2.1).
fn is_name(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

fn days(entry: &Entry<'_>) -> Option<u32> {
    let text = entry.text()?;
    let days = text.trim().parse::<Span>().ok().and_then(whole_days);
    let Some(days) = days else {
        entry.problem(format!("'{text}' is not a number of days; {HOW_DAYS}"));
        return None;
    };
    let fit = u32::try_from(days).ok().filter(|days| *days <= MOST_DAYS);
    if fit.is_none() {
        entry.problem(format!("must be between 0 and {MOST_DAYS} days"));
    }
    fit
}

/// The days of a span that has only days and weeks.
fn whole_days(span: Span) -> Option<i64> {
    let (days, weeks) = (i64::from(span.get_days()), i64::from(span.get_weeks()));
    (span.days(0).weeks(0).is_zero()).then_some(weeks * 7 + days)
}

/// Addresses and DocSpace ids.
fn allowed(entry: &Entry<'_>) -> Vec<String> {
    let name = |entry: &Entry<'_>| {
        let text = entry.text()?;
        let name = text.trim().to_lowercase();
        if name.is_empty() {
            entry.problem("is empty; write the address or the DocSpace id of an account, or take it out");
        } else if !name.contains('@') && uuid::Uuid::parse_str(&name).is_err() {
            entry.problem(format!("'{text}' is neither an e-mail address nor a DocSpace id of an account"));
        }
        Some(name)
    };
    entry.items().unwrap_or_default().iter().filter_map(name).collect()
}
