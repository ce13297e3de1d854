//! Somebody who speaks SMTP line by line, so that every reply is seen.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

pub(crate) struct Smtp(BufStream<TcpStream>);

impl Smtp {
    /// Connect, and read nothing yet.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(BufStream::new(TcpStream::connect(address).await.unwrap()))
    }

    /// Connect and say who we are.
    pub(crate) async fn greeted(address: SocketAddr) -> Self {
        let mut smtp = Self::connect(address).await;
        assert_eq!(smtp.reply().await.0, 220);
        assert_eq!(smtp.ask("EHLO client.example").await, 250);
        smtp
    }

    /// The next reply with all its lines; code 0 when the connection is closed.
    pub(crate) async fn reply(&mut self) -> (u16, Vec<String>) {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = tokio::time::timeout(Duration::from_secs(10), self.0.read_line(&mut line)).await;
            if read.unwrap().unwrap_or(0) == 0 {
                return (0, lines);
            }
            assert!(line.ends_with("\r\n"), "{line:?}");
            let (code, is_last) = (line[..3].parse().unwrap(), &line[3..4] == " ");
            lines.push(line[4..].trim_end().to_owned());
            if is_last {
                return (code, lines);
            }
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        // A server that has closed already may refuse to read; its last reply is what counts.
        let _ = self.0.write_all(bytes).await;
        let _ = self.0.flush().await;
    }

    /// Send a line; the code of its reply.
    pub(crate) async fn ask(&mut self, line: &str) -> u16 {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await.0
    }

    /// A letter from its envelope on; the code of the last reply, 0 where the connection is closed.
    pub(crate) async fn send(&mut self, to: &str, letter: &str) -> u16 {
        assert_eq!(self.ask("MAIL FROM:<usher@example.com> BODY=8BITMIME").await, 250);
        assert_eq!(self.ask(&format!("RCPT TO:<{to}>")).await, 250);
        assert_eq!(self.ask("DATA").await, 354);
        self.write(letter.as_bytes()).await;
        self.ask("\r\n.").await
    }

    /// Whether the connection is closed, with nothing more said.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), self.0.read_to_end(&mut rest)).await;
        read.unwrap().is_err() || rest.is_empty()
    }
}
