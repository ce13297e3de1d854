//! What holds for every body.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use usher::connector::Connector;

use crate::shapes::{HIRED, all_texts};
use crate::{acme, of};

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,40}".prop_map(Json::from),
        "[a-zäéß山@./:0-9 -]{0,40}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec(("\\PC{0,12}", inner), 0..6)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn shape(value: &Json) -> Json {
    match value {
        Json::Object(members) => members.values().map(shape).collect(),
        Json::Array(items) => items.iter().map(shape).collect(),
        Json::String(_) => json!("text"),
        Json::Number(_) => json!("number"),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_body_keeps_its_shape(body in any_json(), seed: u64) {
        let connector: Connector = acme(HIRED);
        let made = of(&connector, &body, seed);
        prop_assert_eq!(shape(&made), shape(&body));
    }

    #[test]
    fn no_word_of_any_length_survives(words in prop::collection::vec("[a-zA-Zäéß]{5,12}", 1..8), seed: u64) {
        let body = json!({"note": words.join(" "), "list": words});
        let made = of(&acme(HIRED), &body, seed);
        let mut texts = Vec::new();
        all_texts(&made, &mut texts);
        let written = texts.join("\n").to_lowercase();
        for word in words {
            let lower = word.to_lowercase();
            prop_assert!(!written.split(|c: char| !c.is_alphabetic()).any(|made| made == lower), "{} in {}", word, written);
        }
    }
}
