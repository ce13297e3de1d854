//! From the template that people write to the one that minijinja runs: `lower`, for the text around expressions.

use std::ops::Range;

use minijinja::Value;
use minijinja::machinery::ast::{self, Stmt};
use minijinja::machinery::{Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::engine::Run;
use super::lower::{self, Lowered, MAX_DEPTH, Nesting, quoted};
use super::names::{bytes, refuse};
use super::work::{Refusal, Work, absent, as_text};
use super::{ExprError, MAX_TEXT, Read};

/// Filters that no template can name.
pub(super) const FILTERS: [(&str, Run); 4] = [
    ("_raw", |_, values| Ok(Value::from_safe_string(values[0].as_str().unwrap_or_default().to_owned()))),
    ("_shown", |work, values| shown(work, &values[0], false)),
    ("_offered", |work, values| shown(work, &values[0], true)),
    ("_part", |_, values| Ok(Value::from(part(values[0].as_str().unwrap_or_default())))),
];

/// What an expression prints; `offers` says that it names something for an absent value, which may be the empty text.
fn shown(work: &mut Work, value: &Value, offers: bool) -> Result<Value, Refusal> {
    if absent(value) {
        return Err(Refusal::Nothing);
    }
    if !matches!(value.kind(), ValueKind::String | ValueKind::Number | ValueKind::Bool) {
        return Err(Refusal::new("only a text, a number or a bool can be shown; join makes a text of a list"));
    }
    let text = as_text(value).unwrap_or_default();
    work.spend(text.len() / 8)?;
    if !offers && text.trim().is_empty() {
        return Err(Refusal::Nothing);
    }
    Ok(Value::from(text.into_owned()))
}

/// A value as one part of an address.
fn part(text: &str) -> String {
    const OTHERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, OTHERS).to_string()
}

/// A checked template.
#[derive(Default)]
pub(super) struct Written {
    /// What minijinja is to compile.
    pub(super) program: String,
    /// Each field read, with its root, once.
    pub(super) reads: Vec<(String, Read)>,
    /// Where in the program each expression begins, and how people wrote it.
    pub(super) places: Vec<(usize, String)>,
}

/// With `url`, each value is one part of an address.
pub(super) fn write(text: &str, roots: &[&str], url: bool) -> Result<Written, ExprError> {
    check_shape(text)?;
    let parsed = syntax()
        .and_then(|syntax| parse(text, "template", syntax))
        .map_err(|error| lower::syntax_error(text, &error, "this is not a template"))?;
    let mut writer = Writer { text, roots, url, written: Written::default() };
    writer.statement(&parsed)?;
    Ok(writer.written)
}

/// All white space stays but what `{%-` and `-%}` take away. `trim_blocks` would also join two lines of which the first
/// ends in `{% endif %}`.
fn syntax() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder().keep_trailing_newline(true).build()
}

/// Refuse what is not allowed, and what would take the parser's stack, before the parser sees it.
fn check_shape(text: &str) -> Result<(), ExprError> {
    let mut nesting = Nesting::default();
    let (mut began, mut keyword) = (None, false);
    // Each `if` that is open, with its `elif`s: the parser recurses for all of them.
    let mut open: Vec<usize> = Vec::new();
    for (token, span) in tokenize(text, false, Default::default()).map_while(Result::ok) {
        let range = bytes(span);
        match &token {
            Token::VariableStart | Token::BlockStart => {
                nesting = Nesting::default();
                keyword = matches!(token, Token::BlockStart);
                began = Some(range.start);
                continue;
            }
            Token::VariableEnd | Token::BlockEnd => began = None,
            Token::Ident(word) if keyword => branch(word, &mut open, &range)?,
            _ => {}
        }
        keyword = false;
        nesting.step(&token, range.clone())?;
        if open.iter().sum::<usize>() > MAX_DEPTH {
            return refuse(range, format!("more than {MAX_DEPTH} branches lie within each other"));
        }
        if began.is_some_and(|began| range.end - began > MAX_TEXT) {
            return refuse(range, format!("the expression is longer than {MAX_TEXT} bytes"));
        }
    }
    Ok(())
}

fn branch(word: &str, open: &mut Vec<usize>, range: &Range<usize>) -> Result<(), ExprError> {
    match word {
        "if" => open.push(1),
        "elif" => open.iter_mut().last().into_iter().for_each(|branches| *branches += 1),
        "endif" => drop(open.pop()),
        "else" => {}
        _ => return refuse(range.clone(), format!("{word} is not allowed; there are if, elif, else and endif")),
    }
    Ok(())
}

struct Writer<'t> {
    text: &'t str,
    roots: &'t [&'t str],
    url: bool,
    written: Written,
}

impl Writer<'_> {
    fn statement(&mut self, statement: &Stmt<'_>) -> Result<(), ExprError> {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(raw) => {
                // As a value, so that nothing in it can become an expression.
                self.put(&format!("{{{{{}|_raw}}}}", quoted(raw.raw)));
                Ok(())
            }
            Stmt::EmitExpr(emit) => {
                let lowered = lower::expression(&emit.expr, self.roots)?;
                self.place(bytes(emit.span()));
                let filter = if lowered.offers { "_offered" } else { "_shown" };
                let part = if self.url { "|_part" } else { "" };
                self.put(&format!("{{{{ ({})|{filter}{part} }}}}", lowered.program));
                self.remember(lowered);
                Ok(())
            }
            Stmt::IfCond(branch) => self.branches(branch),
            _ => refuse(0..self.text.len(), "only {{ }}, if, elif, else and endif are allowed"),
        }
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) -> Result<(), ExprError> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn branches(&mut self, branch: &ast::Spanned<ast::IfCond<'_>>) -> Result<(), ExprError> {
        let lowered = lower::condition(&branch.expr, self.roots)?;
        self.place(bytes(branch.expr.span()));
        self.put(&format!("{{% if ({}) %}}", lowered.program));
        self.remember(lowered);
        self.statements(&branch.true_body)?;
        if !branch.false_body.is_empty() {
            self.put("{% else %}");
            self.statements(&branch.false_body)?;
        }
        self.put("{% endif %}");
        Ok(())
    }

    fn put(&mut self, program: &str) {
        self.written.program.push_str(program);
    }

    /// What comes next was written there.
    fn place(&mut self, range: Range<usize>) {
        let source = self.text.get(range).unwrap_or_default();
        let source = source.trim_start_matches(['{', '-', '+']).trim();
        let source = ["if ", "elif "].iter().find_map(|word| source.strip_prefix(word)).unwrap_or(source);
        self.written.places.push((self.written.program.len(), source.to_owned()));
    }

    fn remember(&mut self, lowered: Lowered) {
        for (root, read) in lowered.reads {
            match self.written.reads.iter_mut().find(|(of, known)| *of == root && known.field == read.field) {
                Some((_, known)) => known.guarded &= read.guarded,
                None => self.written.reads.push((root, read)),
            }
        }
    }
}
