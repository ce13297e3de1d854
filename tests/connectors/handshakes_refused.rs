//! What a `[[handshake]]` may not ask for.

use super::*;

/// What a file with these lines after `[[handshake]]` is told.
fn told(lines: &str) -> String {
    refusal("acme.toml", &format!("name = \"acme\"\n{AUTH}[[handshake]]\n{lines}"))
}

#[test]
fn a_post_that_nothing_tells_from_a_webhook_is_refused() {
    for lines in ["", "match = {}\n", "verified = true\nanswer = 204\n"] {
        let told = told(&format!("method = \"POST\"\n{lines}"));
        assert!(told.starts_with("acme.toml:9:10: handshake[0].method: a POST is a webhook unless"), "{told}");
    }
}

#[test]
fn each_problem_of_a_handshake_stands_at_its_place_with_a_hint() {
    let cases = [
        ("method = \"PUT\"", "9:10: handshake[0].method: must be HEAD, GET, OPTIONS or POST"),
        ("answer = 204", "8:1: handshake[0].method: is missing; write the method"),
        ("method = \"GET\"\nanswer = 404", "10:10: handshake[0].answer: must be a status from 200 to 299"),
        ("method = \"GET\"\ncolour = 1", "10:1: handshake[0].colour: is not a key here; a [[handshake]] has"),
        ("method = \"GET\"\nverified = \"yes\"", "10:12: handshake[0].verified: must be true or false"),
        ("method = \"GET\"\nmatch = \"a\"", "10:9: handshake[0].match: must be a table"),
        (
            "method = \"GET\"\nmatch = { \"cookie:a\" = true }",
            "'cookie:a' is not header:NAME, query:NAME, json:/POINTER or body",
        ),
        ("method = \"GET\"\nmatch = { \"header:a b\" = true }", "'a b' is not a header name"),
        ("method = \"GET\"\nmatch = { \"query:\" = true }", "names no parameter"),
        ("method = \"POST\"\nmatch = { \"json:a\" = true }", "must begin with '/'"),
        ("method = \"POST\"\nmatch = { \"json:/a/*\" = true }", "may select several values"),
        (
            "method = \"POST\"\nmatch = { body = false }",
            "10:18: handshake[0].match.body: must be a text, a list of texts, or true",
        ),
        ("method = \"POST\"\nmatch = { body = 7 }", "written in quotes"),
        ("method = \"POST\"\nmatch = { body = [] }", "is empty, so that nothing fits"),
        ("method = \"POST\"\nmatch = { body = [\"a\", 7] }", "handshake[0].match.body[1]: must be a text in quotes"),
        ("method = \"GET\"\nmatch = { body = true }", "10:9: handshake[0].match: is in the body, and only a POST"),
        ("method = \"HEAD\"\nsecret = \"json:/a\"", "10:10: handshake[0].secret: is in the body"),
        ("method = \"OPTIONS\"\necho = { from = \"body\", to = \"text\" }", "10:8: handshake[0].echo: is in the body"),
        ("method = \"HEAD\"\necho = { from = \"query:a\", to = \"text\" }", "the answer to a HEAD has none"),
        (
            "method = \"GET\"\nanswer = 204\necho = { from = \"query:a\", to = \"json:/a\" }",
            "an answer 204 or 205 has none",
        ),
        ("method = \"GET\"\necho = { to = \"text\" }", "10:8: handshake[0].echo.from: is missing"),
        ("method = \"GET\"\necho = { from = \"query:a\" }", "10:8: handshake[0].echo.to: is missing"),
        (
            "method = \"GET\"\necho = { from = \"query:a\", to = \"text\", odd = 1 }",
            "handshake[0].echo.odd: is not a key here; echo has",
        ),
        (
            "method = \"GET\"\necho = { from = \"query:a\", to = \"html\" }",
            "'html' is not text, header:NAME or json:/POINTER",
        ),
        ("method = \"GET\"\necho = { from = \"query:a\", to = \"json:/a/*\" }", "names one place"),
        (
            "method = \"GET\"\necho = { from = \"query:a\", to = \"header:Set-Cookie\" }",
            "a text of somebody unknown must not become",
        ),
        (
            "method = \"GET\"\necho = { from = \"query:a\", to = \"header:access-control-allow-origin\" }",
            "must not become the header",
        ),
        ("method = \"GET\"\necho = { from = \"query:a\", to = \"header:content-type\" }", "is set by the program"),
        (
            "method = \"GET\"\nheaders = { content-type = \"text/html\" }",
            "handshake[0].headers.content-type: the header content-type is set",
        ),
        ("method = \"GET\"\nheaders = { x-a = \"b\\nc\" }", "is not the value of a header"),
        ("method = \"GET\"\nheaders = { x-a = 7 }", "handshake[0].headers.x-a: must be a text in quotes"),
        (
            "method = \"GET\"\nheaders = { x-a = \"1\" }\necho = { from = \"query:a\", to = \"header:X-A\" }",
            "also stands in headers",
        ),
        (
            "method = \"POST\"\nverified = true\nsecret = \"json:/a\"",
            "11:10: handshake[0].secret: cannot be told by a request that is verified",
        ),
        (
            "method = \"HEAD\"\n[[handshake]]\nmethod = \"HEAD\"",
            "11:10: handshake[1].method: is never asked: a [[handshake]] above",
        ),
    ];
    for (lines, wanted) in cases {
        let told = told(lines);
        assert!(told.contains(wanted) && told.lines().count() == 1, "{lines}\n{told}");
    }
}
