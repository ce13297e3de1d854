//! What `usher connectors new` makes of captured requests of rarer kinds, and what it says of them.

use crate::stage::Place;

const HIRED: &str = r#"{"event":"hired","employee":{"id":7,"email":"ada@corp.test"}}"#;

/// The connector and the notes for a request with these header lines.
fn drafted(headers: &str, body: &str) -> (String, String) {
    let place = Place::empty();
    place.write("captured.http", &format!("POST /hooks/x HTTP/1.1\nContent-Type: application/json\n{headers}\n{body}"));
    let made = place.run(&["connectors", "new", "acme", "--from", "captured.http"]).good();
    (place.read("connectors.d/acme.toml"), made.notes())
}

#[test]
fn a_header_with_a_digest_in_it_is_a_signature_whatever_its_name() {
    for (header, lines) in [
        (format!("X-Sig: {}", "0f".repeat(64)), ["hash = \"sha512\"", "sig = \"header:x-sig\"", "encoding = \"hex\""]),
        (
            format!("X-Checked-By: v2={}=", "Ab1+".repeat(11).split_at(43).0),
            ["hash = \"sha256\"", "entry = \"v2={sig}\"", "encoding = \"base64\""],
        ),
    ] {
        let (text, notes) = drafted(&format!("{header}\n"), HIRED);
        for line in lines {
            assert!(text.lines().any(|told| told == line), "{header}: {line}: {text}");
        }
        assert!(notes.contains("the request has a signature in x-"), "{notes}");
    }
}

#[test]
fn a_digest_of_the_content_is_nobodys_signature_and_a_long_token_stays_a_token() {
    let digest = "0f".repeat(32);
    let (text, _) = drafted(&format!("X-Content-SHA256: {digest}\nX-Api-Key: {digest}\n"), HIRED);
    assert!(text.contains("token = \"header:x-api-key\""), "{text}");
    let (_, notes) = drafted(&format!("X-Content-SHA256: {digest}\n"), HIRED);
    assert!(notes.contains("nothing in the request looks like a signature or a token"), "{notes}");
}

