//! The platforms that the page lists, against those of the program.

use usher::connector::{Catalog, Connector};
use usher::model::EventKind;

use crate::page::Page;

/// Kinds that a payload can speak of; the other one is derived.
fn kinds(connector: &Connector) -> Vec<EventKind> {
    let maps = |kind: &EventKind| *kind != EventKind::UserActivated && connector.fields_mapped(*kind).is_some();
    EventKind::ALL.into_iter().filter(maps).collect()
}

/// Whether the payload is Usher's own, which tells of everything.
fn is_in_house(connector: &Connector) -> bool {
    kinds(connector).len() == EventKind::ALL.len() - 1
}

/// As its row has to be.
fn row(connector: &Connector) -> Vec<String> {
    let kinds: Vec<_> = kinds(connector).iter().map(ToString::to_string).collect();
    let tells: Vec<_> = kinds.iter().map(|kind| kind.trim_start_matches("employee.")).collect();
    let proof = connector.evidence.weakest().map_or("", |proof| proof.as_str());
    let asks = if connector.has_fetch() { "yes" } else { "" };
    let cells = [&connector.title, &format!("`{}`", connector.name), &tells.join(", "), proof, asks];
    cells.map(str::to_owned).into()
}

#[test]
fn every_platform_has_a_row_that_says_what_it_tells_and_how_well_it_is_known() {
    let catalog = Catalog::embedded();
    let told = Page::read().table("platform");
    let known: Vec<_> = catalog.iter().filter(|connector| !is_in_house(connector)).map(|one| row(one)).collect();
    for row in &known {
        assert!(told.contains(row), "the README lacks the row\n| {} |", row.join(" | "));
    }
    assert_eq!(told.len(), known.len(), "the README lists a platform that is not there, or one twice");
}

#[test]
fn what_is_not_in_the_table_is_named_below_it() {
    let catalog = Catalog::embedded();
    let page = Page::read();
    let (_, below) = page.text.split_once("\nFor systems of your own there are ").expect("the sentence is there");
    let (own, rest) = below.split_once(". Of ").expect("another one follows");
    let (others, _) = rest.split_once(", which cannot post here").expect("it ends so");
    let names = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let in_house = catalog.iter().filter(|connector| is_in_house(connector)).map(|one| one.name.clone());
    assert_eq!(names(own), in_house.collect::<Vec<_>>());
    assert_eq!(names(others), catalog.platforms().map(|platform| platform.name.clone()).collect::<Vec<_>>());
}
