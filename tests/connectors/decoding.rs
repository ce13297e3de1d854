//! From bytes to the value that expressions see: JSON, forms, lines.

use std::collections::BTreeSet;

use usher::connector::Format;

use super::*;

/// Yields the title of each item as the text of what it sees, so that a test can look at it.
const SHOWN: &str = r#"
[[event]]
kind = "employee.hired"
items = "body.people"
employee_id = "item.id"
email = "item.mail"
"#;

/// A connector with this `decode`, for lists of people at `items`.
fn reading(decode: &str, items: &str) -> Connector {
    let mut catalog = Catalog::default();
    let text = format!("name = \"acme\"\ndecode = {decode}\n{AUTH}{}", SHOWN.replace("body.people", items));
    catalog.add("acme.toml", &text).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    catalog.get("acme").unwrap().as_ref().clone()
}

fn send(connector: &Connector, content_type: &str, body: impl AsRef<[u8]>) -> Result<Vec<Mapped>, MapProblem> {
    let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
    let fixture = Fixture { method: "POST".to_owned(), target: None, headers, body: body.as_ref().to_vec() };
    map_with(connector, &fixture, &json!({}))
}

/// What `expression` yields on a form, as an employee id.
fn seen(form: &str, expression: &str) -> Option<String> {
    let mut catalog = Catalog::default();
    let event = format!("[[event]]\nkind = \"employee.updated\"\nemployee_id = {}", json!(expression));
    let text = format!("name = \"acme\"\ndecode = \"form\"\n{AUTH}{event}\nemail = \"body.mail\"\n");
    catalog.add("acme.toml", &text).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let mapped = map(catalog.get("acme").unwrap(), format!("{form}&mail=ada@example.org")).unwrap();
    mapped.into_iter().next().unwrap().result.unwrap().employee_id
}

#[test]
fn fields_of_a_form_become_texts_lists_and_objects() {
    for (form, expression, expected) in [
        ("id=7", "body.id", "7"),
        ("id=+7+%2B", "body.id", "7 +"),
        ("data[employeeId]=7&data[changedFields][0]=status", "body.data.employeeId", "7"),
        ("data%5Bid%5D=7&data%5bfields%5d%5b0%5d=a", "body.data.fields | join(',')", "a"),
        ("f[1]=b&f[0]=a&f[10]=d&f[2]=c", "body.f | join(',')", "a,b,c,d"),
        ("f[5]=b&f[2]=a", "body.f | join(',')", "a,b"),
        ("f[]=a&f[]=b", "body.f | join(',')", "a,b"),
        ("f[]=a&f[7]=b", "body.f | join(',')", "b,a"),
        ("f=a&f=b", "body.f | join(',')", "a,b"),
        ("p[0][id]=1&p[0][n]=x&p[1][id]=2&p[1][n]=y", "(body.p | selectattr('n', 'eq', 'y') | first).id", "2"),
        ("f[0]=a&f[x]=b", "body.f['0'] ~ body.f.x", "ab"),
        ("f[01]=a", "body.f['01']", "a"),
        ("f[4294967296]=a", "body.f['4294967296']", "a"),
        ("f[-1]=a", "body.f['-1']", "a"),
        ("f[a=x", "body['f[a']", "x"),
        ("f]=x", "body['f]']", "x"),
        ("f[a]b=x", "body['f[a]b']", "x"),
        ("f[a[b]]=x", "body['f[a[b]]']", "x"),
        ("f[][a]=x", "body['f[][a]']", "x"),
        ("[a]=x", "body['[a]']", "x"),
        ("=x", "body['']", "x"),
        ("0=x", "body['0']", "x"),
        ("a.b=x", "body['a.b']", "x"),
        ("a;b=x;y", "body['a;b']", "x;y"),
        ("a=x==y", "body.a", "x==y"),
        ("a=%zz%", "body.a", "%zz%"),
    ] {
        assert_eq!(seen(form, expression).as_deref(), Some(expected), "{form}: {expression}");
    }
    // A key without a value is there, and empty.
    assert_eq!(seen("flag", "'y' if body.flag is defined else 'n'").as_deref(), Some("y"));
    assert_eq!(seen("flag", "body.flag"), None);
}

