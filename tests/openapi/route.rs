//! Paths with parameters, and the one that a real path belongs to.

/// A path such as `/people/{id}`, in segments.
#[derive(Debug, Clone)]
pub(crate) struct Route(Vec<Segment>);

#[derive(Debug, Clone)]
enum Segment {
    Literal(String),
    Parameter(String),
}

/// How a path fits a route.
#[derive(Debug)]
pub(crate) struct Fit {
    /// Names and values of the parameters, the values as they stand in the path.
    pub(crate) values: Vec<(String, String)>,
    /// For each segment whether it is literal: the greater one is the closer fit.
    closeness: Vec<bool>,
}

impl Route {
    pub(crate) fn parse(path: &str) -> Self {
        let segment = |text: &str| match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Parameter(name.to_owned()),
            None => Segment::Literal(text.to_owned()),
        };
        Self(path.split('/').map(segment).collect())
    }

    pub(crate) fn fit(&self, path: &str) -> Option<Fit> {
        let parts: Vec<&str> = path.split('/').collect();
        if parts.len() != self.0.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, part) in self.0.iter().zip(parts) {
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Parameter(name) if !part.is_empty() => values.push((name.clone(), part.to_owned())),
                _ => return None,
            }
        }
        let closeness = self.0.iter().map(|segment| matches!(segment, Segment::Literal(_))).collect();
        Some(Fit { values, closeness })
    }
}

/// The item whose route fits the path best: a literal segment wins over a parameter, the first difference decides.
pub(crate) fn best<'a, T>(items: &'a [T], route: impl Fn(&T) -> &Route, path: &str) -> Option<(&'a T, Fit)> {
    let fits = items.iter().filter_map(|item| Some((item, route(item).fit(path)?)));
    fits.max_by(|(_, one), (_, other)| one.closeness.cmp(&other.closeness))
}
