//! Each rule of the layers against a small text that breaks it and one that does not: a rule that cannot fail guards nothing.

use crate::{layers, rules, source};

/// The lines of `text`, read as `file`, that some rule objects to, with the objection.
fn objections(file: &str, text: &str) -> Vec<String> {
    let breaches = rules::file(file, text);
    breaches.iter().map(ToString::to_string).collect()
}

pub(crate) fn assert_refused(file: &str, text: &str, expected: &str) {
    let found = objections(file, text);
    assert_eq!(found, [format!("{file}:{expected}")], "{text}");
}

pub(crate) fn assert_fine(file: &str, text: &str) {
    let found = objections(file, text);
    assert!(found.is_empty(), "{text}: {found:?}");
}

#[test]
fn an_import_from_above_is_refused() {
    let text = "//! Doc.\nuse crate::store::Store;\n";
    assert_refused("src/auth/key.rs", text, "2: auth (layer 2) imports store (layer 5)");
    let inline = "fn f() {\n    crate::http::serve();\n}\n";
    assert_refused("src/worker.rs", inline, "2: worker (layer 9) imports http (layer 9)");
}

#[test]
fn an_import_from_the_same_layer_is_refused() {
    let text = "use crate::docspace::Client;\n";
    assert_refused("src/sandbox/mod.rs", text, "1: sandbox (layer 5) imports docspace (layer 5)");
}

#[test]
fn an_import_hidden_in_a_group_or_behind_super_is_refused() {
    let group = "use crate::{\n    model::{Job, Person},\n    cli::run as go,\n};\n";
    assert_refused("src/process.rs", group, "3: process (layer 7) imports cli (layer 10)");
    let outer = "use {std::fmt, crate::worker};\n";
    assert_refused("src/process.rs", outer, "1: process (layer 7) imports worker (layer 9)");
    let upwards = "use super::super::app::App;\n";
    assert_refused("src/store/rows.rs", upwards, "1: store (layer 5) imports app (layer 6)");
    let spaced = "type Held = Box<dyn crate\n    ::http::Server>;\n";
    assert_refused("src/app.rs", spaced, "2: app (layer 6) imports http (layer 9)");
}

#[test]
fn what_is_no_listed_module_is_refused() {
    let text = "use crate::Job;\n";
    assert_refused("src/app.rs", text, "1: imports Job from the crate's root, which is no listed module");
    let glob = "use crate::*;\n";
    assert_refused("src/app.rs", glob, "1: imports * from the crate's root, which is no listed module");
    assert_refused("src/gadgets.rs", "", "1: module gadgets has no layer");
    let main = "fn main() {\n    usher::gadgets::run();\n}\n";
    assert_refused("src/main.rs", main, "2: imports gadgets from the crate's root, which is no listed module");
}

#[test]
fn imports_from_below_and_from_within_are_fine() {
    assert_fine("src/store/rows.rs", "use super::contract::Store;\nuse crate::model::Job;\n");
    assert_fine("src/store/rows.rs", "use crate::store::failure::Failure;\n");
    assert_fine("src/main.rs", "fn main() {\n    usher::cli::run();\n}\n");
    assert_fine("src/lib.rs", "pub mod cli;\npub mod model;\n");
}

#[test]
fn comments_and_texts_are_no_imports() {
    let text = "//! See [`crate::store`].\n/* crate::cli /* crate::http */ crate::app */\n\
                const A: &str = \"crate::cli::run\";\nconst B: &str = r#\"\"crate::http\"\"#;\nconst C: char = '\"';\n";
    assert_fine("src/model/mod.rs", text);
    let after = "const C: char = '\"';\nfn f<'a>(_: &'a str) {}\nuse crate::store::Store;\n";
    assert_refused("src/model/mod.rs", after, "3: model (layer 0) imports store (layer 5)");
}

#[test]
fn the_outside_world_is_refused_in_a_pure_layer() {
    for (text, name) in [
        ("use std::fs;", "std::fs"),
        ("use std::{fmt, env};", "std::env"),
        ("fn f() { std::net::TcpStream::connect(a); }", "std::net::TcpStream::connect"),
        ("use tokio::sync::mpsc;", "tokio::sync::mpsc"),
        ("use reqwest;", "reqwest"),
        ("fn f() { jiff::Timestamp::now(); }", "jiff::Timestamp::now"),
        ("fn f() { Instant::now(); }", "Instant::now"),
        ("use std::time::{Duration, SystemTime};", "std::time::SystemTime"),
    ] {
        assert_refused("src/config/mod.rs", text, &format!("1: a pure layer names {name}"));
        assert_fine("src/app.rs", text);
    }
    assert_fine(
        "src/config/mod.rs",
        "//! No std::fs here.\nuse std::net::SocketAddr;\nuse std::time::Duration;\nuse std::fmt;\n",
    );
}

#[test]
fn a_module_that_the_map_leaves_out_is_refused() {
    let mut modules: Vec<String> = layers::LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let row = |layer: u8| {
        let row = layers::LAYERS.iter().filter(|(_, number)| *number == layer);
        let names: Vec<String> = row.map(|(name, _)| format!("[`{name}`]")).collect();
        format!("//! | {layer} | {} |\n", names.join(", "))
    };
    let lib: String = (0..=10).map(row).collect();
    assert_eq!(layers::map(&modules, &lib), []);

    let found = layers::map(&modules, &lib.replace("[`store`]", "store"));
    assert_eq!(found[0].to_string(), "src/lib.rs:1: row 5 of the map leaves out [`store`]");

    let found = layers::map(&modules, &lib.replace("| 5 |", "| 6 |"));
    assert_eq!(found[0].to_string(), "src/lib.rs:1: row 5 of the map leaves out [`docspace`]");

    let found = layers::map(&modules[1..], &lib);
    assert_eq!(found[0].to_string(), "src/lib.rs:1: the list of layers names model, which is no module");

    modules.push("gadgets".to_owned());
    let found = layers::map(&modules, &lib);
    assert_eq!(found[0].to_string(), "src/lib.rs:1: module gadgets has no layer");
}

#[test]
fn line_numbers_stay_true_behind_texts_and_comments_of_several_lines() {
    let text = "/* a\n b */\nconst A: &str = \"c\n \\\" d\";\nlet e = br##\"f\n\"# g\"##; crate::h;\n";
    let source = source::read(text);
    let lines: Vec<usize> = source.literals.iter().map(|literal| literal.line).collect();
    assert_eq!(lines, [3, 5]);
    let paths = source::paths(&source.code);
    assert_eq!((paths[0].line, paths[0].parts.join("::")), (6, "crate::h".to_owned()));
}
