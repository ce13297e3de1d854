//! Operators, filters and tests, on values that are there and on values that are not.

use serde_json::{Value as Json, json};
use usher::expr::Expr;

use super::{ROOTS, compile, eval, rows, scope};

fn gives(table: &str) {
    for (text, expected) in rows(table) {
        let expected: Json = serde_json::from_str(expected).unwrap_or_else(|_| panic!("{text}: {expected}"));
        assert_eq!(eval(text), Ok(Some(expected)), "{text}");
    }
}

#[test]
fn the_needs_of_hr_payloads_are_met() {
    gives(
        r#"
        (item.emails | selectattr('type','eq','work') | first).value -> "w@example.org"
        item.fields['Employee #'].value -> "17"
        'Status' in item.changedFields -> true
        'Status' not in item.changedFields -> false
        (item.status_bits or 0) % 2 == 1 -> true
        (item.missing_bits or 0) % 2 == 1 -> false
        item.work or item.home -> "ada@example.org"
        [item.first, item.name, 'x'] | map('trim') | join(' ') -> "Ada Lovelace x"
        {'17': 'Full', '18': 'Part'}[item.id | string] -> "Full"
        'a' if item.yes and not item.no else 'b' -> "a"
        item.starts is on_or_before(today) -> true
        source.options.subdomain ~ '/' ~ item.id -> "x/17"
        true -> true
        item.emails[-1].value -> "n@example.org"
        (item.tags | first)[0] -> "b"
        item.tags -> ["b", "a"]
        item.fields -> {"Employee #": {"value": "17"}}
        item.big -> 18446744073709551615
        [item.gone, {'a': item.gone, 'b': 1}] -> [{"b": 1}]
        "quo\"te \\ \u00e9\n" -> "quo\"te \\ é\n"
        "#,
    );
}

#[test]
fn every_filter_does_its_work() {
    gives(
        r#"
        item.name | trim | lower -> "ada lovelace"
        'xxaxx' | trim('x') -> "a"
        'ß' | upper -> "SS"
        'a-b-c' | replace('-', '+') -> "a+b+c"
        item.tags | join('/') -> "b/a"
        item.tags | join -> "ba"
        (item.tags | first) ~ (item.tags | last) -> "ba"
        'abc' | last -> "c"
        item.gone | default('none') -> "none"
        '' | default('x') -> ""
        '' | default('x', true) -> "x"
        item.gone | default -> ""
        (item.tags | length) + ('äb' | length) + (item.fields | length) -> 5
        (item.id | string) ~ (item.ratio | string) ~ (item.yes | string) -> "172.5true"
        [' 42 ' | int, 2.9 | int, 'x' | int(7), item.yes | int] -> [42, 2, 7, 1]
        item.fields | list -> ["Employee #"]
        item.tags | list -> ["b", "a"]
        ['', 'a', 0] | select -> ["a"]
        ['a', 'ab'] | select('startingwith', 'ab') -> ["ab"]
        item.emails | selectattr('type') | length -> 2
        item.emails | selectattr('type', 'in', ['home', 'x']) | length -> 1
        item.emails | rejectattr('type') | map(attribute='value') -> ["n@example.org"]
        item.emails | rejectattr('type', 'eq', 'home') | length -> 2
        item.emails | map(attribute='type', default='?') -> ["home", "work", "?"]
        item.emails | map(attribute='type') -> ["home", "work"]
        [{'a': {'b': 1}}] | map(attribute='a.b') -> [1]
        ['A', 'B'] | map('lower') | map('replace', 'a', 'c') -> ["c", "b"]
        'a b  c' | split -> ["a", "b", "c"]
        'a/b/c' | split('/') -> ["a", "b", "c"]
        'a/b/c' | split('/', 1) | last -> "b/c"
        item.starts | date -> "2026-03-02"
        '2026-03-02T23:30:00Z' | date | add_days(-2) -> "2026-02-28"
        'x' | as_list -> ["x"]
        item.fields | as_list | length -> 1
        item.tags | as_list -> ["b", "a"]
        item.gone | as_list -> []
        "#,
    );
}

