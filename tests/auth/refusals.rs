//! Every reason to refuse, and what is no reason.

use serde_json::json;
use usher::auth::Reject;

use super::{NOW, SECRET, in_body, one_header, over_headers, signed, standard, with, without};

const BODY: &str = r#"{"id":"d-1","type":"employee.hired"}"#;

#[test]
fn a_code_is_the_text_of_its_reason() {
    for reject in [
        Reject::MissingSignature,
        Reject::MalformedSignature,
        Reject::BadSignature,
        Reject::MissingTimestamp,
        Reject::Stale,
        Reject::MissingId,
        Reject::AmbiguousHeader,
        Reject::BadToken,
    ] {
        assert_eq!(reject.code(), reject.to_string());
    }
}

#[test]
fn a_missing_signature_is_named_as_such() {
    let mut request = signed(&standard(), &[], BODY);
    request.headers.remove("webhook-signature");
    assert_eq!(request.refusal(), Some(Reject::MissingSignature));

    let mut request = signed(&in_body(), &[], r#"{"token":"a","at":0,"id":1}"#);
    request.body = br#"{"token":"a","at":1,"signature":null}"#.to_vec();
    assert_eq!(request.refusal(), Some(Reject::MissingSignature));
    request.body = b"no JSON".to_vec();
    assert_eq!(request.refusal(), Some(Reject::MissingSignature));
}

#[test]
fn a_list_without_one_signature_that_decodes_is_malformed() {
    let request = signed(&standard(), &[], BODY);
    for text in ["", "v1,", "v1,***", "v2,AAAA", "v1", "AAAA"] {
        let refusal = request.clone().set("webhook-signature", text).refusal();
        assert_eq!(refusal, Some(Reject::MalformedSignature), "'{text}'");
    }
}

#[test]
fn entries_of_other_versions_and_broken_ones_are_passed_over() {
    let request = signed(&standard(), &[], BODY);
    let good = request.get("webhook-signature");
    let list = format!("v2,AAAA v1a,AAAA junk v1,*** v1,AAAA  {good}");
    assert!(request.clone().set("webhook-signature", &list).verify().is_ok());
}

#[test]
fn blanks_round_list_items_do_not_matter() {
    let mut request = signed(&one_header(), &[], BODY);
    let spaced = request.get("x-signature").replace(',', " ,\t ");
    assert!(request.set("x-signature", &spaced).verify().is_ok());
}

#[test]
fn a_prefix_stands_once_before_the_list() {
    let spec = json!({"kind": "hmac", "signed": "{body}", "sig": "header:x-signature",
        "sig_prefix": "v0=", "list_sep": ","});
    let mut request = signed(&spec, &[], BODY);
    let good = request.get("x-signature");
    let digest = good.strip_prefix("v0=").unwrap();
    assert!(request.set("x-signature", &format!("v0=00ff,{digest}")).verify().is_ok());
    request.set("x-signature", digest);
    assert_eq!(request.refusal(), Some(Reject::MalformedSignature));
}

#[test]
fn hex_is_read_in_either_case_and_base64_with_or_without_padding() {
    let mut request = signed(&over_headers(), &[("x-one", "1"), ("x-two", "2")], BODY);
    let upper = request.get("x-signature").to_uppercase();
    assert!(request.set("x-signature", &upper).verify().is_ok());
    for encoding in ["base64", "base64url", "base64(hex)"] {
        let spec = with(standard(), &json!({"encoding": encoding, "hash": "sha1"}));
        let mut request = signed(&spec, &[], BODY);
        let bare = request.get("webhook-signature").replace('=', "");
        assert!(request.verify().is_ok(), "{encoding}");
        assert!(request.set("webhook-signature", &bare).verify().is_ok(), "{encoding}");
    }
}

#[test]
fn a_wrong_signature_is_bad() {
    let mut request = signed(&standard(), &[], BODY);
    request.body.push(b' ');
    assert_eq!(request.refusal(), Some(Reject::BadSignature));
    assert_eq!(request.set("webhook-signature", "v1,AAAA").refusal(), Some(Reject::BadSignature));
}

#[test]
fn no_live_secret_verifies_nothing() {
    let request = signed(&standard(), &[], BODY);
    assert_eq!(request.verify_at(NOW, &[]).err(), Some(Reject::BadSignature));
}

#[test]
fn every_live_secret_is_tried() {
    let request = signed(&standard(), &[], BODY);
    assert!(request.verify_at(NOW, &["whsec_bmV3", SECRET]).is_ok());
    assert!(request.verify_at(NOW, &["whsec_bmV3", "b2xk"]).is_err());
}

#[test]
fn a_missing_header_or_field_that_is_signed_is_malformed_unless_it_counts_as_empty() {
    let both = [("x-one", "1"), ("x-two", "")];
    let mut request = signed(&over_headers(), &both, BODY);
    assert!(request.verify().is_ok());
    request.headers.remove("x-two");
    assert_eq!(request.refusal(), Some(Reject::MalformedSignature));

    let lenient = with(over_headers(), &json!({"missing_header": "empty"}));
    let mut request = signed(&lenient, &[("x-one", "1"), ("x-two", "")], BODY);
    request.headers.remove("x-two");
    assert!(request.verify().is_ok());

    let mut request = signed(&in_body(), &[], r#"{"token":"a","at":0}"#);
    let body = String::from_utf8(request.body).unwrap();
    request.body = body.replace("\"token\"", "\"taken\"").into_bytes();
    assert_eq!(request.refusal(), Some(Reject::MalformedSignature));
}

#[test]
fn a_timestamp_that_is_missing_or_unreadable_is_missing() {
    let request = signed(&standard(), &[], BODY);
    for text in ["", "soon", "1.5", "+1760000000", "-", "0x10", "2025-10-09T08:53:20Z"] {
        let refusal = request.clone().set("webhook-timestamp", text).refusal();
        assert_eq!(refusal, Some(Reject::MissingTimestamp), "'{text}'");
    }
    let mut request = request;
    request.headers.remove("webhook-timestamp");
    assert_eq!(request.refusal(), Some(Reject::MissingTimestamp));
    let mut request = signed(&one_header(), &[], BODY);
    let bare = request.get("x-signature").split_once(',').unwrap().1.to_owned();
    assert_eq!(request.set("x-signature", &bare).refusal(), Some(Reject::MissingTimestamp));
}

#[test]
fn the_tolerance_holds_both_ways_and_includes_its_end() {
    for unit in ["s", "ms", "rfc3339"] {
        let timestamp = json!({"src": "header:webhook-timestamp", "unit": unit, "tolerance": null});
        let request = signed(&with(standard(), &json!({"timestamp": timestamp})), &[], BODY);
        for (second, fresh) in [(300, true), (-300, true), (301, false), (-301, false)] {
            let refusal = request.verify_at(NOW + second, &[SECRET]).err();
            let expected = (!fresh).then_some(Reject::Stale);
            assert_eq!(refusal, expected, "{unit} {second}");
        }
    }
}

#[test]
fn a_tolerance_of_zero_switches_the_check_off() {
    let timestamp = json!({"src": "header:webhook-timestamp", "tolerance": 0});
    let spec = with(standard(), &json!({"timestamp": timestamp}));
    let mut request = signed(&spec, &[], BODY);
    assert!(request.verify_at(NOW + 1_000_000_000, &[SECRET]).is_ok());
    request.headers.remove("webhook-timestamp");
    assert_eq!(request.refusal(), Some(Reject::MissingTimestamp));
}

#[test]
fn a_timestamp_beyond_all_integers_is_stale() {
    for unit in ["s", "ms"] {
        let timestamp = json!({"src": "header:webhook-timestamp", "unit": unit});
        let request = signed(&with(standard(), &json!({"timestamp": timestamp})), &[], BODY);
        for text in ["9".repeat(20), "9".repeat(400), format!("-{}", "9".repeat(400))] {
            let refusal = request.clone().set("webhook-timestamp", &text).refusal();
            assert_eq!(refusal, Some(Reject::Stale));
        }
    }
}

#[test]
fn an_unsigned_timestamp_is_judged_too() {
    let spec = json!({"kind": "hmac", "signed": "{body}", "sig": "header:x-signature",
        "timestamp": {"src": "header:x-time"}});
    let request = signed(&spec, &[], BODY);
    assert!(request.verify().is_ok());
    assert_eq!(request.verify_at(NOW + 301, &[SECRET]).err(), Some(Reject::Stale));
}

#[test]
fn a_signed_id_must_be_there() {
    let mut request = signed(&standard(), &[], BODY);
    assert_eq!(request.clone().set("webhook-id", "").refusal(), Some(Reject::MissingId));
    request.headers.remove("webhook-id");
    assert_eq!(request.refusal(), Some(Reject::MissingId));
}

#[test]
fn two_headers_of_one_name_that_matters_are_refused() {
    let request = signed(&standard(), &[], BODY);
    for name in ["webhook-signature", "webhook-timestamp", "webhook-id"] {
        let mut doubled = request.clone();
        let value = doubled.headers[name].clone();
        doubled.headers.append(name, value);
        assert_eq!(doubled.refusal(), Some(Reject::AmbiguousHeader), "{name}");
    }
    let mut request = signed(&over_headers(), &[("x-one", "1"), ("x-two", "2")], BODY);
    request.headers.append("x-other", "1".parse().unwrap());
    request.headers.append("x-other", "2".parse().unwrap());
    assert!(request.verify().is_ok());
    request.headers.append("x-two", "2".parse().unwrap());
    assert_eq!(request.refusal(), Some(Reject::AmbiguousHeader));
}

#[test]
fn an_unsigned_id_matters_when_it_tells_deliveries_apart() {
    let spec = without(over_headers(), "signed");
    let spec = with(spec, &json!({"signed": "{body}", "id": "header:x-id"}));
    let mut request = signed(&spec, &[], BODY);
    request.headers.append("x-id", "another".parse().unwrap());
    assert_eq!(request.refusal(), Some(Reject::AmbiguousHeader));
}
