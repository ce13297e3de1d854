//! Rules: what is to follow from an event.

mod look;

pub use look::{RuleLook, RuleVerdict, look};

use serde_json::Value as Json;

use crate::expr::{Expr, Scope};
use crate::model::{Action, Event, EventKind, RoomAccess, RoomGrant, Update, UserType};

/// Roots that a rule's condition, and whatever it computes, may read.
pub const ROOTS: [&str; 2] = ["event", "today"];

/// Event + condition -> actions.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The kind of event it listens to.
    pub on: EventKind,
    /// Its condition over [`ROOTS`]; absent: always.
    pub when: Option<Expr>,
    /// Name of the portal it acts on.
    pub portal: String,
    /// What follows.
    pub asks: Vec<Ask>,
}

/// An action with what is still to be computed from the event.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The action with everything that is fixed.
    pub action: Action,
    /// The rest.
    pub computed: Vec<Computed>,
}

/// A parameter that depends on the event. What its expression does not yield is left out; the type of a new account has
/// to be there. Of an update, groups or rooms of which one is not yielded, or reads what the event lacks, are left as they
/// are.
#[derive(Debug, Clone)]
pub struct Computed {
    /// Which parameter.
    pub parameter: Parameter,
    /// Yields its text; for groups and rooms also a list of texts.
    pub expr: Expr,
}

/// The parameters that may be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// Account type; whether one that takes a paid seat is allowed.
    Type {
        /// `allow_paid` of the rule.
        allow_paid: bool,
    },
    /// Language of the account.
    Culture,
    /// A group, or several.
    Group,
    /// A room, or several, with this right.
    Room(RoomAccess),
    /// Language of the text.
    Language,
}

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What to do.
    pub action: Action,
    /// Name of the portal to do it at.
    pub portal: String,
    /// Why it has to wait for a person, a sentence without values; absent: nothing stands in its way.
    pub hold: Option<String>,
}

/// What follows from `event`, at most one of each action at each portal, in the order in which it is to be done: an
/// account is enabled before it is onboarded or updated, whatever the order of the rules.
///
/// Of several matching rules the first one for each action wins. A rule whose condition cannot be decided
/// counts as matching and its actions are held: neither doing nor leaving is guessed. That is so where the
/// condition fails, or reads a field which the event lacks without asking for it by `is defined`, `or` or
/// `default`. `today` is the date that conditions see, as `YYYY-MM-DD`.
#[must_use]
pub fn plan(rules: &[Rule], event: &Event, today: jiff::civil::Date) -> Vec<Planned> {
    let (scope, json) = scope(event, today);
    let mut planned: Vec<Planned> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.on == event.kind) {
        let hold = match decide(rule, &scope) {
            Ok(true) => None,
            Ok(false) => continue,
            Err(problem) => Some(format!("the rule's condition cannot be decided: {problem}")),
        };
        for ask in &rule.asks {
            let same = |earlier: &Planned| earlier.portal == rule.portal && earlier.action.name() == ask.action.name();
            if !planned.iter().any(same) {
                let (action, problem) = ask.resolve(&scope, &json);
                planned.push(Planned { action, portal: rule.portal.clone(), hold: hold.clone().or(problem) });
            }
        }
    }
    planned.sort_by_key(|planned| rank(&planned.action));
    planned
}

/// What conditions see, and the event as JSON.
fn scope(event: &Event, today: jiff::civil::Date) -> (Scope, Json) {
    let json = serde_json::to_value(event).unwrap_or_default();
    let today = Json::String(today.to_string());
    (Scope::new([("event", &json), ("today", &today)]), json)
}

/// Whether the rule's condition holds; why that cannot be told.
fn decide(rule: &Rule, scope: &Scope) -> Result<bool, String> {
    rule.when.as_ref().map_or(Ok(true), |when| when.is_true(scope))
}

/// Place among what follows from one event.
fn rank(action: &Action) -> u8 {
    match action {
        Action::Enable(_) => 0,
        Action::Onboard(_) => 1,
        Action::Update(_) => 2,
        Action::Disable(_) => 3,
        Action::Congratulate(_) => 4,
    }
}

