//! `[[rules]]`: event, condition, actions.

use super::feeds::{Feeds, listed};
use crate::connector::expression;
use crate::document::{Entry, Section};
use crate::expr::Expr;
use crate::model::{Action, Channel, Congratulate, EventKind, Mode, Onboard, UserType};
use crate::rules::{ROOTS, Rule};

/// Every rule, in order.
pub(super) fn rules(root: &Section<'_>, feeds: &Feeds) -> Vec<Rule> {
    if let Some(entry) = root.get("rules").filter(|entry| entry.json().is_object()) {
        entry.problem("is a list of tables; write [[rules]] with two brackets for each");
        return Vec::new();
    }
    root.sections("rules").into_iter().filter_map(|section| rule(section, feeds)).collect()
}

fn rule(section: Section<'_>, feeds: &Feeds) -> Option<Rule> {
    let on = section.require("on", "name an event, such as employee.hired").and_then(|entry| {
        entry.text()?.parse().map_err(|error: crate::model::UnknownEventKind| entry.problem(error.to_string())).ok()
    });
    let when = section.get("when");
    let condition = when.as_ref().and_then(|entry| condition(entry, on, feeds));
    let onboard = section.get("onboard");
    let congratulate = section.get("congratulate");
    if onboard.is_none() && congratulate.is_none() {
        section.problem("", r#"does nothing; add onboard = { type = "User" } or congratulate = { key = "..." }"#);
    }
    let mut actions = Vec::new();
    if let Some(entry) = onboard {
        suits_onboard(&entry, on, feeds);
        actions.extend(read_onboard(&entry).map(Action::Onboard));
    }
    if let Some(entry) = congratulate {
        suits_congratulate(&entry, on);
        actions.extend(read_congratulate(&entry).map(Action::Congratulate));
    }
    section.finish("a rule has on, when, onboard and congratulate");
    Some(Rule { on: on?, when: condition, actions })
}

/// The condition, with every field it reads sent by somebody; that each is a field at all, `expr` sees to.
fn condition(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds) -> Option<Expr> {
    let expr = expression(entry, &ROOTS)?;
    for read in expr.reads("event") {
        if let Some(on) = on
            && let Some(sources) = never_sent(feeds, on, &read.field)
        {
            entry.problem(format!(
                "reads event.{}, which {on} never has here (it comes from {sources}); map it in the connector or take it out of the condition",
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

fn read_onboard(entry: &Entry<'_>) -> Option<Onboard> {
    let section = entry.section()?;
    let user_type = section
        .require("type", r#"there is no default, since some types take a paid seat; write type = "User""#)
        .and_then(|entry| user_type(&entry, &section));
    let mode = section.get("mode").map_or(Some(Mode::default()), |entry| match entry.text()?.as_str() {
        "create" => Some(Mode::Create),
        "invite" => Some(Mode::Invite),
        other => {
            entry.problem(format!(r#"'{other}' is not a mode; write "create" (names and account, then the invitation) or "invite" (the invitation alone)"#));
            None
        }
    });
    section.get("allow_paid").map(|entry| entry.flag());
    section.finish("onboard has type, mode and allow_paid");
    Some(Onboard { user_type: user_type?, mode: mode? })
}

/// The account type, unless it would cost money unasked or be refused by the server.
fn user_type(entry: &Entry<'_>, onboard: &Section<'_>) -> Option<UserType> {
    let text = entry.text()?;
    if text == "All" {
        entry.problem("'All' is refused, since the server turns it into a paid room administrator; write User");
        return None;
    }
    let user_type = match text.parse::<UserType>() {
        Ok(user_type) => user_type,
        Err(sentence) => {
            entry.problem(sentence);
            return None;
        }
    };
    let is_allowed = || onboard.get("allow_paid").is_some_and(|entry| entry.json() == true);
    if user_type == UserType::Guest {
        entry.problem("'Guest' is refused: DocSpace makes guests from room invitations only; write User");
        return None;
    }
    if user_type.is_paid() && !is_allowed() {
        entry
            .problem(format!("'{user_type}' takes a paid seat; add allow_paid = true if that is meant, or write User"));
        return None;
    }
    Some(user_type)
}

fn read_congratulate(entry: &Entry<'_>) -> Option<Congratulate> {
    let section = entry.section()?;
    let via = section.get("via").map_or_else(|| Some(vec![Channel::SendCongratulations]), |entry| channels(&entry));
    let key = section.get("key");
    let text = key.as_ref().and_then(Entry::text);
    let wants_key = via.as_ref().is_some_and(|via| via.contains(&Channel::SendCongratulations));
    let hint = r#"the channel sendcongratulations needs it; write key = "..." as the portal's administrator gave it"#;
    match (&key, text.as_deref()) {
        (None, _) if wants_key => section.problem("key", format!("is missing; {hint}")),
        (Some(entry), Some("")) => entry.problem(format!("is empty; {hint}")),
        _ => {}
    }
    section.finish("congratulate has via and key");
    Some(Congratulate { via: via?, key: text })
}

fn channels(entry: &Entry<'_>) -> Option<Vec<Channel>> {
    const ALL: [Channel; 1] = [Channel::SendCongratulations];
    let names = listed(ALL.map(Channel::as_str));
    let items = entry.items()?;
    if items.is_empty() {
        entry.problem(format!("is empty; name a channel: {names}"));
    }
    let mut via = Vec::new();
    for item in items {
        let Some(text) = item.text() else { continue };
        match ALL.into_iter().find(|channel| channel.as_str() == text) {
            None => item.problem(format!("there is no channel '{text}'; there is {names}")),
            Some(channel) if via.contains(&channel) => {
                item.problem(format!("'{text}' stands here twice; once is enough"))
            }
            Some(channel) => via.push(channel),
        }
    }
    Some(via)
}
