//! `[texts.NAME]`: the letters and short messages that people read.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Entry, Section};
use crate::expr::Template;
use crate::texts::{BuiltIn, Part, ROOTS, Text, Texts};

/// The language of people in whose own there is no text, where the texts do not say.
const USUAL: &str = "en";

/// Every text by name: those written, and the built-in ones that nobody has written anew. A name that is written
/// replaces the built-in text in all languages, so that nobody gets a letter which its administrator does not know.
pub(super) fn texts(root: &Section<'_>) -> BTreeMap<String, Texts> {
    let section = root.section("texts");
    let entries = section.map(|section| section.entries()).unwrap_or_default();
    let written: BTreeSet<_> = entries.iter().map(|(name, _)| name.clone()).collect();
    let mut texts: BTreeMap<_, _> =
        entries.into_iter().filter_map(|(name, entry)| Some((name, by_language(&entry)?))).collect();
    for built_in in BuiltIn::ALL.into_iter().filter(|built_in| !written.contains(built_in.name())) {
        texts.extend(Texts::built_in(built_in).ok().map(|text| (built_in.name().to_owned(), text)));
    }
    texts
}

fn by_language(entry: &Entry<'_>) -> Option<Texts> {
    let section = entry.section()?;
    let default = section.get("default");
    let wanted = default.as_ref().and_then(Entry::text);
    let mut texts = BTreeMap::new();
    let mut languages = Vec::new();
    for (language, entry) in section.entries().into_iter().filter(|(key, _)| key != "default") {
        if !is_language(&language) {
            entry.problem("is not a language here; write a tag such as en, de or pt-BR, and default beside it");
            continue;
        }
        languages.push(language.clone());
        texts.extend(text(&entry).map(|text| (language, text)));
    }
    if languages.is_empty() {
        entry.problem(format!("has no text; add [{}.en] with subject and text", entry.path));
        return None;
    }
    let fallback = match (&wanted, languages.as_slice()) {
        (Some(wanted), _) => wanted.as_str(),
        (None, [only]) => only,
        (None, _) => USUAL,
    };
    if !languages.iter().any(|language| hyphenated(language) == hyphenated(fallback)) {
        let all = languages.join(", ");
        match &default {
            Some(entry) => entry.problem(format!("there is no text in '{fallback}' here; there is {all}")),
            None => section.problem("default", format!("is missing; name the language for everybody else, of {all}")),
        }
        return None;
    }
    // A broken text has been told of, and may have been the default.
    Texts::new(texts, fallback).ok()
}

fn text(entry: &Entry<'_>) -> Option<Text> {
    let section = entry.section()?;
    let required = |part: Part, hint: &str| section.require(part.key(), hint).map(|entry| template(&entry, part));
    let subject = required(Part::Subject, "write the subject of the letter");
    let text = required(Part::Text, "write the letter as plain text");
    let html = section.get(Part::Html.key()).map(|entry| template(&entry, Part::Html));
    section.finish("a text has subject, text and html");
    // Absent is nothing; there and broken is no text.
    let html = html.map_or(Some(None), |html| html.map(Some));
    Some(Text { subject: subject??, text: text??, html: html? })
}

fn template(entry: &Entry<'_>, part: Part) -> Option<Template> {
    let source = entry.text()?;
    match Template::parse(&source, &ROOTS, part.escape()) {
        Ok(template) => Some(template),
        Err(problem) => {
            match &problem.range {
                Some(range) => entry.problem_within(range, problem.message),
                None => entry.problem(problem.message),
            }
            None
        }
    }
}

/// Letters and digits in parts, as in BCP 47.
fn is_language(tag: &str) -> bool {
    let part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.starts_with(|first: char| first.is_ascii_alphabetic()) && tag.split(['-', '_']).all(part)
}

fn hyphenated(tag: &str) -> String {
    tag.replace('_', "-")
}
