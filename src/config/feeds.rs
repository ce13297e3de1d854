//! Which sources send which events, and with which fields.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::connector::Connector;
use crate::model::EventKind;

/// The sources whose connector is known.
#[derive(Default)]
pub(super) struct Feeds {
    pub(super) sources: Vec<(String, Arc<Connector>)>,
    /// Some source's connector could not be told, so that nothing can be said about what is never sent.
    pub(super) is_partial: bool,
}

/// One source that sends a kind of event.
pub(super) struct Feed<'f> {
    pub(super) source: &'f str,
    /// The connector's own options.
    pub(super) options: &'f Map<String, Json>,
    pub(super) fields: BTreeSet<String>,
}

impl Feeds {
    /// The sources that send `kind`.
    pub(super) fn of<'f>(&'f self, kind: EventKind) -> Vec<Feed<'f>> {
        let feed = |(source, connector): &'f (String, Arc<Connector>)| {
            Some(Feed { source, options: &connector.options, fields: connector.fields_mapped(kind)? })
        };
        self.sources.iter().filter_map(feed).collect()
    }
}

/// Names for a sentence: `a, b and c`.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
