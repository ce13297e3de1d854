//! What a good configuration may still get wrong.
//!
//! The text is read a second time for its positions, now that all of it is known to be right.

use jiff::SignedDuration;
use url::Host;

use super::feeds::{Feed, Feeds, listed};
use super::{Config, DEFAULT_PORTAL, Needs, awaiting, joins};
use crate::connector::Catalog;
use crate::document::{Document, Entry, Problem, Section};
use crate::expr::Template;
use crate::model::{Action, Channel, Congratulate, EventKind, Onboard, Way};
use crate::rules::Rule;
use crate::texts::BuiltIn;

/// What is allowed but probably not meant.
pub(super) fn warnings(
    file: &str,
    text: &str,
    config: &Config,
    catalog: &Catalog,
    feeds: &Feeds,
    needs: Needs,
) -> Vec<Problem> {
    let Ok(document) = Document::parse(file, text) else {
        return Vec::new();
    };
    let root = document.root();
    about_addresses(&root, config);
    about_options(&root, config);
    about_assumptions(&root, config);
    if needs.sources() {
        awaiting::advise(&root, config);
    }
    joins::advise(&root, config, feeds);
    if config.rules.is_empty() {
        root.problem("rules", "there are none: deliveries are kept, and nothing follows from them");
    }
    about_guard(&root, config);
    for (index, (rule, section)) in config.rules.iter().zip(root.sections("rules")).enumerate() {
        let earlier = config.rules.get(..index).unwrap_or_default();
        about_rule(rule, &section, earlier, catalog, feeds);
        about_texts(rule, &section, config);
    }
    document.into_problems()
}

fn about_addresses(root: &Section<'_>, config: &Config) {
    let admin = root.section("admin").and_then(|section| section.get("listen"));
    if let Some(entry) = admin.filter(|_| !config.admin.listen.ip().is_loopback()) {
        entry.problem("the admin listener asks nobody who they are; make sure that only operators can reach it");
    }
    for portal in &config.portals {
        let short = root.section("docspace").filter(|_| portal.name == DEFAULT_PORTAL);
        let section = short.or_else(|| root.section("portals").and_then(|portals| portals.section(&portal.name)));
        let url = section.and_then(|section| section.get("url"));
        if let Some(entry) = url.filter(|_| portal.url.scheme() == "http" && !is_near(portal.url.host())) {
            entry.problem("the API key travels unencrypted; use https://");
        }
    }
}

/// What HR fears most is not a message that is lost, but one that reaches everybody.
fn about_guard(root: &Section<'_>, config: &Config) {
    let asked = |is: fn(&Action) -> bool| config.rules.iter().flat_map(|rule| &rule.asks).any(|ask| is(&ask.action));
    let tell = |message: &str| match root.get("guard") {
        Some(entry) => entry.problem(message),
        None => root.problem("guard", message),
    };
    if asked(|action| matches!(action, Action::Onboard(_))) && !config.guard.is_about_newcomers() {
        tell(
            "nothing limits whom the rules let in: a wrong export in HR would invite everybody in it. Write [guard] with new_people_per_day = 50 (0: everybody waits for you)",
        );
    }
    if asked(|action| matches!(action, Action::Disable(_))) && config.guard.leavers_per_day.is_none() {
        tell(
            "nothing limits how many accounts the rules disable, should HR report too many as gone. Write [guard] with leavers_per_day = 5 (0: every leaver waits for you)",
        );
    }
}

