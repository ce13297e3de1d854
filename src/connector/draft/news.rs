//! What tells a request from others: the word for what happened, and the same request with another one.

use serde_json::{Map, Value as Json};

use super::leaves::{Step, quoted};
use super::page::{OTHERS, View};
use super::people::{kind, words};
use super::{Captured, IGNORED};
use crate::connector::Format;
use crate::fixture;
use crate::model::EventKind;

/// What tells which kind of news a request is.
pub(super) struct News {
    pub(super) kind: EventKind,
    pub(super) when: String,
    /// The expression for the word.
    pub(super) place: Option<String>,
    /// Other expressions that may tell it.
    pub(super) others: Vec<String>,
    /// The request changed so that it means nothing.
    pub(super) ignored: Option<Vec<u8>>,
    pub(super) notes: Vec<String>,
}

impl News {
    pub(super) fn find(view: &View<'_, '_>, captured: &Captured) -> Self {
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
            let known = ["employee_id", "email"].into_iter().find_map(|field| view.guesses(field).into_iter().next());
            let taken = match &known {
                Some(_) => "takes everybody who has that",
                None => "takes nobody yet",
            };
            news.when = format!("{} is defined", known.as_deref().unwrap_or("item.employee_id"));
            news.notes.push(format!(
                "nothing in the request says what happened, so `when` is `{}` and {taken}; write what tells a hire",
                news.when
            ));
            news.ignored = rewritten(captured, &[], Some(&emptied(captured, view.list)));
        }
        news
    }

    fn tell(&mut self, word: &str, place: &str) {
        self.when = format!("{place} == {}", quoted(word));
        self.place = Some(place.to_owned());
        match kind(word) {
            Some(kind) => self.kind = kind,
            None => self
                .notes
                .push(format!("'{word}' at {place} is taken for a hire; change `kind` if it is something else")),
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
