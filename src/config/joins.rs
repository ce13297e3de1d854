//! What joins the people of several platforms.

use super::Config;
use super::feeds::{Feed, Feeds, listed};
use crate::document::Section;
use crate::model::{Action, EventKind};
use crate::rules::Rule;

/// The field that joins what two platforms tell of one person, and the option of connectors that name it.
const MATCH_ID: &str = "match_id";

/// Platforms that may tell of the same human being with nothing that surely joins what they tell: an applicant system knows
/// a private address, the HR system the one at work.
pub(super) fn advise(root: &Section<'_>, config: &Config, feeds: &Feeds) {
    let onboards = |rule: &&Rule| {
        rule.on == EventKind::EmployeeHired && rule.asks.iter().any(|ask| matches!(ask.action, Action::Onboard(_)))
    };
    let Some(portal) = config.rules.iter().find(onboards).map(|rule| &rule.portal) else { return };
    let feeding = feeds.of(EventKind::EmployeeHired);
    let Some(second) = feeding.get(1) else { return };
    let maps = |feed: &&Feed<'_>| {
        let chosen = config.sources.get(feed.source).and_then(|source| source.options.get(MATCH_ID).cloned());
        let usual = || feed.options.get(MATCH_ID).cloned();
        feed.fields.contains(MATCH_ID) && chosen.or_else(usual).is_none_or(|option| option != "")
    };
    let lacking = listed(feeding.iter().filter(|feed| !maps(feed)).map(|feed| feed.source));
    let entry = root.section("sources").and_then(|sources| sources.section(second.source)?.get("connector"));
    if let Some(entry) = entry.filter(|_| !lacking.is_empty()) {
        entry.problem(format!(
            "{} may tell of the same people, who are onboarded at {portal}. They are the same to Usher only where they tell \
             the same e-mail address or match_id, and no match_id comes from {lacking}: one human being with two addresses \
             gets two accounts. Map match_id in each; where a connector has the option match_id, set it",
            listed(feeding.iter().map(|feed| feed.source))
        ));
    }
}
