//! `[[rules]]`: event, condition, actions.

use serde_json::Value as Json;

use super::feeds::{Feeds, listed};
use super::{Portal, congratulate, movers, onboard, portals};
use crate::connector::expression;
use crate::document::{Entry, Section};
use crate::expr::Expr;
use crate::model::EventKind;
use crate::rules::{Ask, ROOTS, Rule};
use crate::texts::BuiltIn;

/// What reading the rules needs to know.
pub(super) struct Reader<'r> {
    /// What the sources send.
    pub(super) feeds: &'r Feeds,
    /// The portals that could be read.
    pub(super) portals: &'r [Portal],
    /// Whether these are all of them.
    pub(super) all_portals: bool,
}

impl Reader<'_> {
    /// Every rule, in order.
    pub(super) fn rules(&self, root: &Section<'_>) -> Vec<Rule> {
        if let Some(entry) = root.get("rules").filter(|entry| entry.json().is_object()) {
            entry.problem("is a list of tables; write [[rules]] with two brackets for each");
            return Vec::new();
        }
        let needs = Needed::of(root);
        root.sections("rules").into_iter().filter_map(|section| self.rule(section, &needs)).collect()
    }

    fn rule(&self, section: Section<'_>, needed: &Needed) -> Option<Rule> {
        let feeds = self.feeds;
        let on = section.require("on", "name an event, such as employee.hired").and_then(|entry| {
            entry.text()?.parse().map_err(|error: crate::model::UnknownEventKind| entry.problem(error.to_string())).ok()
        });
        let when = section.get("when");
        let condition = when.as_ref().and_then(|entry| condition(entry, on, feeds));
        let portal = portals::named(section.get("portal").as_ref(), &section, self.portals, self.all_portals);
        let asks = self.asks(&section, on, needed);
        section.finish("a rule has on, when, portal, onboard, update, disable, enable and congratulate");
        Some(Rule { on: on?, when: condition, portal: portal?, asks })
    }

    /// What follows from the event, in no order that matters.
    fn asks(&self, section: &Section<'_>, on: Option<EventKind>, needed: &Needed) -> Vec<Ask> {
        let feeds = self.feeds;
        let actions = ["onboard", "update", "disable", "enable", "congratulate"].map(|name| section.get(name));
        if actions.iter().all(Option::is_none) {
            section.problem(
                "",
                r#"does nothing; add onboard = { type = "User" }, congratulate = { key = "..." }, update, disable or enable"#,
            );
        }
        let [onboard, update, disable, enable, congratulate] = actions;
        let mut asks = Vec::new();
        if let Some(entry) = onboard {
            suits_onboard(&entry, on, feeds);
            asks.extend(onboard::read(&entry, on, feeds, needed));
        }
        if let Some(entry) = update {
            movers::suits_update(&entry, on);
            asks.extend(movers::update(&entry, on, feeds));
        }
        if let Some(entry) = disable {
            movers::suits_disable(&entry, on);
            asks.extend(movers::disable(&entry, on, feeds));
        }
        if let Some(entry) = enable {
            movers::suits_enable(&entry, on);
            asks.extend(movers::enable(&entry));
        }
        if let Some(entry) = congratulate {
            suits_congratulate(&entry, on);
            asks.extend(congratulate::read(&entry, on, feeds, needed));
        }
        asks
    }
}

/// What a rule may name elsewhere in the file.
pub(super) struct Needed {
    /// Whether there is an `[smtp]`.
    pub(super) smtp: bool,
    /// Names under `[texts]`, the built-in ones included.
    pub(super) texts: Vec<String>,
    /// Names under `[receivers]`.
    pub(super) receivers: Vec<String>,
}

