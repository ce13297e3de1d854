//! A letter, and the bytes of it.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};

use super::error::MailError;
use super::settings::Settings;

/// The longest name and subject, in characters. A word beyond 998 bytes could not stand in a header (RFC 5322, 2.1.1).
const MAX_LINE: usize = 200;
/// The longest address, in bytes (RFC 5321, 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// One letter to one person.
///
/// Names and subject are put on one line: runs of white space and control characters become one space, and what is
/// longer than 200 characters is cut. Control characters in the text are left out, but for line ends and tabs.
#[derive(Clone)]
pub struct Letter {
    /// Address of the person, ASCII before the `@`.
    pub to: String,
    /// Name of the person.
    pub to_name: Option<String>,
    /// Subject, one line.
    pub subject: String,
    /// The text, lines ended by LF or CRLF.
    pub text: String,
    /// The same as HTML; then the letter is `multipart/alternative`.
    pub html: Option<String>,
    /// The `Message-ID` without `<` and `>`, like `congratulation-17@usher.example.com`. Always the same for the same
    /// letter, so that a letter sent twice can be known.
    pub message_id: String,
    /// Language tag for `Content-Language` (RFC 3282), like `de-AT`; left out where it is not one.
    pub language: Option<String>,
    /// The `Date`, to the second.
    pub date: Timestamp,
}

/// Shows the id alone: the rest is about a person.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

impl Letter {
    /// The message with its headers and its one recipient.
    pub(super) fn message(&self, settings: &Settings) -> Result<Message, MailError> {
        let name = self.to_name.as_deref().map(line).filter(|name| !name.is_empty());
        let mut message = Message::builder()
            .from(settings.from.0.clone())
            .to(Mailbox::new(name, self.address()?))
            .subject(line(&self.subject))
            .date(self.system_time()?)
            .message_id(Some(self.bracketed_id()?))
            // RFC 3834: no vacation notices in answer to it.
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = &settings.reply_to {
            message = message.reply_to(reply_to.0.clone());
        }
        if let Some(language) = self.language.as_deref().filter(|tag| is_language_tag(tag)) {
            message = message.raw_header(header("Content-Language", language));
        }
        let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(lines(&self.text));
        let message = match &self.html {
            None => message.singlepart(text),
            Some(html) => message.multipart(
                MultiPart::alternative()
                    .singlepart(text)
                    .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(lines(html))),
            ),
        };
        message.map_err(|_| unfit("the letter cannot be written as a message"))
    }

    /// The person's address, with a domain in ASCII (RFC 5890) whatever the letters it is written in.
    fn address(&self) -> Result<Address, MailError> {
        let bad = || unfit("the person's address is no e-mail address that this mailer can write to; correct it");
        let parsed: Address = self.to.trim().parse().map_err(|_| bad())?;
        let domain = match parsed.domain() {
            ascii if ascii.is_ascii() => ascii.to_owned(),
            other => url::Host::parse(other).map_err(|_| bad())?.to_string(),
        };
        let plain = |c: char| c.is_ascii_graphic();
        let address = Address::new(parsed.user(), domain).map_err(|_| bad())?;
        let written: &str = address.as_ref();
        if !written.chars().all(plain) || written.contains(['<', '>']) || written.len() > MAX_ADDRESS {
            return Err(bad());
        }
        Ok(address)
    }

    fn bracketed_id(&self) -> Result<String, MailError> {
        let id = &self.message_id;
        let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@[]:".contains(c);
        let parts = id.split('@').filter(|part| !part.is_empty()).count();
        if !id.chars().all(plain) || parts != 2 || id.matches('@').count() != 1 || id.len() > MAX_ADDRESS {
            return Err(unfit("the letter's message id is not of the form `unique@domain`"));
        }
        Ok(format!("<{id}>"))
    }

    fn system_time(&self) -> Result<SystemTime, MailError> {
        // What a date in a header can say.
        let year = self.date.to_zoned(jiff::tz::TimeZone::UTC).year();
        if !(1970..=9998).contains(&year) {
            return Err(unfit("the letter's date lies outside of the years 1970 to 9998"));
        }
        Ok(SystemTime::from(self.date))
    }
}

fn unfit(why: &str) -> MailError {
    MailError::Unfit(why.to_owned())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// One line without control characters.
fn line(text: &str) -> String {
    let spaced = text.replace(char::is_control, " ");
    // What looks like an encoded word (RFC 2047) would be decoded by the reader.
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?");
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// Lines ended by CRLF: a lone CR or LF could end a line for one server and not for the next. lettre would add each CR
/// by moving all that follows. It ends the last line too.
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "");
    text.trim_end_matches('\n').replace('\n', "\r\n")
}

fn is_language_tag(tag: &str) -> bool {
    let part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.len() <= 35 && tag.split('-').all(part) && tag.starts_with(|c: char| c.is_ascii_alphabetic())
}
