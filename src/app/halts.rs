//! The emergency stop: portals at which people have stopped all work by hand. Kept in the store, so that it lasts, and so
//! that every program on the store sees it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::store::{Store, StoreError};

/// Name of the stop of all portals among what the store keeps; that of one has its name after a slash.
const NAME: &str = "paused_by_hand";

/// A stop by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// Who: the operating system's user.
    pub who: String,
    /// Since when.
    pub since: Timestamp,
}

/// Every stop there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Halts {
    /// That of all portals together.
    pub everywhere: Option<Halt>,
    /// Those of single portals, by name.
    pub portals: BTreeMap<String, Halt>,
}

impl Halts {
    /// Those of all portals and of these.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read<'n>(store: &Store, names: impl IntoIterator<Item = &'n str>) -> Result<Self, StoreError> {
        let recall = async |name: String| Ok::<_, StoreError>(store.recall::<Option<Halt>>(&name).await?.flatten());
        let mut halts = Self { everywhere: recall(NAME.to_owned()).await?, portals: BTreeMap::new() };
        for portal in names {
            if let Some(halt) = recall(name(Some(portal))).await? {
                halts.portals.insert(portal.to_owned(), halt);
            }
        }
        Ok(halts)
    }

    /// Why nothing is begun at this portal.
    #[must_use]
    pub fn at(&self, portal: &str) -> Option<&Halt> {
        self.portals.get(portal).or(self.everywhere.as_ref())
    }

    /// What is to be remembered for a stop of this portal, or of all, to begin or (with `None`) to end.
    #[must_use]
    pub fn remembered(portal: Option<&str>, halt: Option<&Halt>) -> (String, Json) {
        (name(portal), json!(halt))
    }
}

fn name(portal: Option<&str>) -> String {
    portal.map_or_else(|| NAME.to_owned(), |portal| format!("{NAME}/{portal}"))
}