impl Ask {
    /// The action for the event of `scope`, and why it cannot be done like this.
    fn resolve(&self, scope: &Scope, event: &Json) -> (Action, Option<String>) {
        let mut action = self.action.clone();
        let mut hold = None;
        // A message about a change leaves out what has not changed: that is no riddle, and nothing follows from it.
        let is_update = matches!(action, Action::Update(_));
        for Computed { parameter, expr } in &self.computed {
            let done = match expr.eval(scope) {
                Ok(value) => parameter.put(&mut action, value.as_ref()),
                Err(_) if is_update && lacks(expr, event) => parameter.put(&mut action, None),
                Err(problem) => Err(problem),
            };
            if let Err(problem) = done {
                hold = hold.or(Some(format!("the rule's {} cannot be computed: {problem}", parameter.name())));
            }
        }
        (action, hold)
    }
}

impl Parameter {
    /// The word in configuration.
    fn name(self) -> &'static str {
        match self {
            Self::Type { .. } => "type",
            Self::Culture => "culture",
            Self::Group => "groups",
            Self::Room(_) => "rooms",
            Self::Language => "language",
        }
    }

    fn put(self, action: &mut Action, value: Option<&Json>) -> Result<(), String> {
        let texts = texts(value)?;
        match (self, action) {
            (Self::Type { allow_paid }, Action::Onboard(onboard)) => {
                onboard.user_type = user_type(&texts, allow_paid)?.ok_or("it yields nothing")?;
                if onboard.user_type == UserType::Guest && onboard.rooms.is_empty() {
                    return Err("it yields Guest, and the rule names no room for guests".to_owned());
                }
            }
            (Self::Type { allow_paid }, Action::Update(update)) => {
                update.user_type = user_type(&texts, allow_paid)?;
                if update.user_type == Some(UserType::Guest) {
                    return Err("it yields Guest, and DocSpace makes no guest of an account that is none".to_owned());
                }
            }
            (Self::Culture, Action::Onboard(onboard)) => onboard.culture = texts.into_iter().next(),
            (Self::Group, Action::Onboard(onboard)) => onboard.groups.extend(texts),
            (Self::Room(access), Action::Onboard(onboard)) => {
                onboard.rooms.extend(texts.into_iter().map(|id| RoomGrant { id, access }));
            }
            // Of somebody who moves, nothing is taken back for a field that a message leaves out.
            (Self::Group, Action::Update(update)) if is_absent(value) => update.groups = None,
            (Self::Room(_), Action::Update(update)) if is_absent(value) => update.rooms = None,
            (Self::Group, Action::Update(Update { groups, .. })) => {
                if let Some(groups) = groups {
                    groups.extend(texts);
                }
            }
            (Self::Room(access), Action::Update(Update { rooms, .. })) => {
                let grants = texts.into_iter().map(|id| RoomGrant { id, access });
                if let Some(rooms) = rooms {
                    rooms.extend(grants);
                }
            }
            (Self::Language, Action::Congratulate(congratulate)) => congratulate.language = texts.into_iter().next(),
            _ => return Err("this action has no such parameter".to_owned()),
        }
        Ok(())
    }
}

/// The account type among the texts, unless it takes a paid seat unasked.
fn user_type(texts: &[String], allow_paid: bool) -> Result<Option<UserType>, String> {
    let Some(text) = texts.first() else { return Ok(None) };
    let kind = text.parse::<UserType>().map_err(|_| "it yields no account type".to_owned())?;
    if kind.is_paid() && !allow_paid {
        return Err(format!("it yields {kind}, which takes a paid seat; the rule lacks allow_paid = true"));
    }
    Ok(Some(kind))
}

/// Whether the event has not all fields that the expression takes for granted.
fn lacks(expr: &Expr, event: &Json) -> bool {
    expr.reads("event").iter().any(|read| !read.guarded && event.get(&read.field).is_none_or(Json::is_null))
}

/// Whether an expression yields nothing at all, which an empty text or list is not.
fn is_absent(value: Option<&Json>) -> bool {
    value.is_none_or(Json::is_null)
}

/// The texts that an expression yields: none, one, or a list of them. Whole numbers count as texts, empty ones as none.
fn texts(value: Option<&Json>) -> Result<Vec<String>, String> {
    let one = |value: &Json| match value {
        Json::String(text) => Ok(text.trim().to_owned()),
        Json::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
        _ => Err("it yields something that is no text".to_owned()),
    };
    let texts = match value {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(list)) => list.iter().map(one).collect::<Result<_, _>>()?,
        Some(value) => vec![one(value)?],
    };
    Ok(texts.into_iter().filter(|text: &String| !text.is_empty()).collect())
}
