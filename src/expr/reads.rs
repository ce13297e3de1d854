//! Reads of variables and fields: which are allowed, and which ask for what may be absent.

use std::ops::Range;

use minijinja::machinery::ast::{self, Expr as Node};

use super::lower::{Pass, quoted};
use super::names::{self, EVENT, HEADERS, bytes, refuse};
use super::{ExprError, Read};

/// Whether the surroundings of a read ask for the field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    No,
    /// By `or` or `default`: this read only.
    Here,
    /// By `is defined`: every read of the field.
    Everywhere,
}

impl Pass<'_> {
    pub(super) fn whole_root(&mut self, var: &ast::Spanned<ast::Var<'_>>) -> Result<String, ExprError> {
        self.check_root(var)?;
        if names::fields_of(var.id).is_some() {
            return refuse(bytes(var.span()), format!("{0} can only be read field by field: {0}.FIELD", var.id));
        }
        Ok(var.id.to_owned())
    }

    fn check_root(&mut self, var: &ast::Spanned<ast::Var<'_>>) -> Result<(), ExprError> {
        if self.roots.contains(&var.id) {
            self.found.insert(var.id.to_owned());
            return Ok(());
        }
        let known = names::join(self.roots.iter().copied());
        refuse(bytes(var.span()), format!("unknown variable {}; the variables here are {known}", var.id))
    }

    /// `base.name`, however written.
    pub(super) fn field(
        &mut self,
        base: &Node<'_>,
        name: &str,
        range: Range<usize>,
        ask: Ask,
    ) -> Result<String, ExprError> {
        let Node::Var(root) = base else {
            return Ok(format!("{}[{}]", self.base(base, ask)?, quoted(name)));
        };
        self.check_root(root)?;
        if root.id == HEADERS {
            let name = name.to_ascii_lowercase();
            self.note(HEADERS, &name, ask);
            return Ok(format!("{HEADERS}[{}]", quoted(&name)));
        }
        if let Some(fields) = names::fields_of(root.id)
            && !fields.contains(&name)
        {
            let fields = names::join(fields.iter().copied());
            return refuse(range, format!("{} has no field {name}; its fields are {fields}", root.id));
        }
        let guarded = self.note(root.id, name, ask);
        let read = format!("{}[{}]", root.id, quoted(name));
        Ok(if root.id == EVENT && !guarded { format!("({read}|_known({}))", quoted(name)) } else { read })
    }

    /// Remember the read; whether this one is guarded.
    fn note(&mut self, root: &str, field: &str, ask: Ask) -> bool {
        let key = (root.to_owned(), field.to_owned());
        let guarded = ask != Ask::No || self.asked.contains(&key);
        if ask == Ask::Everywhere {
            self.asked.insert(key);
        }
        match self.reads.iter_mut().find(|(of, read)| of == root && read.field == field) {
            Some((_, read)) => read.guarded &= guarded,
            None => self.reads.push((root.to_owned(), Read { field: field.to_owned(), guarded })),
        }
        guarded
    }

    pub(super) fn item(&mut self, get: &ast::Spanned<ast::GetItem<'_>>, ask: Ask) -> Result<String, ExprError> {
        if let Node::Const(key) = &get.subscript_expr
            && let Some(name) = key.value.as_str()
        {
            return self.field(&get.expr, name, bytes(key.span()), ask);
        }
        let base = self.base(&get.expr, ask)?;
        Ok(format!("{base}[{}]", self.plain(&get.subscript_expr)?))
    }

    /// What stands before `[...]`, which binds more tightly than a filter.
    pub(super) fn base(&mut self, node: &Node<'_>, ask: Ask) -> Result<String, ExprError> {
        let base = self.node(node, ask)?;
        Ok(
            if matches!(
                node,
                Node::Filter(_) | Node::Test(_) | Node::BinOp(_) | Node::UnaryOp(_) | Node::List(_) | Node::Tuple(_)
            ) {
                format!("({base})")
            } else {
                base
            },
        )
    }
}
