//! What a condition can be told of while a part of what it sees is unknown.

use minijinja::machinery::ast::{BinOpKind, Expr as Node};
use minijinja::machinery::{Token, parse_expr, tokenize};

use super::names::bytes;

/// The parts of an expression that have to be true all of them: what stands between its outermost `and`s.
pub(super) fn of(text: &str) -> Vec<&str> {
    let is_chain = parse_expr(text)
        .is_ok_and(|parsed| matches!(&parsed, Node::BinOp(operation) if matches!(operation.op, BinOpKind::ScAnd)));
    let (mut parts, mut start, mut open) = (Vec::new(), 0, 0_usize);
    // `or` and `if` bind less tightly: there is none outside of brackets in a chain.
    for (token, span) in tokenize(text, true, Default::default()).map_while(Result::ok).filter(|_| is_chain) {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => open += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => open = open.saturating_sub(1),
            Token::Ident("and") if open == 0 => {
                let range = bytes(span);
                parts.push(text.get(start..range.start).unwrap_or_default());
                start = range.end;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}
