//! A mail server that does as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What goes wrong, and at which moment: `HELLO` (the greeting), a verb, or `DOT` (the end of the letter).
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    Takes,
    Says(&'static str, &'static str),
    Hangs(&'static str),
    Drops(&'static str),
}

/// One letter as it was handed over, whatever became of it.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) to: String,
    pub(crate) data: String,
}

impl Handed {
    /// A header of one line.
    pub(crate) fn header(&self, name: &str) -> &str {
        let head = self.data.split("\r\n\r\n").next().unwrap();
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {head}"))
    }
}

#[derive(Clone)]
pub(crate) struct Postman {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    handed: Arc<Mutex<Vec<Handed>>>,
}

impl Postman {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let postman = Self { address, manner: Arc::new(Mutex::new(manner)), handed: Arc::default() };
        let serving = postman.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let serving = serving.clone();
                // A client that goes away ends its own connection only.
                tokio::spawn(async move { drop(serving.serve(stream).await) });
            }
        });
        postman
    }

    /// From now on.
    pub(crate) fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(crate) fn handed(&self) -> Vec<Handed> {
        self.handed.lock().unwrap().clone()
    }

    /// The sections of a configuration that names this server.
    pub(crate) fn section(&self) -> String {
        let port = self.address.port();
        format!(
            "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"Example Ltd <hello@usher.example>\"\n"
        )
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        if !self.answer(&mut stream, "HELLO", "220 postman").await? {
            return Ok(());
        }
        let mut to = String::new();
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let verb = line.split_whitespace().next().unwrap_or_default().to_uppercase();
            let usual = match verb.as_str() {
                "EHLO" => "250-postman\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
                "AUTH" => "235 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if verb == "RCPT" {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            }
            if !self.answer(&mut stream, &verb, usual).await? || verb == "QUIT" {
                return Ok(());
            }
            if verb == "DATA" && self.takes_data() {
                self.letter(&mut stream, &to).await?;
                if !self.answer(&mut stream, "DOT", "250 taken").await? {
                    return Ok(());
                }
            }
            line.clear();
        }
        Ok(())
    }

    fn takes_data(&self) -> bool {
        !matches!(*self.manner.lock().unwrap(), Manner::Says("DATA", _))
    }

    async fn letter(&self, stream: &mut BufReader<TcpStream>, to: &str) -> std::io::Result<()> {
        let mut data = String::new();
        while !data.ends_with("\r\n.\r\n") {
            if stream.read_line(&mut data).await? == 0 {
                return Ok(());
            }
        }
        self.handed.lock().unwrap().push(Handed { to: to.to_owned(), data });
        Ok(())
    }

    /// Whether the conversation goes on.
    async fn answer(&self, stream: &mut BufReader<TcpStream>, moment: &str, usual: &str) -> std::io::Result<bool> {
        let manner = *self.manner.lock().unwrap();
        let reply = match manner {
            Manner::Hangs(when) if when == moment => return std::future::pending().await,
            Manner::Drops(when) if when == moment => return Ok(false),
            Manner::Says(when, reply) if when == moment => reply,
            _ => usual,
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        Ok(true)
    }
}