#[test]
fn every_test_and_operator_does_its_work() {
    for (text, _) in rows(
        r#"
        item.id is defined
        item.work is not defined
        item.id is eq(17)
        item.id is ne 18
        'a' is in(item.tags)
        item.home is startingwith('ada@')
        item.home is endingwith '.org'
        item.fields is mapping
        item.home is string
        item.yes is true
        not item.id is true
        '2026-03-01' is before(today)
        not (today is before(today))
        today is on_or_before(today)
        7 // -2 == -4
        -7 % 3 == 2
        7 / 2 == 3.5
        1 + 2 * 3 - 1 == 6
        'a' + 'b' == 'ab'
        2.5 > 2
        'a' < 'b'
        3 <= 3
        'b' >= 'a'
        item.id != 'x'
        1 == 1.0
        'Employee #' in item.fields
        'gone' not in item.fields
        'da' in item.home
        17 in [17]
        not (17 in 'a17')
        item.id in (16, 17)
        item.tags == ['b', 'a']
        none == item.gone
        ('x' if item.no) == none
        "#,
    ) {
        assert_eq!(eval(text), Ok(Some(json!(true))), "{text}");
    }
}

#[test]
fn absent_in_is_absent_out() {
    for (text, _) in rows(
        r#"
        item.gone
        item.gone.deeper['x'][0]
        item.id.deeper
        item.tags[9]
        item.tags[item.gone]
        item.work | lower
        item.gone | upper | trim | replace('a', 'b')
        'a' | replace('a', item.gone)
        item.gone | join
        item.gone | first
        item.gone | last
        [] | first
        '' | last
        item.gone | length
        item.gone | string
        item.gone | int(3)
        item.gone | list
        item.gone | select | selectattr('a') | rejectattr('a')
        item.gone | map('lower')
        item.gone | map(attribute='x')
        item.gone | split(',')
        item.gone | date | add_days(1)
        today | add_days(item.gone)
        '' | date
        item.gone + 1
        item.gone ~ 'x'
        -item.gone
        none
        fetched.x
        'x' if item.no
        "#,
    ) {
        assert_eq!(eval(text), Ok(None), "{text}");
        assert_eq!(compile(text).is_true(&scope()), Ok(false), "{text}");
    }
}

#[test]
fn absent_is_neither_ordered_nor_contained() {
    for (text, _) in rows(
        r#"
        item.gone <= today
        item.gone < 1
        item.gone >= 1
        today > item.gone
        item.gone < item.gone
        item.gone in 'abc'
        item.gone in item.tags
        'a' in item.gone
        item.gone is before(today)
        today is on_or_before(item.gone)
        item.gone is startingwith('')
        item.gone is eq('')
        item.gone is in('abc')
        item.gone is true
        item.gone is string
        item.gone is mapping
        item.gone == ''
        "#,
    ) {
        assert_eq!(eval(text), Ok(Some(json!(false))), "{text}");
    }
}

#[test]
fn absent_differs_from_every_value() {
    for text in ["item.gone != 'x'", "item.gone is ne('x')", "item.gone not in item.tags"] {
        assert_eq!(eval(text), Ok(Some(json!(true))), "{text}");
    }
}

