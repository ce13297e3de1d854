//! An explanation as text.

use serde_json::{Value as Json, json};

use crate::auth::Reject;
use crate::cli::output::{Failure, Out, when};
use crate::config::Source;
use crate::connector::{ItemLook, Reading, TableLook, Yielded, YieldedValue};
use crate::docspace::Expected;
use crate::model::Event;
use crate::process::Follow;
use crate::rules::{RuleLook, RuleVerdict};
use crate::schedule;

use super::judge::{Detail, Explanation};

/// How much of a value is shown, in characters.
const SHOWN: usize = 100;
/// As many items of one table, and as many events with their rules, are shown.
const MOST: usize = 20;

impl Explanation {
    pub(super) fn tell(&self, source: &Source, out: &mut Out) -> Result<(), Failure> {
        if let Some(handshake) = &self.detail.handshake {
            handshake.tell(out)?;
            if !handshake.is_verified {
                return Ok(());
            }
        }
        match self.reject {
            None => out.line(format!("verified  yes, by the scheme of {}", source.connector.name))?,
            Some(reject) => out.line(format!("verified  no: {} (a server answers 401)", reject.code()))?,
        }
        self.detail.tell_auth(self.reject == Some(Reject::Stale), out)?;
        if self.detail.handshake.is_some() {
            return Ok(());
        }
        for key in &self.dedupe_keys {
            out.line(self.shown(format!("dedupe    {key}")))?;
        }
        if let Some(fetching) = &self.detail.fetch {
            fetching.tell(out, |line| self.shown(line))?;
        }
        for table in &self.detail.tables {
            self.tell_table(table, out)?;
        }
        for event in &self.events {
            self.tell_event(event, out)?;
        }
        if let Some(problem) = &self.problem {
            out.line(self.shown(format!("problem   {}: {}", problem.at, problem.what)))?;
        } else if self.events.is_empty() {
            out.line("event     none: the connector takes nothing from this request")?;
        }
        self.tell_rules(out)?;
        self.tell_actions(out)
    }

    /// A line without anything secret in it.
    fn shown(&self, line: impl AsRef<str>) -> String {
        self.mask.text(line.as_ref())
    }

    fn tell_event(&self, event: &Event, out: &mut Out) -> Result<(), Failure> {
        out.line(format!("event     {}", event.kind))?;
        if let Json::Object(fields) = json!(event) {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "kind") {
                out.line(self.shown(format!("            {name} = {value}")))?;
            }
        }
        for problem in schedule::odd_days(event) {
            out.line(format!("            note: {problem}"))?;
        }
        Ok(())
    }

    fn tell_table(&self, table: &TableLook, out: &mut Out) -> Result<(), Failure> {
        let items = match &table.items {
            None => "the body is the one item".to_owned(),
            Some(Yielded { expression, value: YieldedValue::Is(_), .. }) => {
                format!("items `{expression}` -> {}", count(table.found.len()))
            }
            Some(items) => format!("items{}", said(items, true)),
        };
        out.line(self.shown(format!("mapping   [[event]] {} ({}): {items}", table.table + 1, table.kind)))?;
        for item in table.found.iter().take(MOST) {
            self.tell_item(item, item.item == 0, out)?;
        }
        match table.found.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => out.line(format!("            ... and {} more, all of them with --json --detail", count(more))),
        }
    }

    /// Expressions are written out for the first item only: they are the same for all.
    fn tell_item(&self, item: &ItemLook, is_first: bool, out: &mut Out) -> Result<(), Failure> {
        let verdict = match (item.is_meant, item.is_waiting) {
            (Some(true), _) => "is meant",
            (Some(false), _) => "is not meant",
            (None, true) => "may be meant: the platform is asked first",
            (None, false) => "cannot be told",
        };
        let place = format!("            item {} {verdict}", item.item + 1);
        if let (Some(false), Some(when)) = (item.is_meant, &item.when) {
            return out.line(self.shown(format!("{place}: when{}{}", said(when, is_first), read(&when.reads))));
        }
        out.line(place)?;
        for yielded in item.needs.iter().chain(&item.when).chain(&item.fields) {
            out.line(self.shown(format!("              {}{}", yielded.key, said(yielded, is_first))))?;
        }
        Ok(())
    }

    fn tell_rules(&self, out: &mut Out) -> Result<(), Failure> {
        for of_event in self.detail.rules.iter().take(MOST) {
            for look in &of_event.rules {
                if look.verdict == RuleVerdict::OtherEvent {
                    continue;
                }
                out.line(self.shown(rule(look)))?;
            }
            let others: Vec<_> = of_event.rules.iter().filter(|look| look.verdict == RuleVerdict::OtherEvent).collect();
            if !others.is_empty() {
                let numbers: Vec<_> = others.iter().map(|look| format!("{} ({})", look.rule + 1, look.on)).collect();
                let listed = numbers.join(", ");
                out.line(format!("rule      {listed}: not for {}", of_event.event))?;
            }
        }
        match self.detail.rules.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => out.line(format!("rule      ... and those of {more} more events, with --json --detail")),
        }
    }

    fn tell_actions(&self, out: &mut Out) -> Result<(), Failure> {
        for (follow, calls) in self.actions.iter().zip(&self.detail.calls) {
            self.tell_action(follow, &calls.calls, out)?;
        }
        for event in &self.for_the_back {
            out.line(format!("            and enable on {event}, where HR has told before that the person leaves"))?;
        }
        if self.actions.is_empty() && self.for_the_back.is_empty() && !self.events.is_empty() {
            out.line("action    none: no rule asks for anything (the ledger may: it knows who is new)")?;
        }
        Ok(())
    }

    fn tell_action(&self, follow: &Follow, calls: &[Expected], out: &mut Out) -> Result<(), Failure> {
        let (action, event) = (follow.action.name(), follow.event.kind);
        out.line(self.shown(format!("action    {action} on {event} {}", follow.action.params())))?;
        if let Some(reason) = &follow.hold {
            out.line(self.shown(format!("            held: {reason}")))?;
        }
        if let Some(due) = follow.due_at {
            out.line(format!("            planned for {}", when(Some(due))))?;
        }
        let portal = &follow.portal;
        let then = if follow.hold.is_some() { "once it is released" } else { "where nothing is known of the person" };
        out.line(format!("            calls at the portal {portal}, {then}:"))?;
        for Expected { call, note } in calls {
            let note = note.as_deref().map(|note| format!("   ({note})")).unwrap_or_default();
            out.line(self.shown(format!("              {call}{note}")))?;
        }
        Ok(())
    }
}

