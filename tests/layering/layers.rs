//! The layers: which module may import which, and what the lower ones may not know.

use crate::rules::{Breach, breach};
use crate::source::RustPath;

/// Who may import whom: only from a lower number, never from one's own.
pub(crate) const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("body", 1),
    ("address", 1),
    ("document", 1),
    ("expr", 1),
    ("fixture", 1),
    ("kept", 1),
    ("ledger", 1),
    ("names", 1),
    ("retry", 1),
    ("schedule", 1),
    ("telemetry", 1),
    ("auth", 2),
    ("guard", 2),
    ("rules", 2),
    ("texts", 2),
    ("connector", 3),
    ("anonymise", 4),
    ("config", 4),
    ("docspace", 5),
    ("fetch", 5),
    ("mail", 5),
    ("receiver", 5),
    ("sandbox", 5),
    ("store", 5),
    ("app", 6),
    ("hooks", 6),
    ("actions", 7),
    ("process", 7),
    ("catch_up", 8),
    ("erase", 8),
    ("simulation", 8),
    ("http", 9),
    ("watch", 9),
    ("worker", 9),
    ("cli", 10),
];

/// The binary. It sees the library from outside, as `usher::`.
const MAIN: u8 = 11;
/// The highest layer that knows no socket, database, file or real clock.
const PURE: u8 = 4;
/// What `std::net` has besides sockets: plain values, which a pure layer may hold.
const ADDRESSES: [&str; 4] = ["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr"];
/// The top-level module that a file under `src` belongs to; `None` for the map itself. `file` begins with `src/`.
pub(crate) fn module(file: &str) -> Option<&str> {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let top = inside.split('/').next().unwrap_or(inside);
    let name = top.strip_suffix(".rs").unwrap_or(top);
    (name != "lib").then_some(name)
}

fn layer(module: &str) -> Option<u8> {
    if module == "main" {
        return Some(MAIN);
    }
    let row = LAYERS.iter().find(|(name, _)| *name == module);
    row.map(|(_, layer)| *layer)
}

/// Imports of this crate from the same layer, from above, or of something that is no listed module.
pub(crate) fn imports(file: &str, paths: &[RustPath]) -> Vec<Breach> {
    let Some(own) = module(file) else {
        return Vec::new();
    };
    let Some(own_layer) = layer(own) else {
        return vec![breach(file, 1, format!("module {own} has no layer"))];
    };
    let mut breaches = Vec::new();
    for path in paths {
        let Some(target) = target(file, &path.parts) else {
            continue;
        };
        match layer(target) {
            _ if target == own => {}
            Some(theirs) if theirs < own_layer => {}
            Some(theirs) => breaches.push(breach(
                file,
                path.line,
                format!("{own} (layer {own_layer}) imports {target} (layer {theirs})"),
            )),
            None => breaches.push(breach(
                file,
                path.line,
                format!("imports {target} from the crate's root, which is no listed module"),
            )),
        }
    }
    breaches
}

/// The top-level module that a path leads to, where it leads into this crate at all.
fn target<'path>(file: &str, parts: &'path [String]) -> Option<&'path str> {
    let first = parts.first()?.as_str();
    let rest = match first {
        "crate" => &parts[1..],
        "usher" if module(file) == Some("main") => &parts[1..],
        "self" | "super" => {
            let ups = parts.iter().filter(|part| *part == "super").count();
            let named = parts.iter().position(|part| part != "super" && part != "self");
            if ups < depth(file) {
                return None;
            }
            &parts[named?..]
        }
        _ => return None,
    };
    rest.first().map(String::as_str)
}

/// How many `super` lead from a file to the crate's root.
fn depth(file: &str) -> usize {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    inside.split('/').count()
}

/// Sockets, databases, files, the environment and real clocks in the pure layers.
pub(crate) fn impurities(file: &str, paths: &[RustPath]) -> Vec<Breach> {
    let pure = module(file).and_then(layer).is_some_and(|layer| layer <= PURE);
    if !pure {
        return Vec::new();
    }
    let impure = paths.iter().filter(|path| is_impure(&path.parts));
    impure.map(|path| breach(file, path.line, format!("a pure layer names {}", path.parts.join("::")))).collect()
}

fn is_impure(parts: &[String]) -> bool {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let outside = match parts.as_slice() {
        ["std", "net", name] => !ADDRESSES.contains(name),
        ["std", "fs" | "net" | "env" | "process" | "thread", ..] => true,
        [first, ..] => ["tokio", "reqwest", "rusqlite", "lettre"].contains(first),
        [] => false,
    };
    let clock =
        parts.windows(2).any(|pair| matches!(pair, ["Timestamp" | "Zoned" | "Instant", "now"] | ["Uuid", "now_v7"]));
    outside || clock || parts.contains(&"SystemTime")
}

/// Modules without a layer, layers without a module, and modules that the map in `src/lib.rs` has not in the row of their
/// layer. The map is a table in the crate's documentation: `//! | 0 | [`model`]: the words |`.
pub(crate) fn map(modules: &[String], lib: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for module in modules.iter().filter(|module| *module != "main") {
        let Some(number) = layer(module) else {
            breaches.push(breach("src/lib.rs", 1, format!("module {module} has no layer")));
            continue;
        };
        let row = lib.lines().find(|line| line.starts_with(&format!("//! | {number} |")));
        if !row.is_some_and(|row| row.contains(&format!("[`{module}`]"))) {
            breaches.push(breach("src/lib.rs", 1, format!("row {number} of the map leaves out [`{module}`]")));
        }
    }
    for (name, _) in LAYERS {
        if !modules.iter().any(|module| module == name) {
            breaches.push(breach("src/lib.rs", 1, format!("the list of layers names {name}, which is no module")));
        }
    }
    breaches
}