#[test]
fn a_date_of_another_form_is_read_by_that_form_and_by_no_other() {
    for (text, expected) in rows(
        r#"
        '01.12.2026' | date('%d.%m.%Y') -> "2026-12-01"
        ' 1.2.26 ' | date('%d.%m.%y') -> "2026-02-01"
        '12/01/2026' | date('%m/%d/%Y') -> "2026-12-01"
        '01-Oct-2026' | date('%d-%b-%Y') -> "2026-10-01"
        '2026-12-01 23:30:00 -0800' | date('%Y-%m-%d %H:%M:%S %z') -> "2026-12-01"
        20261201 | date('%Y%m%d') -> "2026-12-01"
        1790000000 | date('%s') -> "2026-09-21"
        (1790000000123 // 1000) | date('%s') -> "2026-09-21"
        item.odd | date('%m/%d/%Y') | add_days(1) -> "2026-02-04"
        ['01.12.2026', '02.12.2026'] | map('date', '%d.%m.%Y') | last -> "2026-12-02"
        item.nothing | date('%d.%m.%Y') or 'none' -> "none"
        '' | date('%d.%m.%Y') or 'none' -> "none"
        "#,
    ) {
        assert_eq!(eval(text), Ok(Some(serde_json::from_str(expected).unwrap())), "{text}");
    }
    let long = format!("'{}' | date('%d.%m.%Y')", "1".repeat(101));
    for text in [
        "'2026-12-01' | date('%d.%m.%Y')",
        "'31.02.2026' | date('%d.%m.%Y')",
        "'01.12.2026 late' | date('%d.%m.%Y')",
        &long,
    ] {
        let problem = eval(text).expect_err(text);
        assert!(problem.contains("date needs a text of the form that its argument tells"), "{problem}");
        assert!(!problem.replace(text, "").contains("2026"), "{problem}");
    }
    assert!(eval("'1' | date(item.home ~ ('x' | replace('x', item.name)))").is_err(), "a form may be computed");
}

#[test]
fn failures_name_the_expression_and_no_value() {
    for (text, why) in rows(
        r#"
        item.odd | date -> date needs a date
        item.odd is before(today) -> before needs a date
        item.home | int -> int needs a number
        item.home + 1 -> + needs two numbers
        item.home * 2 -> * needs two numbers
        item.home < 5 -> a string cannot be ordered against a number
        item.fields | lower -> lower needs a text
        item.fields | string -> string needs a text
        item.fields ~ 'x' -> ~ needs texts
        item.home | join(',') -> as_list
        item.home | selectattr('x') -> selectattr needs a list
        item.home | split('') -> not empty
        item.home | replace('', 'x') -> not empty
        item.emails | map('lower') -> lower needs a text
        'a' in item.id -> in needs a list
        item.id / 0 -> / has no result
        item.id % 0 -> % has no result
        item.big * item.big * item.big -> too large
        today | add_days(99999999) -> add_days needs
        '9999-12-31' | add_days(1) -> calendar
        "#,
    ) {
        let problem = eval(text).expect_err(text);
        assert!(problem.starts_with(&format!("the expression `{text}` ")) && problem.contains(why), "{problem}");
        assert!(!problem.replace(text, "").contains("ada"), "{problem}");
    }
    assert!(!format!("{:?}", scope()).contains("ada"));
}

#[test]
fn a_root_can_be_replaced_and_shared_between_threads() {
    let scope = scope().with("item", &json!({"id": 5}));
    let shared = scope.clone();
    let other = std::thread::spawn(move || compile("item.id + (today | length)").clone().eval(&shared));
    assert_eq!(other.join().unwrap(), Ok(Some(json!(15))));
    assert_eq!(compile("item.tags").eval(&scope), Ok(None));
}

#[test]
fn the_parts_of_a_condition_that_do_not_need_a_root_are_known() {
    let parts = |text: &str| {
        let without = Expr::compile(text, &ROOTS).unwrap().without("fetched", &ROOTS);
        without.iter().map(|part| part.text().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        parts("item.a == 'x' and fetched.b and not (item.c and item.d)"),
        ["item.a == 'x'", "not (item.c and item.d)"]
    );
    assert_eq!(parts("item.a is defined and 'and' in item.b"), ["item.a is defined", "'and' in item.b"]);
    assert_eq!(parts("item.a and item.b or fetched.c"), Vec::<String>::new());
    assert_eq!(parts("(item.a and item.b) and fetched.c"), ["(item.a and item.b)"]);
    assert_eq!(parts("item.a"), ["item.a"]);
    assert_eq!(parts("(item.a and item.b)"), ["(item.a and item.b)"]);
    assert_eq!(parts("fetched[item.a] and item.b if item.c else item.d and item.e"), Vec::<String>::new());
}
