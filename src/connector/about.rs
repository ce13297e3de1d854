//! What is known of a platform beside its bytes: how well it is known, and how it sends.

use std::time::Duration;

use super::load;
use crate::document::{Entry, Section};

/// How well something about a platform is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Described by the vendor, or read from its own source.
    Vendor,
    /// Seen in the code or tests of others only.
    ThirdParty,
    /// Not proven by anything that was seen.
    Assumed,
}

impl Proof {
    /// Every word, best first.
    pub const ALL: [Self; 3] = [Self::Vendor, Self::ThirdParty, Self::Assumed];

    /// The word in files and lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::ThirdParty => "third-party",
            Self::Assumed => "assumed",
        }
    }
}

/// The `[evidence]` table: how well the parts of a connector are known. Absent parts: nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Of `[auth]` and the handshakes.
    pub scheme: Option<Proof>,
    /// Of the names of events and the places in bodies.
    pub payload: Option<Proof>,
    /// Of the call and the answer of `[fetch]`.
    pub fetch: Option<Proof>,
    /// What is not certain, and why; empty if the file does not say.
    pub note: String,
}

impl Evidence {
    /// Each part of which something is said.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, Proof)> {
        let parts = [("scheme", self.scheme), ("payload", self.payload), ("fetch", self.fetch)];
        parts.into_iter().filter_map(|(name, proof)| Some((name, proof?)))
    }

    /// The parts that nothing proves.
    #[must_use]
    pub fn assumed(&self) -> Vec<&'static str> {
        self.parts().filter(|(_, proof)| *proof == Proof::Assumed).map(|(name, _)| name).collect()
    }

    /// The weakest word said.
    #[must_use]
    pub fn weakest(&self) -> Option<Proof> {
        self.parts().map(|(_, proof)| proof).max()
    }
}

/// The `[sender]` table: how the platform sends. Empty texts: unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// How long it waits for an answer.
    pub deadline: Option<Duration>,
    /// Which answers it takes for success.
    pub statuses: String,
    /// What it does after a failure.
    pub retries: String,
}

pub(super) fn read_evidence(root: &Section<'_>) -> Evidence {
    let Some(section) = root.section("evidence") else { return Evidence::default() };
    let proof = |key: &str| section.get(key).and_then(|entry| read_proof(&entry));
    let (scheme, payload, fetch) = (proof("scheme"), proof("payload"), proof("fetch"));
    let note = text(&section, "note");
    section.finish("[evidence] has scheme, payload, fetch and note");
    Evidence { scheme, payload, fetch, note }
}

fn read_proof(entry: &Entry<'_>) -> Option<Proof> {
    let word = entry.text()?;
    let proof = Proof::ALL.into_iter().find(|proof| proof.as_str() == word);
    if proof.is_none() {
        entry.problem("must be vendor, third-party or assumed");
    }
    proof
}

pub(super) fn read_sender(root: &Section<'_>) -> Sender {
    let Some(section) = root.section("sender") else { return Sender::default() };
    let deadline = load::read_seconds(&section, "deadline", 1..=120);
    let [statuses, retries] = ["statuses", "retries"].map(|key| text(&section, key));
    section.finish("[sender] has deadline, statuses and retries");
    Sender { deadline, statuses, retries }
}

fn text(section: &Section<'_>, key: &str) -> String {
    section.text(key).unwrap_or_default().trim().to_owned()
}
