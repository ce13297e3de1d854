//! The texts that people read: templates in several languages, and the ones built in.
//!
//! Templates read four roots, all mappings:
//! - `person`: `first_name`, `last_name`, `email` and whatever else the event has;
//! - `company`: `name`;
//! - `portal`: `name`, `url`;
//! - `link`: `url`, `valid_until` (a date or time).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::expr::{Escape, ExprError, Scope, Template};
use crate::model::Event;

/// What texts may read.
pub const ROOTS: [&str; 4] = ["person", "company", "portal", "link"];

/// The fields of each of them.
const FIELDS: [(&str, &[&str]); 4] = [
    ("person", &Event::FIELDS),
    ("company", &["name"]),
    ("portal", &["name", "url"]),
    ("link", &["url", "valid_until"]),
];

/// One text in one language. A short message is made of `text` alone.
#[derive(Debug, Clone)]
pub struct Text {
    /// Subject of a letter.
    pub subject: Template,
    /// The plain text.
    pub text: Template,
    /// The same in HTML.
    pub html: Option<Template>,
}

/// A text with its values.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject of a letter, white space at its ends removed.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: Option<String>,
}

/// Shows nothing: it is about a person.
impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").finish_non_exhaustive()
    }
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `subject`
    Subject,
    /// `text`
    Text,
    /// `html`
    Html,
}

impl Part {
    /// The key that the part stands under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// What becomes of values in it.
    #[must_use]
    pub fn escape(self) -> Escape {
        if self == Self::Html { Escape::Html } else { Escape::Nothing }
    }
}

/// Why a text was refused at load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", .part.key())]
pub struct TextError {
    /// Where.
    pub part: Part,
    /// What, with the bytes of that part.
    pub problem: ExprError,
}

impl Text {
    /// Compile the parts; they may read [`ROOTS`].
    ///
    /// # Errors
    /// The first part that is no template, or reads a field that there never is: the letter could never be written.
    pub fn parse(subject: &str, text: &str, html: Option<&str>) -> Result<Self, TextError> {
        let part = |part: Part, source: &str| {
            Template::parse(source, &ROOTS, part.escape())
                .and_then(known_fields)
                .map_err(|problem| TextError { part, problem })
        };
        Ok(Self {
            subject: part(Part::Subject, subject)?,
            text: part(Part::Text, text)?,
            html: html.map(|html| part(Part::Html, html)).transpose()?,
        })
    }

    /// The text with the values of `scope` in it.
    ///
    /// # Errors
    /// A sentence that names the part, the expression and what is wrong, never a value.
    pub fn render(&self, scope: &Scope) -> Result<Rendered, String> {
        let part = |part: Part, template: &Template| {
            template.render(scope).map_err(|problem| format!("{}: {problem}", part.key()))
        };
        Ok(Rendered {
            subject: part(Part::Subject, &self.subject)?.trim().to_owned(),
            text: part(Part::Text, &self.text)?,
            html: self.html.as_ref().map(|html| part(Part::Html, html)).transpose()?,
        })
    }
}

fn known_fields(template: Template) -> Result<Template, ExprError> {
    for (root, fields) in FIELDS {
        if let Some(read) = template.reads(root).into_iter().find(|read| !fields.contains(&read.field.as_str())) {
            let message = format!("{root} has no field {}; its fields are {}", read.field, fields.join(", "));
            return Err(ExprError { message, range: None });
        }
    }
    Ok(template)
}

/// One text in several languages.
#[derive(Debug, Clone)]
pub struct Texts {
    by_language: BTreeMap<String, Text>,
    default: String,
    fallback: Text,
}

/// Why texts were refused at load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextsError {
    /// The default language has no text.
    #[error("there is no text in the default language, {0}")]
    NoDefault(String),
    /// A text in one language.
    #[error("{language}: {problem}")]
    Text {
        /// The language's tag.
        language: String,
        /// What is wrong with it.
        problem: TextError,
    },
    /// Not the shape that texts have.
    #[error("{0}")]
    Shape(String),
}

impl Texts {
    /// Texts by language tag (BCP 47), and the language for everybody else.
    ///
    /// # Errors
    /// [`TextsError::NoDefault`].
    pub fn new(by_language: BTreeMap<String, Text>, default: &str) -> Result<Self, TextsError> {
        let by_language: BTreeMap<String, Text> =
            by_language.into_iter().map(|(tag, text)| (hyphenated(&tag), text)).collect();
        let default = hyphenated(default);
        match by_language.get(&default).cloned() {
            Some(fallback) => Ok(Self { by_language, default, fallback }),
            None => Err(TextsError::NoDefault(default)),
        }
    }

    /// A text that comes with the program, in English (the default) and German.
    ///
    /// # Errors
    /// None that a test would not have found.
    pub fn built_in(text: BuiltIn) -> Result<Self, TextsError> {
        let page: Page =
            toml::from_str(text.source()).map_err(|error| TextsError::Shape(error.message().to_owned()))?;
        let mut by_language = BTreeMap::new();
        for (language, written) in page.languages {
            let text = Text::parse(&written.subject, &written.text, written.html.as_deref())
                .map_err(|problem| TextsError::Text { language: language.clone(), problem })?;
            by_language.insert(language, text);
        }
        Self::new(by_language, &page.default)
    }

    /// The text for a language, with its tag: exactly (`de-AT`), else without the tag's last parts (`de`), else the
    /// default (the look-up of RFC 4647, 3.4). Case does not count, and `_` is as good as `-`.
    #[must_use]
    pub fn choose(&self, language: Option<&str>) -> (&str, &Text) {
        let wanted = hyphenated(language.unwrap_or_default().trim());
        let mut tag = wanted.as_str();
        loop {
            if let Some((tag, text)) = self.by_language.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)) {
                return (tag, text);
            }
            match tag.rsplit_once('-') {
                Some((shorter, _)) => tag = shorter,
                None => return (&self.default, &self.fallback),
            }
        }
    }
}

fn hyphenated(tag: &str) -> String {
    tag.replace('_', "-")
}

/// The texts that come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// To somebody who has activated the account. Reads `person`, `portal` and `company`; all may be absent.
    Congratulation,
    /// A link to register by. Reads `link.url`, which must be there, and `link.valid_until`, `person`, `portal`,
    /// `company`, which may be absent.
    InvitationLink,
    /// What somebody can do whose account was made and not activated. Reads `person`, `portal` and `company`; all may
    /// be absent.
    ActivationHelp,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Congratulation, Self::InvitationLink, Self::ActivationHelp];

    /// The name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Congratulation => "congratulation",
            Self::InvitationLink => "invitation_link",
            Self::ActivationHelp => "activation_help",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Congratulation => include_str!("texts/congratulation.toml"),
            Self::InvitationLink => include_str!("texts/invitation_link.toml"),
            Self::ActivationHelp => include_str!("texts/activation_help.toml"),
        }
    }
}

/// A file of texts: the default language, and one table for each language.
#[derive(Deserialize)]
struct Page {
    default: String,
    #[serde(flatten)]
    languages: BTreeMap<String, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    subject: String,
    text: String,
    html: Option<String>,
}