fn is_near(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Leave that stands for nothing: it would be taken for what a later version of the connector assumes.
fn about_assumptions(root: &Section<'_>, config: &Config) {
    let Some(sources) = root.section("sources") else {
        return;
    };
    for source in config.sources.values().filter(|source| source.connector.evidence.assumed().is_empty()) {
        let section = sources.section(&source.name).filter(|_| source.accepts_assumptions);
        if let Some(entry) = section.and_then(|section| section.get("accept_assumptions")) {
            entry.problem(format!("the connector {} assumes nothing; take it out", source.connector.name));
        }
    }
}

/// An option that nothing reads is most likely misspelt; a connector may read one it gives no default.
fn about_options(root: &Section<'_>, config: &Config) {
    let Some(sources) = root.section("sources") else {
        return;
    };
    for source in config.sources.values() {
        let options = sources.section(&source.name).and_then(|section| section.section("options"));
        for (name, entry) in options.map(|options| options.entries()).unwrap_or_default() {
            if !source.connector.options.contains_key(&name) {
                let known = listed(source.connector.options.keys().map(String::as_str));
                let known = if known.is_empty() { "no options".to_owned() } else { format!("the options {known}") };
                entry.problem(format!("the connector {} has {known}", source.connector.name));
            }
        }
    }
}

fn about_rule(rule: &Rule, section: &Section<'_>, earlier: &[Rule], catalog: &Catalog, feeds: &Feeds) {
    let Some(on) = section.get("on") else { return };
    let feeding = feeds.of(rule.on);
    if feeding.is_empty() {
        on.problem(unfed(rule.on, catalog));
    }
    if let (Some(when), Some(entry)) = (&rule.when, section.get("when")) {
        for read in when.reads("event").into_iter().filter(|read| !read.guarded) {
            let lacking = feeding.iter().filter(|feed| !feed.fields.contains(&read.field)).map(|feed| feed.source);
            let lacking = listed(lacking);
            if !lacking.is_empty() {
                entry.problem(format!(
                    "event.{0} never comes from {lacking}, so each {1} from there is held; ask event.{0} is defined first if that is not meant",
                    read.field, rule.on
                ));
            }
        }
    }
    for action in rule.asks.iter().map(|ask| &ask.action) {
        let Some(entry) = section.get(action.name()) else {
            continue;
        };
        let wins = |other: &Rule| {
            other.on == rule.on
                && other.portal == rule.portal
                && other.when.is_none()
                && other.asks.iter().any(|its| its.action.name() == action.name())
        };
        if let Some(index) = earlier.iter().position(wins) {
            entry.problem(format!("never happens: rules[{index}] has no condition and always comes first"));
        }
        about_moment(&entry, action.name(), rule.on);
        about_days(&entry, action, rule.on, &feeding);
    }
}

/// Moments counted from a day: sources that never tell it, and letters whose link is dead on the day.
fn about_days(entry: &Entry<'_>, action: &Action, on: EventKind, feeding: &[Feed<'_>]) {
    let (moment, key, field) = match action {
        Action::Onboard(wanted) => (&wanted.before_start, "before_start", "starts_on"),
        Action::Disable(wanted) => (&wanted.after_end, "after_end", "ends_on"),
        Action::Congratulate(_) | Action::Update(_) | Action::Enable(_) => return,
    };
    let (Some(moment), Some(section)) = (moment, entry.section()) else { return };
    let Some(entry) = section.get(key) else { return };
    let lacking = listed(feeding.iter().filter(|feed| !feed.fields.contains(field)).map(|feed| feed.source));
    if !lacking.is_empty() {
        entry.problem(format!(
            "counts from event.{field}, which never comes from {lacking}, so each {on} from there is held; map it in the connector, or give those a rule without {key}"
        ));
    }
    if let Action::Onboard(wanted) = action {
        about_lead(&entry, wanted, -moment.days);
    }
}

/// Days that the link of DocSpace's letters lives (`email:validinterval` of the server's configuration).
const LINK_DAYS: i32 = 7;

/// A letter that is mailed so early that its link is dead on the first day, and no other follows in time.
fn about_lead(entry: &Entry<'_>, wanted: &Onboard, lead: i32) {
    // How long a shared link lives, the portal says when it is mailed.
    if lead <= LINK_DAYS || wanted.way() == Way::Link {
        return;
    }
    let days = |days: i32| SignedDuration::from_hours(24 * i64::from(days));
    let early = lead - LINK_DAYS;
    let (least, how) = match wanted.way() {
        // A reminder of such an account says how to come in without a link.
        Way::Created => (0, format!("of at most \"{lead}d\", which says how to come in without it")),
        _ => (early, format!("of \"{early}d\" to \"{lead}d\", which mails another")),
    };
    if wanted.remind_after.is_some_and(|after| (days(least)..=days(lead)).contains(&after)) {
        return;
    }
    entry.problem(format!(
        "mails the letter {lead} days before the first day of work, but its link lives {LINK_DAYS} days from the mailing, so that it is dead by then for whoever has not used it; write \"{LINK_DAYS}d\" or less, or add a remind_after {how}"
    ));
}

