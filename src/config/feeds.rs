//! Which sources send which events, and with which fields.

use std::collections::BTreeSet;
use std::sync::Arc;

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
    pub(super) fields: BTreeSet<String>,
}

impl Feeds {
    /// The sources that send `kind`.
    pub(super) fn of(&self, kind: EventKind) -> Vec<Feed<'_>> {
        let mapped = self.sources.iter().map(|(source, connector)| (source, connector.fields_mapped(kind)));
        mapped.filter_map(|(source, fields)| Some(Feed { source, fields: fields? })).collect()
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
