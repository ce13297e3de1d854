//! A verified webhook as it was stored.

use jiff::Timestamp;
use serde::Serialize;

/// Row number of a stored delivery; grows in the order of acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub i64);

impl std::fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One stored webhook: exact bytes, read back for processing and rerun.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Row number.
    pub id: DeliveryId,
    /// Name of the source it came to.
    pub source: String,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// The headers kept (lower-case name, value), in the order received; none that carries a secret.
    pub headers: Vec<(String, String)>,
    /// The body as received; `None` once retention has removed it.
    pub body: Option<Vec<u8>>,
}
