//! `usher serve` as a process, and plain HTTP/1.1 towards it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value as Json;

use crate::workplace::Workplace;

pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// `usher serve` on a port of the system's choice; its configuration has `[server]` and `[admin]` with port 0.
    pub(crate) fn start(workplace: &Workplace) -> Self {
        let mut child = workplace.command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("serve ended: {seen:?}") };
            let told: Json = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = told["listen"].as_str() {
                break address.to_owned();
            }
            seen.push(line);
        };
        // Whatever else it says is read, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Posts a webhook; the status.
    pub(crate) fn post(&self, source: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let path = format!("/hooks/{source}");
        exchange(&self.address, "POST", &path, headers, body).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One exchange; status and body.
pub(crate) fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer.split_off(end + 4))
}
