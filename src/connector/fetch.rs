//! `[fetch]`: how the missing half of a thin payload is asked for. The asking itself is done elsewhere; here is what to ask.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value as Json};
use url::Url;

use super::load;
use crate::document::{Entry, Section};
use crate::expr::{Escape, Expr, ExprError, Scope, Template};

/// What the expressions of the table see: everything but the answer.
const ROOTS: [&str; 5] = ["body", "headers", "item", "source", "today"];
/// Calls a minute where the file says nothing.
const PER_MINUTE: u32 = 60;
/// How long an answer may take where the file says nothing.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A kind of credentials that a platform takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer` with a fixed token.
    Bearer,
    /// `Authorization: Basic`.
    Basic,
    /// A token of OAuth 2 client credentials (RFC 6749, section 4.4).
    OAuth2,
}

impl Credentials {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Bearer, Self::Basic, Self::OAuth2];

    /// The word in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::OAuth2 => "oauth2",
        }
    }
}

/// The `[fetch]` table.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Scheme, host and perhaps the beginning of a path; absent: each source says its own.
    pub base: Option<Url>,
    /// The path below it; every value in it is percent-encoded.
    pub path: Template,
    /// Names and values of the query, in order.
    pub query: Vec<(String, Template)>,
    /// Fixed headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What is posted, where the platform reads by `POST`; absent: the call is a `GET`.
    pub post: Option<Post>,
    /// Kinds of credentials that the platform takes; empty: none beside the secret headers.
    pub auth: Vec<Credentials>,
    /// Where tokens of OAuth 2 come from.
    pub token_url: Option<Url>,
    /// The scope asked for there.
    pub scope: Option<String>,
    /// Headers whose values are secrets of each source.
    pub secret_headers: Vec<HeaderName>,
    /// Which items are worth a question; absent: those that some `[[event]]` may mean.
    pub when: Option<Expr>,
    /// Most calls a minute.
    pub per_minute: u32,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// A JSON body whose texts are templates.
#[derive(Debug, Clone)]
pub enum Post {
    /// A text with values in it.
    Text(Template),
    /// A number or bool as it stands.
    Fixed(Json),
    /// A list.
    List(Vec<Post>),
    /// An object.
    Object(Vec<(String, Post)>),
}

/// One call, ready to be made below the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Path and query, percent-encoded, with a slash in front.
    pub path_and_query: String,
    /// Fixed headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON to be posted; absent: a `GET`.
    pub body: Option<Json>,
}

impl Fetch {
    /// The call that completes the item in scope.
    ///
    /// # Errors
    /// A sentence that names the expression and never a value: something is absent that the address is made of, or would lead
    /// to another place.
    pub fn call(&self, scope: &Scope) -> Result<Call, String> {
        let mut address = self.path.render(scope)?;
        if address.split('/').skip(1).any(|part| part.is_empty() || leads_elsewhere(part)) {
            return Err(format!("`{}` yields a path with an empty part or one of dots", self.path.text()));
        }
        for (number, (name, value)) in self.query.iter().enumerate() {
            let sign = if number == 0 { '?' } else { '&' };
            let value = value.render(scope)?;
            address.push_str(&format!("{sign}{}={}", in_query(name), in_query(&value)));
        }
        let body = self.post.as_ref().map(|post| post.render(scope)).transpose()?;
        Ok(Call { path_and_query: address, headers: self.headers.clone(), body })
    }
}

/// Whether a part of a path has dots that lead to another place. There are servers that decode a slash before they look
/// for them.
fn leads_elsewhere(part: &str) -> bool {
    let decoded = percent_decode_str(part).decode_utf8_lossy();
    decoded.split(['/', '\\']).any(|step| matches!(step, "." | ".."))
}

/// A name or value of a query. What separates words in many an interface stays as it is written.
fn in_query(text: &str) -> impl std::fmt::Display {
    const OTHERS: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',').remove(b':').remove(b'/');
    utf8_percent_encode(text, OTHERS)
}

impl Post {
    fn render(&self, scope: &Scope) -> Result<Json, String> {
        Ok(match self {
            Self::Text(template) => Json::from(template.render(scope)?),
            Self::Fixed(value) => value.clone(),
            Self::List(items) => Json::Array(items.iter().map(|item| item.render(scope)).collect::<Result<_, _>>()?),
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| Ok((name.clone(), value.render(scope)?));
                Json::Object(members.iter().map(member).collect::<Result<Map<_, _>, String>>()?)
            }
        })
    }
}

