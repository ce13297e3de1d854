//! What is refused before any payload comes, and where the refusal points.

use usher::expr::{Expr, ExprError, MAX_TEXT};

use super::{ROOTS, compile, rows};

fn refused(text: &str) -> ExprError {
    Expr::compile(text, &ROOTS).err().unwrap_or_else(|| panic!("{text} was accepted"))
}

#[test]
fn a_refusal_at_load_points_at_the_name() {
    for (text, rest) in rows(
        r#"
        item.a|lowr -> lowr -> lower, upper
        'é' ~ item.a|lowr -> lowr -> unknown filter
        item.a is undefined -> undefined -> unknown test
        evnt.x == 1 -> evnt -> unknown variable
        'x' ~ _absent -> _absent -> unknown variable
        'x' | _lt(1) -> _lt -> unknown filter
        event.kind == event.deparment -> deparment -> no field
        event['deparment'] -> 'deparment' -> no field
        source.nmae -> nmae -> name, connector, options
        event[item.x] -> event -> field by field
        [event] -> event -> field by field
        item.x | selectattr('type', 'equals', 1) -> 'equals' -> unknown test
        item.x | selectattr('type', item.t, 1) -> item.t -> literal text
        item.x | rejectattr(item.t) -> item.t -> literal text
        item.x | select('nope') -> 'nope' -> unknown test
        item.x | select('eq') -> 'eq' -> eq takes 1 argument, not 0
        item.x | map('lowr') -> 'lowr' -> unknown filter
        item.x | map('map', 'lower') -> 'map' -> cannot apply
        item.x | map('_attribute', 'a') -> '_attribute' -> unknown filter
        item.x | map(attribute=item.t) -> item.t -> literal text
        item.x | map(atribute='t') -> map -> attribute=
        item.x | replace('a') -> replace -> replace takes 2 arguments, not 1
        item.x | join(d=',') -> join -> no argument named d
        item.x | lower(*item.y) -> lower -> arguments
        range(9) -> range(9) -> functions
        item.name.upper() -> .upper() -> methods
        2 ** 3 -> 2 ** 3 -> not allowed
        item.x[1:2] -> .x[1:2] -> slices
        1 < 2 < 3 -> 1 < 2 < 3 -> chained
        {item.x: 1} -> item.x -> literal texts
        1e999 -> 1e999 -> too large
        item.x | date('DD.MM.YYYY') -> 'DD.MM.YYYY' -> this form tells no day: %d is the day
        item.x | date('%m/%Y') -> '%m/%Y' -> tells no day
        item.x | date('%d.%m.%Q') -> '%d.%m.%Q' -> tells no day
        item.x | date(1) -> 1 -> is a text, such as '%d.%m.%Y'
        item.x | map('date', 'YYYY') -> 'YYYY' -> tells no day
        item.x | date('%d', '%m') -> date -> date takes 0 to 1 argument, not 2
        "#,
    ) {
        let (piece, word) = rest.split_once(" -> ").unwrap();
        let refusal = refused(text);
        assert_eq!(&text[refusal.range.clone().unwrap()], piece, "{text}: {refusal}");
        assert!(refusal.message.contains(word), "{text}: {refusal}");
    }
}

#[test]
fn what_is_not_an_expression_is_refused_with_a_range() {
    let texts = [
        "",
        "  ",
        "item.",
        "item..x",
        "item.x }}",
        "'open",
        "item.x = 1",
        "a b",
        "{% if %}",
        "item|tojson",
        "loop",
        "self.x()",
        "🌀",
        "item.x|safe",
    ];
    for text in texts {
        assert!(refused(text).range.is_some_and(|range| text.get(range).is_some()), "{text}");
    }
}

#[test]
fn a_slip_of_those_who_know_other_languages_is_told_with_what_to_write() {
    for (text, rest) in rows(
        r#"
        item.x = 1 -> = -> is `==` meant?
        item.x == 1 and (item.y = 'a') -> = -> is `==` meant?
        item.x | default('=') = 'a' -> = -> is `==` meant?
        item.x === 1 -> === -> write `==`
        item.x !== 1 -> !== -> write `!=`
        item.x && item.y -> && -> write `and`
        item.x || item.y -> || -> write `or`
        'a||b' == item.x || item.y -> || -> write `or`
        !item.x -> ! -> write `not`
        item.y and !item.x -> ! -> write `not`
        item.x == 'open -> ' -> is not closed
        item.x == "open' -> " -> is not closed
        'é' == item.x and 'O'Brien' == item.y -> ' -> is not closed
        "#,
    ) {
        let (piece, word) = rest.split_once(" -> ").unwrap();
        let refusal = refused(text);
        assert_eq!(&text[refusal.range.clone().unwrap()], piece, "{text}: {refusal}");
        assert!(refusal.message.contains(word), "{text}: {refusal}");
    }
    // What is none of them is told as it was.
    for text in ["item.x | map(attribute='a'", "item.x ==", "item.x !=", "a b"] {
        let refusal = refused(text);
        assert!(!["meant", "write `", "quote"].iter().any(|word| refusal.message.contains(word)), "{text}: {refusal}");
    }
}

#[test]
fn an_expression_has_at_most_2_kib() {
    assert!(Expr::compile(&format!("'{}'", "x".repeat(MAX_TEXT - 2)), &ROOTS).is_ok());
    assert!(refused(&format!("'{}'", "x".repeat(MAX_TEXT - 1))).message.contains("longer"));
}

#[test]
fn only_the_given_roots_are_known() {
    assert!(Expr::compile("item.x", &["body"]).is_err());
    assert!(Expr::compile("body.x", &["body"]).is_ok());
}

#[test]
fn the_text_is_kept() {
    assert_eq!(compile(" item.x  or 1").text(), " item.x  or 1");
}