#[test]
fn a_form_that_cannot_be_read_says_why_and_tells_no_value() {
    let form = reading("\"form\"", "[body]");
    let deep = format!("id{}=secret", "[x]".repeat(32));
    for (body, expected) in [
        ("id=secret&id[a]=1".as_bytes(), "field 2 of the form gives a text and fields to the same key"),
        (b"a=1&id[a]=1&id=secret", "field 3 of the form gives a text and fields to the same key"),
        (b"id=secret%ff", "the body is a form whose text is not UTF-8"),
        (b"id=secret\xff", "the body is a form whose text is not UTF-8"),
        (deep.as_bytes(), "field 1 of the form is nested in more than 32 levels"),
        ("secret&".repeat(10_001).as_bytes(), "the body is a form of more than 10000 fields"),
    ] {
        let problem = map(&form, body).unwrap_err();
        assert_eq!((problem.what.as_str(), problem.at.as_str()), (expected, "body"));
    }
}

#[test]
fn the_content_type_chooses_among_the_formats_of_a_connector() {
    let both = reading("[\"json\", \"form\"]", "[body]");
    let id = |content_type: &str, body: &str| {
        let mapped = send(&both, content_type, body).map_err(|problem| problem.what)?;
        Ok::<_, String>(mapped[0].result.as_ref().unwrap().employee_id.clone().unwrap())
    };
    let (form, json) = ("id=7&mail=ada@example.org", r#"{"id":7,"mail":"ada@example.org"}"#);
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", form),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", form),
        ("application/json", json),
        ("application/vnd.acme+json;charset=utf-8", json),
        ("text/plain", json),
        ("", json),
        // What the connector does not name is not chosen.
        ("application/x-ndjson", json),
    ] {
        assert_eq!(id(content_type, body).as_deref(), Ok("7"), "{content_type}");
    }
    assert!(id("application/json", form).is_err());
    let one = reading("\"json\"", "[body]");
    let problem = send(&one, "application/x-www-form-urlencoded", form).unwrap_err().what;
    assert!(problem.starts_with("the body is not JSON: expected value at line 1 column 1"), "{problem}");
    assert!(problem.ends_with("`decode = \"form\"` in the connector reads that"), "{problem}");
}

#[test]
fn a_bad_line_does_not_hold_up_the_others() {
    let connector = reading("\"ndjson\"", "body");
    let body = "\u{feff}{\"id\":1,\"mail\":\"a@example.org\"}\r\n\n  \t\n{\"id\":2,\"mail\":secret}\n{\"id\":3,\"mail\":\"c@example.org\"}\n\n";
    let mapped = map(&connector, body).unwrap();
    let events: Vec<_> = mapped.iter().filter_map(|mapped| mapped.result.as_ref().ok()).collect();
    assert_eq!(events.iter().map(|event| event.employee_id.clone().unwrap()).collect::<Vec<_>>(), ["1", "3"]);
    let problem = mapped.iter().find_map(|mapped| mapped.result.as_ref().err()).unwrap();
    assert_eq!(problem.to_string(), "line 4: line 4 is not JSON: expected value at column 16");
    // The two items and the line are three different places, which jobs are known by.
    let places: BTreeSet<_> = mapped.iter().map(|mapped| (mapped.table, mapped.item)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1_000_000, 3)].into());
}

