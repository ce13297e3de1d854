//! A description of an interface, and what in an exchange contradicts it.

use std::fmt;
use std::io::Write;
use std::sync::Once;

use jsonschema::Draft;
use serde_json::{Value, json};

use crate::route::{self, Fit, Route};
use crate::schema;

/// Environment variable that names the portal's description.
pub(crate) const VARIABLE: &str = "USHER_DOCSPACE_OPENAPI";

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// An OpenAPI 3.0 document. Its paths are taken as they stand; `servers` is not read.
pub(crate) struct Description {
    document: Value,
    components: Value,
    operations: Vec<Operation>,
}

/// One operation.
pub(crate) struct Operation {
    /// In upper case.
    pub(crate) method: String,
    /// Path with parameters, as the document has it.
    pub(crate) path: String,
    pub(crate) route: Route,
    /// Whether it wants credentials.
    pub(crate) secured: bool,
    /// Parameters of the path item and its own, references followed.
    pub(crate) parameters: Vec<Value>,
    pub(crate) details: Value,
}

/// Something that contradicts the description.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    /// Method and path with parameters; the real path where none fits.
    pub(crate) call: String,
    /// Such as `request body /email` or `query count`.
    pub(crate) place: String,
    pub(crate) what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.call, self.place, self.what)
    }
}

/// A line that is seen also when the test passes: the output that the test itself makes is shown for failures only.
pub(crate) fn tell(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

impl Description {
    /// The portal's, where the environment names it. A file that is named and cannot be used fails the test.
    pub(crate) fn of_portal() -> Option<Self> {
        let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) else {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| tell(&format!("left out: {VARIABLE} names no description of DocSpace to compare with")));
            return None;
        };
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{VARIABLE}: {path:?}: {error}"));
        Some(Self::read(&text))
    }

    pub(crate) fn read(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).unwrap();
        let version = document["openapi"].as_str().unwrap_or_default();
        assert!(version.starts_with("3.0."), "an OpenAPI 3.0 document is needed, not {version:?}");
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in METHODS.iter().filter(|method| item.get(method).is_some()) {
                operations.push(operation(method, path, item, &document));
            }
        }
        Self { components: schema::components(&document), operations, document }
    }

    /// The operation that a request is for.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<(&Operation, Fit)> {
        let (best, _) = route::best(&self.operations, |operation| &operation.route, path)?;
        let same = |operation: &&Operation| operation.path == best.path && operation.method == method;
        let operation = self.operations.iter().find(same)?;
        Some((operation, operation.route.fit(path)?))
    }

    /// What a reference of the document leads to.
    pub(crate) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        schema::resolved(value, &self.document)
    }

    /// What is wrong with a value: where in it, and what.
    pub(crate) fn faults(&self, schema: &Value, value: &Value) -> Vec<(String, String)> {
        let mut root = schema::closed(schema, &self.document);
        root["components"] = self.components.clone();
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&root)
            .unwrap_or_else(|error| panic!("the description has a schema that is none: {error}"));
        validator.iter_errors(value).map(|error| (error.instance_path().to_string(), error.to_string())).collect()
    }
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn complaint(&self, place: impl Into<String>, what: impl Into<String>) -> Complaint {
        Complaint { call: self.name(), place: place.into(), what: what.into() }
    }
}

fn operation(method: &str, path: &str, item: &Value, document: &Value) -> Operation {
    let details = item[method].clone();
    let own = details["parameters"].as_array().into_iter().flatten();
    let mut parameters: Vec<Value> = own.map(|parameter| schema::resolved(parameter, document).clone()).collect();
    for shared in item["parameters"].as_array().into_iter().flatten() {
        let shared = schema::resolved(shared, document);
        if !parameters.iter().any(|own| own["name"] == shared["name"] && own["in"] == shared["in"]) {
            parameters.push(shared.clone());
        }
    }
    // An alternative without any scheme makes credentials optional.
    let security = details.get("security").or_else(|| document.get("security")).and_then(Value::as_array);
    let secured = security.is_some_and(|ways| !ways.is_empty() && !ways.contains(&json!({})));
    let route = Route::parse(path);
    Operation { method: method.to_uppercase(), path: path.to_owned(), route, secured, parameters, details }
}
