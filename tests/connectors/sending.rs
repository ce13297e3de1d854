//! What connectors say of their senders agrees with what the endpoint does.

use std::time::Duration;

use http::StatusCode;

use super::*;

/// The statuses that a sender takes for success, as the words before the first semicolon say: `2xx`, or numbers.
fn successes(statuses: &str) -> Vec<u16> {
    let words = statuses.split(';').next().unwrap().split(|c: char| !c.is_ascii_alphanumeric());
    let of = |word: &str| match word {
        "2xx" => (200..300).collect(),
        word => word.parse().into_iter().collect::<Vec<u16>>(),
    };
    words.flat_map(of).collect()
}

#[test]
fn the_words_of_senders_are_understood() {
    assert_eq!(successes("200 or 204"), [200, 204]);
    assert_eq!(successes("200, 201, 202 or 204; 410 ends the subscription"), [200, 201, 202, 204]);
    assert_eq!(successes("2xx; an error 500 is sent again").len(), 100);
    assert!(successes("whatever").is_empty());
}

#[test]
fn every_answer_is_one_that_its_sender_takes_for_success_and_no_refusal_is() {
    let mut said = 0;
    for connector in catalog().iter().filter(|connector| !connector.sender.statuses.is_empty()) {
        let (name, good) = (&connector.name, successes(&connector.sender.statuses));
        assert!(!good.is_empty(), "{name}: nobody understands {:?}", connector.sender.statuses);
        assert!(good.contains(&connector.answer.as_u16()), "{name} is answered {}", connector.answer);
        for handshake in &connector.handshakes {
            assert!(good.contains(&handshake.answer.as_u16()), "{name} is greeted with {}", handshake.answer);
        }
        for refusal in [StatusCode::UNAUTHORIZED, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::SERVICE_UNAVAILABLE] {
            assert!(!good.contains(&refusal.as_u16()), "{name} takes {refusal} for success");
        }
        said += 1;
    }
    assert!(said >= 30, "only {said} connectors say it");
}

#[test]
fn no_sender_gives_up_before_the_store_has_its_least_time() {
    // A second for the store, half a second for the way back.
    let least = Duration::from_millis(1500);
    let catalog = catalog();
    let hasty = |connector: &&Arc<Connector>| connector.sender.deadline.is_some_and(|deadline| deadline < least);
    assert_eq!(catalog.iter().filter(hasty).map(|connector| connector.name.as_str()).collect::<Vec<_>>(), [""; 0]);
    assert!(catalog.iter().any(|connector| connector.sender.deadline.is_some()));
}
