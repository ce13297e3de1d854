//! What a congratulation would say, and by which channels.

use crate::actions::letter::Written;
use crate::model::Channel;
use crate::texts::BuiltIn;

use super::{Occasion, Prospect};

/// The text as it would be written now, in `language` if one is given, or a sentence that says why it cannot be; and
/// each channel of the rule with what is to be expected of it. Sends and writes nothing.
pub fn preview(occasion: &Occasion<'_>, language: Option<&str>) -> (Result<Written, String>, Vec<(Channel, Prospect)>) {
    let channels = occasion.params.via.iter().map(|channel| (*channel, occasion.prospect(*channel))).collect();
    (write(occasion, language), channels)
}

/// The rule's text, in `language`, else in the rule's.
pub(super) fn write(occasion: &Occasion<'_>, language: Option<&str>) -> Result<Written, String> {
    let name = occasion.params.text.as_deref().unwrap_or(BuiltIn::Congratulation.name());
    let language = language.or(occasion.params.language.as_deref());
    occasion.facts().write(occasion.config, name, language)
}
