//! The guard: who may be brought in or disabled without anybody having looked. Pure: the caller counts and tells the time.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use crate::ledger::Recent;
use crate::schedule;

/// The span of time that the daily limits count, rolling.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// `[guard]`. What is absent guards nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guard {
    /// At most so many people are let in within [`DAY`]; 0: everybody waits.
    pub new_people_per_day: Option<u32>,
    /// Only addresses of these domains, in lower case as in ASCII (punycode).
    pub email_domains: Option<Vec<String>>,
    /// Only people whose first day of work lies at most so many days back.
    pub hired_at_most_ago: Option<u32>,
    /// At most so many accounts are disabled within [`DAY`]; 0: every leaver waits.
    pub leavers_per_day: Option<u32>,
    /// Addresses and DocSpace ids, in lower case, of accounts that rules may change although they are administrators' or
    /// were not onboarded by us.
    pub allow: Vec<String>,
}

/// Which limit somebody lies outside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// `new_people_per_day`.
    NewPeople,
    /// `email_domains`.
    EmailDomain,
    /// `hired_at_most_ago`.
    HiredLongAgo,
    /// `leavers_per_day`.
    Leavers,
}

impl Limit {
    /// The key in configuration, which is also the label in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewPeople => "new_people_per_day",
            Self::EmailDomain => "email_domains",
            Self::HiredLongAgo => "hired_at_most_ago",
            Self::Leavers => "leavers_per_day",
        }
    }
}

/// Why somebody has to wait for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The limit.
    pub limit: Limit,
    /// A sentence without personal data.
    pub reason: String,
}

impl Hold {
    fn new(limit: Limit, why: &str) -> Self {
        let reason = format!("{why} ([guard] {}): release this job, or cancel it", limit.as_str());
        Self { limit, reason }
    }
}

impl Guard {
    /// Whether nothing is guarded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether anything limits who is let in.
    #[must_use]
    pub fn is_about_newcomers(&self) -> bool {
        self.new_people_per_day.is_some() || self.email_domains.is_some() || self.hired_at_most_ago.is_some()
    }

    /// What the guard has against somebody new, whatever the number of others.
    #[must_use]
    pub fn newcomer(&self, email: &str, starts_on: Option<&str>, today: Date) -> Option<Hold> {
        if let Some(domains) = &self.email_domains
            && !domain(email).is_some_and(|domain| domains.contains(&domain))
        {
            return Some(Hold::new(Limit::EmailDomain, "the address is in none of the domains that are let in"));
        }
        let days = self.hired_at_most_ago?;
        let oldest = today.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN);
        match starts_on.map(schedule::date) {
            None => Some(Hold::new(
                Limit::HiredLongAgo,
                "the event has no first day of work, so that its age cannot be told",
            )),
            Some(None) => Some(Hold::new(
                Limit::HiredLongAgo,
                "the first day of work is no date, YYYY-MM-DD: it is wrong in the HR system, or the connector reads it wrongly",
            )),
            Some(Some(first_day)) if first_day < oldest => {
                let why = format!("the first day of work lies more than {days} days back");
                Some(Hold::new(Limit::HiredLongAgo, &why))
            }
            Some(Some(_)) => None,
        }
    }

    /// Whether one more person may be let in after so many.
    #[must_use]
    pub fn one_more(&self, recent: Recent) -> Option<Hold> {
        let most = self.new_people_per_day.filter(|most| recent.newcomers >= u64::from(*most))?;
        let why = match most {
            0 => "nobody is let in without having been looked at".to_owned(),
            most => format!("the limit of new people within 24 hours, {most}, is reached"),
        };
        Some(Hold::new(Limit::NewPeople, &why))
    }

    /// Whether one more account may be disabled after so many.
    #[must_use]
    pub fn one_less(&self, recent: Recent) -> Option<Hold> {
        let most = self.leavers_per_day.filter(|most| recent.leavers >= u64::from(*most))?;
        let why = match most {
            0 => "no account is disabled without having been looked at".to_owned(),
            most => format!("the limit of leavers within 24 hours, {most}, is reached"),
        };
        Some(Hold::new(Limit::Leavers, &why))
    }

    /// Whether an account is allowed by name.
    #[must_use]
    pub fn allows(&self, user_id: &str, email: &str) -> bool {
        let is_named = |name: &str| self.allow.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
        is_named(user_id) || is_named(email)
    }
}

/// The domain of an address, in lower case and ASCII; also of a domain alone. `None` where there is none.
#[must_use]
pub fn domain(address: &str) -> Option<String> {
    let host = address.rsplit('@').next()?;
    match url::Host::parse(host).ok()? {
        url::Host::Domain(domain) => Some(domain),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}
