//! Each rule about texts against a small text that breaks it and one that does not.

use crate::layer_proofs::{assert_fine, assert_refused};
use crate::texts;

#[test]
fn a_vendors_name_is_refused_wherever_it_stands() {
    assert_refused("src/app.rs", "// As BambooHR does.\n", "1: names the vendor bamboohr");
    assert_refused("src/app.rs", "\nconst A: &str = \"x-okta-id\";\n", "2: names the vendor okta");
    assert_refused("src/app.rs", "fn workday_token() {}\n", "1: names the vendor workday");
    assert_fine("src/app.rs", "// Workdays, greenhouses and adapters are words, so are sage and remote.\n");
}

#[test]
fn sql_outside_the_store_is_refused() {
    for text in [
        "const A: &str = \"SELECT id FROM job\";",
        "const A: &str = \"select id from job\";",
        "const A: &str = r\"INSERT INTO job VALUES (1)\";",
        "const A: &str = \"\n  update job\n  set state = 1\";",
        "const A: &str = \"UPDATE job SET state = 1\";",
        "const A: &str = \"WITH x AS (SELECT 1) DELETE FROM job\";",
        "const A: &str = \"PRAGMA journal_mode\";",
    ] {
        assert_refused("src/worker.rs", text, "1: SQL outside src/store");
        assert_fine("src/store/sql.rs", text);
    }
    assert_refused("src/worker.rs", "use rusqlite::Connection;\n", "1: rusqlite outside src/store");
    assert_fine("src/worker.rs", "// SELECT is for the store.\nconst A: &str = \"may select one from the list\";\n");
}

#[test]
fn paths_of_the_portal_are_refused_elsewhere() {
    for path in ["/people", "/portal/", "api/2.0"] {
        let text = format!("\nconst A: &str = \"{path}x\";\n");
        assert_refused("src/http/mod.rs", &text, &format!("2: {path} outside src/docspace and src/sandbox"));
        assert_fine("src/docspace/call.rs", &text);
        assert_fine("src/sandbox/portal.rs", &text);
        assert_fine("src/http/mod.rs", &format!("/// Not {path} itself.\nfn f() {{}}\n"));
    }
}

#[test]
fn code_for_tests_only_is_refused() {
    for text in [
        "#[cfg(test)]",
        "#[cfg(any(unix, test))]",
        "#![cfg_attr(test, allow(dead_code))]",
        "#[test]",
        "#[tokio::test(start_paused = true)]",
        "const A: bool = cfg!(test);",
    ] {
        assert_refused("src/app.rs", &format!("\n{text}\n"), "2: code for tests only");
    }
    assert_fine("src/app.rs", "// #[cfg(test)]\n#[cfg(unix)]\n#[expect(dead_code)]\nfn test() {}\n");
}

#[test]
fn long_files_and_vague_names_are_refused() {
    assert_fine("src/app.rs", &"\n".repeat(300));
    assert_refused("src/app.rs", &"\n".repeat(301), "301: has 301 lines, more than 300");
    assert_refused("src/store/utils.rs", "", "1: utils says nothing about what is inside");
    assert_refused("src/http/common/mod.rs", "", "1: common says nothing about what is inside");
}

#[test]
fn a_connector_without_a_recorded_request_is_refused() {
    let connectors = ["acme".to_owned()];
    let missing = "src/connectors/acme.toml:1: no request under fixtures/acme";
    for fixtures in [
        vec![],
        vec!["acme/hired.expected.json"],
        vec!["acme/hired.fetched.json"],
        vec!["acme2/hired.http"],
        vec!["acme/.http"],
    ] {
        let fixtures: Vec<String> = fixtures.into_iter().map(str::to_owned).collect();
        let found = texts::unexercised(&connectors, &fixtures);
        assert_eq!(found[0].to_string(), missing);
    }
    for fixture in ["acme/hired.http", "acme/hired.json"] {
        assert_eq!(texts::unexercised(&connectors, &[fixture.to_owned()]), []);
    }
}