#[test]
fn lines_may_also_come_as_one_list_or_one_object() {
    let connector = reading("\"ndjson\"", "body");
    let ids = |body: &str| {
        let mapped = map(&connector, body).unwrap();
        let id = |mapped: Mapped| mapped.result.unwrap().employee_id.unwrap();
        mapped.into_iter().map(id).collect::<Vec<_>>()
    };
    let (one, two) = (r#"{"id":1,"mail":"a@example.org"}"#, r#"{"id":2,"mail":"b@example.org"}"#);
    assert_eq!(ids(&format!("{one}\n{two}")), ["1", "2"]);
    assert_eq!(ids(&format!("[{one},\n{two}]")), ["1", "2"]);
    assert_eq!(ids(&one.replace(',', ",\n")), ["1"]);
    assert_eq!(ids(one), ["1"]);
    assert_eq!(ids("[]"), Vec::<String>::new());
    for body in ["", "\n \n"] {
        let nobody: Vec<String> = Vec::new();
        assert_eq!(ids(body), nobody, "{body:?}");
    }
    // Of what is no JSON at all nothing is a line.
    for body in [format!("[{one},\n{two}"), "<a>\n</a>".to_owned(), "id=1\nid=2".to_owned()] {
        assert!(map(&connector, &body).is_err(), "{body}");
    }
    let many = format!("{one}\n").repeat(10_001);
    assert_eq!(map(&connector, many).unwrap_err().what, "the body has more than 10000 lines");
}

#[test]
fn json_that_cannot_be_read_says_where_and_tells_no_value() {
    let json = reading("\"json\"", "[body]");
    let digits = format!(r#"{{"id":{}}}"#, "9".repeat(400));
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (body, expected) in [
        (&b""[..], "the body is empty"),
        (b" \n", "the body is empty"),
        (b"secret", "the body is not JSON: expected value at line 1 column 1"),
        (b"{\"a\":\n\"secret\" 1}", "the body is not JSON: expected `,` or `}` at line 2 column 10"),
        (b"{\"id\":1e999}", "the body is not JSON: number out of range at line 1 column 11"),
        (digits.as_bytes(), "the body is not JSON: number out of range at line 1 column 406"),
        (deep.as_bytes(), "the body is not JSON: recursion limit exceeded at line 1 column 128"),
        (b"{\"id\":\"\xff\"}", "the body is not JSON: invalid unicode code point at line 1 column 8"),
        (
            b"{\"id\":\"a\0b\"}",
            "the body is not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 9",
        ),
        (br#"{"id":"\ud800"}"#, "the body is not JSON: unexpected end of hex escape at line 1 column 14"),
        (b"{\"id\":7}{", "the body is not JSON: trailing characters at line 1 column 9"),
        (
            b"<?xml version=\"1.0\"?>",
            "the body is not JSON but looks like XML or HTML: expected value at line 1 column 1",
        ),
    ] {
        let problem = map(&json, body).unwrap_err();
        assert_eq!((problem.what.as_str(), problem.at.as_str()), (expected, "body"));
    }
}

/// What is verified and what is mapped are read by one reader, so a key that stands twice means one thing to both.
#[test]
fn of_a_key_that_stands_twice_the_last_value_holds() {
    let json = reading("\"json\"", "[body]");
    let body = "\u{feff}{\"id\":1,\"mail\":\"a@example.org\",\"id\":2}";
    let mapped = map(&json, body).unwrap();
    assert_eq!(mapped[0].result.as_ref().unwrap().employee_id.as_deref(), Some("2"));
    let dedupe = usher::auth::Dedupe::compile(&[vec!["json:/id".to_owned()]]).unwrap();
    let body = bytes::Bytes::from(body);
    let keys = usher::auth::dedupe_keys(&json.scheme, &dedupe, &http::HeaderMap::new(), &body);
    assert_eq!(keys[0].value, "2");
}

#[test]
fn the_formats_of_a_file_are_words_of_a_closed_list() {
    let read = |decode: &str| refusal("acme.toml", &format!("name = \"acme\"\ndecode = {decode}\n{AUTH}"));
    for (decode, expected) in [
        ("\"xml\"", "must be json, form or ndjson"),
        ("[]", "is empty"),
        ("[\"json\", \"json\"]", "stands here twice"),
        ("[\"json\", 7]", "must be"),
        ("7", "must be"),
    ] {
        let told = read(decode);
        assert!(told.contains("decode") && told.contains(expected), "{told}");
    }
    assert_eq!(reading("[\"ndjson\", \"form\"]", "body").formats, [Format::Ndjson, Format::Form]);
    assert_eq!(acme("").formats, [Format::Json]);
}
