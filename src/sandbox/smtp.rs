//! One connection of a mail catcher.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Sandbox;
use super::letter::Letter;
use super::portal::{Mail, MailKind};
use super::smtp_command::Command;
use super::smtp_fault::SmtpTrouble;

/// Bytes of one line with its end. A command has 512, a line of text 1000; this leaves room for long passwords.
const LINE_LIMIT: u64 = 4096;

/// Bytes of a letter.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Recipients of a letter: the least a server must take.
const RECIPIENT_LIMIT: usize = 100;

const OK: &str = "250 2.0.0 OK";
const TOO_BIG: &str = "552 5.3.4 The letter is larger than 1 MiB";
const OUT_OF_ORDER: &str = "503 5.5.1 Not now";

/// Why a connection ends.
enum End {
    /// The client has gone, or cannot be written to.
    Gone,
    /// The client was silent too long.
    Idle,
    /// A line without an end.
    TooLong,
    /// All is said.
    Over,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// What a connection knows of its client.
pub(super) struct Session {
    sandbox: Sandbox,
    stream: BufStream<TcpStream>,
    is_greeted: bool,
    is_known: bool,
    sender: Option<String>,
    recipients: Vec<String>,
}

impl Session {
    pub(super) fn new(sandbox: Sandbox, stream: TcpStream) -> Self {
        let is_known = sandbox.inner.settings.postbox.login.is_none();
        let stream = BufStream::new(stream);
        Self { sandbox, stream, is_greeted: false, is_known, sender: None, recipients: Vec::new() }
    }

    /// Serve the client to the end.
    pub(super) async fn serve(mut self) {
        let farewell = match self.talk().await {
            Err(End::Idle) => "421 4.4.2 You have been silent too long",
            Err(End::TooLong) => "500 5.5.2 The line is too long",
            Ok(()) | Err(End::Gone | End::Over) => return,
        };
        // Whoever has gone does not read it.
        let _ = self.say(farewell).await;
    }

    async fn talk(&mut self) -> Result<(), End> {
        if self.sandbox.meets(SmtpTrouble::Refuse) {
            return self.say("554 5.3.2 No service here").await;
        }
        self.say("220 localhost ESMTP sandbox").await?;
        loop {
            let line = self.line().await?;
            let Ok(line) = std::str::from_utf8(&line) else {
                self.say("500 5.5.2 The command is not ASCII").await?;
                continue;
            };
            self.answer(Command::read(line.trim_end_matches(['\r', '\n']))).await?;
        }
    }

