//! The values that expressions see, converted once and shared; and the way back to JSON.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Object, ValueKind};
use serde_json::{Map, Number, Value as Json};

use super::work::{Refusal, Work, absent, as_text};

/// Name under which the engine finds the size of the input; no expression can name it.
pub(super) const WEIGHT: &str = "_weight";

/// The values an expression sees, by root. Cheap to clone.
#[derive(Clone)]
pub struct Scope {
    roots: Arc<Roots>,
}

#[derive(Clone)]
struct Roots(Vec<Root>);

#[derive(Clone)]
struct Root {
    name: &'static str,
    value: Value,
    weight: usize,
}

/// Names only: the values are people's data.
impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|root| root.name)).finish()
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&self.roots).finish()
    }
}

impl Object for Roots {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if key == WEIGHT {
            return Some(Value::from(self.weight()));
        }
        self.0.iter().find(|root| root.name == key).map(|root| root.value.clone())
    }
}

impl Roots {
    fn weight(&self) -> usize {
        self.0.iter().fold(0, |sum, root| sum.saturating_add(root.weight))
    }
}

impl Root {
    fn new(name: &'static str, json: &Json) -> Self {
        let mut weight = 0;
        let value = from_json(json, &mut weight);
        Self { name, value, weight }
    }
}

impl Scope {
    /// A scope with these roots. Nulls are left out, also those inside of lists and mappings.
    ///
    /// The values are nested as deeply as `serde_json` reads them, 128 levels at most.
    pub fn new<'a>(roots: impl IntoIterator<Item = (&'static str, &'a Json)>) -> Self {
        Self { roots: Arc::new(Roots(roots.into_iter().map(|(name, json)| Root::new(name, json)).collect())) }
    }

    /// The same scope with one root replaced or added; the other roots are shared, not converted again.
    #[must_use]
    pub fn with(&self, root: &'static str, value: &Json) -> Self {
        let mut roots = Roots(self.roots.0.iter().filter(|old| old.name != root).cloned().collect());
        roots.0.push(Root::new(root, value));
        Self { roots: Arc::new(roots) }
    }

    /// Whether there is a root of this name.
    #[must_use]
    pub fn has(&self, root: &str) -> bool {
        self.roots.0.iter().any(|known| known.name == root)
    }

    /// A field of a root, by its name; `None` where either is absent.
    #[must_use]
    pub fn field(&self, root: &str, field: &str) -> Option<Json> {
        let root = self.roots.0.iter().find(|known| known.name == root)?;
        let value = root.value.get_attr(field).ok()?;
        to_json(&mut Work::new(self.limit()), &value).ok()?
    }

    /// The same scope without one of its roots.
    #[must_use]
    pub fn without(&self, root: &str) -> Self {
        Self { roots: Arc::new(Roots(self.roots.0.iter().filter(|known| known.name != root).cloned().collect())) }
    }

    pub(super) fn context(&self) -> Value {
        Value::from_dyn_object(Arc::clone(&self.roots))
    }

    pub(super) fn limit(&self) -> usize {
        self.roots.weight()
    }
}

/// Convert, adding the size to `weight` in the units of `Work`.
fn from_json(json: &Json, weight: &mut usize) -> Value {
    *weight = weight.saturating_add(1);
    match json {
        Json::Null => Value::UNDEFINED,
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => from_number(number),
        Json::String(text) => {
            *weight = weight.saturating_add(text.len() / 8);
            Value::from(text.as_str())
        }
        Json::Array(entries) => {
            let entries = entries.iter().filter(|entry| !entry.is_null());
            Value::from(entries.map(|entry| from_json(entry, weight)).collect::<Vec<_>>())
        }
        Json::Object(fields) => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            Value::from_pairs(fields.map(|(name, field)| (name.as_str(), from_json(field, weight))))
        }
    }
}

fn from_number(number: &Number) -> Value {
    if let Some(number) = number.as_i64() {
        Value::from(number)
    } else if let Some(number) = number.as_u64() {
        Value::from(number)
    } else {
        number.as_f64().map_or(Value::UNDEFINED, Value::from)
    }
}

/// Convert a result; absent is `None`, and absent entries are left out.
pub(super) fn to_json(work: &mut Work, value: &Value) -> Result<Option<Json>, Refusal> {
    work.spend(1)?;
    if absent(value) {
        return Ok(None);
    }
    Ok(Some(match value.kind() {
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => to_number(value)?,
        ValueKind::String => Json::String(work.text("the result", value)?.into_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut entries = Vec::new();
            for entry in value.try_iter().map_err(|_| odd())? {
                entries.extend(to_json(work, &entry)?);
            }
            Json::Array(entries)
        }
        ValueKind::Map => {
            let mut fields = Map::new();
            for key in value.try_iter().map_err(|_| odd())? {
                let name = as_text(&key).ok_or_else(odd)?.into_owned();
                let field = value.get_item(&key).map_err(|_| odd())?;
                if let Some(field) = to_json(work, &field)? {
                    fields.insert(name, field);
                }
            }
            Json::Object(fields)
        }
        _ => return Err(odd()),
    }))
}

fn to_number(value: &Value) -> Result<Json, Refusal> {
    if value.is_integer() {
        let number = i128::try_from(value.clone()).map_err(|_| odd())?;
        let number = i64::try_from(number).map(Number::from).or_else(|_| u64::try_from(number).map(Number::from));
        return number.map(Json::Number).map_err(|_| Refusal::new("the number is too large"));
    }
    let number = f64::try_from(value.clone()).map_err(|_| odd())?;
    Number::from_f64(number).map(Json::Number).ok_or_else(|| Refusal::new("the number is too large"))
}

fn odd() -> Refusal {
    Refusal::new("its result is not a JSON value")
}
