//! When what follows from an event is to be done: at once, or at a moment counted from a day that was told.

use crate::model::{Action, Event, EventKind, Moment, Person, Timestamp};
use crate::schedule;

/// When an action is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// At once.
    Now,
    /// Then.
    At(Timestamp),
    /// It cannot be told: a sentence why.
    Unknown(String),
}

/// The moment that an action waits for.
pub(super) fn moment(action: &Action) -> Option<&Moment> {
    match action {
        Action::Onboard(wanted) => wanted.before_start.as_ref(),
        Action::Disable(wanted) => wanted.after_end.as_ref(),
        Action::Congratulate(_) | Action::Update(_) | Action::Enable(_) => None,
    }
}

impl Due {
    /// When `action` is to follow `event`. A moment that is past is now.
    pub(super) fn of(action: &Action, event: &Event, person: Option<&Person>, now: Timestamp) -> Self {
        let Some(moment) = moment(action) else { return Self::Now };
        let (told, known, field) = match action {
            Action::Disable(_) => (&event.ends_on, person.and_then(|person| person.ends_on.as_ref()), "ends_on"),
            _ => (&event.starts_on, person.and_then(|person| person.starts_on.as_ref()), "starts_on"),
        };
        // A message about a change leaves out what has not changed.
        let known = known.filter(|_| event.kind == EventKind::EmployeeUpdated);
        match at(moment, told.as_ref().or(known), field, now) {
            Ok(due) if due > now => Self::At(due),
            Ok(_) => Self::Now,
            Err(reason) => Self::Unknown(reason),
        }
    }
}

fn at(moment: &Moment, day: Option<&String>, field: &str, now: Timestamp) -> Result<Timestamp, String> {
    const REMEDY: &str = "set the date right in the HR system, whose next message about this person plans it anew; or \
                          release this job to act at once, or cancel it";
    let Some(day) = day else {
        return Err(format!("the rule counts from event.{field}, which was not told: {REMEDY}"));
    };
    schedule::due(moment, day, schedule::today(now))
        .map_err(|problem| format!("the rule counts from event.{field}, but {problem}: {REMEDY}"))
}