impl Needed {
    fn of(root: &Section<'_>) -> Self {
        let names = |key: &str| -> Vec<String> {
            let json = root.get(key).map(|entry| entry.json());
            json.as_ref().and_then(Json::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let mut texts = BuiltIn::ALL.map(|text| text.name().to_owned()).to_vec();
        texts.extend(names("texts").into_iter().filter(|name| BuiltIn::ALL.iter().all(|text| text.name() != name)));
        Self { smtp: root.get("smtp").is_some(), texts, receivers: names("receivers") }
    }

    /// The name of a text, if there is such a text.
    pub(super) fn text(&self, entry: Option<Entry<'_>>) -> Option<String> {
        let entry = entry?;
        let name = entry.text()?;
        if !self.texts.contains(&name) {
            let all = listed(self.texts.iter().map(String::as_str));
            entry.problem(format!("there is no text '{name}'; there are {all}. Add [texts.{name}.en]"));
        }
        Some(name)
    }
}

/// A parameter that may be computed: its fixed text, or `{ expr = "..." }` over the event.
pub(super) enum Value {
    Fixed(String),
    Computed(Expr),
}

/// Read a fixed text, a whole number, or an expression.
pub(super) fn value(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds) -> Option<Value> {
    match entry.json() {
        Json::Object(_) => {
            let section = entry.section()?;
            let inner = section.require("expr", r#"write the text itself, or { expr = "event.department" }"#);
            section.finish("a computed value has expr");
            condition(&inner?, on, feeds).map(Value::Computed)
        }
        Json::Number(number) if number.is_i64() => Some(Value::Fixed(number.to_string())),
        _ => {
            let text = entry.text()?;
            if text.trim().is_empty() {
                entry.problem("is empty; fill it in, or take it out");
                return None;
            }
            Some(Value::Fixed(text))
        }
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(entry: Option<Entry<'_>>, all: &[T], word: fn(T) -> &'static str) -> Option<T> {
    let entry = entry?;
    let text = entry.text()?;
    let found = all.iter().copied().find(|choice| word(*choice) == text);
    if found.is_none() {
        entry.problem(format!(
            "'{text}' is not a choice here; write {}",
            all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(" or ")
        ));
    }
    found
}

/// The condition, with every field it reads sent by somebody; that each is a field at all, `expr` sees to.
fn condition(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds) -> Option<Expr> {
    let expr = expression(entry, &ROOTS)?;
    for read in expr.reads("event") {
        if let Some(on) = on
            && let Some(sources) = never_sent(feeds, on, &read.field)
        {
            entry.problem(format!(
                "reads event.{}, which {on} never has here (it comes from {sources}); map it in the connector or take it out of the expression",
                read.field
            ));
        }
    }
    Some(expr)
}

/// The sources that send `kind`, for a sentence, if there are any and all of them are known to leave
/// `field` out.
fn never_sent(feeds: &Feeds, kind: EventKind, field: &str) -> Option<String> {
    let feeding = feeds.of(kind);
    if feeds.is_partial || feeding.is_empty() || feeding.iter().any(|feed| feed.fields.contains(field)) {
        return None;
    }
    Some(listed(feeding.iter().map(|feed| feed.source)))
}

/// A moment counted from a day that no source tells.
pub(super) fn suits_moment(entry: &Entry<'_>, on: Option<EventKind>, field: &str, feeds: &Feeds) {
    if let Some(on) = on
        && let Some(sources) = never_sent(feeds, on, field)
    {
        entry.problem(format!(
            "counts from event.{field}, which {on} never has here (it comes from {sources}); map it in the connector or take this out"
        ));
    }
}

fn suits_onboard(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds) {
    match on {
        None | Some(EventKind::EmployeeHired) => {}
        Some(on @ EventKind::EmployeeUpdated) => {
            if let Some(sources) = never_sent(feeds, on, "email") {
                entry.problem(format!(
                    "needs an e-mail address, which {on} never has here (it comes from {sources}); map email in the connector or use employee.hired"
                ));
            }
        }
        Some(on) => entry.problem(format!(
            "makes an account for somebody who was hired and cannot follow {on}; use it on employee.hired"
        )),
    }
}

fn suits_congratulate(entry: &Entry<'_>, on: Option<EventKind>) {
    let suits =
        on.is_none_or(|on| matches!(on, EventKind::UserActivated | EventKind::UserCreated | EventKind::UserUpdated));
    if let (false, Some(on)) = (suits, on) {
        entry.problem(format!(
            "speaks to somebody with a DocSpace account and cannot follow {on}; use it on user.activated"
        ));
    }
}
