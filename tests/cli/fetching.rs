//! What `check` says of platforms that are asked for what their webhooks leave out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::stage::{Place, Ran, free_port};

/// A stand-in for a platform, which answers each request with the same status and body; what it was asked.
pub(crate) fn platform(status: u16, body: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 64 * 1024];
            let length = stream.read(&mut request).unwrap();
            log.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
            let head =
                format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let body = if request.starts_with(b"HEAD") { "" } else { body };
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    (address, asked)
}

/// The usual configuration with a source of a connector that asks.
pub(crate) fn asking(auth: &str, fetch: &str) -> Place {
    let place = Place::usual();
    place.write(
        "connectors.d/acme.toml",
        &format!(
            r#"
name = "acme"
[auth]
kind = "token"
token = "header:x-token"
[fetch]
path = "/v1/people/{{{{ item.id }}}}"
{auth}
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "fetched.email"
first_name = "fetched.first"
last_name = "fetched.last"
"#
        ),
    );
    place.write("secrets/acme", "acme-s3cret");
    let source = format!(
        "[connectors]\ndirectory = \"connectors.d\"\n[sources.acme]\nconnector = \"acme\"\nsecrets = [{{ file = \"secrets/hr\" }}]\n{fetch}\n[sources.own]"
    );
    place.edit("[sources.own]", &source);
    place
}

/// State and detail of the line about the platform.
fn line(ran: &Ran) -> (String, String) {
    assert!(!format!("{}{}", ran.out, ran.err).contains("s3cret"), "{ran:#?}");
    let lines: Vec<_> = ran.out.lines().filter_map(|line| line.trim_start().strip_prefix("fetch acme")).collect();
    assert_eq!(lines.len(), 1, "{ran:#?}");
    let (state, detail) = lines[0].trim().split_once(char::is_whitespace).unwrap();
    (state.to_owned(), detail.trim().to_owned())
}

fn token_table(address: SocketAddr) -> String {
    format!(
        r#"[sources.acme.fetch]
base = "http://{address}/api"
allow = ["127.0.0.1"]
oauth2 = {{ client_id = "usher", client_secret = {{ file = "secrets/acme" }}, token_url = "http://{address}/token" }}"#
    )
}

#[test]
fn a_platform_that_answers_is_told_and_asked_about_nobody() {
    let (address, asked) = platform(404, "");
    let fetch = format!(
        "fetch = {{ base = \"http://{address}/api\", allow = [\"127.0.0.1\"], bearer = {{ file = \"secrets/acme\" }} }}"
    );
    let place = asking("auth = [\"bearer\"]", &fetch);
    let _portal = place.sandbox(&[]);
    let (state, detail) = line(&place.run(&["check"]));
    assert_eq!(state, "ok");
    assert!(detail.starts_with(&format!("{address} answers")), "{detail}");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("HEAD /api HTTP/1.1\r\n") && !asked[0].contains("s3cret"), "{asked:?}");
}

#[test]
fn a_token_is_asked_for() {
    let (address, asked) = platform(200, r#"{"access_token": "t-s3cret"}"#);
    let place = asking("auth = [\"oauth2\"]", &token_table(address));
    let (state, detail) = line(&place.run(&["check"]));
    assert_eq!((state.as_str(), detail), ("ok", format!("{address} answers, and {address} gives a token")));
    assert!(asked.lock().unwrap()[1].starts_with("POST /token HTTP/1.1\r\n"));
    let (address, _) = platform(401, r#"{"error": "invalid_client"}"#);
    let place = asking("auth = [\"oauth2\"]", &token_table(address));
    let ran = place.run(&["check"]);
    let (state, detail) = line(&ran);
    assert_eq!((state.as_str(), ran.code), ("FAILED", Some(1)));
    assert!(detail.contains("401 (invalid_client)") && detail.contains("sources.acme.fetch.oauth2"), "{detail}");
}

#[test]
fn a_platform_that_cannot_be_reached_is_told_with_what_to_do() {
    let fetch = format!("fetch = {{ base = \"http://127.0.0.1:{}\", allow = [\"127.0.0.1\"] }}", free_port());
    let ran = asking("", &fetch).run(&["check"]);
    let (state, detail) = line(&ran);
    assert_eq!((state.as_str(), ran.code), ("FAILED", Some(1)));
    assert!(detail.starts_with("no connection to 127.0.0.1:") && detail.contains("sources.acme.fetch"), "{detail}");
}

#[test]
fn a_name_that_leads_to_this_machine_is_refused_unless_it_is_allowed() {
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/certificates/authority.pem");
    let place = asking("", &format!("fetch.base = \"https://localhost:{}\"", free_port()));
    let ran = place.run_with(&[("SSL_CERT_FILE", certificate)], &["check"]);
    let (state, detail) = line(&ran);
    assert_eq!(state, "FAILED");
    assert!(
        detail.contains("not one of the public internet") && detail.contains("sources.acme.fetch.allow"),
        "{detail}"
    );
}

#[test]
fn without_certificates_the_line_says_so() {
    let place = asking("", "fetch.base = \"https://api.acme.example\"");
    let ran = place.run_with(&[("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")], &["check"]);
    let (state, detail) = line(&ran);
    assert!(state == "FAILED" && detail.contains("ca-certificates"), "{state} {detail}");
}

#[test]
fn explain_and_sign_need_no_table() {
    let place = asking("auth = [\"oauth2\"]", "");
    place.write("hired.json", r#"{"id": 7}"#);
    assert_eq!(place.run(&["sign", "hired.json", "--source", "acme"]).code, Some(0));
    let ran = place.run(&["check"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("sources.acme.fetch: is missing"), "{ran:#?}");
}
