//! The one minijinja environment, constant and shared by all expressions.

use std::io;
use std::sync::LazyLock;

use minijinja::value::Rest;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression, State, UndefinedBehavior, Value};

use super::work::{Refusal, Work, absent};
use super::{filters, lists, operators, predicates, scope, statements};

/// Instructions that one evaluation may execute.
pub(super) const FUEL: u64 = 1_000;

/// Instructions that one rendering may execute: a template of the largest size needs fewer, having no loops.
pub(super) const TEMPLATE_FUEL: u64 = 200_000;

/// Name under which the engine keeps the one template of an environment. The ending says what is escaped.
const TEXT: &str = "template.txt";
const HTML: &str = "template.html";

/// A filter or an operator: the value it stands behind and its arguments, as many as the check at load allows.
pub(super) type Run = fn(&mut Work, &[Value]) -> Result<Value, Refusal>;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| environment(FUEL));

/// What the environment of every template begins as.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment(TEMPLATE_FUEL);
    environment.set_auto_escape_callback(|name| if name == HTML { AutoEscape::Html } else { AutoEscape::None });
    for (name, run) in statements::FILTERS {
        add(&mut environment, name, run, true);
    }
    environment
});

fn environment(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // With debug on, errors carry the payload.
    environment.set_debug(false);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(50);
    for filter in filters::FILTERS.iter().chain(&lists::FILTERS) {
        add(&mut environment, filter.name, filter.run, filter.takes_absent);
    }
    for (name, run) in operators::SEEING_ABSENT {
        add(&mut environment, name, run, true);
    }
    for (name, run) in operators::PASSING_ABSENT {
        add(&mut environment, name, run, false);
    }
    for test in &predicates::TESTS {
        let run = test.run;
        environment.add_test(test.name, move |state: &mut State, values: Rest<Value>| {
            run(work(state), &values).map_err(into_error)
        });
    }
    environment
}

fn add(environment: &mut Environment<'static>, name: &'static str, run: Run, takes_absent: bool) {
    environment.add_filter(name, move |state: &mut State, values: Rest<Value>| {
        if !takes_absent && values.iter().any(absent) {
            return Ok(Value::UNDEFINED);
        }
        run(work(state), &values).map_err(into_error)
    });
}

/// What is left to this evaluation; it lives as long as the evaluation does.
fn work<'s>(state: &'s mut State<'_, '_>) -> &'s mut Work {
    let fresh = state.get_extension::<Work>().is_none();
    let weight = if fresh { state.lookup(scope::WEIGHT).and_then(|weight| weight.as_usize()) } else { None };
    state.get_or_insert_extension_with(|| Work::new(weight.unwrap_or(0)))
}

fn into_error(refusal: Refusal) -> Error {
    Error::from(ErrorKind::InvalidOperation).with_source(refusal)
}

/// Compile a program that `lower` has written.
pub(super) fn compile(program: String) -> Result<Expression<'static, 'static>, Error> {
    ENVIRONMENT.compile_expression_owned(program)
}

/// Compile a template that `statements` has written; with `html`, values are escaped for HTML.
pub(super) fn compile_template(program: String, html: bool) -> Result<Program, Error> {
    let mut environment = TEMPLATES.clone();
    let name = if html { HTML } else { TEXT };
    environment.add_template_owned(name, program)?;
    Ok(Program { environment, name })
}

/// A compiled template.
pub(super) struct Program {
    environment: Environment<'static>,
    name: &'static str,
}

impl Program {
    pub(super) fn render(&self, context: Value, out: impl io::Write) -> Result<(), Error> {
        self.environment.get_template(self.name)?.render_captured_to(context, out)?;
        Ok(())
    }
}

/// The problem in our own words: minijinja's may quote a value.
pub(super) fn explain(error: &Error, fuel: u64) -> String {
    if let Some(refusal) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Refusal>()) {
        return refusal.to_string();
    }
    match error.kind() {
        ErrorKind::OutOfFuel => format!("cannot be evaluated: it takes more than {fuel} steps"),
        kind => format!("cannot be evaluated: {kind}"),
    }
}
