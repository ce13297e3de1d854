//! The text of a drafted connector.

use super::leaves::{self, Leaf, Step, expression, quoted};
use super::news::News;
use super::people::candidates;
use super::scheme::{guess, table, toml_text};
use super::{Captured, days};
use crate::connector::Format;
use crate::model::EventKind;

/// The text around the guesses.
const TEMPLATE: &str = include_str!("draft.toml");
/// How many other guesses are told beside the best one.
pub(super) const OTHERS: usize = 4;
/// Fields of every event.
const FIELDS: [&str; 8] =
    ["employee_id", "email", "first_name", "last_name", "department", "title", "employment_type", "location"];

/// What was made of a request.
pub(super) struct Page {
    pub(super) text: String,
    /// Name of its fixture.
    pub(super) case: &'static str,
    /// The request changed so that it means nothing.
    pub(super) ignored: Option<Vec<u8>>,
    pub(super) notes: Vec<String>,
}

/// Where people are in a payload.
pub(super) struct View<'l, 'j> {
    pub(super) leaves: &'l [Leaf<'j>],
    email: Option<&'l Leaf<'j>>,
    /// The path to the list of people, if they stand in one.
    pub(super) list: Option<&'l [Step]>,
}

pub(super) fn write(name: &str, captured: &Captured) -> Page {
    let leaves = leaves::walk(&captured.body);
    let email = candidates(&leaves, "email", None).first().copied();
    let view = View { leaves: &leaves, email, list: email.and_then(|email| list(&email.path)) };
    let auth = guess(name, captured, &leaves);
    let news = News::find(&view, captured);
    let mut notes = auth.notes;
    notes.extend(view.note_of_day(day_of(news.kind)));
    let (fields, lacking) = view.fields();
    notes.extend(lacking.iter().map(|field| {
        format!("nothing in the request looks like {field}: write where it is, or what [fetch] asks for, into [fields]")
    }));
    let decode = match captured.format {
        Format::Json => "#decode = \"json\"".to_owned(),
        other => format!("decode = \"{}\"", other.as_str()),
    };
    let text = TEMPLATE
        .replace("@FIELDS@", &fields)
        .replace("@EVENT@", &view.event(&news))
        .replace("@AUTH@", &table(&auth.lines))
        .replace("@DECODE@", &decode)
        .replace("@DEDUPE@", auth.dedupe.as_deref().unwrap_or("#dedupe = [[\"sha256:body\"]]"))
        .replace("@KIND@", news.kind.as_str())
        .replace("@MORE@", &view.more(&news))
        .replace("@TITLE@", &title(name))
        .replace("@NAME@", name);
    Page { text, case: case(news.kind), ignored: news.ignored, notes: [notes, news.notes].concat() }
}

/// The day that belongs to a kind of news.
fn day_of(kind: EventKind) -> &'static str {
    if kind == EventKind::EmployeeTerminated { "ends_on" } else { "starts_on" }
}

/// `acme-people` as people write it.
fn title(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split(['-', '_']).filter(|word| !word.is_empty()).map(capital).collect::<Vec<_>>().join(" ")
}

fn case(kind: EventKind) -> &'static str {
    match kind {
        EventKind::EmployeeUpdated => "updated",
        EventKind::EmployeeTerminated => "terminated",
        EventKind::EmployeeRescinded => "rescinded",
        _ => "hired",
    }
}

/// The path to the outermost list on the way to an address, unless it is a list of addresses.
fn list(path: &[Step]) -> Option<&[Step]> {
    let is_people = |at: &usize| {
        let holds_addresses = matches!(at.checked_sub(1).map(|at| &path[at]), Some(Step::Key(key)) if leaves::plain(key).contains("mail"));
        matches!(path[*at], Step::Item(_)) && !holds_addresses && at + 1 < path.len()
    };
    (0..path.len()).find(is_people).map(|at| &path[..at])
}

impl View<'_, '_> {
    /// The expression for a value; `None` for one of another item of the list.
    pub(super) fn expression(&self, leaf: &Leaf<'_>) -> Option<String> {
        let Some(list) = self.list else { return Some(expression("item", &leaf.path)) };
        match leaf.path.strip_prefix(list) {
            Some([Step::Item(0), rest @ ..]) => Some(expression("item", rest)),
            Some(_) => None,
            None => Some(expression("body", &leaf.path)),
        }
    }

    /// The guesses for a field, best first.
    pub(super) fn guesses(&self, field: &str) -> Vec<String> {
        let mut guesses = Vec::new();
        for leaf in candidates(self.leaves, field, self.email) {
            let mut text = self.expression(leaf);
            if let (Some(text), "starts_on" | "ends_on") = (&mut text, field)
                && let Some(form) = days::form(leaf.text()).and_then(|form| form.written)
            {
                text.push_str(&format!(" | date({})", quoted(form)));
            }
            guesses.extend(text.filter(|text| !guesses.contains(text)));
        }
        guesses
    }

    /// The lines of `[fields]`, and required fields of which nothing was found.
    fn fields(&self) -> (String, Vec<&'static str>) {
        let mut lines = Vec::new();
        let mut lacking = Vec::new();
        for field in FIELDS {
            let line = self.line(field);
            if line.is_none() && matches!(field, "employee_id" | "email") {
                lacking.push(field);
                lines.push(format!("{field} = \"item.{field}\""));
            } else {
                lines.push(line.unwrap_or_else(|| format!("#{field} = \"item.{field}\"")));
            }
        }
        (lines.join("\n"), lacking)
    }

    /// What is said of a day that is not written as events have it.
    fn note_of_day(&self, field: &str) -> Option<String> {
        let leaf = *candidates(self.leaves, field, self.email).iter().find(|leaf| self.expression(leaf).is_some())?;
        let form = days::form(leaf.text()).filter(|form| form.is_ambiguous)?.written?;
        Some(format!("{field} is read as {form}: whether day or month comes first, nothing in the request tells"))
    }

    fn line(&self, field: &str) -> Option<String> {
        let guesses = self.guesses(field);
        let (best, others) = guesses.split_first()?;
        let mut line = format!("{field} = {}", toml_text(best));
        if !others.is_empty() {
            let others: Vec<_> = others.iter().take(OTHERS).map(String::as_str).collect();
            line.push_str(&format!("\n# or {}", others.join(", ")));
        }
        Some(line)
    }

    /// The line for the list of people.
    fn items(&self) -> Option<String> {
        self.list.map(|list| format!("items = {}", toml_text(&expression("body", list))))
    }

    /// The lines of the `[[event]]` table behind its kind.
    fn event(&self, news: &News) -> String {
        let mut lines: Vec<_> = self.items().into_iter().collect();
        lines.push(format!("when = {}", toml_text(&news.when)));
        if !news.others.is_empty() {
            lines.push(format!("# or by {}", news.others.join(", ")));
        }
        let field = day_of(news.kind);
        lines.push(self.line(field).unwrap_or_else(|| format!("#{field} = \"item.{field}\"")));
        lines.join("\n")
    }

    /// Another table, switched off.
    fn more(&self, news: &News) -> String {
        let kind = match news.kind {
            EventKind::EmployeeUpdated => EventKind::EmployeeHired,
            _ => EventKind::EmployeeUpdated,
        };
        let word = kind.as_str();
        let mut lines = vec!["#[[event]]".to_owned(), format!("#kind = \"{word}\"")];
        lines.extend(self.items().map(|line| format!("#{line}")));
        let place = news.place.as_deref().unwrap_or("item.event");
        lines.push(format!("#when = {}", toml_text(&format!("{place} == {}", quoted(word)))));
        lines.join("\n")
    }
}
