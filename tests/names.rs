//! Names as a portal takes them.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;
use usher::names::{NameError, NameRule, USUAL};

fn usual(first: &str, last: &str) -> (String, String) {
    let mended = NameRule::new(Some(USUAL)).mend(first, last).unwrap_or_else(|error| panic!("{first} {last}: {error}"));
    (mended.first, mended.last)
}

#[test]
fn what_the_portal_refuses_in_names_is_mended() {
    for (told, mended) in [
        ("Ada", "Ada"),
        ("Anna-Maria 2.", "Anna-Maria"),
        ("Anna-2", "Anna"),
        ("R2D2", "RD"),
        ("J.R.R.", "J R R"),
        ("Dr. Ada", "Dr Ada"),
        ("O\u{2019}Brien", "O'Brien"),
        ("O`Brien", "O'Brien"),
        ("Jean\u{2011}Luc", "Jean-Luc"),
        ("Ada\u{2013}Marie", "Ada-Marie"),
        ("  Ada   Marie ", "Ada Marie"),
        ("Ada\u{a0}Marie", "Ada Marie"),
        ("Ada\tMarie", "Ada Marie"),
        ("Ada (Adi)", "Ada Adi"),
        ("Ada/Eve", "Ada Eve"),
        ("Ada_Eve", "Ada Eve"),
        ("Ada\u{1f389}", "Ada"),
        ("Gal\u{b7}la", "Galla"),
        ("Zo\u{eb}", "Zo\u{eb}"),
        ("Zoe\u{308}", "Zoe\u{308}"),
        ("\u{41b}\u{44e}\u{434}\u{43c}\u{438}\u{43b}\u{430}", "\u{41b}\u{44e}\u{434}\u{43c}\u{438}\u{43b}\u{430}"),
        ("\u{738b}\u{5c0f}\u{660e}", "\u{738b}\u{5c0f}\u{660e}"),
        ("\u{639}\u{644}\u{64a}", "\u{639}\u{644}\u{64a}"),
    ] {
        assert_eq!(usual(told, "Example").0, mended, "{told}");
        assert_eq!(usual("Ada", told).1, mended, "{told}");
    }
}

#[test]
fn a_name_that_fits_is_left_as_it_is_and_a_change_is_told_without_the_name() {
    let rule = NameRule::new(None);
    // U+02BC is a letter, and right in Ukrainian.
    for name in ["Ada", "D'Arcy", "Mar\u{2bc}yana", "van der Berg", "Jean-Luc"] {
        assert_eq!(rule.mend(name, name).unwrap().changes, None, "{name}");
    }
    let changes = rule.mend("Ada 2.", " O\u{2019}Brien").unwrap().changes.unwrap();
    assert!(changes.starts_with("first name: ") && changes.contains("; last name: "), "{changes}");
    assert!(!changes.contains("Ada") && !changes.contains("Brien"), "{changes}");
    let shown = format!("{:?}", rule.mend("Ada 2.", "Brien").unwrap());
    assert!(!shown.contains("Ada") && !shown.contains("Brien"), "{shown}");
}

#[test]
fn a_first_name_with_nothing_left_is_an_error_and_a_last_name_may_be_empty() {
    let rule = NameRule::new(None);
    for first in ["", "  ", "42", "...", "\u{1f389}", "2-3"] {
        assert_eq!(rule.mend(first, "Example").unwrap_err(), NameError::NoFirst, "{first:?}");
    }
    for last in ["", " ", "42", ".", "\u{1f389}"] {
        assert_eq!(rule.mend("Ada", last).unwrap().last, "", "{last:?}");
    }
    assert_eq!(rule.mend("Ada", "").unwrap().changes, None);
    assert!(rule.mend("Ada", "42").unwrap().changes.unwrap().contains("left out"));
}

#[test]
fn a_portals_own_rule_is_kept_to_and_no_letter_is_taken_out_for_it() {
    let ascii = NameRule::new(Some("^[A-Za-z' -]+$"));
    assert_eq!(ascii.mend("Ada 2", "O\u{2019}Brien").unwrap().last, "O'Brien");
    assert_eq!(ascii.mend("Zo\u{eb}", "Example").unwrap_err(), NameError::First);
    assert_eq!(ascii.mend("Zoe", "M\u{fc}ller").unwrap_err(), NameError::Last);
    let narrow = NameRule::new(Some(r"^[\p{L} ]+$"));
    assert_eq!(narrow.mend("Jean-Luc", "O'Brien").unwrap().first, "Jean Luc");
    let letters = NameRule::new(Some(r"^\p{L}+$"));
    assert_eq!(letters.mend("Jean-Luc", "O'Brien 2.").unwrap().last, "OBrien");
    let digits = NameRule::new(Some(r"^[\p{L}\p{M}\d' .\-]+$"));
    assert_eq!(digits.mend("R2D2", "J.R.").unwrap().changes, None);
    let words = NameRule::new(Some(r"^[\w' \-]{2,}$"));
    assert_eq!(words.mend("R2D2", "X\u{2019}Y").unwrap().last, "X'Y");
}

#[test]
fn a_rule_that_cannot_be_read_counts_as_the_usual_one() {
    // Look-ahead, a group that is not closed, nothing, something huge.
    for pattern in ["^(?!admin).*$", "(", "", "  ", r"^(\p{L}{1,1000}){1,1000}$"] {
        assert_eq!(NameRule::new(Some(pattern)).mend("R2D2", "").unwrap().first, "RD", "{pattern}");
    }
    // What .NET calls a block.
    let cyrillic = NameRule::new(Some(r"^[\p{IsCyrillic} ]+$"));
    assert_eq!(cyrillic.mend("\u{41b}\u{44e}\u{434}\u{430} 2", "").unwrap().first, "\u{41b}\u{44e}\u{434}\u{430}");
    assert_eq!(cyrillic.mend("Ada", "").unwrap_err(), NameError::First);
}

static FIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(USUAL).unwrap());
static LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{L}").unwrap());
static RULE: LazyLock<NameRule> = LazyLock::new(|| NameRule::new(Some(USUAL)));

proptest! {
    #[test]
    fn whatever_is_mended_fits_the_rule_and_keeps_its_letters(first in "\\PC{0,30}|[A-Za-z0-9 .'\u{2019}\\-]{1,20}", last in "\\PC{0,30}") {
        if let Ok(mended) = RULE.mend(&first, &last) {
            prop_assert!(FIT.is_match(&mended.first));
            prop_assert!(mended.last.is_empty() || FIT.is_match(&mended.last));
            let letters = |text: &str| LETTER.find_iter(text).map(|found| found.as_str().to_owned()).collect::<String>();
            // U+02BC and its like are letters that may become an apostrophe.
            let plain = first.replace(['\u{2bc}', '\u{2b9}'], "'");
            prop_assert!(letters(&mended.first) == letters(&plain) || letters(&mended.first) == letters(&first));
            let is_same = mended.first == first && (mended.last == last || last.trim().is_empty());
            prop_assert_eq!(mended.changes.is_none(), is_same);
        }
    }
}
