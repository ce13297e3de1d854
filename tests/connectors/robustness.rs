//! Whatever the bytes, no panic.

use std::sync::LazyLock;

use super::*;

static CATALOG: LazyLock<Catalog> = LazyLock::new(catalog);

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        for connector in CATALOG.iter() {
            let _ = map(connector, &body);
        }
    }

    #[test]
    fn arbitrary_json_in_the_places_read_never_panics(value in json_value()) {
        let bodies = [
            json!({ "employees": value, "event": value, "payload": value, "type": "employee.hired", "data": value }),
            json!({ "employees": [{ "id": value, "changedFields": ["Status"], "fields": { "Status": { "value": "Active" }, "Work Email": value } }] }),
            json!({ "action": "hire_candidate", "payload": { "application": { "candidate": { "id": 1, "email_addresses": value }, "jobs": value, "offer": value } } }),
            json!({ "event": { "trigger": "user.created", "createOn": value }, "payload": { "id": value, "status": value } }),
        ];
        for connector in CATALOG.iter() {
            for body in &bodies {
                let _ = map(connector, body.to_string());
            }
        }
    }
}

fn json_value() -> impl proptest::strategy::Strategy<Value = Json> {
    use proptest::prelude::{Strategy, any, prop_oneof};
    let leaf = prop_oneof![
        proptest::strategy::Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 30, 4, |inner| {
        let key =
            prop_oneof!["value|type|id|name|fields|employment_type|departments".prop_map(|key: String| key), ".{0,5}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::hash_map(key, inner, 0..4).prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
