//! The story: who does what, and what has to follow before the next one acts.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use crate::model::JobState;

use super::super::output::{Failure, Out};
use super::cast::{self, CAST, Hire, Part};
use super::stage::{Look, Stage};
use super::timeline::{PORTAL, Timeline, USHER};

/// How long all of it may take. The two waits take up to 4 s: at most 2 s after the 503; after the 429 the second that
/// it asks for and at most one more. All else takes about one, and more on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(20);
/// How often everything is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What the receiver answered, in the order of the requests.
pub(super) type Answers = Vec<(&'static Hire, StatusCode)>;

/// Why the story ends before its end.
pub(super) enum Ended {
    /// Something else happened, or not in time.
    Astray(String),
    /// Something does not work at all.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The story as far as it has come.
pub(super) struct Story<'a> {
    stage: &'a Stage,
    out: &'a mut Out,
    timeline: Timeline,
    answers: Answers,
    deadline: Instant,
}

impl<'a> Story<'a> {
    pub(super) fn new(stage: &'a Stage, out: &'a mut Out) -> Result<Self, Failure> {
        let timeline = Timeline::new(cast::faults()?);
        Ok(Self { stage, out, timeline, answers: Vec::new(), deadline: Instant::now() + LIMIT })
    }

    pub(super) fn into_answers(self) -> Answers {
        self.answers
    }

    /// From the first hire to the last congratulation.
    pub(super) async fn play(&mut self) -> Result<(), Ended> {
        self.title("Four people are hired on two platforms. One webhook comes twice, and one is forged.").await?;
        for hire in CAST.iter().filter(|hire| hire.part != Part::Troubled) {
            self.hire(hire).await?;
            if hire.is_real() {
                self.until_invited(hire).await?;
            }
        }
        self.title("A fifth hire meets a portal in trouble. Meanwhile the others activate their accounts.").await?;
        self.out
            .line("DocSpace refuses sendcongratulations with 403, as a real one does; smtp comes next in the rule.")?;
        for fault in cast::faults()? {
            self.stage.sandbox.add_fault(fault).map_err(Failure::failed)?;
        }
        for hire in CAST.iter().filter(|hire| hire.part == Part::Troubled) {
            self.hire(hire).await?;
        }
        self.until("a call refused by the portal in trouble", |look| {
            look.portal.calls.iter().any(|call| call.status >= 500)
        })
        .await?;
        for hire in CAST.iter().filter(|hire| hire.is_real()) {
            if hire.part == Part::Troubled {
                self.until_invited(hire).await?;
            }
            self.activate(hire).await?;
        }
        self.until("an end of all work", |look| look.jobs.iter().all(|job| job.state == JobState::Done)).await?;
        self.settle().await
    }

    async fn title(&mut self, text: &str) -> Result<(), Ended> {
        self.settle().await?;
        self.out.line("")?;
        Ok(self.out.line(text)?)
    }

    /// The platform posts its webhook.
    async fn hire(&mut self, hire: &'static Hire) -> Result<(), Ended> {
        let (request, source) = (hire.request(self.stage)?, hire.source()?);
        for number in 0..hire.due_answers().len() {
            let at = Timestamp::now();
            let status = request.post(self.stage).await?;
            let what = match (hire.part, number) {
                (Part::Forged, _) => format!("forged: employee hired: {}", hire.name),
                (_, 0) => format!("employee hired: {}", hire.name),
                _ => format!("again: employee hired: {}", hire.name),
            };
            self.timeline.tell(at, &source, USHER, &what, status.as_str());
            self.answers.push((hire, status));
        }
        Ok(())
    }

    async fn until_invited(&mut self, hire: &'static Hire) -> Result<(), Ended> {
        self.until(&format!("{} invited", hire.name), |look| {
            let invited =
                look.people.iter().any(|person| is(person.email.as_ref(), hire) && person.invited_at.is_some());
            invited && look.jobs.iter().all(|job| job.state == JobState::Done)
        })
        .await
    }

    /// Somebody follows the link in the letter; the congratulation has to follow.
    async fn activate(&mut self, hire: &'static Hire) -> Result<(), Ended> {
        let users = self.stage.sandbox.state().users;
        let user = users.iter().find(|user| user.email == hire.email);
        let user = user.ok_or_else(|| Ended::Astray(format!("{} has no account to activate", hire.name)))?;
        self.timeline.tell(Timestamp::now(), hire.first_name, PORTAL, "activates the account", "");
        self.stage.sandbox.activate(&user.id).await.map_err(anyhow::Error::from)?;
        self.until(&format!("{} congratulated", hire.name), |look| {
            look.people.iter().any(|person| is(person.email.as_ref(), hire) && person.congratulated_at.is_some())
        })
        .await
    }

    /// Tell what happens until `is_done`.
    async fn until(&mut self, what: &str, is_done: impl Fn(&Look) -> bool) -> Result<(), Ended> {
        loop {
            let look = self.stage.look().await?;
            self.timeline.add(self.stage, &look).await?;
            self.timeline.print(self.out)?;
            if is_done(&look) {
                return Ok(());
            }
            if let Some(job) =
                look.jobs.iter().find(|job| matches!(job.state, JobState::Held | JobState::Dead | JobState::Cancelled))
            {
                self.timeline.print_all(self.out)?;
                return Err(Ended::Astray(format!("job {} stopped before this was seen: {what}", job.id)));
            }
            if Instant::now() >= self.deadline {
                self.timeline.print_all(self.out)?;
                return Err(Ended::Astray(format!("not seen within {} s: {what}", LIMIT.as_secs())));
            }
            sleep(LOOK).await;
        }
    }

    /// Let the portal's webhooks come in, and tell all that happened.
    async fn settle(&mut self) -> Result<(), Ended> {
        // If they do not come in time, the next wait tells.
        let _ = timeout_at(self.deadline, self.stage.sandbox.webhooks_settled()).await;
        self.until("an end of the portal's webhooks", |look| {
            look.jobs.iter().filter(|job| job.person.is_none()).all(|job| job.state == JobState::Done)
        })
        .await?;
        Ok(self.timeline.print_all(self.out)?)
    }
}

fn is(email: Option<&String>, hire: &Hire) -> bool {
    email.is_some_and(|email| email == hire.email)
}
