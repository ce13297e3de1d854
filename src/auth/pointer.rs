//! JSON pointers (RFC 6901), with `*` as a segment that stands for every item of a list.

use serde_json::Value;

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// `*`: every item of a list. On an object it is the member of that name, as in RFC 6901.
    All,
    /// The member of an object, or the index of a list, unescaped.
    Key(String),
}

/// A pointer such as `/data/events/*/uuid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    text: String,
    segments: Vec<Segment>,
}

impl Pointer {
    /// Reads a pointer; it begins with `/` and escapes only `~0` and `~1`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!("the JSON pointer '{text}' must begin with '/'"));
        };
        let segments = path.split('/').map(segment).collect::<Option<_>>();
        match segments {
            Some(segments) => Ok(Self { text: text.to_owned(), segments }),
            None => Err(format!("in the JSON pointer '{text}' a '~' must be followed by 0 or 1")),
        }
    }

    /// The pointer as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it may select several values.
    #[must_use]
    pub fn is_plural(&self) -> bool {
        self.segments.contains(&Segment::All)
    }

    /// One entry for every item that the pointer reaches for, `None` where the item lacks the value. A JSON null is
    /// no value. Empty when a list on the way is empty.
    pub(super) fn select<'v>(&self, root: &'v Value) -> Vec<Option<&'v Value>> {
        let mut found = Vec::new();
        walk(&self.segments, root, &mut found);
        found
    }

    /// The one value of a pointer without `*`.
    #[must_use]
    pub fn one<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.select(root).into_iter().next().flatten()
    }

    /// The value in objects that are made for it, so that the pointer leads to it.
    #[must_use]
    pub fn wrap(&self, value: Value) -> Value {
        let outwards = self.segments.iter().rev();
        outwards.fold(value, |value, segment| Value::Object([(name(segment).to_owned(), value)].into_iter().collect()))
    }

    /// Puts `value` wherever the pointer leads; a missing last member is added. False when nothing was reached.
    pub(super) fn set(&self, root: &mut Value, value: &Value) -> bool {
        place(&self.segments, root, value)
    }
}

fn segment(text: &str) -> Option<Segment> {
    if text == "*" {
        return Some(Segment::All);
    }
    let mut parts = text.split('~');
    let mut key = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(rest) = part.strip_prefix('0') {
            key.push('~');
            key.push_str(rest);
        } else {
            key.push('/');
            key.push_str(part.strip_prefix('1')?);
        }
    }
    Some(Segment::Key(key))
}

fn walk<'v>(segments: &[Segment], value: &'v Value, found: &mut Vec<Option<&'v Value>>) {
    let Some((first, rest)) = segments.split_first() else {
        found.push(Some(value).filter(|value| !value.is_null()));
        return;
    };
    if let (Segment::All, Value::Array(items)) = (first, value) {
        for item in items {
            walk(rest, item, found);
        }
        return;
    }
    match step(first, value) {
        Some(next) => walk(rest, next, found),
        None => found.push(None),
    }
}

fn step<'v>(segment: &Segment, value: &'v Value) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(name(segment)),
        Value::Array(items) => items.get(index(name(segment))?),
        _ => None,
    }
}

fn place(segments: &[Segment], target: &mut Value, value: &Value) -> bool {
    let Some((first, rest)) = segments.split_first() else {
        *target = value.clone();
        return true;
    };
    match target {
        Value::Array(items) if *first == Segment::All => {
            let mut reached = false;
            for item in items {
                reached |= place(rest, item, value);
            }
            reached
        }
        Value::Array(items) => {
            index(name(first)).and_then(|at| items.get_mut(at)).is_some_and(|item| place(rest, item, value))
        }
        Value::Object(members) if rest.is_empty() => {
            members.insert(name(first).to_owned(), value.clone());
            true
        }
        Value::Object(members) => members.get_mut(name(first)).is_some_and(|member| place(rest, member, value)),
        _ => false,
    }
}

fn name(segment: &Segment) -> &str {
    match segment {
        Segment::All => "*",
        Segment::Key(key) => key,
    }
}

/// RFC 6901 allows no sign and no leading zero in an index.
fn index(text: &str) -> Option<usize> {
    let plain = text == "0" || !text.starts_with(['0', '+']);
    plain.then(|| text.parse().ok()).flatten()
}
