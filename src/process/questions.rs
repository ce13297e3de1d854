//! What platforms are asked, told for people. It is made anew from the delivery whenever somebody wants to see it, and never
//! stored: an address may name a person.

use serde_json::Value as Json;

use super::fetching::of;
use super::{input, number, sound};
use crate::config::{Config, Source};
use crate::connector::{Call, Thin};
use crate::model::{Delivery, Job, Timestamp, kind};

/// One question to a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    of: String,
    item: usize,
    /// Method and address, such as `GET https://api.acme.example/v1/people/7`.
    pub line: String,
    /// What is posted.
    pub body: Option<Json>,
    /// What tells it from the others of its source: the path with its query, and what is posted.
    pub about: String,
}

impl Question {
    fn new(source: &Source, of: String, item: usize, call: Call) -> Self {
        let line = source.line_of(&call);
        let posted = call.body.as_ref().map_or_else(String::new, |body| format!(" {body}"));
        Self { of, item, line, about: format!("{}{posted}", call.path_and_query), body: call.body }
    }

    /// Whether it is the one that this job asks.
    #[must_use]
    pub fn is_of(&self, job: &Job) -> bool {
        job.kind == kind::FETCH && number(job, "item") == Some(self.item) && self::of(job) == Some(self.of.as_str())
    }
}

/// All that is asked about a delivery. Empty where its source is not configured any more, where its body is gone and where it
/// cannot be read.
#[must_use]
pub fn questions(config: &Config, delivery: &Delivery, now: Timestamp) -> Vec<Question> {
    let Ok((source, body)) = sound(config, delivery) else { return Vec::new() };
    let Ok((thin, _)) = source.connector.thin(&input(source, &delivery.headers, body, None, now)) else {
        return Vec::new();
    };
    let question = |thin: Thin| {
        let call = thin.call?.ok()?;
        Some(Question::new(source, thin.of, thin.item, call))
    };
    thin.into_iter().filter_map(question).collect()
}
