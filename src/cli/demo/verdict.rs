//! How it ended, as a table, and everything in which that differs from how it had to end.

use std::collections::BTreeMap;

use crate::model::{AccountState, JobState, Person, kind};
use crate::sandbox::{MailKind, User};
use crate::store::DeliverySummary;

use super::super::output::{Failure, Out};
use super::cast::{self, CAST, Hire, Part};
use super::congratulations::{self, REFUSAL};
use super::stage::{Look, PORTAL_SOURCE};
use super::story::Answers;

/// What is counted for each person, in the words of the table. Letters are those to activate the account.
const COUNTED: [&str; 4] = ["accounts", "letters", "activated", "congratulated"];

/// What became of one person.
struct End {
    source: String,
    answers: Vec<u16>,
    /// As [`COUNTED`].
    counts: [usize; 4],
    /// The channels of the congratulations.
    by: String,
}

impl End {
    fn of(hire: &Hire, look: &Look, answers: &Answers) -> Result<Self, Failure> {
        let mails = |kind| look.portal.mails.iter().filter(|mail| mail.to == hire.email && mail.kind == kind).count();
        let users = || look.portal.users.iter().filter(|user| user.email == hire.email);
        let active = users().filter(|user| is_active(user)).count();
        let received = congratulations::received(hire, look);
        let counts = [users().count(), mails(MailKind::Activation), active, received.values().sum()];
        let by = received.into_keys().collect::<Vec<_>>().join(" ");
        Ok(Self { source: hire.source()?, answers: answers_to(hire, answers), counts, by })
    }
}

fn answers_to(hire: &Hire, answers: &Answers) -> Vec<u16> {
    answers.iter().filter(|(to, _)| to.email == hire.email).map(|(_, status)| status.as_u16()).collect()
}

fn is_active(user: &User) -> bool {
    user.status == 1 && user.activation_status & 1 != 0
}

/// The table of ends, and the counts.
pub(super) fn show(look: &Look, answers: &Answers, out: &mut Out) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut sums = [0; 4];
    for hire in CAST {
        let end = End::of(hire, look, answers)?;
        sums.iter_mut().zip(end.counts).for_each(|(sum, count)| *sum += count);
        let statuses: Vec<_> = end.answers.iter().map(ToString::to_string).collect();
        rows.push(row(hire.name, end.source, statuses.join(" "), end.counts, end.by));
    }
    rows.push(row("total", String::new(), answers.len().to_string(), sums, String::new()));
    let [a, b, c, d] = COUNTED;
    out.table(["person", "from", "answers", a, b, c, d, "by"], rows)?;
    out.line("")?;
    congratulations::show_letter(look, out)?;
    out.line("")?;
    out.line(congratulations::summary(look))?;
    out.line(jobs(look))?;
    out.line(webhooks(look, answers))
}

fn row(name: &str, source: String, answers: String, counts: [usize; 4], by: String) -> [String; 8] {
    let [accounts, letters, activated, congratulated] = counts.map(|count| count.to_string());
    [name.to_owned(), source, answers, accounts, letters, activated, congratulated, by]
}

fn jobs(look: &Look) -> String {
    let mut counts: BTreeMap<(&str, JobState), usize> = BTreeMap::new();
    for job in &look.jobs {
        *counts.entry((&job.kind, job.state)).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|((kind, state), count)| format!("{count} {kind} {state}")).collect();
    format!("Jobs: {}.", counts.join(", "))
}

fn webhooks(look: &Look, answers: &Answers) -> String {
    let (own, told): (Vec<_>, Vec<_>) = look.deliveries.iter().partition(|delivery| delivery.source == PORTAL_SOURCE);
    let again = |list: &[&DeliverySummary]| list.iter().map(|delivery| delivery.seen_again).sum::<u64>();
    let refused = answers.iter().filter(|(_, status)| !status.is_success()).count();
    format!(
        "Webhooks: {} of platforms stored, {} seen before, {refused} refused; {} of DocSpace stored, {} seen before.",
        told.len(),
        again(&told),
        own.len(),
        again(&own)
    )
}

