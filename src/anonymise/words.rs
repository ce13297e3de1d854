//! Made-up words, numbers, addresses and ids of the same shape as the original, each drawn once.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

/// Domains that belong to nobody (RFC 2606, section 3).
const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

/// How often another draw is made where one is taken already: of short words there are not enough.
const DRAWS: usize = 50;

/// Replacements by what they stand for, in lower case.
pub(super) struct Words {
    rng: Rng,
    drawn: BTreeMap<String, String>,
    domains: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

/// Letters and digits of a text, in runs of the one or the other.
pub(super) fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(|c: char| c.is_alphanumeric())?;
        let tail = &rest[start..];
        let is_digit = tail.starts_with(|c: char| c.is_ascii_digit());
        let belongs = |c: char| is_mark(c) || (c.is_alphanumeric() && c.is_ascii_digit() == is_digit);
        let end = tail.find(|c: char| !belongs(c)).unwrap_or(tail.len());
        rest = &tail[end..];
        Some(&tail[..end])
    })
}

/// Accents that stand behind their letter.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

impl Words {
    /// None of `taken` is ever drawn.
    pub(super) fn new(taken: BTreeSet<String>, seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), drawn: BTreeMap::new(), domains: BTreeMap::new(), taken }
    }

    /// The text with each run of letters or digits replaced, everything between them as it was.
    pub(super) fn free(&mut self, text: &str) -> String {
        let mut made = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(run) = runs(rest).next() {
            let start = rest.find(run).unwrap_or_default();
            made.push_str(&rest[..start]);
            made.push_str(&self.run(run));
            rest = &rest[start + run.len()..];
        }
        made.push_str(rest);
        made
    }

    /// The replacement of one run, in its case.
    pub(super) fn run(&mut self, run: &str) -> String {
        let key = run.to_lowercase();
        let made = match self.drawn.get(&key) {
            Some(made) => made.clone(),
            None => self.draw(&key),
        };
        // Where lower case has more letters than the original, the rest stays in lower case.
        let mut capitals = run.chars().filter(|c| !is_mark(*c)).map(char::is_uppercase);
        let mut in_case = |c: char| match capitals.next() {
            Some(true) => c.to_uppercase().next().unwrap_or(c),
            _ => c,
        };
        made.chars().map(&mut in_case).collect()
    }

    fn draw(&mut self, key: &str) -> String {
        let is_number = key.starts_with(|c: char| c.is_ascii_digit());
        let mut made = String::new();
        for _ in 0..DRAWS {
            made = if is_number { self.digits(key) } else { self.letters(key) };
            if !self.taken.contains(&made) {
                break;
            }
        }
        self.taken.insert(made.clone());
        self.drawn.insert(key.to_owned(), made.clone());
        made
    }

    /// As many digits, zeros in front where they were; no larger than the original where that could matter to a reader of
    /// numbers.
    fn digits(&mut self, run: &str) -> String {
        let zeros = run.len() - run.trim_start_matches('0').len();
        let is_long = run.len() >= 19;
        let digit = |(at, _): (usize, char)| match at {
            at if at < zeros => '0',
            at if at == zeros && is_long => '1',
            at if at == zeros + 1 && is_long => '0',
            at if at == zeros => self.rng.char('1'..='9'),
            _ => self.rng.digit(10),
        };
        run.char_indices().map(digit).collect()
    }

    /// A word that can be spoken, of as many letters. Letters outside of ASCII stay outside of it.
    fn letters(&mut self, key: &str) -> String {
        const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];
        const OTHERS: [char; 14] = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
        const ACCENTED: [char; 8] = ['ä', 'é', 'è', 'í', 'ö', 'ø', 'ü', 'å'];
        const SIGNS: [char; 8] = ['山', '川', '田', '中', '木', '光', '雨', '海'];
        let mut is_vowel = self.rng.bool();
        let mut letter = |c: char| {
            is_vowel = !is_vowel;
            let from: &[char] = match c {
                c if c.is_ascii() && is_vowel => &VOWELS,
                c if c.is_ascii() => &OTHERS,
                c if c.is_lowercase() || c.is_uppercase() => &ACCENTED,
                _ => &SIGNS,
            };
            from[self.rng.usize(..from.len())]
        };
        key.chars().filter(|c| !is_mark(*c)).map(&mut letter).collect()
    }

    /// An address of mail or of a host, at a domain that belongs to nobody. The same domain stays the same.
    pub(super) fn domain(&mut self, domain: &str) -> String {
        let key = domain.to_lowercase();
        if let Some(known) = self.domains.get(&key) {
            return known.clone();
        }
        let number = self.domains.len();
        let made = match DOMAINS.get(number) {
            Some(domain) => (*domain).to_owned(),
            None => format!("d{number}.example.com"),
        };
        self.domains.insert(key, made.clone());
        made
    }

    /// An id of the shape of a UUID (RFC 9562), version 4, in the case of the original.
    pub(super) fn uuid(&mut self, id: &str) -> String {
        let key = id.to_lowercase();
        let made = match self.drawn.get(&key) {
            Some(made) => made.clone(),
            None => {
                let made = uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid().to_string();
                self.drawn.insert(key, made.clone());
                made
            }
        };
        if id.contains(|c: char| c.is_ascii_uppercase()) { made.to_uppercase() } else { made }
    }

    /// A number from this range, the same for one export.
    pub(super) fn number(&mut self, range: std::ops::Range<i32>) -> i32 {
        self.rng.i32(range)
    }
}
