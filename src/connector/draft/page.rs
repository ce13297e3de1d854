//! The text of a drafted connector.

use serde_json::{Map, Value as Json};

use super::leaves::{self, Leaf, Step, expression, quoted};
use super::people::{candidates, kind, words};
use super::scheme::{guess, table, toml_text};
use super::{Captured, IGNORED};
use crate::connector::Format;
use crate::fixture;
use crate::model::EventKind;

/// The text around the guesses.
const TEMPLATE: &str = include_str!("draft.toml");
/// How many other guesses are told beside the best one.
const OTHERS: usize = 4;
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
struct View<'l, 'j> {
    leaves: &'l [Leaf<'j>],
    email: Option<&'l Leaf<'j>>,
    /// The path to the list of people, if they stand in one.
    list: Option<&'l [Step]>,
}

pub(super) fn write(name: &str, captured: &Captured) -> Page {
    let leaves = leaves::walk(&captured.body);
    let email = candidates(&leaves, "email", None).first().copied();
    let view = View { leaves: &leaves, email, list: email.and_then(|email| list(&email.path)) };
    let auth = guess(name, &captured.headers, &captured.query);
    let news = News::find(&view, captured);
    let mut notes = vec![auth.note];
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
        .replace("@KIND@", news.kind.as_str())
        .replace("@MORE@", &view.more(&news))
        .replace("@TITLE@", &title(name))
        .replace("@NAME@", name);
    Page { text, case: case(news.kind), ignored: news.ignored, notes: [notes, news.notes].concat() }
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
    fn expression(&self, leaf: &Leaf<'_>) -> Option<String> {
        let Some(list) = self.list else { return Some(expression("item", &leaf.path)) };
        match leaf.path.strip_prefix(list) {
            Some([Step::Item(0), rest @ ..]) => Some(expression("item", rest)),
            Some(_) => None,
            None => Some(expression("body", &leaf.path)),
        }
    }

    /// The guesses for a field, best first.
    fn guesses(&self, field: &str) -> Vec<String> {
        let mut guesses = Vec::new();
        for leaf in candidates(self.leaves, field, self.email) {
            guesses.extend(self.expression(leaf).filter(|text| !guesses.contains(text)));
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
        let field = if news.kind == EventKind::EmployeeTerminated { "ends_on" } else { "starts_on" };
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

/// What tells which kind of news a request is.
struct News {
    kind: EventKind,
    when: String,
    /// The expression for the word.
    place: Option<String>,
    /// Other expressions that may tell it.
    others: Vec<String>,
    ignored: Option<Vec<u8>>,
    notes: Vec<String>,
}

impl News {
    fn find(view: &View<'_, '_>, captured: &Captured) -> Self {
        let found = words(view.leaves);
        let found: Vec<_> = found.into_iter().filter_map(|leaf| Some((leaf, view.expression(leaf)?))).collect();
        let header = captured.headers.iter().find_map(|(name, value)| {
            let is_it = ["event", "topic", "action"].iter().any(|word| name.as_str().ends_with(word));
            Some((name.as_str(), value.to_str().ok()?)).filter(|(_, word)| is_it && !word.is_empty())
        });
        // A word that says nothing by itself, such as "v1" or "webhook", goes behind a header that does.
        let best = found.first().filter(|(leaf, _)| header.is_none() || kind(leaf.text()).is_some());
        let others = found.iter().skip(usize::from(best.is_some())).take(OTHERS).map(|(_, text)| text.clone());
        let mut news = Self {
            kind: EventKind::EmployeeHired,
            when: String::new(),
            place: None,
            others: others.collect(),
            ignored: None,
            notes: Vec::new(),
        };
        if let Some((leaf, place)) = best {
            news.tell(leaf.text(), place);
            news.ignored = Some(replaced(captured, &leaf.path));
        } else if let Some((name, word)) = header {
            news.tell(word, &format!("headers[{}]", quoted(name)));
            news.ignored = rewritten(captured, &[(name.to_owned(), IGNORED.to_owned())], None);
        } else {
            let id = view.guesses("employee_id").into_iter().next().unwrap_or_else(|| "item.employee_id".to_owned());
            news.when = format!("{id} is defined");
            news.notes.push(
                "nothing in the request says what happened, so `when` takes everybody; write what tells a hire"
                    .to_owned(),
            );
            news.ignored = rewritten(captured, &[], Some(&emptied(captured, view.list)));
        }
        news
    }

    fn tell(&mut self, word: &str, place: &str) {
        self.when = format!("{place} == {}", quoted(word));
        self.place = Some(place.to_owned());
        match kind(word) {
            Some(kind) => self.kind = kind,
            None => self.notes.push(format!("'{word}' is taken for a hire; change `kind` if it is something else")),
        }
    }
}

/// The place at the end of a path. Of a list on the way nothing is left behind the item that it leads to.
fn place<'b>(body: &'b mut Json, path: &[Step]) -> Option<&'b mut Json> {
    path.iter().try_fold(body, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(number) => {
            let items = value.as_array_mut()?;
            items.truncate(number + 1);
            items.get_mut(*number)
        }
        Step::Labelled(..) => None,
    })
}

/// The request with another word of its event.
fn replaced(captured: &Captured, path: &[Step]) -> Vec<u8> {
    let mut body = captured.body.clone();
    if let Some(place) = place(&mut body, path) {
        *place = Json::from(IGNORED);
    }
    rewritten(captured, &[], Some(&body)).unwrap_or_default()
}

/// A body with nobody in it.
fn emptied(captured: &Captured, list: Option<&[Step]>) -> Json {
    let mut body = captured.body.clone();
    match list.and_then(|list| place(&mut body, list)) {
        Some(people) => *people = Json::Array(Vec::new()),
        None => body = Json::Object(Map::new()),
    }
    body
}

/// The request with other headers or another body; a body that is no JSON value is written as such all the same.
fn rewritten(captured: &Captured, headers: &[(String, String)], body: Option<&Json>) -> Option<Vec<u8>> {
    let fixture = fixture::Fixture::parse(&captured.file).ok()?;
    let target = fixture.target.clone().unwrap_or_default();
    let bytes = match (body, captured.format) {
        (None, _) => fixture.body,
        (Some(Json::Array(lines)), Format::Ndjson) => {
            lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
        }
        (Some(body), Format::Form) => form(body).into_bytes(),
        (Some(body), _) => body.to_string().into_bytes(),
    };
    if fixture.target.is_none() && headers.is_empty() {
        return Some(bytes);
    }
    fixture::rewrite(&captured.file, &target, headers, &bytes).ok()
}

/// The plain texts of an object as a form.
fn form(body: &Json) -> String {
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            written.append_pair(name, text);
        }
    }
    written.finish()
}