/// Everything that is not as it has to be; empty after a good run.
pub(super) fn differences(look: &Look, answers: &Answers) -> Vec<String> {
    let mut wrong = Vec::new();
    for job in look.jobs.iter().filter(|job| job.state != JobState::Done) {
        let reason = job.reason.as_deref().unwrap_or("no reason given");
        wrong.push(format!("job {} ({}) is {}: {reason}", job.id, job.kind, job.state));
    }
    for hire in CAST {
        person(hire, look, answers, &mut wrong);
    }
    let real = CAST.iter().filter(|hire| hire.is_real()).count();
    let twice = CAST.iter().filter(|hire| hire.part == Part::Twice).count();
    let told: Vec<_> = look.deliveries.iter().filter(|delivery| delivery.source != PORTAL_SOURCE).collect();
    let again: u64 = told.iter().map(|delivery| delivery.seen_again).sum();
    let jobs = |kind: &str| look.jobs.iter().filter(|job| job.kind == kind).count();
    let mut check = |what: &str, found: usize, due: usize| {
        if found != due {
            wrong.push(format!("{what}: {found}, should be {due}"));
        }
    };
    check("accounts at the portal", look.portal.users.len(), real);
    check("mails", look.portal.mails.len(), 2 * real);
    check("people in the ledger", look.people.len(), real);
    check("webhooks of platforms stored", told.len(), real);
    check("webhooks seen again", usize::try_from(again).unwrap_or(usize::MAX), twice);
    check("jobs to process", jobs(kind::PROCESS), look.deliveries.len());
    check("jobs to onboard", jobs(kind::ONBOARD), real);
    check("jobs to congratulate", jobs(kind::CONGRATULATE), real);
    let tries = || look.portal.calls.iter().filter(|call| congratulations::is_try(call));
    check("calls of sendcongratulations", tries().count(), real);
    check("of them refused", tries().filter(|call| call.status == REFUSAL).count(), real);
    for fault in cast::faults().unwrap_or_default() {
        let met = look.portal.calls.iter().filter(|call| Some(call.status) == fault.status).count();
        check(&format!("calls answered with {}", fault.status.unwrap_or_default()), met, 1);
    }
    wrong
}

fn person(hire: &Hire, look: &Look, answers: &Answers, wrong: &mut Vec<String>) {
    let name = hire.name;
    let found = answers_to(hire, answers);
    if found != hire.due_answers() {
        wrong.push(format!("{name}: answered {found:?}, should be {:?}", hire.due_answers()));
    }
    let due = if hire.is_real() { [1; 4] } else { [0; 4] };
    match End::of(hire, look, answers) {
        Ok(end) => {
            for ((what, found), due) in COUNTED.iter().zip(end.counts).zip(due) {
                if found != due {
                    wrong.push(format!("{name}: {what} {found}, should be {due}"));
                }
            }
        }
        Err(_) => wrong.push(format!("{name}: the fixture cannot be read")),
    }
    wrong.extend(congratulations::differences(hire, look).into_iter().map(|what| format!("{name}: {what}")));
    let rows: Vec<_> = look.people.iter().filter(|person| person.email.as_deref() == Some(hire.email)).collect();
    if rows.len() != due[0] || !rows.iter().all(|row| is_complete(row, look)) {
        wrong.push(format!("{name}: in the ledger {} times, should be {}, with everything noted", rows.len(), due[0]));
    }
}

/// Whether the ledger knows everything that happened to this person, and the right account.
fn is_complete(person: &Person, look: &Look) -> bool {
    let user = look.portal.users.iter().find(|user| Some(&user.email) == person.email.as_ref());
    user.is_some_and(|user| Some(&user.id) == person.user_id.as_ref())
        && person.employees.len() == 1
        && person.account == AccountState::Active
        && [person.hired_at, person.invited_at, person.activated_at, person.congratulated_at]
            .iter()
            .all(Option::is_some)
}
