//! How everybody was congratulated: by which channel, and in which words; as the portal, the mail catcher and the
//! ledger have it.

use std::collections::BTreeMap;

use crate::model::{Channel, Job, Step, kind};
use crate::sandbox::{Call, Mail, MailKind};

use super::super::output::{Failure, Out};
use super::cast::{CAST, Hire};
use super::stage::Look;

/// What a real DocSpace answers to sendcongratulations, whatever the key.
pub(super) const REFUSAL: u16 = 403;

/// The channel that is refused.
const REFUSED: Channel = Channel::SendCongratulations;
/// The channel that the letter comes by.
const SENT: Channel = Channel::Smtp;

/// Whether a call is one of the refused channel.
pub(super) fn is_try(call: &Call) -> bool {
    call.path.ends_with(REFUSED.as_str())
}

/// The channel that a letter came by, in the word of configuration; nothing for other letters.
pub(super) fn channel(mail: &Mail) -> Option<Channel> {
    match mail.kind {
        MailKind::Congratulation => Some(Channel::SendCongratulations),
        MailKind::Smtp => Some(Channel::Smtp),
        MailKind::Welcome => Some(Channel::Letter),
        MailKind::Mention => Some(Channel::Mention),
        MailKind::Room => Some(Channel::Room),
        MailKind::Activation | MailKind::Invitation | MailKind::Confirmation | MailKind::Type => None,
    }
}

/// The congratulations that somebody got, by channel.
pub(super) fn received(hire: &Hire, look: &Look) -> BTreeMap<&'static str, usize> {
    let mut by_channel = BTreeMap::new();
    for channel in mails(hire, look).filter_map(channel) {
        *by_channel.entry(channel.as_str()).or_default() += 1;
    }
    by_channel
}

fn mails<'a>(hire: &'a Hire, look: &'a Look) -> impl Iterator<Item = &'a Mail> {
    look.portal.mails.iter().filter(|mail| mail.to == hire.email)
}

/// In one line, how all of it went.
pub(super) fn summary(look: &Look) -> String {
    let refused = look.portal.calls.iter().filter(|call| is_try(call) && call.status == REFUSAL).count();
    let sent = look.portal.mails.iter().filter(|mail| channel(mail) == Some(SENT)).count();
    let (first, second) = (REFUSED.as_str(), SENT.as_str());
    format!("Congratulations: {refused} refused to {first} ({REFUSAL}), {sent} sent by {second}.")
}

/// The letter to the first one who has got one, as it came.
pub(super) fn show_letter(look: &Look, out: &mut Out) -> Result<(), Failure> {
    let Some(mail) = look.portal.mails.iter().find(|mail| channel(mail) == Some(SENT)) else { return Ok(()) };
    let Some(letter) = &mail.letter else { return Ok(()) };
    out.line("One of the letters, as the mail catcher took it:")?;
    out.line(format!("  From: {}", letter.from))?;
    out.line(format!("  To: {}", mail.to))?;
    out.line(format!("  Subject: {}", letter.subject))?;
    out.line("")?;
    for line in mail.text.as_deref().unwrap_or_default().trim_end().lines() {
        out.line(format!("  {line}").trim_end())?;
    }
    Ok(())
}

/// Everything in which the congratulations of one person differ from one letter by the second channel, after one
/// refusal of the first.
pub(super) fn differences(hire: &Hire, look: &Look) -> Vec<String> {
    let mut wrong = Vec::new();
    let due: BTreeMap<_, _> = hire.is_real().then_some((SENT.as_str(), 1)).into_iter().collect();
    let got = received(hire, look);
    if got != due {
        wrong.push(format!("congratulated by {got:?}, should be {due:?}"));
    }
    for mail in mails(hire, look).filter(|mail| channel(mail) == Some(SENT)) {
        wrong.extend(slips(hire, mail));
    }
    let noted = noted(hire, look);
    let due_notes = [format!("{} refused", REFUSED.as_str()), format!("{} sent", SENT.as_str())];
    let due_notes = if hire.is_real() { &due_notes[..] } else { &[] };
    if noted != due_notes {
        wrong.push(format!("the ledger has {noted:?} of the channels, should be {due_notes:?}"));
    }
    wrong
}

/// What is wrong with a letter: it has to name whom it goes to, and nobody else.
fn slips(hire: &Hire, mail: &Mail) -> Option<String> {
    let subject = mail.letter.as_ref().map(|letter| letter.subject.as_str()).unwrap_or_default();
    let text = mail.text.as_deref().unwrap_or_default();
    let names = |other: &Hire| subject.contains(other.first_name) || text.contains(other.name);
    if !subject.contains(hire.first_name) || !text.contains(hire.name) {
        return Some("the letter does not name its reader".to_owned());
    }
    let other = CAST.iter().find(|other| other.email != hire.email && names(other))?;
    Some(format!("the letter names {}", other.name))
}

/// What the jobs of one person note of each channel, in order.
fn noted(hire: &Hire, look: &Look) -> Vec<String> {
    let of_hire = |job: &&Job| {
        let person = look.people.iter().find(|person| Some(person.id) == job.person);
        job.kind == kind::CONGRATULATE && person.is_some_and(|person| person.email.as_deref() == Some(hire.email))
    };
    look.jobs.iter().filter(of_hire).flat_map(|job| &job.steps).filter_map(note).collect()
}

/// What a step says of a channel, if it says that it refused or sent.
fn note(step: &Step) -> Option<String> {
    match step.name.as_str() {
        "refused" => Some(format!("{} refused", refused_channel(step)?)),
        "sent" => Some(format!("{} sent", step.detail.strip_prefix("congratulated by ")?)),
        _ => None,
    }
}

/// The channel that refused, where that is what a step says.
pub(super) fn refused_channel(step: &Step) -> Option<&str> {
    let is_refusal = step.name == "refused";
    is_refusal.then(|| step.detail.split_once(':').map(|(word, _)| word)).flatten()
}
