//! `[sources.NAME.auth]`: replaces the connector's table with a `kind`, merges into it without.

use crate::acme::{ACME, hire, signed};
use crate::workplace::{NOW, SECRET, Workplace, request, signature};

fn acme(auth: &str) -> Workplace {
    Workplace::with_connector(ACME, &format!("[sources.acme.auth]\n{auth}\n"))
}

/// The reason of a refusal; `None` where the request verifies.
fn reason(workplace: &Workplace, headers: &[(&str, &str)]) -> Option<String> {
    let told = workplace.explain("acme", &request(headers, hire().to_string().as_bytes())).json();
    told["reason"].as_str().map(str::to_owned)
}

#[test]
fn without_a_kind_it_merges_deeply() {
    // The place and the unit of the timestamp stay as the connector has them.
    for auth in ["timestamp = { tolerance = 0 }", "[sources.acme.auth.timestamp]\ntolerance = 0"] {
        assert_eq!(acme(auth).explain_at("acme", &signed(&hire()), NOW + 100_000).code, 0, "{auth}");
    }
    let workplace = acme("signed = \"{body}\"\nsig = \"header:x-other\"\nentry = \"{sig}\"");
    let (stamp, signature) = (NOW.to_string(), signature(&[hire().to_string().as_bytes()]));
    assert_eq!(reason(&workplace, &[("x-acme-timestamp", &stamp), ("x-other", &signature)]), None);
    assert_eq!(reason(&workplace, &[("x-other", &signature)]).as_deref(), Some("missing_timestamp"));
}

#[test]
fn with_a_kind_it_replaces_everything() {
    let token = acme("kind = \"token\"\ntoken = \"header:x-token\"\nprefix = \"Key \"");
    let right = format!("Key {SECRET}");
    assert_eq!(reason(&token, &[("X-Token", &right)]), None);
    assert_eq!(reason(&token, &[("X-Token", SECRET)]).as_deref(), Some("bad_token"));
    assert_eq!(reason(&token, &[("X-Token", &right), ("x-token", &right)]).as_deref(), Some("ambiguous_header"));
    assert_eq!(reason(&token, &[]).as_deref(), Some("missing_signature"));

    let id = acme("kind = \"hmac\"\nsigned = \"{id}.{body}\"\nsig = \"header:x-sig\"\nid = \"header:x-id\"");
    let signature = signature(&[b"7.", hire().to_string().as_bytes()]);
    assert_eq!(reason(&id, &[("x-id", "7"), ("x-sig", &signature)]), None);
    assert_eq!(reason(&id, &[("x-sig", &signature)]).as_deref(), Some("missing_id"));
}

#[test]
fn a_part_of_what_is_signed_that_is_missing_is_a_malformed_signature_or_an_empty_text() {
    let auth = "kind = \"hmac\"\nsigned = \"{body}{header:x-more}\"\nsig = \"header:x-sig\"";
    let signature = signature(&[hire().to_string().as_bytes()]);
    assert_eq!(reason(&acme(auth), &[("x-sig", &signature)]).as_deref(), Some("malformed_signature"));
    let lenient = acme(&format!("{auth}\nmissing_header = \"empty\""));
    assert_eq!(reason(&lenient, &[("x-sig", &signature)]), None);
}

#[test]
fn a_prefix_stands_once_before_the_list_and_an_entry_round_each_item() {
    let auth = "sig_prefix = \"sha256:\"\nentry = \"<{sig}>\"\nlist_sep = \";\"";
    let (stamp, bad) = (NOW.to_string(), "0".repeat(64));
    let good = signature(&[stamp.as_bytes(), b".", hire().to_string().as_bytes()]);
    let workplace = acme(auth);
    let told = |text: &str| reason(&workplace, &[("x-acme-timestamp", &stamp), ("x-acme-signature", text)]);
    assert_eq!(told(&format!("sha256:<{bad}>; <{good}>")), None);
    assert_eq!(told(&format!("sha256:<{bad}>;sha256:<{good}>")).as_deref(), Some("bad_signature"));
    assert_eq!(told(&format!("<{good}>")).as_deref(), Some("malformed_signature"));
}

#[test]
fn what_is_wrong_with_it_is_told_at_its_own_line() {
    let told = |auth: &str| {
        let ended = acme(auth).run(&["explain", "none", "--source", "acme"]);
        assert_eq!(ended.code, 2, "{ended:?}");
        ended.err
    };
    let values = told("encoding = \"hexx\"\ntimestamp = { unit = \"h\" }");
    assert!(values.contains("usher.toml:5:12: sources.acme.auth.encoding: 'hexx'"), "{values}");
    assert!(values.contains("usher.toml:6:22: sources.acme.auth.timestamp.unit: 'h'"), "{values}");
    let key = told("encoding = \"hex\"\ncolour = \"blue\"");
    assert!(key.contains("usher.toml:6:10: sources.acme.auth.colour: unknown field"), "{key}");
}

#[test]
fn a_scheme_that_does_not_sign_the_body_explains_but_does_not_serve() {
    let workplace = acme("signed = \"{timestamp}\"");
    let stamp = NOW.to_string();
    let right = format!("v1={}", signature(&[stamp.as_bytes()]));
    assert_eq!(reason(&workplace, &[("x-acme-timestamp", &stamp), ("x-acme-signature", &right)]), None);
    let ended = workplace.run(&["serve"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("usher.toml:") && ended.err.contains("{body}"), "{}", ended.err);
}
