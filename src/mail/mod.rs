//! Mail: one letter to one person through the SMTP server of the configuration (RFC 5321), at most once.
//!
//! What matters to callers is whether a letter that failed may have been sent. SMTP answers that: the server takes
//! responsibility with its reply to the dot that ends the message. Before the dot a lost connection means that nothing
//! was taken; after it, only a reply says so. So the steps of the conversation are driven one by one, and [`MailError`]
//! says on which side of the dot it ended.
//!
//! ```text
//! letter     Letter -> headers and body, injection impossible
//!   reach    connect, greeting, TLS
//!   stream   nothing said in the clear counts as said under TLS
//!   session  log in, MAIL, RCPT, DATA, dot; each step with a time limit
//!     -> MailError: definite or uncertain, without addresses and passwords
//! ```
//!
//! Every letter opens its own connection: there are few, and a kept connection that breaks would leave more open. A
//! letter is written wholly in ASCII, so any server can carry it.
//!
//! Whether an address is reserved for examples and tests (`docspace::reserved_address`) is for the caller to ask.

mod error;
mod letter;
mod mailer;
mod reach;
mod scrub;
mod session;
mod settings;
mod stream;

pub use error::MailError;
pub use letter::Letter;
pub use mailer::Mailer;
pub use settings::{Login, Mailbox, Settings, SetupError, TIMEOUT, Tls};
