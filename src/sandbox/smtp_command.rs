//! The commands of SMTP that a mail catcher knows (RFC 5321, 1870, 4954, 6152).

use email_address::EmailAddress;

/// One line of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `EHLO`, or `HELO` where not extended.
    Hello { extended: bool },
    /// `MAIL`: the sender, empty for a bounce, and the size announced.
    Mail { sender: String, size: Option<u64> },
    /// `RCPT`.
    Recipient(String),
    /// `DATA`.
    Data,
    /// `AUTH`: the mechanism in capitals, and what the client sends along.
    Login { mechanism: String, initial: Option<String> },
    /// `RSET`.
    Reset,
    /// `NOOP`.
    Nothing,
    /// `QUIT`.
    Quit,
    /// A word that is no command here, such as `STARTTLS`.
    Unknown,
    /// A command whose parameters cannot be read: the reply.
    Malformed(&'static str),
}

const NO_ADDRESS: &str = "501 5.1.3 The address cannot be read";
const NO_PARAMETER: &str = "555 5.5.4 The parameter is not known here";

impl Command {
    /// Read a line without its end.
    pub(super) fn read(line: &str) -> Self {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.is_empty() => Self::Malformed("501 5.5.4 Say who you are"),
            "EHLO" => Self::Hello { extended: true },
            "HELO" => Self::Hello { extended: false },
            "MAIL" => mail(rest),
            "RCPT" => recipient(rest),
            "DATA" => Self::Data,
            "AUTH" => login(rest),
            "RSET" => Self::Reset,
            "NOOP" => Self::Nothing,
            "QUIT" => Self::Quit,
            _ => Self::Unknown,
        }
    }
}

fn mail(rest: &str) -> Command {
    let Some((sender, parameters)) = path(rest, "FROM:") else {
        return Command::Malformed(NO_ADDRESS);
    };
    if !sender.is_empty() && !EmailAddress::is_valid(sender) {
        return Command::Malformed(NO_ADDRESS);
    }
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
            ("SIZE", value) => match value.parse() {
                Ok(bytes) => size = Some(bytes),
                Err(_) => return Command::Malformed("501 5.5.4 The size cannot be read"),
            },
            // AUTH tells on whose behalf a relay speaks; a catcher has no use for it.
            ("BODY", "7BIT" | "8BITMIME") | ("AUTH", _) => {}
            _ => return Command::Malformed(NO_PARAMETER),
        }
    }
    Command::Mail { sender: sender.to_owned(), size }
}

fn recipient(rest: &str) -> Command {
    match path(rest, "TO:") {
        Some((_, parameters)) if !parameters.is_empty() => Command::Malformed(NO_PARAMETER),
        Some((address, _)) if EmailAddress::is_valid(address) => Command::Recipient(address.to_owned()),
        _ => Command::Malformed(NO_ADDRESS),
    }
}

/// The address between the angle brackets after `word`, and what follows. Addresses beyond ASCII would need SMTPUTF8.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let given = rest.get(..word.len())?;
    let inside = rest[word.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = inside.rsplit_once('>')?;
    (given.eq_ignore_ascii_case(word) && address.is_ascii()).then_some((address, parameters.trim()))
}

fn login(rest: &str) -> Command {
    let mut words = rest.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(mechanism), initial, None) => Command::Login {
            mechanism: mechanism.to_ascii_uppercase(),
            // A single "=" stands for an empty text.
            initial: initial.map(|text| if text == "=" { String::new() } else { text.to_owned() }),
        },
        _ => Command::Malformed("501 5.5.4 Name a mechanism"),
    }
}
