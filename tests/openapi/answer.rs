//! An answer against the description.

use serde_json::Value;

use crate::description::{Complaint, Description, Operation};
use crate::recorder::Exchange;

/// Refusals that the server may make of every call and without a body, which a description cannot say: for the key, its
/// scopes, its limits, and for the portal as a whole (`TenantStatusFilter.cs`, `PaymentFilter.cs`).
const BARE: [u16; 5] = [401, 402, 403, 404, 429];

impl Description {
    /// Everything in an answer that contradicts the description.
    pub(crate) fn of_answer(&self, exchange: &Exchange) -> Vec<Complaint> {
        let Some((operation, _)) = self.find(&exchange.method, &exchange.path) else {
            // Told of the request.
            return Vec::new();
        };
        let complaint = |place: &str, what: String| vec![operation.complaint(place, what)];
        let status = exchange.status;
        let Some(described) = self.answer(operation, status) else {
            if BARE.contains(&status) && exchange.answer.is_empty() {
                return Vec::new();
            }
            return complaint(&format!("status {status}"), "is not described".to_owned());
        };
        let content = described.get("content").and_then(Value::as_object).filter(|content| !content.is_empty());
        let place = format!("answer body {status}");
        match (content, exchange.answer.is_empty()) {
            (None, true) => Vec::new(),
            (None, false) => complaint(&place, "is not described".to_owned()),
            (Some(_), true) if BARE.contains(&status) => Vec::new(),
            (Some(_), true) => complaint(&place, "is wanted".to_owned()),
            (Some(content), false) => {
                let media = exchange.answer_media();
                let Some(schema) = content.get(&media).and_then(|media| media.get("schema")) else {
                    return complaint(&place, format!("has the content type {media:?}, which is not described"));
                };
                let Ok(body) = serde_json::from_slice(&exchange.answer) else {
                    return complaint(&place, "is not JSON".to_owned());
                };
                let faults = self.faults(schema, &body).into_iter();
                faults.map(|(at, what)| operation.complaint(format!("{place} {at}").trim_end(), what)).collect()
            }
        }
    }

    /// The answer that is described for a status: by itself, by its class, or for all the others.
    fn answer<'a>(&'a self, operation: &'a Operation, status: u16) -> Option<&'a Value> {
        let answers = operation.details.get("responses")?;
        let class = format!("{}XX", status / 100);
        let keys = [status.to_string(), class, "default".to_owned()];
        keys.iter().find_map(|key| answers.get(key)).map(|answer| self.resolved(answer))
    }
}