/// Whether each of these is a line of the connector, or a part of what is said of it.
fn has(drafted: &(String, String), lines: &[&str], said: &[&str]) {
    let (text, notes) = drafted;
    for line in lines {
        assert!(text.lines().any(|told| told == *line), "{line}: {text}");
    }
    for part in said {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

#[test]
fn several_signatures_in_one_header_are_a_list() {
    let (one, other) = ("0f".repeat(32), "ab".repeat(32));
    for (value, lines) in [
        (format!("v1={one},v1={other}"), ["entry = \"v1={sig}\"", "list_sep = \",\"", "hash = \"sha256\""]),
        (
            format!("sha256={one}, sha256={other}"),
            ["entry = \"sha256={sig}\"", "list_sep = \",\"", "encoding = \"hex\""],
        ),
        (format!("{one} {other}"), ["list_sep = \" \"", "encoding = \"hex\"", "signed = \"{body}\""]),
    ] {
        has(
            &drafted(&format!("X-Acme-Signature: {value}\n"), HIRED),
            &lines,
            &["several signatures, as while a secret"],
        );
    }
    let (text, _) = drafted(&format!("X-Acme-Signature: sha256={one}\n"), HIRED);
    assert!(!text.lines().any(|line| line.starts_with("list_sep")), "{text}");
}

#[test]
fn a_time_in_a_header_of_any_name_is_known_by_its_shape() {
    for (header, value, unit) in [
        ("x-acme-sent-at", "1790000000123", "ms"),
        ("x-acme-time", "1790000000", "s"),
        ("x-acme-sent", "2026-09-01T08:00:00Z", "rfc3339"),
        ("x-acme-signature-timestamp", "1000000000", "s"),
    ] {
        let made = drafted(&format!("X-Acme-Signature: {}\n{header}: {value}\n", "0f".repeat(32)), HIRED);
        let line = format!("timestamp = {{ src = \"header:{header}\", unit = \"{unit}\", tolerance = 300 }}");
        has(
            &made,
            &["signed = \"{timestamp}.{body}\"", "sig = \"header:x-acme-signature\"", &line],
            &["is taken for the time of"],
        );
    }
    let none = format!("X-Acme-Signature: {}\nX-Acme-At: home\nLast-Modified: 1790000000\n", "0f".repeat(32));
    has(&drafted(&none, HIRED), &["signed = \"{body}\""], &[]);
}

#[test]
fn what_tells_one_delivery_from_another_is_found_in_head_or_body_and_called_a_guess() {
    let signed = format!("X-Acme-Signature: {}\n", "0f".repeat(32));
    let with = |member: &str| HIRED.replacen('{', &format!("{{{member},"), 1);
    for (headers, body, line) in [
        (format!("{signed}X-Acme-Delivery: d-1\n"), HIRED.to_owned(), "id = \"header:x-acme-delivery\""),
        (format!("{signed}X-Acme-Id: d-1\n"), HIRED.to_owned(), "id = \"header:x-acme-id\""),
        (signed.clone(), with("\"eventId\":\"e-17\""), "id = \"json:/eventId\""),
        (signed.clone(), with("\"meta\":{\"event_id\":4711}"), "id = \"json:/meta/event_id\""),
        ("X-Token: 1\nWebhook-Id: d-1\n".to_owned(), HIRED.to_owned(), "dedupe = [[\"header:webhook-id\"]]"),
    ] {
        has(&drafted(&headers, &body), &[line], &["is taken for what tells a delivery from others, by its name"]);
    }
    for headers in [format!("{signed}X-Account-Id: a-1\nX-Correlation-Id: c-1\n"), signed] {
        let (text, notes) = drafted(&headers, HIRED);
        assert!(
            !text.lines().any(|line| line.starts_with("id =")) && !notes.contains("is taken for what tells"),
            "{text}"
        );
    }
}

#[test]
fn fields_of_rarer_names_are_found_and_a_date_is_nobodys_name() {
    let made = drafted(
        "X-Token: 1\n",
        r#"{"evt":"joined","staff":{"no":"S-7","mail":"ada@corp.test","given":"Ada","family":"Doe","first":"2026-12-01"}}"#,
    );
    let lines = [
        "when = \"item.evt == 'joined'\"",
        "employee_id = \"item.staff.no\"",
        "email = \"item.staff.mail\"",
        "first_name = \"item.staff.given\"",
        "starts_on = \"item.staff.first\"",
    ];
    has(&made, &lines, &[]);
    assert!(!made.0.contains("# or item.staff.first"), "{}", made.0);
    for name in ["number", "code", "staff_no", "ref"] {
        has(
            &drafted("X-Token: 1\n", &HIRED.replace("\"id\"", &format!("\"{name}\""))),
            &[&format!("employee_id = \"item.employee.{name}\"")],
            &[],
        );
    }
    // Not beside anybody, a number is that of something else.
    let (text, notes) = drafted("X-Token: 1\n", r#"{"event":"hired","no":7,"employee":{"email":"ada@corp.test"}}"#);
    assert!(!text.contains("item.no") && notes.contains("nothing in the request looks like employee_id"), "{text}");
    for name in ["first_day", "start", "joined", "from"] {
        let body = HIRED.replace("\"id\":7", &format!("\"id\":7,\"{name}\":\"2026-12-01\""));
        has(&drafted("X-Token: 1\n", &body), &[&format!("starts_on = \"item.employee.{name}\"")], &[]);
    }
}

#[test]
fn a_day_of_another_form_is_read_by_that_form_and_what_is_not_told_is_said() {
    let day = |day: &str| drafted("X-Token: 1\n", &HIRED.replace("\"id\":7", &format!("\"id\":7,\"start\":\"{day}\"")));
    has(&day("01.12.2026"), &["starts_on = \"item.employee.start | date('%d.%m.%Y')\""], &[]);
    has(&day("12/31/2026"), &["starts_on = \"item.employee.start | date('%m/%d/%Y')\""], &[]);
    has(
        &day("01/12/2026"),
        &["starts_on = \"item.employee.start | date('%d/%m/%Y')\""],
        &["whether day or month comes first, nothing in the request tells"],
    );
}

#[test]
fn what_is_said_of_when_is_true_of_what_is_written() {
    for (body, when, said) in [
        (r#"{"id":7,"email":"ada@corp.test"}"#, "item.id is defined", "takes everybody who has that"),
        (r#"{"email":"ada@corp.test"}"#, "item.email is defined", "takes everybody who has that"),
        (r#"{"colour":"red"}"#, "item.employee_id is defined", "takes nobody yet"),
    ] {
        has(
            &drafted("X-Token: 1\n", body),
            &[&format!("when = \"{when}\"")],
            &[&format!("`when` is `{when}` and {said}")],
        );
    }
}

#[test]
fn people_of_a_captured_request_are_spoken_of_and_made_up_ones_are_not() {
    let spoken_of =
        |body: &str| drafted("X-Token: 1\n", body).1.contains("the people of the captured request are in its");
    assert!(!spoken_of(HIRED));
    assert!(!spoken_of(&HIRED.replace("corp.test", "example.com")));
    assert!(spoken_of(&HIRED.replace("corp.test", "corp.de")));
}

#[test]
fn a_connector_that_is_not_there_is_refused_with_the_one_that_may_be_meant() {
    let place = Place::empty();
    let refused = place.run(&["connectors", "new", "acme", "--like", "bambohr"]);
    assert_eq!(refused.code, Some(2), "{refused:#?}");
    assert!(refused.err.contains("there is no connector 'bambohr'; is bamboohr"), "{refused:#?}");
}

#[test]
fn a_body_that_is_a_bare_value_makes_a_draft_without_guesses() {
    for body in ["7", "\"ada@corp.test\"", "true", "[7]"] {
        has(&drafted("", body), &["name = \"acme\""], &["nothing in the request looks like employee_id"]);
    }
}

#[test]
fn a_date_with_two_digits_for_its_year_is_not_guessed() {
    let body = HIRED.replace(r#""id":7"#, r#""id":7,"startDate":"31.12.26""#);
    let (text, notes) = drafted("", &body);
    assert!(!text.contains("date('") && !notes.contains("starts_on is read"), "{text} {notes}");
}

#[test]
fn a_line_break_in_a_name_and_an_empty_id_do_not_spoil_the_draft() {
    let body =
        r#"{"what":"hired","first\nname":"Ada","a\nb":{"what":"x","email":"ada@corp.test"},"email":"ada@corp.test"}"#;
    let (text, _) = drafted(&format!("X-Acme-Signature: {}\nX-Acme-Id:\n", "0f".repeat(32)), body);
    assert!(text.contains(r"item['a\nb']") && !text.contains("header:x-acme-id\""), "{text}");
}

#[test]
fn an_id_that_names_the_kind_of_event_does_not_make_all_of_a_kind_one_delivery() {
    for event in [r#"{"id":"employee.hired"}"#, r#"{"id":3,"name":"hired"}"#] {
        let body = format!(r#"{{"event":{event},"employee":{{"id":7,"email":"ada@corp.test"}}}}"#);
        let signature = format!("X-Acme-Signature: {}\n", "0f".repeat(32));
        for headers in [signature.as_str(), "X-Token: 1\n"] {
            let (text, _) = drafted(headers, &body);
            assert!(!text.lines().any(|line| line.starts_with("id =") || line.starts_with("dedupe =")), "{text}");
        }
    }
}