/// The table; `None` where there is none, `Some(None)` where a problem was recorded.
pub(super) fn read(root: &Section<'_>) -> Option<Option<Fetch>> {
    let section = root.section("fetch")?;
    let path = section
        .require("path", "write what stands behind the host, such as \"/v1/employees/{{ item.id }}\"")
        .and_then(|entry| read_path(&entry));
    let base = section.get("base").map(|entry| read_address(&entry));
    let query = section.section("query").map(|query| read_query(&query)).unwrap_or_default();
    let headers = section.section("headers").map(|headers| read_headers(&headers)).unwrap_or_default();
    let post = section.get("post").map(|entry| read_post(&entry));
    let auth = section.get("auth").and_then(|entry| entry.items()).unwrap_or_default();
    let auth = auth.iter().filter_map(read_credentials).collect();
    let token_url = section.get("token_url").map(|entry| read_address(&entry));
    let scope = section.text("scope");
    let secret_headers = section.get("secret_headers").and_then(|entry| entry.items()).unwrap_or_default();
    let secret_headers = secret_headers.iter().filter_map(read_header_name).collect();
    let when = section.get("when").map(|entry| load::expression(&entry, &ROOTS));
    let per_minute = section.get("per_minute").map_or(Some(PER_MINUTE), |entry| read_per_minute(&entry));
    let timeout = load::read_seconds(&section, "timeout", 1..=30).unwrap_or(TIMEOUT);
    section.finish(
        "[fetch] has base, path, query, headers, post, auth, token_url, scope, secret_headers, when, per_minute and timeout",
    );
    let (base, token_url, when) = (flip(base), flip(token_url), flip(when));
    let read = || {
        Some(Fetch {
            base: base?,
            path: path?,
            query,
            headers,
            post: flip(post)?,
            auth,
            token_url: token_url?,
            scope,
            secret_headers,
            when: when?,
            per_minute: per_minute?,
            timeout,
        })
    };
    Some(read())
}

/// What is there must have been sound.
fn flip<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    read.map_or(Some(None), |read| read.map(Some))
}

fn read_path(entry: &Entry<'_>) -> Option<Template> {
    let template = read_template(entry, Escape::Url)?;
    let is_path = template.text().starts_with('/') && !template.text().contains(['?', '#']);
    if !is_path {
        entry.problem("must begin with a slash and hold no ? or #; what is asked for stands in query");
    }
    is_path.then_some(template)
}

/// A template in a connector; a problem is told at its place in the text.
fn read_template(entry: &Entry<'_>, escape: Escape) -> Option<Template> {
    match Template::parse(&entry.text()?, &ROOTS, escape) {
        Ok(template) => return Some(template),
        Err(ExprError { range: Some(range), message }) => entry.problem_within(&range, message),
        Err(error) => entry.problem(error.message),
    }
    None
}

/// An address of a platform: `https`, or `http` for stand-ins, without anything that a call would bring itself.
fn read_address(entry: &Entry<'_>) -> Option<Url> {
    match address(&entry.text()?) {
        Ok(url) => Some(url),
        Err(problem) => {
            entry.problem(problem);
            None
        }
    }
}

/// An address that calls can be made below.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn address(text: &str) -> Result<Url, &'static str> {
    let url: Url = text.parse().map_err(|_| "is not an address; write it as https://api.example.com")?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    match (url.scheme(), url.has_host(), is_plain) {
        ("http" | "https", true, true) => Ok(url),
        ("http" | "https", true, false) => Err("must hold no user, query or fragment; credentials stand on their own"),
        _ => Err("is not an address; write it as https://api.example.com"),
    }
}

fn read_query(section: &Section<'_>) -> Vec<(String, Template)> {
    let read = |(name, entry): (String, Entry<'_>)| Some((name, read_template(&entry, Escape::Nothing)?));
    section.entries().into_iter().filter_map(read).collect()
}

fn read_headers(section: &Section<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let read = |(name, entry): (String, Entry<'_>)| {
        let value = HeaderValue::try_from(entry.text()?);
        match (HeaderName::try_from(name.as_str()), value) {
            (Ok(name), Ok(value)) => Some((name, value)),
            _ => {
                entry.problem("is not a header; a name has letters, digits and hyphens, a value no control characters");
                None
            }
        }
    };
    section.entries().into_iter().filter_map(read).collect()
}

fn read_header_name(entry: &Entry<'_>) -> Option<HeaderName> {
    let name = HeaderName::try_from(entry.text()?);
    name.map_err(|_| entry.problem("is not the name of a header")).ok()
}

fn read_credentials(entry: &Entry<'_>) -> Option<Credentials> {
    let word = entry.text()?;
    let known = Credentials::ALL.into_iter().find(|kind| kind.as_str() == word);
    if known.is_none() {
        entry.problem("must be bearer, basic or oauth2");
    }
    known
}

fn read_post(entry: &Entry<'_>) -> Option<Post> {
    match entry.json() {
        Json::String(_) => read_template(entry, Escape::Nothing).map(Post::Text),
        Json::Array(_) => {
            let items: Vec<_> = entry.items()?.iter().map(read_post).collect();
            items.into_iter().collect::<Option<_>>().map(Post::List)
        }
        Json::Object(_) => {
            let members = entry.section()?.entries().into_iter();
            let members: Vec<_> = members.map(|(name, member)| Some((name, read_post(&member)?))).collect();
            members.into_iter().collect::<Option<_>>().map(Post::Object)
        }
        fixed => Some(Post::Fixed(fixed)),
    }
}

fn read_per_minute(entry: &Entry<'_>) -> Option<u32> {
    let number = entry.integer().and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (1..=6000).contains(number));
    if number.is_none() {
        entry.problem("must be a number of calls from 1 to 6000");
    }
    number
}
