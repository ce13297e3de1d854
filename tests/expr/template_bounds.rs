//! Templates that are made to hurt.

use usher::expr::{Escape, MAX_TEMPLATE, MAX_TEXT, Template};

use super::hostile::quickly;
use super::templates::{ROOTS, refusal, render, scope};

#[test]
fn hostile_templates_neither_hang_nor_overflow() {
    let pieces = [
        ("{% if 1 %}", "{% endif %}"),
        ("{% if 1 %}", ""),
        ("{% if 1 %}{% else %}", "{% endif %}"),
        ("{{", "}}"),
        ("{{(", ")}}"),
        ("{%", "%}"),
        ("{#", "#}"),
        ("{{ 1 if 1 else ", ""),
        ("{{ -", ""),
        ("{{ 1~", ""),
        ("{", ""),
        ("{% raw %}", "{% endraw %}"),
        ("{{ [", "] }}"),
        ("{{ '", ""),
        ("{% endif %}", ""),
        ("{% if 1 %}{% endif %}{% elif 1 %}", ""),
    ];
    for (open, close) in pieces {
        for times in [2, 30, 33, 150, MAX_TEMPLATE / (open.len() + close.len()) - 3] {
            for inner in ["{{ 1 }}", "1", ""] {
                let text = format!("{}{inner}{}", open.repeat(times), close.repeat(times));
                quickly(&format!("{open} {times} {inner}"), move || {
                    let _ = Template::parse(&text, &ROOTS, Escape::Html).map(|template| template.render(&scope()));
                });
            }
        }
    }
    // Chains within one expression or one `if`, which the parser does not count as nested.
    for (open, piece, close) in [
        ("{{ 1", "~1", " }}"),
        ("{% if 1", " or 1", " %}{% endif %}"),
        ("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
        ("{{ 1", "|string", " }}"),
        ("{{ person", ".a", " }}"),
        ("{{ ", "not ", "1 }}"),
        ("{% if ", "not ", "1 %}{% endif %}"),
    ] {
        let text = format!("{open}{}{close}", piece.repeat(MAX_TEMPLATE / piece.len() - 10));
        quickly(piece, move || assert!(Template::parse(&text, &ROOTS, Escape::Html).is_err(), "{piece}"));
    }
}

#[test]
fn nesting_and_the_length_of_one_expression_are_bounded() {
    let nested = |times: usize| format!("{}x{}", "{% if true %}".repeat(times), "{% endif %}".repeat(times));
    assert_eq!(render(&nested(32)), Ok("x".to_owned()));
    assert!(refusal(&nested(33)).message.contains("within each other"));
    let chained = |times: usize| format!("{{% if false %}}a{}{{% endif %}}", "{% elif true %}x".repeat(times));
    assert_eq!(render(&chained(31)), Ok("x".to_owned()));
    assert!(refusal(&chained(32)).message.contains("within each other"));
    assert!(refusal(&format!("{{{{ '{}' }}}}", "x".repeat(MAX_TEXT))).message.contains("longer than 2048"));
}
