//! Texts and payloads made to hurt: no panic, no overflow of a worker's stack, no unbounded work.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use usher::expr::{Expr, MAX_TEXT, Scope};

use super::{ROOTS, compile, rows, scope};

/// Run on a stack as small as a worker's; an overflow ends the suite.
pub(crate) fn quickly(what: &str, run: impl FnOnce() + Send + 'static) {
    let began = Instant::now();
    let stack = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let ended = stack.spawn(run).map(std::thread::JoinHandle::join);
    assert!(matches!(ended, Ok(Ok(()))), "{what}");
    assert!(began.elapsed() < Duration::from_secs(60), "{what} took {:?}", began.elapsed());
}

#[test]
fn hostile_texts_neither_hang_nor_overflow() {
    let pieces = "(->) [->] {'a':->} item[->] (1 or ->) item.a|default(->) 1 is in [->] '->' {{->}} -[->] not (->) \
                  -> not -> 1 if 1 else -> 1 ~ -> 1 or -> (( -> 1, -> [1]+ -> 'a' 'b' -> - not -> 1< -> 1. -> \u{0}";
    let rests = ["|lower", ".a", "[0]", " is defined", "()", "|map('lower')", "|default(1)", " if 1"];
    let pairs = pieces.split(' ').map(|piece| piece.split_once("->").unwrap_or((piece, "")));
    for (open, close) in pairs.chain(rests.map(|rest| ("", rest))) {
        let most = MAX_TEXT / (open.len() + close.len()).max(1) - 3;
        for times in [8, 16, 28, 31, 32, 33, 60, most] {
            for (before, after) in [("", ""), ("((((((((((((((((", "))))))))))))))))")] {
                let text = format!("{before}{} item.id {}{after}", open.repeat(times), close.repeat(times));
                quickly(&text.clone(), move || {
                    let _ = Expr::compile(&text, &ROOTS).map(|expr| expr.eval(&scope()));
                });
            }
        }
    }
}

#[test]
fn nesting_is_refused_at_load() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("1 ~ ", ""), ("1 or ", "")] {
        let text = |times: usize| format!("{}item.id{}", open.repeat(times), close.repeat(times));
        assert!(Expr::compile(&text(25), &ROOTS).is_ok(), "{open}");
        let refusal = Expr::compile(&text(250), &ROOTS).expect_err(open);
        assert!(refusal.message.contains("levels deep"), "{refusal}");
    }
}

#[test]
fn hostile_payloads_are_not_worked_off_without_bound() {
    let many: Vec<_> = (0..200_000).map(|index| json!({"v": index})).collect();
    let body = json!({"many": many, "long": "a".repeat(1_000_000), "big": "b".repeat(60_000), "n": 1_000_000_000});
    let scope = Scope::new([("body", &body)]);
    let repeated = |piece: &str| format!("[{}] -> too much work\n", vec![piece; 1900 / (piece.len() + 1)].join(","));
    let table = r#"
        'x' * body.n -> needs two numbers
        [0] * body.n -> needs two numbers
        (1, 2) * 1000000000 -> needs two numbers
        body.long | replace('a', body.big) -> 64 KiB
        body.long | upper -> 64 KiB
        body.long ~ 'x' -> 64 KiB
        body.big ~ body.big -> 64 KiB
        body.big + body.big -> 64 KiB
        body.many | map(attribute='v') | join(body.big) -> 64 KiB
        body.long | split('a') | join(body.big) -> 64 KiB
        body.many | selectattr('v', 'in', body.many | map(attribute='v')) -> too much work
    "#;
    let lists: String =
        ["body", "body.many|list", "body==body", "body.long|split('a')", "body.long|length"].map(repeated).concat();
    for (text, why) in rows(&format!("{table}\n{lists}")) {
        let (text, why, scope) = (text.to_owned(), why.to_owned(), scope.clone());
        quickly(&text.clone(), move || {
            let problem = compile(&text).eval(&scope).expect_err(&text);
            assert!(problem.contains(&why), "{problem}");
        });
    }
    assert_eq!(compile("body").eval(&scope), Ok(Some(body)), "a whole body may still be handed on");
    assert_eq!(compile("body.many | selectattr('v', 'eq', 7) | length").eval(&scope), Ok(Some(json!(1))));
}

#[test]
fn fuel_ends_an_expression_of_too_many_steps() {
    let text = format!("[{}]", vec!["item"; 400].join(","));
    let problem = compile(&text).eval(&Scope::new([("item", &json!(1))]));
    assert_eq!(problem.map(|list| list.map(|list| list.as_array().map(Vec::len))), Ok(Some(Some(400))));
    let text = format!("[{}]", vec!["-1"; 600].join(","));
    assert!(compile(&text).eval(&scope()).is_err_and(|problem| problem.contains("1000 steps")));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        "[0-9T:-]{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let fields = prop::collection::hash_map("[abcv]", inner.clone(), 0..5);
        let lists = prop::collection::vec(inner, 0..6).prop_map(Json::from);
        prop_oneof![lists, fields.prop_map(|fields| Json::Object(fields.into_iter().collect()))]
    })
}

/// Texts made of the language's own pieces, which get further than random ones.
fn any_text() -> impl Strategy<Value = String> {
    let pieces = "item item.a item['b'] event.title today 1 -2 2.5 'x' none true ( ) [ ] { } : , . | == != < <= > in not and or if else \
                  is + - * / // % ** ~ defined before(today) lower trim replace('a','b') join(',') first last default(1) length string \
                  int list select selectattr('a','eq',1) map('lower') map(attribute='a') split('-') date add_days(3) as_list mapping";
    let piece = prop::sample::select(pieces.split_whitespace().collect::<Vec<_>>());
    prop_oneof![prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join(" ")), any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any_text(), item in any_json()) {
        match Expr::compile(&text, &ROOTS) {
            Ok(expr) => {
                let _ = (expr.eval(&Scope::new([("item", &item), ("today", &json!("2026-03-02"))])), expr.reads("item"));
            }
            Err(refusal) => prop_assert!(refusal.range.is_some_and(|range| text.get(range).is_some())),
        }
    }

    #[test]
    fn no_payload_makes_it_panic(item in any_json(), other in any_json()) {
        let scope = Scope::new([("item", &item), ("body", &other), ("today", &json!("2026-03-02"))]);
        for (text, _) in rows("
            item|lower
            item|upper
            item|trim
            item|trim(body)
            item|replace(body,'x')
            item|join(body)
            item|first
            item|last
            item|default(body)
            item|length
            item|string
            item|int(body)
            item|list
            item|select('in',body)
            item|selectattr('a','before',body)
            item|rejectattr('a.b')
            item|map('date')
            item|map(attribute='v',default=body)
            item|split(body)
            item|split('a',body)
            item|add_days(body)
            item|as_list
            item[body]
            -item
            item is before body
            item is endingwith body
        ") {
            let _ = compile(text).eval(&scope);
        }
        for operator in ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*", "/", "//", "%", "~", "and", "or"] {
            let _ = compile(&format!("item {operator} body")).eval(&scope);
        }
    }
}