fn about_texts(rule: &Rule, section: &Section<'_>, config: &Config) {
    for ask in &rule.asks {
        let Some(entry) = section.get(ask.action.name()) else { continue };
        match &ask.action {
            Action::Congratulate(wanted) => {
                about_text(&entry, wanted, config);
                about_channels(&entry, wanted);
            }
            Action::Onboard(wanted) if wanted.way() != Way::Link => {
                if let Some(entry) = entry.section().and_then(|section| section.get("text")) {
                    entry.problem(
                        r#"is not mailed: DocSpace writes the invitation itself, unless the mode is "link"; take it out"#,
                    );
                }
            }
            Action::Onboard(_) | Action::Update(_) | Action::Disable(_) | Action::Enable(_) => {}
        }
    }
}

/// What belongs to a channel that is never tried.
fn about_channels(entry: &Entry<'_>, wanted: &Congratulate) {
    let Some(section) = entry.section() else { return };
    for (key, channels) in [
        ("key", &[Channel::SendCongratulations][..]),
        ("file", &[Channel::Mention]),
        ("room", &[Channel::Room]),
        ("receiver", &[Channel::Webhook]),
        ("text", &[Channel::Smtp, Channel::Mention, Channel::Webhook]),
    ] {
        if let Some(entry) = section.get(key).filter(|_| !channels.iter().any(|channel| wanted.via.contains(channel))) {
            let names = listed(channels.iter().map(|channel| channel.as_str()));
            entry.problem(format!("is not used: it belongs to {names}, which via does not name"));
        }
    }
}

/// A text that is there, but not in the language asked for, or that shows what only an invitation has.
fn about_text(entry: &Entry<'_>, wanted: &Congratulate, config: &Config) {
    let name = wanted.text.as_deref().unwrap_or(BuiltIn::Congratulation.name());
    let (Some(texts), Some(section)) = (config.texts.get(name), entry.section()) else { return };
    let (chosen, text) = texts.choose(wanted.language.as_deref());
    if let (Some(language), Some(entry)) = (&wanted.language, section.get("language"))
        && !language.replace('_', "-").to_lowercase().starts_with(&chosen.to_lowercase())
    {
        entry.problem(format!(
            "the text {name} is not there in '{language}', so it is sent in {chosen}; add [texts.{name}.{language}]"
        ));
    }
    let shows_link = |template: &Template| template.reads("link").iter().any(|read| !read.guarded);
    if let Some(entry) = section.get("text")
        && (shows_link(&text.subject) || shows_link(&text.text) || text.html.as_ref().is_some_and(shows_link))
    {
        entry.problem(format!("the text {name} shows a link, which only an invitation has; name another text"));
    }
}

fn unfed(kind: EventKind, catalog: &Catalog) -> String {
    let able = catalog.iter().filter(|connector| connector.fields_mapped(kind).is_some());
    let able = listed(able.map(|connector| connector.name.as_str()));
    let advice = if able.is_empty() {
        "a connector that maps it".to_owned()
    } else {
        format!("one of these connectors: {able}")
    };
    format!("no source sends {kind}, so this rule never applies; add a source with {advice}")
}

fn about_moment(entry: &Entry<'_>, action: &str, kind: EventKind) {
    if action == crate::model::kind::CONGRATULATE && kind != EventKind::UserActivated {
        entry.problem(format!(
            "{kind} also comes for accounts that are not active yet or have long been; user.activated comes once, when somebody activates"
        ));
    }
}
