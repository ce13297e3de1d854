//! Signed requests, made before anything is measured: signing is the sender's work.

use http::HeaderMap;
use serde_json::json;
use usher::auth;
use usher::model::Clock;

use super::server;

/// Requests as bytes on the wire, no two alike.
pub(crate) struct Requests(Vec<Vec<u8>>);

impl Requests {
    /// So many hires of different people, signed for the source of [`server::config`].
    pub(crate) fn signed(count: usize) -> Self {
        let config = server::config("127.0.0.1:1".parse().unwrap());
        let source = &config.sources[server::SOURCE];
        let now = usher::app::SystemClock.now();
        let sign = |number| {
            let mut body = hire(number);
            let mut headers = HeaderMap::new();
            auth::sign(&source.scheme, &source.keys[0], &mut headers, &mut body, now).unwrap();
            post(&headers, &body)
        };
        Self((0..count).map(sign).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn mean_length(&self) -> usize {
        self.0.iter().map(Vec::len).sum::<usize>() / self.0.len()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&[u8]> {
        self.0.get(number).map(Vec::as_slice)
    }
}

fn hire(number: usize) -> Vec<u8> {
    json!({
        "type": "employee.hired",
        "data": {
            "employee_id": format!("E-{number:07}"),
            "email": format!("person.{number:07}@staff.invalid"),
            "first_name": "Ada",
            "last_name": "Example",
            "starts_on": "2026-09-01",
            "department": "Engineering",
            "title": "Systems Engineer",
            "employment_type": "permanent",
            "location": "Riga",
        },
    })
    .to_string()
    .into_bytes()
}

fn post(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST /hooks/{} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\naccept: */*\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n",
        server::SOURCE,
        body.len()
    )
    .into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}
