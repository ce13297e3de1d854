//! From the text that people write to the program that minijinja runs.
//!
//! Each node is checked and written anew. Operators become filters of our own, so that they bound their
//! results, know the absent value and quote nothing; `and`, `or`, `not` and `if` stay, since they decide
//! what is evaluated at all.

use std::collections::BTreeSet;

use minijinja::Value;
use minijinja::machinery::ast::{self, BinOpKind, Expr as Node, UnaryOpKind};
use minijinja::machinery::{Token, parse_expr, tokenize};
use serde_json::Value as Json;

use super::hints;
use super::names::{self, bytes, refuse};
use super::reads::Ask;
use super::{ExprError, Read};

/// How deep brackets, signs and operators may nest. The parser recurses, and so does what it makes.
pub(super) const MAX_DEPTH: usize = 32;

/// A variable that no scope has.
const ABSENT: &str = "_absent";

/// A checked expression.
pub(super) struct Lowered {
    /// What minijinja is to compile.
    pub(super) program: String,
    /// Each field read, with its root, once.
    pub(super) reads: Vec<(String, Read)>,
    /// Each root read, however it is read.
    pub(super) roots: BTreeSet<String>,
    /// Whether it offers something for where a value is absent: by `or`, `default` or `if`.
    pub(super) offers: bool,
}

pub(super) fn lower(text: &str, roots: &[&str]) -> Result<Lowered, ExprError> {
    check_nesting(text)?;
    let parsed = parse_expr(text).map_err(|error| {
        let error = syntax_error(text, &error, "this is not an expression");
        error.range.as_ref().and_then(|range| hints::hint(text, range)).unwrap_or(error)
    })?;
    expression(&parsed, roots)
}

/// Lower one parsed expression.
pub(super) fn expression(parsed: &Node<'_>, roots: &[&str]) -> Result<Lowered, ExprError> {
    twice(roots, |pass| pass.node(parsed, Ask::No))
}

/// Lower one parsed expression of which only the truth is asked: an absent field is false, and no error.
pub(super) fn condition(parsed: &Node<'_>, roots: &[&str]) -> Result<Lowered, ExprError> {
    twice(roots, |pass| pass.truth(parsed))
}

fn twice(roots: &[&str], run: impl Fn(&mut Pass<'_>) -> Result<String, ExprError>) -> Result<Lowered, ExprError> {
    let (asked, found) = (BTreeSet::new(), BTreeSet::new());
    let mut pass = Pass { roots, asked, reads: Vec::new(), found, offers: false, depth: 0 };
    // The first pass learns which fields are asked for by `is defined`, wherever that stands.
    run(&mut pass)?;
    pass.reads.clear();
    let program = run(&mut pass)?;
    Ok(Lowered { program, reads: pass.reads, roots: pass.found, offers: pass.offers })
}

pub(super) fn syntax_error(text: &str, error: &minijinja::Error, otherwise: &str) -> ExprError {
    let message = error.detail().unwrap_or(otherwise).to_owned();
    // Where the tokenizer stops at a character it does not know, the end may lie within that.
    let range = error.range().map(|range| text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end));
    let range = range.filter(|range| range.start <= range.end).unwrap_or(0..text.len());
    ExprError { message, range: Some(range) }
}

/// Refuse what would take the parser's stack before it sees it.
fn check_nesting(text: &str) -> Result<(), ExprError> {
    let mut nesting = Nesting::default();
    for (token, span) in tokenize(text, true, Default::default()).map_while(Result::ok) {
        nesting.step(&token, bytes(span))?;
    }
    Ok(())
}

/// How deep the brackets and signs of one expression nest so far.
#[derive(Default)]
pub(super) struct Nesting {
    open: usize,
    signs: usize,
}

impl Nesting {
    pub(super) fn step(&mut self, token: &Token<'_>, range: std::ops::Range<usize>) -> Result<(), ExprError> {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.open += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.signs = if matches!(token, Token::Minus | Token::Ident("not")) { self.signs + 1 } else { 0 };
        if self.open > MAX_DEPTH || self.signs > MAX_DEPTH { too_deep(range) } else { Ok(()) }
    }
}

