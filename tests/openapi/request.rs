//! A request against the description.

use serde_json::{Value, json};

use crate::description::{Complaint, Description, Operation};
use crate::recorder::Exchange;
use crate::route::Fit;

impl Description {
    /// Everything in a request that contradicts the description.
    pub(crate) fn of_request(&self, exchange: &Exchange) -> Vec<Complaint> {
        let Some((operation, fit)) = self.find(&exchange.method, &exchange.path) else {
            let call = format!("{} {}", exchange.method, exchange.path);
            return vec![Complaint { call, place: "path".to_owned(), what: "is not described".to_owned() }];
        };
        let mut complaints = self.of_parameters(operation, &fit, exchange);
        if operation.secured && !bears_a_key(exchange) {
            // Whatever the scheme is called there: a key goes as a bearer token (`BaseStartup.cs`).
            complaints.push(operation.complaint("header authorization", "is wanted, with a bearer token"));
        }
        complaints.extend(self.of_body(operation, exchange));
        complaints
    }

    fn of_parameters(&self, operation: &Operation, fit: &Fit, exchange: &Exchange) -> Vec<Complaint> {
        let query = exchange.query.as_deref().unwrap_or_default();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut complaints = Vec::new();
        for parameter in &operation.parameters {
            let (name, kind) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            let named = |pairs: &[(String, String)]| -> Vec<String> {
                pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
            };
            let values = match kind {
                "path" => named(&fit.values),
                "query" => named(&pairs),
                "header" => {
                    let values = exchange.headers.get_all(name).iter();
                    values.map(|value| value.to_str().unwrap().to_owned()).collect()
                }
                _ => continue,
            };
            let faults = self.of_values(parameter, &values);
            complaints.extend(faults.into_iter().map(|what| operation.complaint(format!("{kind} {name}"), what)));
        }
        let known = |name: &str| {
            operation.parameters.iter().any(|parameter| parameter["in"] == "query" && parameter["name"] == name)
        };
        let unknown = pairs.iter().filter(|(name, _)| !known(name));
        complaints.extend(unknown.map(|(name, _)| operation.complaint(format!("query {name}"), "is not described")));
        complaints
    }

    /// What is wrong with the values of one parameter.
    fn of_values(&self, parameter: &Value, values: &[String]) -> Vec<String> {
        if values.is_empty() {
            let wanted = parameter["required"] == json!(true);
            return if wanted { vec!["is wanted".to_owned()] } else { Vec::new() };
        }
        let schema = self.resolved(&parameter["schema"]);
        let value = match (schema["type"].as_str(), values) {
            (Some("array"), _) => {
                let items = self.resolved(&schema["items"]);
                values.iter().map(|text| typed(items, text)).collect()
            }
            (_, [text]) => typed(schema, text),
            _ => return vec!["is given more than once".to_owned()],
        };
        self.faults(schema, &value).into_iter().map(|(_, what)| what).collect()
    }

    fn of_body(&self, operation: &Operation, exchange: &Exchange) -> Vec<Complaint> {
        let complaint = |what: &str| vec![operation.complaint("request body", what)];
        let Some(described) = operation.details.get("requestBody").map(|body| self.resolved(body)) else {
            return if exchange.body.is_empty() { Vec::new() } else { complaint("is not described") };
        };
        if exchange.body.is_empty() {
            return if described["required"] == json!(true) { complaint("is wanted") } else { Vec::new() };
        }
        let media = exchange.request_media();
        let Some(schema) = described["content"].get(media.as_str()).and_then(|content| content.get("schema")) else {
            return complaint(&format!("has the content type {media:?}, which is not described"));
        };
        let Ok(body) = serde_json::from_slice(&exchange.body) else {
            return complaint("is not JSON");
        };
        let faults = self.faults(schema, &body).into_iter();
        faults.map(|(at, what)| operation.complaint(format!("request body {at}").trim_end(), what)).collect()
    }
}

fn bears_a_key(exchange: &Exchange) -> bool {
    let mut values = exchange.headers.get_all(http::header::AUTHORIZATION).iter();
    let key = values.next().and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    key.is_some_and(|key| !key.is_empty()) && values.next().is_none()
}

/// A text of a path, query or header as the type of its schema has it; a text that does not read so stays one.
fn typed(schema: &Value, text: &str) -> Value {
    let read = match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().ok().map(Value::from),
        Some("number") => text.parse::<f64>().ok().map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    read.unwrap_or_else(|| json!(text))
}
