//! Why a letter was not sent, or may have been.

/// Why a letter was not sent, or may have been. The texts say what to do and hold no e-mail address and no password.
///
/// Only [`MailError::Uncertain`] leaves open whether the letter was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Definitely not taken, and the server has not judged the letter: no connection, TLS failed, greeting refused,
    /// connection lost or nothing heard before the end of the message. Worth another try later.
    #[error("{0}")]
    Unsent(String),
    /// Definitely not taken, for now: a 4yz reply, also to the dot (RFC 5321, 4.2.1). Worth another try later.
    #[error("the mail server {text}; it may take the letter later")]
    Busy {
        /// The reply's code, 400 to 499.
        code: u16,
        /// What it refused, and its reply; completes a sentence that begins with the server.
        text: String,
    },
    /// Definitely not taken, for good: a 5yz reply, also to the dot.
    #[error("the mail server {text}; {}", advice(*.code))]
    Refused {
        /// The reply's code, 500 to 599.
        code: u16,
        /// What it refused, and its reply; completes a sentence that begins with the server.
        text: String,
    },
    /// Definitely not taken: the server does not let us in with this user and password. No letter gets through.
    #[error("{0}")]
    Login(String),
    /// The letter cannot be written, whatever the server: its address or id is not one. Another try is useless.
    #[error("{0}")]
    Unfit(String),
    /// It may have been sent or not: nothing definite was heard after the message was handed over.
    #[error("{0}; the letter may have been sent")]
    Uncertain(String),
}

/// What to do about a 5yz reply (RFC 5321, 4.2.3; 530 is RFC 4954, 523 and 538 RFC 5248 and 4954).
fn advice(code: u16) -> &'static str {
    match code {
        530 | 538 => "it wants a login, or TLS before it: set user, password and tls of the mail settings",
        550 | 551 | 553 => "look at the person's address, and whether the server lets us send under this `from`",
        552 | 523 => "the letter is too large for it, or the mailbox is full",
        _ => "look at the letter, the person's address and the mail settings",
    }
}
