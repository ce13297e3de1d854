//! The configurations of the page are read by the program.

use usher::config::{Config, Needs};
use usher::connector::Catalog;

use crate::page::Page;

/// What an example may leave out, each with how one sees that it does not.
const REST: [(&[&str], &str); 4] = [
    (
        &["[docspace]", "[portals."],
        "[docspace]\nurl = \"https://portal.example.com\"\napi_key = { env = \"DOCSPACE_API_KEY\" }\n",
    ),
    (&["[smtp]"], "[smtp]\nhost = \"smtp.example.com\"\nfrom = \"people@example.com\"\n"),
    (&["[guard]"], "[guard]\nnew_people_per_day = 50\n"),
    (&["[sources.hr]"], "[sources.hr]\nconnector = \"generic-hmac\"\nsecrets = [{ env = \"HR_SECRET\" }]\n"),
];

/// Fit for a sender, a receiver and a portal.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLAcM";

#[test]
fn the_configurations_of_the_page_are_right() {
    let examples = Page::read().examples();
    assert!(examples.len() > 3, "found only {examples:?}");
    let catalog = Catalog::embedded();
    for (name, mut text) in examples {
        for (marks, rest) in REST {
            if !marks.iter().any(|mark| text.contains(mark)) {
                text = format!("{rest}\n{text}");
            }
        }
        let config = Config::parse(&name, &text, &catalog, &|_| Ok(SECRET.to_owned()), Needs::Everything);
        let told = |problems: Vec<usher::document::Problem>| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let config = config.unwrap_or_else(|problems| panic!("{name}:\n{}", told(problems)));
        assert!(!config.rules.is_empty(), "{name} has no rule");
        assert_eq!(told(config.warnings), "", "{name}");
    }
}
