//! Which rules were looked at for an event, and why each does or does not apply.

use serde::Serialize;
use serde_json::Value as Json;

use super::{Rule, decide, scope};
use crate::model::{Event, EventKind};

/// One rule, looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLook {
    /// Its number in the configuration, from 0.
    pub rule: usize,
    /// The kind of event it listens to.
    pub on: EventKind,
    /// Name of the portal it acts on.
    pub portal: String,
    /// Its condition, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Fields that the condition reads, each with its value; `None` where the event lacks it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<(String, Option<Json>)>,
    /// What came of it.
    pub verdict: RuleVerdict,
    /// Actions it asks for.
    pub asks: Vec<&'static str>,
    /// Those of them that an earlier rule has asked for already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<&'static str>,
}

/// Whether a rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// It listens to another kind of event.
    OtherEvent,
    /// It has no condition, or its condition is true.
    Applies,
    /// Its condition is false.
    Not,
    /// Its condition cannot be decided: what it asks for is held. A sentence says why.
    Undecided(String),
}

/// Every rule and why it does or does not apply to `event`; [`super::plan`] says what comes of it.
#[must_use]
pub fn look(rules: &[Rule], event: &Event, today: jiff::civil::Date) -> Vec<RuleLook> {
    let (scope, json) = scope(event, today);
    let mut asked: Vec<(&str, &'static str)> = Vec::new();
    let mut looks = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let verdict = match (rule.on == event.kind).then(|| decide(rule, &scope)) {
            None => RuleVerdict::OtherEvent,
            Some(Ok(true)) => RuleVerdict::Applies,
            Some(Ok(false)) => RuleVerdict::Not,
            Some(Err(problem)) => RuleVerdict::Undecided(problem),
        };
        let asks: Vec<_> = rule.asks.iter().map(|ask| ask.action.name()).collect();
        let mut taken = Vec::new();
        if matches!(verdict, RuleVerdict::Applies | RuleVerdict::Undecided(_)) {
            taken.extend(asks.iter().filter(|ask| asked.contains(&(rule.portal.as_str(), **ask))));
            asked.extend(asks.iter().map(|ask| (rule.portal.as_str(), *ask)));
        }
        let is_decided = verdict != RuleVerdict::OtherEvent;
        let reads = rule.when.iter().filter(|_| is_decided).flat_map(|when| when.reads("event"));
        let reads = reads.map(|read| (read.field.clone(), json.get(&read.field).cloned())).collect();
        looks.push(RuleLook {
            rule: number,
            on: rule.on,
            portal: rule.portal.clone(),
            when: rule.when.as_ref().map(|when| when.text().to_owned()),
            reads,
            verdict,
            asks,
            taken,
        });
    }
    looks
}
