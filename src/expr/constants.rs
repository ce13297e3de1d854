//! What is written out in an expression: names of fields, texts and numbers.

use minijinja::machinery::{Token, tokenize};

use super::Expr;

/// Something written out in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// The name of a field behind a dot.
    Name(String),
    /// A text in quotes; it may be the name of a field in brackets.
    Text(String),
    /// A whole number or one with a fraction, as it is written.
    Number(String),
}

impl Expr {
    /// Everything that is written out in the expression, in its order: what it reads by name and what it compares with.
    #[must_use]
    pub fn constants(&self) -> Vec<Constant> {
        let mut found = Vec::new();
        let mut is_field = false;
        for (token, _) in tokenize(&self.text, true, Default::default()).map_while(Result::ok) {
            found.extend(match &token {
                Token::Ident(name) if is_field => Some(Constant::Name((*name).to_owned())),
                Token::Str(text) => Some(Constant::Text((*text).to_owned())),
                Token::String(text) => Some(Constant::Text(text.to_string())),
                Token::Int(number) => Some(Constant::Number(number.to_string())),
                Token::Int128(number) => Some(Constant::Number(number.to_string())),
                Token::Float(number) => Some(Constant::Number(number.to_string())),
                _ => None,
            });
            is_field = matches!(token, Token::Dot);
        }
        found
    }
}
