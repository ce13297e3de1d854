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
