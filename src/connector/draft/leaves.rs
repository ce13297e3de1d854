//! Every value of a payload with its place, and the expression that leads there.

use serde_json::{Map, Value as Json};

/// Deepest level that is looked at.
const DEPTH: usize = 16;
/// Most values that are looked at.
const LEAVES: usize = 5_000;
/// Most items of a list that are looked at, where a label tells them apart.
const ITEMS: usize = 50;
/// What a member is called that says what its neighbours are: `{"type": "work", "email": "ada@example.com"}`.
const LABELS: [&str; 2] = ["type", "kind"];
/// The same beside a [`VALUE`]: `{"name": "Work Email", "value": "ada@example.com"}`.
const VALUE_LABELS: [&str; 6] = ["field", "fieldname", "label", "key", "code", "name"];
const VALUE: &str = "value";
/// Members that mean nothing by their own name.
const PLAIN: [&str; 5] = [VALUE, "text", "content", "address", "name"];
/// Most members of an object that is nothing but a label and a value.
const PAIR: usize = 5;
/// What cannot stand behind a dot.
const RESERVED: [&str; 9] = ["and", "or", "not", "in", "is", "if", "else", "true", "false"];

/// One step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of an object.
    Key(String),
    /// An item of a list, by its number.
    Item(usize),
    /// An item of a list, by the member and the text that only it has.
    Labelled(String, String),
}

/// A text, number or flag.
#[derive(Debug, Clone)]
pub(super) struct Leaf<'j> {
    pub(super) path: Vec<Step>,
    pub(super) value: &'j Json,
    /// What it is called: letters and digits of its key, or of what the key belongs to.
    pub(super) name: String,
    /// The same of everything above it, outermost first.
    pub(super) above: Vec<String>,
}

impl Leaf<'_> {
    /// The value as text.
    pub(super) fn text(&self) -> &str {
        self.value.as_str().unwrap_or_default()
    }

    /// Whether any of these words is in a name above it.
    pub(super) fn is_below(&self, words: &[&str]) -> bool {
        self.above.iter().any(|name| words.iter().any(|word| name.contains(word)))
    }
}

/// Every value, in the order of the payload.
pub(super) fn walk(payload: &Json) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    visit(payload, &mut Vec::new(), &mut leaves);
    leaves
}

fn visit<'j>(value: &'j Json, path: &mut Vec<Step>, leaves: &mut Vec<Leaf<'j>>) {
    if path.len() > DEPTH || leaves.len() >= LEAVES {
        return;
    }
    match value {
        Json::Object(members) => {
            let has_value = has_value(members);
            for (key, member) in members {
                // {"name": "Employment Type", "value": "Full-time"}: the name is none of a person's.
                if has_value && VALUE_LABELS.contains(&plain(key).as_str()) {
                    continue;
                }
                path.push(Step::Key(key.clone()));
                visit(member, path, leaves);
                path.pop();
            }
        }
        Json::Array(items) => {
            let label = label(items);
            let looked_at = if label.is_some() { ITEMS } else { 1 };
            for (number, item) in items.iter().take(looked_at).enumerate() {
                let told = label.and_then(|label| Some((label, item.get(label)?.as_str()?)));
                path.push(
                    told.map_or(Step::Item(number), |(label, text)| Step::Labelled(label.to_owned(), text.to_owned())),
                );
                visit(item, path, leaves);
                path.pop();
            }
        }
        Json::Null => {}
        scalar => leaves.push(leaf(scalar, path)),
    }
}

/// The member by which the items of a list are told apart, if there is one.
fn label(items: &[Json]) -> Option<&str> {
    let first = items.first()?.as_object()?;
    let labels: Vec<_> = if has_value(first) { [&LABELS[..], &VALUE_LABELS].concat() } else { LABELS.to_vec() };
    let rank = |key: &&String| labels.iter().position(|label| *label == plain(key));
    let key = first.keys().filter(|key| rank(key).is_some()).min_by_key(rank)?;
    let mut texts = Vec::new();
    for item in items {
        let members = item.as_object().filter(|members| (2..=PAIR).contains(&members.len()))?;
        let text = members.get(key)?.as_str().filter(|text| text.len() <= 60 && !text.contains(['\'', '\\']))?;
        if texts.contains(&text) {
            return None;
        }
        texts.push(text);
    }
    Some(key)
}

fn has_value(members: &Map<String, Json>) -> bool {
    members.keys().any(|key| plain(key) == VALUE)
}

fn leaf<'j>(value: &'j Json, path: &[Step]) -> Leaf<'j> {
    let word = |step: &Step| match step {
        Step::Key(key) => Some(plain(key)),
        Step::Labelled(_, text) => Some(plain(text)),
        Step::Item(_) => None,
    };
    let mut above: Vec<String> = path.iter().filter_map(word).collect();
    let mut name = above.pop().unwrap_or_default();
    // {"department": {"name": "Engineering"}}, {"field": "firstName", "value": "Ada"}.
    if PLAIN.contains(&name.as_str())
        && let Some(owner) = above.pop()
    {
        name = owner;
    }
    Leaf { path: path.to_vec(), value, name, above }
}

/// Letters and digits in lower case: `First-Name` and `first_name` are one word.
pub(super) fn plain(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The expression for what lies at the end of a path that begins at `root`.
pub(super) fn expression(root: &str, path: &[Step]) -> String {
    let mut text = root.to_owned();
    for step in path {
        match step {
            Step::Key(key) if is_word(key) => text.push_str(&format!(".{key}")),
            Step::Key(key) => text.push_str(&format!("[{}]", quoted(key))),
            Step::Item(number) => text.push_str(&format!("[{number}]")),
            Step::Labelled(key, label) => {
                text = format!("({text} | selectattr({}, 'eq', {}) | first)", quoted(key), quoted(label));
            }
        }
    }
    text
}

/// A text in an expression. It stays on its line, since guesses stand in comments, too.
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{}'", text.replace('\n', "\\n").replace('\r', "\\r"))
}

fn is_word(key: &str) -> bool {
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !RESERVED.contains(&key)
}
