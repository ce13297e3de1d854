//! Reading fixture files and changing one value of their body.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use usher::fixture::{Fixture, FixtureError};

fn request(text: &[u8]) -> Fixture {
    Fixture::parse(text).unwrap()
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn set(body: &str, path: &str, value: &str) -> String {
    let mut fixture = request(body.as_bytes());
    fixture.set(path, value).unwrap();
    String::from_utf8(fixture.body).unwrap()
}

fn refusal(body: &str, path: &str) -> String {
    request(body.as_bytes()).set(path, "1").unwrap_err().to_string()
}

#[test]
fn a_request_is_read_exactly() {
    let fixture = request(b"POST /hooks/acme?a=1 HTTP/1.1\nX-Sig: v1=ab \nX-Empty:\nx-sig: v1=cd\n\n{\"a\": 1}\n");
    assert_eq!(fixture.method, "POST");
    assert_eq!(fixture.target.as_deref(), Some("/hooks/acme?a=1"));
    assert_eq!(fixture.headers, [header("X-Sig", "v1=ab"), header("X-Empty", ""), header("x-sig", "v1=cd")]);
    assert_eq!(fixture.body, b"{\"a\": 1}\n");
}

#[test]
fn the_version_may_be_left_out() {
    let fixture = request(b"PUT /hooks/acme\nA: b\n\nx");
    assert_eq!((fixture.method.as_str(), fixture.target.as_deref()), ("PUT", Some("/hooks/acme")));
}

#[test]
fn headers_of_one_transport_are_dropped() {
    let text =
        b"POST / HTTP/1.1\nHOST: a\ncontent-length: 9\nConnection: close\nTransfer-Encoding: chunked\nKept: 1\n\n";
    assert_eq!(request(text).headers, [header("Kept", "1")]);
}

#[test]
fn crlf_ends_head_lines_and_stays_in_the_body() {
    let fixture = request(b"POST / HTTP/1.1\r\nA: b\r\n\r\n{\r\n}\r\n");
    assert_eq!(fixture.headers, [header("A", "b")]);
    assert_eq!(fixture.body, b"{\r\n}\r\n");
}

#[test]
fn a_binary_body_is_kept_verbatim() {
    let fixture = request(b"POST / HTTP/1.1\nA: b\n\n\x00\xff\n\n\r\n\xfe");
    assert_eq!(fixture.body, b"\x00\xff\n\n\r\n\xfe");
}

#[test]
fn a_body_may_begin_with_white_space() {
    assert_eq!(request(b"POST / HTTP/1.1\n\n \n\t{}").body, b" \n\t{}");
    assert_eq!(request(b"POST / HTTP/1.1\r\n\r\n\r\n{}").body, b"\r\n{}");
}

#[test]
fn a_head_that_ends_with_the_file_has_no_body() {
    let fixture = request(b"HEAD /hooks/docspace HTTP/1.1\nA: b");
    assert_eq!(fixture.headers, [header("A", "b")]);
    assert_eq!(fixture.body, b"");
}

#[test]
fn a_forgotten_blank_line_is_told_with_its_line() {
    let error = Fixture::parse(b"POST / HTTP/1.1\nA: b\n{\"a\": 1}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3: this is not the name of a header; a head line is 'Name: value', and a blank line stands between head and body"
    );
}

#[test]
fn a_head_line_that_is_no_header_is_refused_without_telling_it() {
    for (line, what) in [
        (&b"token s3cret"[..], "there is no colon"),
        (b"a b: s3cret", "this is not the name of a header"),
        (b"a : s3cret", "this is not the name of a header"),
        (b": s3cret", "this is not the name of a header"),
        (b" folded: s3cret", "a head line continued on the next one is not understood"),
        (b"a: s3cret\x01", "the value has a control character"),
        (b"a: s3cret\xff", "a head line must be UTF-8"),
    ] {
        let text = [b"POST / HTTP/1.1\r\nA: b\r\n", line, b"\r\n\r\n{}"].concat();
        let error = Fixture::parse(&text).unwrap_err();
        assert_eq!(error, FixtureError::Header { line: 3, what });
        assert!(!error.to_string().contains("s3cret"));
    }
}

#[test]
fn another_version_of_http_is_refused() {
    assert_eq!(Fixture::parse(b"POST / HTTP/2\n\n{}"), Err(FixtureError::Version("HTTP/2".to_owned())));
}

#[test]
fn anything_else_is_a_bare_body_to_post() {
    for text in [
        &b"{\"a\": 1}\n"[..],
        b"\r\n {\n}",
        b"[1, 2]",
        b"\"POST /x\"",
        b"ping",
        b"PING TEST",
        b"",
        b"\xff\xfe\n",
        b"what is this thing\n{}",
        b" POST /x HTTP/1.1\n\n{}",
    ] {
        let fixture = request(text);
        assert_eq!((fixture.method.as_str(), &fixture.target), ("POST", &None));
        assert_eq!(fixture.headers, [header("content-type", "application/json")]);
        assert_eq!(fixture.body, text);
    }
}

#[test]
fn a_value_is_set_where_the_path_leads() {
    let body = r#"{"z": {"a.b": 1, "Employee #": {"value": 2}}, "list": [{"x": 3}, 4], "": 5, "a/b": {"~": 6}}"#;
    let expect = |path: &str, pointer: &str| {
        let text = set(body, path, "new");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.pointer(pointer), Some(&"new".into()), "{path} in {text}");
    };
    expect("list.0.x", "/list/0/x");
    expect("list[0].x", "/list/0/x");
    expect("list[1]", "/list/1");
    expect("list.2", "/list/2");
    expect("/list/-", "/list/2");
    expect(r#"z."a.b""#, "/z/a.b");
    expect(r"z.a\.b", "/z/a.b");
    expect("z['Employee #'].value", "/z/Employee #/value");
    expect(r#"z."Employee #".value"#, "/z/Employee #/value");
    expect("z.Employee #.value", "/z/Employee #/value");
    expect("/a~1b/~0", "/a~1b/~0");
    expect("/", "/");
    expect(r#""it's""#, "/it's");
    expect(r"'it\'s'", "/it's");
}

#[test]
fn the_order_of_the_body_is_kept() {
    assert_eq!(set(r#"{"z": 1, "a": 2, "m": 3}"#, "a", "9"), r#"{"z":1,"a":9,"m":3}"#);
    assert_eq!(set(r#"{"z": 1, "a": 2}"#, "m", "9"), r#"{"z":1,"a":2,"m":9}"#);
}

#[test]
fn a_value_is_json_if_it_parses_and_text_otherwise() {
    for (value, written) in [
        ("7", "7"),
        ("null", "null"),
        ("true", "true"),
        (r#"["a"]"#, r#"["a"]"#),
        (r#""7""#, r#""7""#),
        ("2026-01-05", r#""2026-01-05""#),
        ("ada@example.com", r#""ada@example.com""#),
        ("", r#""""#),
    ] {
        assert_eq!(set(r#"{"a":0}"#, "a", value), format!(r#"{{"a":{written}}}"#));
    }
}

#[test]
fn a_path_that_leads_nowhere_is_named() {
    let body = r#"{"list": [1], "text": "s3cret"}"#;
    for (path, why) in [
        ("nobody.name", "there is no 'nobody' on the way; only the last name may be new"),
        ("list.5", "'5' is not an index into this list of 1; they count from 0"),
        ("list.-1", "'-1' is not an index into this list of 1; they count from 0"),
        ("list.x.y", "'x' is not an index into this list of 1; they count from 0"),
        ("text.x", "what stands before 'x' is neither an object nor a list"),
        ("", "a name is missing"),
        ("a..b", "a name is missing"),
        ("a.", "a name is missing"),
        ("list[0", "a bracket is not closed"),
        ("list['0'", "a bracket is not closed"),
        ("'text", "a quote is not closed"),
        ("'text'x", "only a dot or a bracket may follow a name in quotes or brackets"),
        (r"text\", "a backslash has nothing after it"),
    ] {
        assert_eq!(refusal(body, path), format!("cannot set {path}: {why}"));
    }
}

#[test]
fn a_body_that_is_not_json_cannot_be_changed() {
    assert_eq!(refusal("s3cret=1&b=2", "b"), "cannot set b: the body is not JSON (line 1, column 1)");
    let mut fixture = request(b"{\"a\":");
    assert!(matches!(fixture.set("a", "1"), Err(FixtureError::NotJson { .. })));
    assert_eq!(fixture.body, b"{\"a\":", "a refused change leaves the body alone");
}

#[test]
fn a_refused_path_leaves_the_body_alone() {
    let mut fixture = request(b"{ \"a\": {} }");
    fixture.set("a.b.c", "1").unwrap_err();
    assert_eq!(fixture.body, b"{ \"a\": {} }");
}
