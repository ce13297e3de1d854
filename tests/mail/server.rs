//! A mail server that answers as it is told, and remembers what it heard.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What the server does at one point.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A reply, without the last line's end.
    Say(String),
    /// Nothing, until the client goes away.
    Hang,
    /// Nothing, and it reads nothing any more either. Such a conversation never ends.
    Stall,
    /// It closes the connection.
    Drop,
}

pub(crate) fn say(reply: &str) -> Answer {
    Answer::Say(reply.to_owned())
}

/// Its answers. The default takes every letter.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    pub(crate) greeting: Answer,
    pub(crate) ehlo: Answer,
    /// To EHLO under TLS.
    pub(crate) ehlo_secured: Answer,
    pub(crate) starttls: Answer,
    /// To AUTH and to what the client answers to each 334.
    pub(crate) auth: Vec<Answer>,
    pub(crate) mail: Answer,
    pub(crate) rcpt: Answer,
    pub(crate) data: Answer,
    /// Whether it reads the message at all.
    pub(crate) reads: bool,
    pub(crate) dot: Answer,
    pub(crate) quit: Answer,
    /// TLS from the first byte.
    pub(crate) secured: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            greeting: say("220 mail.test ready"),
            ehlo: say("250-mail.test\r\n250-STARTTLS\r\n250 AUTH LOGIN PLAIN"),
            ehlo_secured: say("250-mail.test\r\n250 AUTH LOGIN PLAIN"),
            starttls: say("220 go ahead"),
            auth: vec![say("235 welcome")],
            mail: say("250 fine"),
            rcpt: say("250 fine"),
            data: say("354 go ahead"),
            reads: true,
            dot: say("250 queued as 17"),
            quit: say("221 bye"),
            secured: false,
        }
    }
}

/// What one conversation held.
#[derive(Default, Debug)]
pub(crate) struct Heard {
    /// The client's lines, those of a message not among them.
    pub(crate) lines: Vec<String>,
    /// The message as it went over the wire, up to its dot.
    pub(crate) message: Option<String>,
}

/// A server for one conversation.
pub(crate) struct Server {
    pub(crate) port: u16,
    conversation: JoinHandle<Heard>,
}

impl Server {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let conversation = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut heard = Heard::default();
            converse(stream, &manners, &mut heard).await;
            heard
        });
        Self { port, conversation }
    }

    /// What it heard, once the conversation is over.
    pub(crate) async fn heard(self) -> Heard {
        self.conversation.await.unwrap()
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}
type Line = BufReader<Box<dyn Wire>>;

/// `None` ends the conversation.
async fn converse(stream: TcpStream, manners: &Manners, heard: &mut Heard) -> Option<()> {
    let mut line: Line = BufReader::new(Box::new(stream));
    let mut secured = manners.secured;
    if secured {
        line = secure(line).await?;
    }
    answer(&mut line, &manners.greeting).await?;
    let mut auth = manners.auth.iter();
    loop {
        let said = hear(&mut line, heard).await?;
        match said.split(' ').next().unwrap_or_default() {
            "EHLO" if secured => answer(&mut line, &manners.ehlo_secured).await?,
            "EHLO" => answer(&mut line, &manners.ehlo).await?,
            "STARTTLS" => {
                answer(&mut line, &manners.starttls).await?;
                line = secure(line).await?;
                secured = true;
            }
            "MAIL" => answer(&mut line, &manners.mail).await?,
            "RCPT" => answer(&mut line, &manners.rcpt).await?,
            "DATA" => {
                answer(&mut line, &manners.data).await?;
                if matches!(&manners.data, Answer::Say(reply) if reply.starts_with("354")) {
                    if manners.reads {
                        heard.message = Some(message(&mut line).await?);
                    }
                    answer(&mut line, &manners.dot).await?;
                }
            }
            "QUIT" => {
                answer(&mut line, &manners.quit).await?;
                return None;
            }
            // AUTH, and what answers a 334.
            _ => answer(&mut line, auth.next()?).await?,
        }
    }
}

async fn answer(line: &mut Line, answer: &Answer) -> Option<()> {
    match answer {
        Answer::Say(reply) => {
            line.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
            line.flush().await.ok()
        }
        Answer::Hang => {
            tokio::io::copy(line, &mut tokio::io::sink()).await.ok()?;
            None
        }
        Answer::Stall => std::future::pending().await,
        Answer::Drop => None,
    }
}

async fn hear(line: &mut Line, heard: &mut Heard) -> Option<String> {
    let mut said = String::new();
    if line.read_line(&mut said).await.ok()? == 0 {
        return None;
    }
    let said = said.trim_end().to_owned();
    heard.lines.push(said.clone());
    Some(said)
}

async fn message(line: &mut Line) -> Option<String> {
    let mut message = Vec::new();
    while !message.ends_with(b"\r\n.\r\n") {
        message.push(line.read_u8().await.ok()?);
    }
    message.truncate(message.len() - ".\r\n".len());
    String::from_utf8(message).ok()
}

async fn secure(line: Line) -> Option<Line> {
    let certificates = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/certificates");
    let chain = CertificateDer::pem_file_iter(format!("{certificates}/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{certificates}/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let stream = TlsAcceptor::from(Arc::new(config)).accept(line.into_inner()).await.ok()?;
    Some(BufReader::new(Box::new(stream)))
}
