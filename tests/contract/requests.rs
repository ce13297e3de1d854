//! Request files: exact HTTP requests and bare bodies.

use serde_json::json;

use crate::workplace::{Workplace, signature};

const BODY: &str = "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x-sig\"\n";

fn bare() -> Workplace {
    Workplace::with_connector(&format!("name = \"acme\"\n[auth]\n{BODY}"), "")
}

fn file(line_end: &str, head: &[String], body: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    for line in head {
        file.extend(format!("{line}{line_end}").bytes());
    }
    file.extend(line_end.bytes());
    file.extend(body);
    file
}

#[test]
fn the_body_is_verbatim_to_the_end_of_the_file() {
    let workplace = bare();
    let bodies: [&[u8]; 7] = [
        b"{}",
        b"{}\n",
        b"\n\n{}",
        b"{\r\n}\r\n",
        b"\x00\xff\x1b\r\n\r\nPOST / HTTP/1.1\r\n",
        "\u{e9}".as_bytes(),
        b"",
    ];
    for body in bodies {
        for line_end in ["\n", "\r\n"] {
            for line in
                ["POST /hooks/acme HTTP/1.1", "POST /hooks/acme", "PUT https://hooks.example.com/x?y=1 HTTP/1.1"]
            {
                // These are made anew when the request is sent, so a wrong one changes nothing.
                let made_anew = ["Host: x", "Content-Length: 1", "Connection: close"].map(str::to_owned);
                let mut head = vec![line.to_owned(), format!("X-Sig:  {} ", signature(&[body]))];
                head.extend(made_anew);
                let ended = workplace.explain("acme", &file(line_end, &head, body));
                assert_eq!(ended.code, 0, "{line:?} {body:?} {line_end:?}: {ended:?}");
            }
        }
    }
}

#[test]
fn doubled_headers_stay_doubled() {
    let sig = format!("x-sig: {}", signature(&[b"{}"]));
    let head = ["POST /x HTTP/1.1".to_owned(), sig.clone(), sig];
    assert_eq!(bare().explain("acme", &file("\n", &head, b"{}")).json()["reason"], "ambiguous_header");
}

#[test]
fn a_head_without_a_body_has_an_empty_one() {
    let workplace = bare();
    let line = format!("POST /x HTTP/1.1\nx-sig: {}", signature(&[b""]));
    for end in ["", "\n", "\n\n", "\r\n\r\n"] {
        assert_eq!(workplace.explain("acme", format!("{line}{end}").as_bytes()).code, 0, "{end:?}");
    }
}

#[test]
fn everything_else_is_a_bare_body() {
    let text = format!("name = \"acme\"\n[auth]\n{BODY}id = \"sha256:body\"\n");
    let workplace = Workplace::with_connector(&text, "");
    for body in ["{\"a\": 1}\n", "[1]", "Ping test", "PING TEST", "post /x HTTP/1.1\n\n", ""] {
        let told = workplace.explain("acme", body.as_bytes()).json();
        assert_eq!(told["reason"], "missing_signature", "{body}");
        let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body.as_bytes()));
        assert_eq!(told["dedupe_keys"], json!([hash]), "{body}");
    }
}

#[test]
fn a_head_that_is_none_is_told_with_its_line() {
    for (text, line) in
        [("POST /x HTTP/2\n\n", "line 1"), ("POST /x\nno colon\n\n", "line 2"), ("POST /x\na: b\n c\n\n", "line 3")]
    {
        let ended = bare().explain("acme", text.as_bytes());
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{ended:?}");
        assert!(ended.err.contains("request.http") && ended.err.contains(line), "{}", ended.err);
    }
}
