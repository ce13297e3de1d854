//! Timestamps of requests: reading, judging, writing.

use jiff::Timestamp;

use super::Reject;
use super::scheme::Place;

/// Seconds that a timestamp may differ from the clock, both ways: the tolerance of the reference libraries of
/// Standard Webhooks (`spec/standard-webhooks.md`).
pub(super) const DEFAULT_TOLERANCE: u64 = 300;

/// Where the timestamp is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimestampSource {
    Place(Place),
    /// The value of a `key=value` item in the list of signatures.
    Entry(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Rfc3339,
}

/// The rule for timestamps of one scheme.
#[derive(Debug, Clone)]
pub(super) struct Timing {
    pub(super) source: TimestampSource,
    pub(super) unit: Unit,
    /// Seconds; 0 switches the check off.
    pub(super) tolerance: u64,
}

impl Unit {
    /// The words of the `unit` key.
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("s", Self::Seconds), ("ms", Self::Milliseconds), ("rfc3339", Self::Rfc3339)];

    /// The word of this unit.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, unit)| *unit == self).map_or("", |(word, _)| word)
    }

    /// How many of this unit make a second, and the clock in it. The clock is cut to the unit, so that a sender
    /// who writes whole seconds gets all of the last one.
    fn clock(self, now: Timestamp) -> (u128, i128) {
        match self {
            Self::Seconds => (1, now.as_second().into()),
            Self::Milliseconds => (1_000, now.as_millisecond().into()),
            Self::Rfc3339 => (1_000_000_000, now.as_nanosecond()),
        }
    }

    fn read(self, text: &str) -> Option<i128> {
        match self {
            Self::Seconds | Self::Milliseconds => whole_number(text),
            Self::Rfc3339 => Some(text.parse::<Timestamp>().ok()?.as_nanosecond()),
        }
    }
}

impl Timing {
    /// Refuses a timestamp too far from the clock. One that cannot be read is as good as none.
    pub(super) fn check(&self, text: &[u8], now: Timestamp) -> Result<(), Reject> {
        if self.tolerance == 0 {
            return Ok(());
        }
        let sent = std::str::from_utf8(text)
            .ok()
            .and_then(|text| self.unit.read(text.trim()))
            .ok_or(Reject::MissingTimestamp)?;
        let (per_second, clock) = self.unit.clock(now);
        if clock.abs_diff(sent) > u128::from(self.tolerance) * per_second {
            return Err(Reject::Stale);
        }
        Ok(())
    }

    /// The moment that a text names, if it is a sound one.
    pub(super) fn moment(&self, text: &[u8]) -> Option<Timestamp> {
        let sent = self.unit.read(std::str::from_utf8(text).ok()?.trim())?;
        match self.unit {
            Unit::Seconds => Timestamp::from_second(sent.try_into().ok()?),
            Unit::Milliseconds => Timestamp::from_millisecond(sent.try_into().ok()?),
            Unit::Rfc3339 => Timestamp::from_nanosecond(sent),
        }
        .ok()
    }

    /// The text that a sender writes at that moment.
    pub(super) fn write(&self, now: Timestamp) -> String {
        match self.unit {
            Unit::Seconds => now.as_second().to_string(),
            Unit::Milliseconds => now.as_millisecond().to_string(),
            Unit::Rfc3339 => now.to_string(),
        }
    }
}

/// A whole number of any length: one that no integer holds is merely very far away.
fn whole_number(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let farthest = if digits == text { i128::MAX } else { i128::MIN };
    Some(text.parse().unwrap_or(farthest))
}
