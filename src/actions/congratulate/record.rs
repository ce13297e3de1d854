//! What the steps of a job tell of its channels.

use crate::model::{Channel, Step};

/// A channel said no for good. The detail begins with its word, as those of the next two do.
pub(super) const REFUSED: &str = "refused";
/// A channel could not be tried, as things were set up.
pub(super) const UNAVAILABLE: &str = "unavailable";
/// The job goes on with today's rules.
pub(super) const REVIVED: &str = "revived";

/// The detail of a step about a channel.
pub(super) fn detail(channel: Channel, words: &str) -> String {
    format!("{}: {words}", channel.as_str())
}

/// The channels that have said no. What counts as no more is decided by the caller.
pub(super) fn refused(steps: &[Step]) -> Vec<Channel> {
    let said_no = steps.iter().filter(|step| step.name == REFUSED);
    let words = said_no.filter_map(|step| step.detail.split_once(": ").map(|(word, _)| word));
    words.filter_map(|word| Channel::ALL.into_iter().find(|channel| channel.as_str() == word)).collect()
}

/// The channels that have said no since the job was last let go, by hand or by a change of the configuration.
pub(super) fn refused_lately(steps: &[Step]) -> Vec<Channel> {
    let since = steps.iter().rposition(|step| matches!(step.name.as_str(), "released" | REVIVED)).unwrap_or(0);
    refused(&steps[since..])
}
