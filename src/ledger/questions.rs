//! What a human being is asked where the ledger cannot decide: sentences without personal data, each with what to do in
//! either case.

use crate::model::{DeliveryId, PersonId};

/// The address of an unknown employee belongs to `holder`, whom the same source knows by another id.
#[must_use]
pub fn recycled(holder: PersonId, source: &str, delivery: Option<DeliveryId>) -> String {
    format!(
        "the address of this event belongs to person {holder} under another employee id of '{source}'; addresses get \
         recycled. The same human being: release this job, and the new id is theirs, too. Another one: give the old \
         account another address in DocSpace, or delete it, {}",
        split(holder, delivery)
    )
}

/// The address of an unknown employee was that of the account of `holder`, which has another one now.
#[must_use]
pub fn former(holder: PersonId, delivery: Option<DeliveryId>) -> String {
    format!(
        "the account of person {holder} had the address of this event, and has another one now; addresses get recycled. \
         The same human being: release this job. Another one: {}",
        split(holder, delivery)
    )
}

/// The event is about `person`, and its address belongs to `holder`, whom the same source knows by another id.
#[must_use]
pub fn disputed(person: PersonId, holder: PersonId) -> String {
    format!(
        "this event is about person {person}, and its address belongs to person {holder} under another employee id of the \
         same source; addresses get recycled. The same human being: run `usher people merge {person} {holder}`. Another \
         one: give the old account another address in DocSpace, or delete it, and run \
         `usher people split {holder} --email ADDRESS`. Then release this job"
    )
}

/// The account that has the address is the one of `holder`.
#[must_use]
pub fn account_of(person: PersonId, holder: PersonId) -> String {
    format!(
        "the address has the account of person {holder}, and this job is about person {person}. The same human being: \
         `usher people merge {holder} {person}`, then release this job. Another one: give that account another address in \
         DocSpace, or delete it, then release this job; or cancel it"
    )
}

/// What the event names was taken away from `person`, or is another one's by now.
#[must_use]
pub fn moved(person: PersonId, delivery: Option<DeliveryId>) -> String {
    format!(
        "what this event names is not, or not any more, what person {person} is known by. If it is theirs, release this \
         job; else {}",
        again(delivery)
    )
}

fn split(holder: PersonId, delivery: Option<DeliveryId>) -> String {
    format!("run `usher people split {holder} --email ADDRESS`, {}", again(delivery))
}

fn again(delivery: Option<DeliveryId>) -> String {
    match delivery {
        Some(delivery) => format!("cancel this job and run `usher deliveries rerun {delivery}`"),
        None => "cancel this job and order the work again".to_owned(),
    }
}
