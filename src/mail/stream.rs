//! A connection that hands out one line at a time.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;

/// A connection that hands out one line at a time, for STARTTLS.
///
/// lettre reads ahead, and takes what it has read ahead for the first words under TLS. Somebody on the way could so put
/// replies into our session, such as "250 taken". With this nothing is read ahead: what follows the reply to STARTTLS
/// goes to TLS, which refuses what is not TLS.
#[derive(Debug)]
pub(super) struct LineByLine(BufReader<TcpStream>);

impl LineByLine {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().peer_addr()
    }
}

impl AsyncRead for LineByLine {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = Pin::new(&mut self.0);
        let there = std::task::ready!(inner.as_mut().poll_fill_buf(cx))?;
        let line = there.iter().position(|byte| *byte == b'\n').map_or(there.len(), |end| end + 1);
        let taken = line.min(out.remaining());
        out.put_slice(&there[..taken]);
        inner.consume(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
