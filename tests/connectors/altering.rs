//! A request that can be altered: another text at a place that an `[auth]` table names, or none.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use usher::auth::{Incoming, Key, Reject, sent_at, verify_request};

use super::*;

/// A request that verifies at a time, or one that was damaged.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) now: Timestamp,
}

impl Request {
    pub(crate) fn of(connector: &Connector, file: &[u8]) -> Self {
        let fixture = Fixture::parse(file).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in &fixture.headers {
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        }
        let now = sent_at(&connector.scheme, &headers, &fixture.body).unwrap_or_default();
        let query = fixture.target.as_deref().and_then(|target| target.split_once('?'));
        let query = query.map_or("", |(_, query)| query).to_owned();
        Self { query, headers, body: fixture.body, now }
    }

    pub(crate) fn refusal(&self, connector: &Connector, key: &Key) -> Option<Reject> {
        let body = Bytes::from(self.body.clone());
        let incoming = Incoming { query: &self.query, headers: &self.headers, body: &body };
        verify_request(&connector.scheme, std::slice::from_ref(key), &connector.dedupe, incoming, self.now).err()
    }

    /// The request with its body altered.
    pub(crate) fn with_body(&self, alter: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut altered = self.clone();
        alter(&mut altered.body);
        altered
    }

    /// The request with another text at a place; one for each value that the place selects.
    pub(crate) fn changed(&self, place: &str, change: &dyn Fn(&str) -> String) -> Vec<Self> {
        if let Some(name) = place.strip_prefix("header:") {
            let mut changed = self.clone();
            let value = self.headers.get(name).map_or("", |value| value.to_str().unwrap());
            changed.headers.insert(HeaderName::try_from(name).unwrap(), change(value).parse().unwrap());
            return vec![changed];
        }
        if let Some((field, form)) = self.form(place) {
            return vec![self.with_form(place, &form, &|name, text| {
                Some(if name == field { change(text) } else { text.to_owned() })
            })];
        }
        self.edited(place, &|value| match value {
            Json::String(text) => *value = Json::from(change(text)),
            Json::Bool(flag) => *value = Json::from(!*flag),
            Json::Number(number) => *value = serde_json::from_str(&change(&number.to_string())).unwrap(),
            other => panic!("{place} is {other}"),
        })
    }

    /// The request without what is at a place.
    pub(crate) fn without(&self, place: &str) -> Vec<Self> {
        if let Some(name) = place.strip_prefix("header:") {
            let mut changed = self.clone();
            changed.headers.remove(name);
            return vec![changed];
        }
        if let Some((field, form)) = self.form(place) {
            return vec![self.with_form(place, &form, &|name, text| (name != field).then(|| text.to_owned()))];
        }
        self.edited(place, &|value| *value = Json::Null)
    }

    /// The field and the pairs of a form or query, where the place is in one.
    fn form<'p>(&self, place: &'p str) -> Option<(&'p str, Vec<(String, String)>)> {
        let (kind, field) = place.split_once(':')?;
        let text = match kind {
            "form" => &self.body[..],
            "query" => self.query.as_bytes(),
            _ => return None,
        };
        let form: Vec<_> = url::form_urlencoded::parse(text).into_owned().collect();
        assert!(form.iter().any(|(name, _)| name == field), "{place} is not there");
        Some((field, form))
    }

    fn with_form(&self, place: &str, form: &[(String, String)], edit: &dyn Fn(&str, &str) -> Option<String>) -> Self {
        let mut written = url::form_urlencoded::Serializer::new(String::new());
        written.extend_pairs(form.iter().filter_map(|(name, text)| Some((name, edit(name, text)?))));
        let mut changed = self.clone();
        match place.starts_with("query:") {
            true => changed.query = written.finish(),
            false => changed.body = written.finish().into_bytes(),
        }
        changed
    }

    fn edited(&self, place: &str, edit: &dyn Fn(&mut Json)) -> Vec<Self> {
        let body: Json = serde_json::from_slice(&self.body).unwrap();
        let edited = |pointer: &String| {
            let mut body = body.clone();
            edit(body.pointer_mut(pointer).unwrap());
            Self { body: serde_json::to_vec(&body).unwrap(), ..self.clone() }
        };
        pointers(&body, place.strip_prefix("json:").unwrap()).iter().map(edited).collect()
    }
}

/// The pointers of single values that one with `*` stands for.
fn pointers(body: &Json, pointer: &str) -> Vec<String> {
    let Some((list, rest)) = pointer.split_once("/*") else {
        return body.pointer(pointer).map(|_| pointer.to_owned()).into_iter().collect();
    };
    let length = body.pointer(list).and_then(Json::as_array).map_or(0, Vec::len);
    (0..length).flat_map(|item| pointers(body, &format!("{list}/{item}{rest}"))).collect()
}

/// The text with one character in the middle of its longest word changed, to one that hex and base64 have too.
pub(crate) fn other(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let mut longest = 0..0;
    let mut start = 0;
    for at in 0..=characters.len() {
        if at == characters.len() || !is_word(&characters[at]) {
            if at - start > longest.len() {
                longest = start..at;
            }
            start = at + 1;
        }
    }
    let Some(middle) = characters.get_mut(longest.start + longest.len() / 2) else { return "other".to_owned() };
    *middle = if *middle == '1' { '2' } else { '1' };
    characters.into_iter().collect()
}

/// A moment written as the text is, a second later.
pub(crate) fn a_second_later(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number > 100_000_000_000 => (number + 1000).to_string(),
        Ok(number) => (number + 1).to_string(),
        Err(_) => (text.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(1)).to_string(),
    }
}
