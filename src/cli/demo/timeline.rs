//! What happened so far, told while it happens: one line a fact, from the store and from the sandbox.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp, Unit};
use uuid::Uuid;

use crate::connector::Input;
use crate::model::{Attempt, Job, JobId};
use crate::sandbox::{Call, Fault, Mail, MailKind};
use crate::store::JobFilter;

use super::super::output::{Failure, Out};
use super::cast;
use super::congratulations::{self, REFUSAL};
use super::overhear::Heard;
use super::stage::{Look, PORTAL_SOURCE, Stage};

/// Facts wait so long before they are told: what the store has is seen a little later than it happened.
const LAG: SignedDuration = SignedDuration::from_millis(60);

/// The words for the two main parties.
pub(super) const USHER: &str = "usher";
pub(super) const PORTAL: &str = "DocSpace";

/// One fact.
struct Line {
    at: Timestamp,
    text: String,
}

/// The facts told, and those about to be.
pub(super) struct Timeline {
    started: Timestamp,
    faults: Vec<Fault>,
    waiting: Vec<Line>,
    /// Nothing after this moment is told yet: it has not all been seen, or something that came then has no answer.
    open: Timestamp,
    calls: usize,
    mails: usize,
    heard: usize,
    tries: BTreeMap<JobId, usize>,
    steps: BTreeMap<JobId, usize>,
}

impl Timeline {
    /// Time runs from now. An answer that one of `faults` ordered is told with its headers.
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self {
            started: Timestamp::now(),
            faults,
            waiting: Vec::new(),
            open: Timestamp::MAX,
            calls: 0,
            mails: 0,
            heard: 0,
            tries: BTreeMap::new(),
            steps: BTreeMap::new(),
        }
    }

    /// A fact between two parties.
    pub(super) fn tell(&mut self, at: Timestamp, from: &str, to: &str, what: &str, answer: &str) {
        self.note(at, format!("{from:>10} -> {to:<8}  {what:<36}  {answer}"));
    }

    fn note(&mut self, at: Timestamp, text: String) {
        self.waiting.push(Line { at, text });
    }

    /// Add what is new in `look`.
    pub(super) async fn add(&mut self, stage: &Stage, look: &Look) -> Result<(), Failure> {
        // What came since has not been seen, and may come before something that has been.
        self.open = look.at - LAG;
        self.add_calls(&look.portal.calls);
        for mail in look.portal.mails.iter().skip(self.mails) {
            self.add_mail(mail);
        }
        self.mails = look.portal.mails.len();
        self.add_requests(stage);
        for job in look.jobs.iter().filter(|job| job.person.is_some()) {
            let attempts = stage.app.store.attempts(job.id).await?;
            let told = self.tries.insert(job.id, attempts.len()).unwrap_or_default();
            for attempt in attempts.iter().skip(told).filter(|attempt| attempt.outcome == "retry") {
                self.add_retry(stage, attempt).await?;
            }
            self.add_refusals(job);
        }
        Ok(())
    }

    /// A letter of DocSpace's, or one of our own.
    fn add_mail(&mut self, mail: &Mail) {
        let to = cast::by_email(&mail.to).map_or("somebody", |hire| hire.first_name);
        match &mail.letter {
            None => self.tell(mail.at, PORTAL, to, &format!("mail: {}", letter(mail.kind)), ""),
            Some(letter) => self.tell(mail.at, USHER, to, &format!("smtp: {}", letter.subject), ""),
        }
    }

    fn add_calls(&mut self, calls: &[Call]) {
        for call in calls.iter().skip(self.calls) {
            // Status 0: no answer yet.
            if call.status == 0 {
                self.open = self.open.min(call.at);
                return;
            }
            self.calls += 1;
            let (what, answer) = (format!("{:<4} {}", call.method, short(&call.path)), self.answer(call));
            self.tell(call.at, USHER, PORTAL, &what, &answer);
        }
    }

    fn add_requests(&mut self, stage: &Stage) {
        for heard in stage.ear.after(self.heard) {
            let Some(status) = heard.status else {
                self.open = self.open.min(heard.at);
                return;
            };
            self.heard += 1;
            // The platforms' webhooks are told by whom posts them.
            if heard.source == PORTAL_SOURCE {
                self.add_webhook(stage, &heard, status);
            }
        }
    }

    /// The status; with what it means where it is no failure, and with the headers where the answer was ordered.
    fn answer(&self, call: &Call) -> String {
        match call.status {
            404 if call.method == "GET" => return "404 unknown".to_owned(),
            REFUSAL if congratulations::is_try(call) => return format!("{REFUSAL} refused"),
            _ => {}
        }
        let ordered = self.faults.iter().find(|fault| fault.status == Some(call.status));
        let headers = ordered.iter().flat_map(|fault| &fault.headers);
        let headers: String =
            headers.map(|(name, value)| format!(" {name}: {}", value.to_string().trim_matches('"'))).collect();
        format!("{}{headers}", call.status)
    }

    /// One of the portal's own webhooks, as the connector reads it.
    fn add_webhook(&mut self, stage: &Stage, heard: &Heard, status: StatusCode) {
        let Some(source) = stage.app.config.sources.get(&heard.source) else { return };
        let input = Input {
            source: &source.name,
            options: &source.options,
            headers: &[],
            body: &heard.body,
            fetched: None,
            today: jiff::civil::Date::ZERO,
        };
        let events = source.connector.map(&input).unwrap_or_default();
        for event in events.into_iter().filter_map(|mapped| mapped.result.ok()) {
            let who = event.email.as_deref().and_then(cast::by_email).map_or("somebody", |hire| hire.name);
            self.tell(heard.at, PORTAL, USHER, &format!("{}: {who}", event.kind), status.as_str());
        }
    }

    async fn add_retry(&mut self, stage: &Stage, attempt: &Attempt) -> Result<(), Failure> {
        // Read after the attempt: an older row does not know the wait.
        let filter = JobFilter { ids: vec![attempt.job], ..JobFilter::default() };
        for job in stage.app.store.jobs(filter).await? {
            let wait = seconds(job.due_at.duration_since(attempt.finished_at).max(SignedDuration::ZERO));
            let text = format!("{USHER:>10} {:11}  waits {wait}, then tries again ({} {})", "", job.kind, who(&job));
            self.note(after(attempt.finished_at), text);
        }
        Ok(())
    }

    /// Where a channel said no, and which one is next.
    fn add_refusals(&mut self, job: &Job) {
        let told = self.steps.insert(job.id, job.steps.len()).unwrap_or_default();
        for step in job.steps.iter().skip(told) {
            let Some(refused) = congratulations::refused_channel(step) else { continue };
            let via = job.payload.pointer("/params/via").and_then(|via| via.as_array()).into_iter().flatten();
            let mut later = via.filter_map(|word| word.as_str()).skip_while(|word| *word != refused).skip(1);
            let next = later.next().unwrap_or("a person");
            let text = format!("{USHER:>10} {:11}  goes on from {refused} to {next} ({} {})", "", job.kind, who(job));
            self.note(step.at, text);
        }
    }

    /// Print the lines that nothing can come before any more.
    pub(super) fn print(&mut self, out: &mut Out) -> Result<(), Failure> {
        self.print_until(self.open, out)
    }

    /// Print all lines.
    pub(super) fn print_all(&mut self, out: &mut Out) -> Result<(), Failure> {
        self.print_until(Timestamp::MAX, out)
    }

    fn print_until(&mut self, moment: Timestamp, out: &mut Out) -> Result<(), Failure> {
        self.waiting.sort_by_key(|line| line.at);
        let ready = self.waiting.iter().take_while(|line| line.at <= moment).count();
        for line in self.waiting.drain(..ready) {
            out.line(format!("+{} {}", seconds(line.at.duration_since(self.started)), line.text).trim_end())?;
        }
        Ok(())
    }
}