    async fn answer(&mut self, command: Command) -> Result<(), End> {
        let reply = match command {
            Command::Hello { extended } => {
                self.forget();
                self.is_greeted = true;
                if extended {
                    "250-localhost\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"
                } else {
                    "250 localhost"
                }
            }
            Command::Login { mechanism, initial } => return self.login(&mechanism, initial).await,
            Command::Mail { .. } if !self.is_greeted || self.sender.is_some() => OUT_OF_ORDER,
            Command::Mail { .. } if !self.is_known => "530 5.7.0 Log in first",
            Command::Mail { size: Some(size), .. } if size > SIZE_LIMIT as u64 => TOO_BIG,
            Command::Mail { sender, .. } => {
                self.sender = Some(sender);
                OK
            }
            Command::Recipient(_) if self.sender.is_none() => OUT_OF_ORDER,
            Command::Recipient(_) if self.recipients.len() >= RECIPIENT_LIMIT => "452 4.5.3 Too many recipients",
            Command::Recipient(_) if self.sandbox.meets(SmtpTrouble::Tempfail) => "451 4.7.1 Try again later",
            Command::Recipient(_) if self.sandbox.meets(SmtpTrouble::RejectRecipient) => {
                "550 5.1.1 Nobody of that name"
            }
            Command::Recipient(address) => {
                self.recipients.push(address);
                OK
            }
            Command::Data if self.recipients.is_empty() => OUT_OF_ORDER,
            Command::Data => return self.data().await,
            Command::Reset => {
                self.forget();
                OK
            }
            Command::Nothing => OK,
            Command::Quit => {
                self.say("221 2.0.0 Bye").await?;
                return Err(End::Over);
            }
            Command::Unknown => "502 5.5.1 Not known here",
            Command::Malformed(reply) => reply,
        };
        self.say(reply).await
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    /// `AUTH PLAIN` and `AUTH LOGIN`. Without a login in the settings every one is taken.
    async fn login(&mut self, mechanism: &str, initial: Option<String>) -> Result<(), End> {
        if !self.is_greeted || self.sender.is_some() {
            return self.say(OUT_OF_ORDER).await;
        }
        let given = match mechanism {
            "PLAIN" => self.secret(initial, "334 ").await?.and_then(|text| plain(&text)),
            "LOGIN" => {
                // "Username:" and "Password:".
                let user = self.secret(initial, "334 VXNlcm5hbWU6").await?;
                match user {
                    None => None,
                    Some(user) => self.secret(None, "334 UGFzc3dvcmQ6").await?.map(|password| (user, password)),
                }
            }
            _ => return self.say("504 5.5.4 The mechanism is not known here").await,
        };
        let Some((user, password)) = given else {
            return self.say("501 5.5.2 The login cannot be read").await;
        };
        let expected = self.sandbox.inner.settings.postbox.login.as_ref();
        let fits = expected.is_none_or(|login| login.user == user && login.password == password);
        if !fits || self.sandbox.meets(SmtpTrouble::Auth) {
            return self.say("535 5.7.8 The login is not known").await;
        }
        self.is_known = true;
        self.say("235 2.7.0 Welcome").await
    }

    /// A text in base64 that came along or is asked for; `None` where it cannot be read or the client gives up.
    async fn secret(&mut self, given: Option<String>, question: &str) -> Result<Option<String>, End> {
        let text = match given {
            Some(text) => text.into_bytes(),
            None => {
                self.say(question).await?;
                self.line().await?
            }
        };
        let bytes = BASE64_STANDARD.decode(text.trim_ascii()).ok();
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// The letter itself, to the line that is a dot alone.
    async fn data(&mut self) -> Result<(), End> {
        self.say("354 Go on").await?;
        let mut raw = Vec::new();
        let mut is_too_big = false;
        let mut is_new_line = true;
        loop {
            let line = self.line().await?;
            if is_new_line && line == b".\r\n" {
                break;
            }
            let text = if is_new_line { line.strip_prefix(b".").unwrap_or(&line) } else { &line };
            // Only CRLF ends a line: a dot after anything else is part of the letter.
            is_new_line = line.ends_with(b"\r\n");
            is_too_big |= raw.len() + text.len() > SIZE_LIMIT;
            if !is_too_big {
                raw.extend_from_slice(text);
            }
        }
        let sender = self.sender.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        if is_too_big {
            return self.say(TOO_BIG).await;
        }
        if self.sandbox.meets(SmtpTrouble::Hang) {
            return self.hang().await;
        }
        let (letter, text) = Letter::read(&raw, &sender);
        self.sandbox.change(|portal, at| {
            let letter = Some(letter);
            let text = Some(text);
            let mail = |to| Mail { to, kind: MailKind::Smtp, at, text: text.clone(), letter: letter.clone() };
            portal.mails.extend(recipients.into_iter().map(mail));
        });
        if self.sandbox.meets(SmtpTrouble::DropAfterData) {
            return Err(End::Over);
        }
        self.say(OK).await
    }

    /// Say nothing more until the client goes away.
    async fn hang(&mut self) -> Result<(), End> {
        let mut rest = [0; 512];
        while self.stream.read(&mut rest).await? > 0 {}
        Err(End::Gone)
    }

    /// A line with its end.
    async fn line(&mut self) -> Result<Vec<u8>, End> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(LINE_LIMIT);
        timeout(self.sandbox.inner.settings.postbox.idle_limit, bounded.read_until(b'\n', &mut line))
            .await
            .map_err(|_| End::Idle)??;
        match line.last() {
            Some(b'\n') => Ok(line),
            _ if line.len() as u64 == LINE_LIMIT => Err(End::TooLong),
            _ => Err(End::Gone),
        }
    }

    async fn say(&mut self, reply: &str) -> Result<(), End> {
        let writing = async {
            self.stream.write_all(reply.as_bytes()).await?;
            self.stream.write_all(b"\r\n").await?;
            self.stream.flush().await
        };
        Ok(timeout(WRITE_LIMIT, writing).await.map_err(|_| End::Gone)??)
    }
}

/// How long a client may take to read a reply.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// User and password of `AUTH PLAIN`: three texts between zero bytes, the first of which is of no use here.
fn plain(text: &str) -> Option<(String, String)> {
    let mut parts = text.split('\0').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(user), Some(password), None) => Some((user.to_owned(), password.to_owned())),
        _ => None,
    }
}