pub(super) fn too_deep<T>(range: std::ops::Range<usize>) -> Result<T, ExprError> {
    refuse(range, format!("the expression nests more than {MAX_DEPTH} levels deep"))
}

pub(super) struct Pass<'r> {
    pub(super) roots: &'r [&'r str],
    /// Root and field of each `is defined`.
    pub(super) asked: BTreeSet<(String, String)>,
    pub(super) reads: Vec<(String, Read)>,
    /// Each root that is read.
    pub(super) found: BTreeSet<String>,
    offers: bool,
    depth: usize,
}

impl Pass<'_> {
    pub(super) fn node(&mut self, node: &Node<'_>, ask: Ask) -> Result<String, ExprError> {
        self.deeper(node, |pass| pass.any(node, ask))
    }

    fn deeper(
        &mut self,
        node: &Node<'_>,
        run: impl FnOnce(&mut Self) -> Result<String, ExprError>,
    ) -> Result<String, ExprError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return too_deep(bytes(node.span()));
        }
        let program = run(self);
        self.depth -= 1;
        program
    }

    /// A condition: a lone field asks for itself, also behind `not` and beside `and` and `or`.
    fn truth(&mut self, node: &Node<'_>) -> Result<String, ExprError> {
        self.deeper(node, |pass| match node {
            Node::UnaryOp(operation) if matches!(operation.op, UnaryOpKind::Not) => {
                Ok(format!("(not {})", pass.truth(&operation.expr)?))
            }
            Node::BinOp(operation) if matches!(operation.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                let word = if matches!(operation.op, BinOpKind::ScAnd) { "and" } else { "or" };
                Ok(format!("({} {word} {})", pass.truth(&operation.left)?, pass.truth(&operation.right)?))
            }
            Node::GetAttr(_) | Node::GetItem(_) => pass.any(node, Ask::Here),
            _ => pass.any(node, Ask::No),
        })
    }

    pub(super) fn plain(&mut self, node: &Node<'_>) -> Result<String, ExprError> {
        self.node(node, Ask::No)
    }

    fn any(&mut self, node: &Node<'_>, ask: Ask) -> Result<String, ExprError> {
        let range = bytes(node.span());
        match node {
            Node::Var(var) => self.whole_root(var),
            Node::Const(constant) => {
                literal(&constant.value).map_or_else(|| refuse(range, "the number is too large"), Ok)
            }
            Node::GetAttr(get) => {
                let end = range.end;
                self.field(&get.expr, get.name, end.saturating_sub(get.name.len())..end, ask)
            }
            Node::GetItem(get) => self.item(get, ask),
            Node::UnaryOp(operation) => {
                let operand = self.plain(&operation.expr)?;
                Ok(match operation.op {
                    UnaryOpKind::Not => format!("(not {operand})"),
                    UnaryOpKind::Neg => format!("{operand}|_neg"),
                })
            }
            Node::BinOp(operation) => self.operation(operation, ask, range),
            Node::IfExpr(choice) => self.choice(choice, ask),
            Node::Filter(filter) => self.filter(filter, ask),
            Node::Test(test) => self.test(test),
            Node::List(list) => self.list(&list.items),
            Node::Tuple(tuple) => self.list(&tuple.items),
            Node::Map(map) => self.map(map),
            Node::Compare(_) => refuse(range, "comparisons cannot be chained; join them by `and`"),
            Node::Slice(_) => refuse(range, "slices are not allowed"),
            Node::Call(call) => match call.expr {
                Node::GetAttr(_) => refuse(range, "methods cannot be called; use a filter"),
                _ => refuse(range, "functions cannot be called"),
            },
        }
    }

    fn operation(
        &mut self,
        node: &ast::BinOp<'_>,
        ask: Ask,
        range: std::ops::Range<usize>,
    ) -> Result<String, ExprError> {
        let operator = match node.op {
            BinOpKind::ScAnd => {
                return Ok(format!("({} and {})", self.plain(&node.left)?, self.plain(&node.right)?));
            }
            BinOpKind::ScOr => {
                self.offers = true;
                let left = self.node(&node.left, if ask == Ask::No { Ask::Here } else { ask })?;
                return Ok(format!("({left} or {})", self.node(&node.right, ask)?));
            }
            BinOpKind::Pow => return refuse(range, "** is not allowed"),
            BinOpKind::Eq => "_eq",
            BinOpKind::Ne => "_ne",
            BinOpKind::Lt => "_lt",
            BinOpKind::Lte => "_le",
            BinOpKind::Gt => "_gt",
            BinOpKind::Gte => "_ge",
            BinOpKind::In => "_in",
            BinOpKind::Add => "_add",
            BinOpKind::Sub => "_sub",
            BinOpKind::Mul => "_mul",
            BinOpKind::Div => "_div",
            BinOpKind::FloorDiv => "_floor",
            BinOpKind::Rem => "_rem",
            BinOpKind::Concat => "_cat",
        };
        Ok(format!("{}|{operator}({})", self.plain(&node.left)?, self.plain(&node.right)?))
    }

    fn choice(&mut self, choice: &ast::IfExpr<'_>, ask: Ask) -> Result<String, ExprError> {
        self.offers = true;
        let (test, chosen) = (self.plain(&choice.test_expr)?, self.node(&choice.true_expr, ask)?);
        let other = choice.false_expr.as_ref().map(|other| self.node(other, ask)).transpose()?;
        Ok(format!("({chosen} if {test} else {})", other.as_deref().unwrap_or(ABSENT)))
    }

    fn filter(&mut self, filter: &ast::Spanned<ast::Filter<'_>>, ask: Ask) -> Result<String, ExprError> {
        let range = names::name_bytes(filter.span(), filter.name);
        let (name, args) = names::filter_call(filter.name, &filter.args, range.clone())?;
        let Some(input) = &filter.expr else {
            return refuse(range, "a filter stands behind a value");
        };
        self.offers |= name == "default";
        let input = self.node(input, if name == "default" && ask == Ask::No { Ask::Here } else { ask })?;
        Ok(format!("{input}|{name}({})", self.arguments(&args)?))
    }

    fn test(&mut self, test: &ast::Spanned<ast::Test<'_>>) -> Result<String, ExprError> {
        let range = names::name_bytes(test.span(), test.name);
        let (name, args) = names::test_call(test.name, &test.args, range)?;
        let input = self.node(&test.expr, if name == "defined" { Ask::Everywhere } else { Ask::No })?;
        Ok(format!("{input} is {name}({})", self.arguments(&args)?))
    }

    fn arguments(&mut self, args: &[&Node<'_>]) -> Result<String, ExprError> {
        Ok(args.iter().map(|arg| self.plain(arg)).collect::<Result<Vec<_>, _>>()?.join(","))
    }

    fn list(&mut self, items: &[Node<'_>]) -> Result<String, ExprError> {
        let items: Vec<_> = items.iter().collect();
        Ok(format!("[{}]|_list", self.arguments(&items)?))
    }

    fn map(&mut self, map: &ast::Map<'_>) -> Result<String, ExprError> {
        let mut pairs = Vec::new();
        for (key, value) in map.keys.iter().zip(&map.values) {
            if !matches!(key, Node::Const(constant) if constant.value.as_str().is_some()) {
                return refuse(bytes(key.span()), "the keys of a mapping must be literal texts");
            }
            pairs.push(format!("{}:{}", self.plain(key)?, self.plain(value)?));
        }
        Ok(format!("{{{}}}", pairs.join(",")))
    }
}

pub(super) fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// A constant as minijinja reads it, whose escapes include JSON's; `None` for a number out of range.
fn literal(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        Some(quoted(text))
    } else if value.is_none() {
        Some(ABSENT.to_owned())
    } else if value.is_number() && !value.is_integer() {
        let number = f64::try_from(value.clone()).ok().filter(|number| number.is_finite());
        number.map(|number| format!("{number:?}"))
    } else {
        Some(value.to_string())
    }
}
