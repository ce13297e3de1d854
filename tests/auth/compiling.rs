//! What a scheme may say, and how its secrets are read.

use serde_json::{Value, json};
use usher::auth::{Dedupe, SchemeSpec};

use super::{compile, in_body, one_header, scheme, standard, with, without};

fn problems(spec: &Value) -> Vec<String> {
    compile(spec).unwrap_err()
}

/// The spec has exactly these problems, each named by its key.
fn assert_problems(spec: &Value, keys: &[&str]) {
    let problems = problems(spec);
    let mut found: Vec<_> = problems.iter().map(|text| text.split_once(':').unwrap().0).collect();
    found.sort_unstable();
    assert_eq!(found, keys, "{problems:?}");
}

#[test]
fn unknown_keys_are_refused() {
    for (key, spec) in [
        ("sing", with(standard(), &json!({"sing": "{body}"}))),
        ("zone", with(standard(), &json!({"timestamp": {"src": "header:x", "zone": "UTC"}}))),
        ("salt", with(standard(), &json!({"secret": {"salt": "x"}}))),
    ] {
        let problem = serde_json::from_value::<SchemeSpec>(spec).unwrap_err().to_string();
        assert!(problem.contains(key), "{problem}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let spec = json!({
        "kind": "hmac", "hash": "md5", "signed": "{bdy}{timestamp}{header:a b}", "entry": "v1=",
        "encoding": "HEX", "missing_header": "no", "secret": {"decode": "rot13"}, "token": "header:x",
        "list_sep": "", "id": "x-id"
    });
    assert_problems(
        &spec,
        &[
            "encoding",
            "entry",
            "hash",
            "id",
            "list_sep",
            "missing_header",
            "secret.decode",
            "sig",
            "signed",
            "signed",
            "signed",
            "token",
        ],
    );
}

#[test]
fn each_mistake_is_named_by_its_key() {
    let change = |changes: Value| with(standard(), &changes);
    assert_problems(&json!({"kind": "rsa"}), &["kind"]);
    assert_problems(&without(standard(), "signed"), &["signed"]);
    assert_problems(&change(json!({"signed": ""})), &["signed"]);
    assert_problems(&change(json!({"signed": "{body"})), &["signed"]);
    assert_problems(&change(json!({"signed": "{json:/a/*}{body}"})), &["signed"]);
    assert_problems(&change(json!({"signed": "{json:a}"})), &["signed"]);
    assert_problems(&change(json!({"signed": "{json:/a~2}"})), &["signed"]);
    assert_problems(&without(standard(), "timestamp"), &["signed"]);
    assert_problems(&without(standard(), "id"), &["signed"]);
    assert_problems(&change(json!({"id": "sha256:signed"})), &["id"]);
    assert_problems(&change(json!({"id": "json:/a/*/b"})), &["id"]);
    assert_problems(&change(json!({"sig": "json:/sig"})), &["sig"]);
    assert_problems(&change(json!({"sig": "query:sig"})), &["sig"]);
    assert_problems(&change(json!({"entry": "{sig}{sig}"})), &["entry"]);
    assert_problems(&without(one_header(), "list_sep"), &["timestamp.src"]);
    for (timestamp, key) in [
        (json!({"src": "entry:"}), "timestamp.src"),
        (json!({"src": "json:/a/*"}), "timestamp.src"),
        (json!({"src": "header:x", "unit": "ns"}), "timestamp.unit"),
        (json!({"src": "header:x", "tolerance": -1}), "timestamp.tolerance"),
    ] {
        assert_problems(&change(json!({"timestamp": timestamp})), &[key]);
    }
    assert_problems(&json!({"kind": "token"}), &["token"]);
    assert_problems(&json!({"kind": "token", "token": "header:x", "match": "any"}), &["match"]);
    assert_problems(&json!({"kind": "token", "token": "header:x", "sig": "header:y"}), &["sig"]);
    assert_problems(&json!({"kind": "token", "token": "header:x", "id": "sha256:signed"}), &["id"]);
    assert_problems(&json!({"kind": "basic", "prefix": "x", "hash": "sha1"}), &["hash", "prefix"]);
}

#[test]
fn a_scheme_tells_what_it_is() {
    assert!(scheme(&standard()).is_signature());
    assert!(scheme(&standard()).covers_body());
    assert!(scheme(&in_body()).is_signature());
    assert!(!scheme(&in_body()).covers_body());
    let token = scheme(&json!({"kind": "token", "token": "json:/value/*/state"}));
    assert!(!token.is_signature());
    assert!(!token.covers_body());
    assert_eq!(token.secret_pointers(), ["/value/*/state"]);
    assert!(scheme(&in_body()).secret_pointers().is_empty());
    assert!(!scheme(&json!({"kind": "basic"})).is_signature());
}

#[test]
fn ed25519_accepts_a_hash_beside_it() {
    for changes in [json!({"kind": "ed25519"}), json!({"kind": "ed25519", "hash": "sha512"})] {
        assert!(compile(&with(standard(), &changes)).is_ok());
    }
}

#[test]
fn empty_secrets_and_those_that_do_not_decode_are_refused() {
    let base64 = scheme(&standard());
    for secret in ["", "whsec_", "whsec_***", "whsec_AAA=A"] {
        assert!(base64.key(secret).is_err(), "{secret}");
    }
    for secret in ["whsec_c2VjcmV0LQ==", "c2VjcmV0LQ", "whsec_c2VjcmV0LQ"] {
        assert!(base64.key(secret).is_ok(), "{secret}");
    }
    let hex = scheme(&with(standard(), &json!({"secret": {"decode": "hex"}})));
    assert!(hex.key("00fF").is_ok());
    assert!(hex.key("0").is_err());
    assert!(scheme(&without(standard(), "secret")).key("").is_err());
    assert!(scheme(&without(standard(), "secret")).key(" ").is_ok());
}

#[test]
fn an_ed25519_key_has_the_right_length() {
    let scheme = scheme(&with(standard(), &json!({"kind": "ed25519", "secret": {"strip": "whpk_"}})));
    let public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    assert!(scheme.key(public).is_ok());
    assert!(scheme.key(&public.replace("whpk_", "whsk_")).is_ok());
    for secret in ["", "whpk_", "whsk_", "whsk_AAAA", "whpk_AAAA"] {
        assert!(scheme.key(secret).is_err(), "{secret}");
    }
}

#[test]
fn neither_a_key_nor_a_problem_shows_the_secret() {
    let scheme = scheme(&standard());
    let key = scheme.key("whsec_c2VjcmV0LQ==").unwrap();
    assert_eq!(format!("{key:?}"), "Key");
    let problem = scheme.key("whsec_not-base64").unwrap_err();
    assert!(!problem.contains("not-base64"), "{problem}");
}

#[test]
fn dedupe_lists_tell_all_their_problems() {
    let list = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    let lists = [list(&["sha1:body", "header:a b"]), list(&[]), list(&["json:x", "auth.id"])];
    assert_eq!(Dedupe::compile(&lists).unwrap_err().len(), 4);
    assert!(Dedupe::compile(&[list(&["auth.id", "sha256:json:/a/b"])]).is_ok());
}
