//! What is told of a source by how well its connector is known, and of platforms that cannot post here.

use usher::config::{Config, Needs};
use usher::connector::Catalog;
use usher::document::Problem;

use super::{look_up, told};

const HEAD: &str = r#"
[auth]
kind = "hmac"
signed = "{body}"
sig = "header:x-sig"
[[event]]
kind = "employee.hired"
employee_id = "body.id"
email = "body.mail"
"#;

/// A configuration of one source of the connector `acme`, which has this `[evidence]`.
fn parse(evidence: &str, source: &str) -> Result<Config, Vec<Problem>> {
    let mut catalog = Catalog::embedded();
    let text = format!("name = \"acme\"\ntitle = \"Acme People\"\n[evidence]\n{evidence}{HEAD}");
    catalog.add("acme.toml", &text).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let limits = "name = \"pulled\"\ntitle = \"Pulled People\"\nlimits = \"\"\"\nIt has a queue.\nUse an export instead.\n\"\"\"\n";
    catalog.add("pulled.toml", limits).unwrap();
    let config = format!("[sources.hr]\nconnector = \"acme\"\nsecrets = [{{ env = \"ACME\" }}]\n{source}");
    Config::parse("usher.toml", &config, &catalog, &look_up, Needs::SourcesOnly)
}

#[test]
fn what_is_assumed_is_served_only_by_leave() {
    let evidence = "scheme = \"vendor\"\npayload = \"assumed\"\nfetch = \"assumed\"\nnote = \"no sample was seen\"\n";
    let problems = parse(evidence, "").unwrap().serve_problems();
    assert_eq!(
        told(&problems),
        "usher.toml:2:13: sources.hr.connector: of the connector acme the payload and fetch is assumed, not proven (no \
         sample was seen); compare what the platform really sends with `usher explain FILE --source hr`, then write \
         accept_assumptions = true here\n"
    );
    assert_eq!(told(&parse(evidence, "accept_assumptions = false\n").unwrap().serve_problems()).lines().count(), 1);
    let accepted = parse(evidence, "accept_assumptions = true\n").unwrap();
    assert_eq!(told(&accepted.serve_problems()), "");
    assert!(!told(&accepted.warnings).contains("accept_assumptions"));
    assert!(accepted.sources["hr"].accepts_assumptions);
}

#[test]
fn what_others_or_nobody_said_is_served_and_leave_for_nothing_is_told() {
    for evidence in ["", "scheme = \"vendor\"\npayload = \"third-party\"\n"] {
        assert_eq!(told(&parse(evidence, "").unwrap().serve_problems()), "", "{evidence}");
        let needless = parse(evidence, "accept_assumptions = true\n").unwrap();
        assert!(
            told(&needless.warnings).contains(
                "usher.toml:4:22: sources.hr.accept_assumptions: the connector acme assumes nothing; take it out"
            ),
            "{}",
            told(&needless.warnings)
        );
    }
    let problems = told(&parse("", "accept_assumptions = \"yes\"\n").unwrap_err());
    assert!(problems.contains("sources.hr.accept_assumptions: must be true or false"), "{problems}");
}

#[test]
fn a_platform_that_cannot_post_here_is_refused_with_what_to_do_instead() {
    let config = "[sources.more]\nconnector = \"pulled\"\nsecrets = [{ env = \"ACME\" }]\n";
    assert_eq!(
        told(&parse("", config).unwrap_err()),
        "usher.toml:5:13: sources.more.connector: Pulled People cannot be connected directly, so no source can be of it: It \
         has a queue. Use an export instead.\n"
    );
}

#[test]
fn near_names_are_asked_for_by_spelling_and_by_title() {
    for (name, near) in [("acne", "acme"), ("pulled-people", "pulled"), ("standardwebhooks", "standard-webhooks")] {
        let config = format!("[sources.more]\nconnector = \"{name}\"\nsecrets = [{{ env = \"ACME\" }}]\n");
        let problems = told(&parse("", &config).unwrap_err());
        assert!(problems.contains(&format!("is one of these meant: {near}")), "{problems}");
    }
    let config = "[sources.more]\nconnector = \"xyz\"\nsecrets = [{ env = \"ACME\" }]\n";
    assert!(
        told(&parse("", config).unwrap_err()).contains("there is no connector 'xyz'; `usher connectors` lists all")
    );
}