impl Detail {
    fn tell_auth(&self, is_stale: bool, out: &mut Out) -> Result<(), Failure> {
        let trace = &self.auth;
        out.line(format!("            scheme     {}", trace.scheme))?;
        out.line(format!("            looked at  {}", trace.looked))?;
        for (word, text) in [("timestamp", &trace.timestamp), ("id", &trace.id)] {
            if let Some(text) = text {
                out.line(format!("            {word:<10} {text}"))?;
            }
        }
        if let Some(signed) = &trace.signed {
            let gap = if signed.last.is_empty() { "" } else { " ... " };
            let text = format!("{}{gap}{}", signed.first, signed.last);
            out.line(format!("            signed     {} bytes, sha256 {}: {text}", signed.bytes, signed.sha256))?;
        }
        let told = self.secrets.iter().map(|tried| match tried.fits {
            true => format!("{} fits", tried.place),
            false => format!("{} tried", tried.place),
        });
        let told: Vec<_> = told.collect();
        let told = if told.is_empty() { "none yet: the platform has not told it".to_owned() } else { told.join(", ") };
        out.line(format!("            secrets    {told}"))?;
        for cause in &trace.causes {
            out.line(format!("            cause      {cause}"))?;
        }
        match trace.sent_at.filter(|_| is_stale) {
            Some(sent_at) => out.line(format!("            cause      --at {sent_at:.0} judges it as of then")),
            None => Ok(()),
        }
    }
}

/// What a condition reads.
fn read(reads: &[Reading]) -> String {
    let value = |value: &Option<Json>| value.as_ref().map_or_else(|| "absent".to_owned(), shortened);
    let told: Vec<_> = reads.iter().map(|read| format!("{} is {}", read.name, value(&read.value))).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

/// An expression and what it yields.
fn said(yielded: &Yielded, is_written_out: bool) -> String {
    let expression = if is_written_out { format!(" `{}`", yielded.expression) } else { String::new() };
    match &yielded.value {
        YieldedValue::Is(value) => format!("{expression} -> {}", shortened(value)),
        YieldedValue::Absent => format!("{expression} -> absent"),
        YieldedValue::Waiting => format!("{expression} -> known once the platform has answered"),
        // The sentence names the expression.
        YieldedValue::Problem(problem) => format!(": {problem}"),
    }
}

fn rule(look: &RuleLook) -> String {
    let name = format!("rule      {} on {}", look.rule + 1, look.on);
    let reads = look.reads.iter().map(|(field, value)| match value {
        Some(value) => format!("event.{field} is {}", shortened(value)),
        None => format!("event.{field} is absent"),
    });
    let reads = reads.collect::<Vec<_>>().join(", ");
    let reads = if reads.is_empty() { reads } else { format!(" ({reads})") };
    let verdict = match (&look.verdict, &look.when) {
        (RuleVerdict::Undecided(problem), _) => format!("{problem}; what it asks for is held"),
        (RuleVerdict::Not, Some(when)) => format!("`{when}` -> false{reads}: nothing is asked for"),
        (_, Some(when)) => format!("`{when}` -> true{reads}"),
        (_, None) => "no condition".to_owned(),
    };
    if look.verdict == RuleVerdict::Not {
        return format!("{name}: {verdict}");
    }
    let asks = look.asks.iter().map(|ask| match look.taken.contains(ask) {
        true => format!("{ask} is asked for by an earlier rule already"),
        false => format!("asks for {ask}"),
    });
    let asks = asks.collect::<Vec<_>>().join(", ");
    format!("{name}: {verdict}: {asks}")
}

fn count(number: usize) -> String {
    if number == 1 { "1 item".to_owned() } else { format!("{number} items") }
}

/// A value in one line that is not too long.
fn shortened(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}... ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}