/// First name of whom a job is about.
fn who(job: &Job) -> &str {
    job.payload.pointer("/event/first_name").and_then(|name| name.as_str()).unwrap_or("somebody")
}

/// Times of the store are cut to whole milliseconds: such a fact comes after its causes of the same millisecond.
fn after(stored: Timestamp) -> Timestamp {
    stored + SignedDuration::from_micros(999)
}

fn seconds(span: SignedDuration) -> String {
    let rounded = span.round(jiff::SignedDurationRound::new().smallest(Unit::Millisecond).increment(10));
    format!("{:.2}s", rounded.unwrap_or(span).as_secs_f64())
}

/// The path without the prefix that all calls share, and with `{id}` for ids.
fn short(path: &str) -> String {
    let segments = path.split('/').skip(3);
    let named = segments
        .map(|segment| if Uuid::try_parse(segment).is_ok() { "/{id}".to_owned() } else { format!("/{segment}") });
    named.collect()
}

fn letter(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Activation => "activate your account",
        MailKind::Invitation => "you are invited",
        MailKind::Welcome => "welcome",
        MailKind::Confirmation => "confirm your address",
        MailKind::Congratulation => "congratulations",
        MailKind::Smtp => "a letter of our own",
        MailKind::Room => "you are in a room",
        MailKind::Mention => "you are mentioned",
        MailKind::Type => "your type has changed",
    }
}
