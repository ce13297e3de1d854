//! A stand-in for a platform: it says what it is told to, byte by byte, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method, target and version.
    pub(crate) line: String,
    /// In order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all: Vec<_> = self.headers.iter().filter(|(header, _)| header == name).collect();
        assert!(all.len() < 2, "{name} stands there twice: {self:?}");
        all.first().map(|(_, value)| value.as_str())
    }

    pub(crate) fn body(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// What a stand-in says to one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// What is sent in place of all this.
    raw: Option<Vec<u8>>,
    /// Whether it then keeps the connection, silently, until the client goes away.
    hangs: bool,
}

pub(crate) fn answer(status: u16, body: impl AsRef<[u8]>) -> Answer {
    Answer { status, body: body.as_ref().to_vec(), ..Answer::default() }
}

/// Exactly these bytes.
pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Answer {
    Answer { raw: Some(bytes.as_ref().to_vec()), ..Answer::default() }
}

impl Answer {
    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(crate) fn then_silence(mut self) -> Self {
        self.hangs = true;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut head =
            format!("HTTP/1.1 {} Status\r\nconnection: close\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

type Say = dyn Fn(&Seen, usize) -> Answer + Send + Sync;

/// A platform on a free port of this machine.
#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Platform {
    /// One that gives the same answer to every request.
    pub(crate) async fn saying(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone()).await
    }

    /// `say` gets the request and how many came before it.
    pub(crate) async fn start(say: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::open(None, say).await
    }

    /// The same under TLS, as `localhost`.
    pub(crate) async fn secured(say: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::open(Some(acceptor()), say).await
    }

    async fn open(tls: Option<TlsAcceptor>, say: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let platform = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (seen, say): (_, Arc<Say>) = (Arc::clone(&platform.seen), Arc::new(say));
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (seen, say, tls) = (Arc::clone(&seen), Arc::clone(&say), tls.clone());
                tokio::spawn(async move {
                    let done = match tls {
                        None => converse(stream, &seen, &*say).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => converse(stream, &seen, &*say).await,
                            Err(error) => Err(error),
                        },
                    };
                    // A client that goes away is the client's business.
                    drop(done);
                });
            }
        });
        platform
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request there was.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    seen: &Mutex<Vec<Seen>>,
    say: &Say,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<_> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let request = Seen { line: lines[0].clone(), headers, body };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let answer = say(&request, before);
    stream.write_all(&answer.bytes()).await?;
    stream.flush().await?;
    if answer.hangs {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await?;
    }
    stream.shutdown().await
}

fn acceptor() -> TlsAcceptor {
    let certificate = include_bytes!("../mail/certificates/server.pem");
    let key = include_bytes!("../mail/certificates/server.key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let certificate = CertificateDer::from_pem_slice(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    TlsAcceptor::from(Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()))
}
