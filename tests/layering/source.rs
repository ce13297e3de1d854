//! Reading Rust text without a compiler: code without comments and literals, the literals apart, and the paths.

/// A Rust file taken apart. `code` keeps the line breaks, so that line numbers stay true.
pub(crate) struct Source {
    pub(crate) code: String,
    pub(crate) literals: Vec<Literal>,
}

/// A string literal as written (escapes untouched) and the line on which it starts, from 1.
pub(crate) struct Literal {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A path such as `crate::model::Job`, with groups opened into one path each.
#[derive(Debug, PartialEq)]
pub(crate) struct RustPath {
    pub(crate) line: usize,
    pub(crate) parts: Vec<String>,
}

/// Takes a file apart. Comments and literals become blanks in `code`.
pub(crate) fn read(text: &str) -> Source {
    let chars: Vec<char> = text.chars().collect();
    let mut source = Source { code: String::new(), literals: Vec::new() };
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let word_before = at > 0 && is_word(chars[at - 1]);
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => block_comment_end(&chars, at),
            '\'' => character_end(&chars, at),
            '"' => quoted_end(&chars, at),
            'r' | 'b' | 'c' if !word_before => prefixed_end(&chars, at),
            _ => at,
        };
        if end == at {
            source.code.push(chars[at]);
            line += usize::from(chars[at] == '\n');
            at += 1;
            continue;
        }
        let piece: String = chars[at..end].iter().collect();
        let breaks = piece.matches('\n').count();
        if piece.ends_with(['"', '#']) && !piece.starts_with('/') {
            source.literals.push(Literal { line, text: piece });
        }
        source.code.push(' ');
        source.code.push_str(&"\n".repeat(breaks));
        line += breaks;
        at = end;
    }
    source
}

pub(crate) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn line_end(chars: &[char], at: usize) -> usize {
    let rest = chars[at..].iter().position(|letter| *letter == '\n');
    rest.map_or(chars.len(), |length| at + length)
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(chars.len())
}

/// The end of `'x'` or `'\n'`; of a lifetime nothing is skipped.
fn character_end(chars: &[char], at: usize) -> usize {
    if chars.get(at + 1) == Some(&'\\') {
        let rest = chars.iter().skip(at + 3).position(|letter| *letter == '\'');
        return rest.map_or(chars.len(), |length| at + 3 + length + 1);
    }
    if chars.get(at + 2) == Some(&'\'') { at + 3 } else { at }
}

fn quoted_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The end of `b".."`, `c".."`, `r".."`, `r#".."#` and their mixtures; `at` where the letters only begin a word.
fn prefixed_end(chars: &[char], at: usize) -> usize {
    let letters = chars[at..].iter().take_while(|letter| matches!(letter, 'r' | 'b' | 'c'));
    let mut open = at + letters.count();
    let raw = chars[open - 1] == 'r';
    let hashes = chars[open..].iter().take_while(|letter| **letter == '#').count();
    open += hashes;
    if chars.get(open) != Some(&'"') || (hashes > 0 && !raw) {
        return at;
    }
    if !raw {
        return quoted_end(chars, open);
    }
    let mut end = open + 1;
    while end < chars.len() {
        let closing = chars[end + 1..].iter().take(hashes);
        if chars[end] == '"' && closing.filter(|letter| **letter == '#').count() == hashes {
            return end + 1 + hashes;
        }
        end += 1;
    }
    chars.len()
}

/// Every path of two parts or more in code as `read` gives it, and every single name after `use`.
pub(crate) fn paths(code: &str) -> Vec<RustPath> {
    let tokens = tokens(code);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if !tokens[at].1.starts_with(is_word) {
            at += 1;
            continue;
        }
        let imported = at > 0 && tokens[at - 1].1 == "use";
        let first = found.len();
        at = path(&tokens, at, &[], &mut found);
        if found.len() == first + 1 && found[first].parts.len() == 1 && !imported {
            found.pop();
        }
    }
    found
}

type Token = (usize, String);

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut line, mut glued) = (1, false);
    for letter in code.chars() {
        line += usize::from(letter == '\n');
        match tokens.last_mut() {
            Some((_, last)) if glued && is_word(letter) && last.starts_with(is_word) => {
                last.push(letter);
            }
            Some((_, last)) if glued && letter == ':' && last == ":" => last.push(letter),
            _ if letter.is_whitespace() => {}
            _ => tokens.push((line, letter.to_string())),
        }
        glued = !letter.is_whitespace();
    }
    tokens
}

/// Reads the path that begins at `at`, adds it (or each path of its group) to `found`, and tells where it ends.
fn path(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<RustPath>) -> usize {
    let mut parts = before.to_vec();
    let mut line = tokens.get(at).map_or(0, |token| token.0);
    while let Some((here, word)) = tokens.get(at) {
        match word.as_str() {
            "{" => return group(tokens, at + 1, &parts, found),
            "*" => parts.push(word.clone()),
            _ if word.starts_with(is_word) => parts.push(word.clone()),
            _ => break,
        }
        (line, at) = (*here, at + 1);
        if tokens.get(at).is_none_or(|next| next.1 != "::") {
            break;
        }
        at += 1;
    }
    found.push(RustPath { line, parts });
    at
}

fn group(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<RustPath>) -> usize {
    while let Some((_, word)) = tokens.get(at) {
        match word.as_str() {
            "}" => return at + 1,
            "as" => at += 2,
            _ if word.starts_with(is_word) || word == "*" => at = path(tokens, at, before, found),
            _ => at += 1,
        }
    }
    at
}
