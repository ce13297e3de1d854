//! Which values of a payload are likely to be which field of a person, and what tells of the kind of event.

use std::cmp::Reverse;

use serde_json::Value as Json;

use super::days;
use super::leaves::{Leaf, Step};
use crate::connector::fields;
use crate::model::EventKind;

/// People and things beside the person that it is about.
const OTHERS: [&str; 9] =
    ["manager", "supervisor", "reportsto", "actor", "recruiter", "hiringteam", "createdby", "updatedby", "author"];
/// What a person is called in payloads.
const PEOPLE: [&str; 8] = ["employee", "worker", "person", "people", "candidate", "staff", "member", "profile"];
/// Addresses that are not for work.
const PRIVATE: [&str; 4] = ["personal", "private", "home", "other"];
/// How salutations are written, which are no job titles.
const SALUTATIONS: [&str; 8] = ["mr", "mrs", "ms", "miss", "dr", "herr", "frau", "prof"];

/// Fields that are told by their names alone, the best name first.
const NAMED: [(&str, &[&str]); 6] = [
    (
        "first_name",
        &["firstname", "givenname", "given", "forename", "legalfirstname", "preferredfirstname", "fname", "first"],
    ),
    ("last_name", &["lastname", "surname", "familyname", "family", "legallastname", "lname", "last"]),
    ("department", &["department", "departmentname", "dept", "costcenter", "team", "division"]),
    ("title", &["jobtitle", "positiontitle", "position", "jobname", "job", "title", "role"]),
    ("employment_type", &["employmenttype", "contracttype", "workertype", "employmentstatus", "jobtype"]),
    ("location", &["location", "locationname", "worklocation", "workplace", "office", "site"]),
];

/// What ids of employees are called, with how sure that is.
const NUMBERS: [(&str, i32); 16] = [
    ("employeeid", 20),
    ("workerid", 20),
    ("staffid", 20),
    ("personid", 18),
    ("memberid", 18),
    ("candidateid", 18),
    ("userid", 14),
    ("employeenumber", 13),
    ("employeeno", 13),
    ("personnelnumber", 13),
    ("personnelno", 13),
    ("staffnumber", 13),
    ("staffno", 13),
    ("empno", 13),
    ("employeecode", 12),
    ("payrollnumber", 10),
];
/// The same where they stand beside the address or the names, and mean anything elsewhere.
const NUMBERS_BESIDE: [(&str, i32); 5] = [("no", 6), ("number", 6), ("code", 5), ("ref", 5), ("reference", 4)];
/// What first days are called: in part, or as a whole.
const STARTS: (&[&str], &[&str]) = (&["start", "hire", "join", "firstday", "begin"], &["first", "from"]);
/// What last days are called.
const ENDS: (&[&str], &[&str]) = (&["terminat", "end", "lastday", "leav", "exit"], &["last", "until", "to"]);

/// The values that may be meant by a field, the likeliest first.
pub(super) fn candidates<'l, 'j>(leaves: &'l [Leaf<'j>], field: &str, email: Option<&Leaf<'j>>) -> Vec<&'l Leaf<'j>> {
    let mut found: Vec<(i32, &Leaf<'j>)> = Vec::new();
    for leaf in leaves {
        let score = match field {
            "email" => address(leaf),
            "employee_id" => number(leaf, email, leaves),
            "starts_on" => day(leaf, STARTS),
            "ends_on" => day(leaf, ENDS),
            name => NAMED.iter().find(|(known, _)| *known == name).and_then(|(_, names)| named(leaf, names)),
        };
        let near = email.map_or(0, |email| shared(&email.path, &leaf.path));
        found.extend(score.filter(|_| !leaf.is_below(&OTHERS)).map(|score| (score + near, leaf)));
    }
    found.sort_by_key(|(score, _)| Reverse(*score));
    found.into_iter().map(|(_, leaf)| leaf).collect()
}

/// How many steps two places have in common.
fn shared(one: &[Step], other: &[Step]) -> i32 {
    let shared = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    i32::try_from(shared.min(6)).unwrap_or_default()
}

fn address(leaf: &Leaf<'_>) -> Option<i32> {
    fields::coerce("email", &Json::from(leaf.value.as_str()?)).ok()??;
    let is = |words: &[&str]| {
        let names = leaf.above.iter().rev().take(2).chain([&leaf.name]);
        names.into_iter().any(|name| words.iter().any(|word| name.contains(word)))
    };
    Some(
        i32::from(is(&["mail"])) * 5 + i32::from(is(&["work", "business", "primary"])) * 3
            - i32::from(is(&PRIVATE)) * 4,
    )
}

fn number(leaf: &Leaf<'_>, email: Option<&Leaf<'_>>, leaves: &[Leaf<'_>]) -> Option<i32> {
    let is_sound = leaf.value.is_i64() || leaf.value.as_str().is_some_and(|text| !text.trim().is_empty());
    let above = leaf.above.last().map_or("", String::as_str);
    let is_person = PEOPLE.iter().any(|word| above.contains(word));
    // A body that is a bare number or text has no place in anything.
    let parent = leaf.path.split_last().map_or(&[][..], |(_, parent)| parent);
    let known = |names: &[(&str, i32)]| names.iter().find(|(name, _)| *name == leaf.name).map(|(_, score)| *score);
    let is_beside = || {
        let is_name = |other: &&Leaf<'_>| NAMED[..2].iter().any(|(_, names)| named(other, names).is_some());
        // At the top of a message a number is the message's, unless the person stands there too.
        let most = parent.len() + if parent.is_empty() { 1 } else { 2 };
        let beside = |other: &Leaf<'_>| other.path.starts_with(parent) && other.path.len() <= most;
        email.is_some_and(beside) || leaves.iter().filter(is_name).any(beside)
    };
    let score = match leaf.name.as_str() {
        "id" => 12 + if is_person { 6 } else { 0 },
        "uuid" | "guid" => 11 + if is_person { 6 } else { 0 },
        _ => known(&NUMBERS).or_else(|| known(&NUMBERS_BESIDE).filter(|_| is_beside()))?,
    };
    // An id beside the address is the person's, one at the top is often that of the message.
    let place = match email {
        Some(email) if !email.path.starts_with(parent) => -4,
        Some(email) if !parent.is_empty() || email.path.len() <= 2 => 5,
        _ => 0,
    };
    is_sound.then_some(score + place)
}

/// A date by a name that has one of the first words in it, or is one of the second.
fn day(leaf: &Leaf<'_>, (parts, words): (&[&str], &[&str])) -> Option<i32> {
    days::form(leaf.value.as_str()?)?;
    let at = parts.iter().position(|part| leaf.name.contains(part));
    let at = at.or_else(|| Some(parts.len() + words.iter().position(|word| *word == leaf.name)?))?;
    Some(10 - i32::try_from(at).unwrap_or_default())
}

fn named(leaf: &Leaf<'_>, names: &[&str]) -> Option<i32> {
    let text = leaf.value.as_str()?.trim();
    let salutation = text.trim_end_matches('.').to_lowercase();
    if text.is_empty() || SALUTATIONS.contains(&salutation.as_str()) || days::form(text).is_some() {
        return None;
    }
    let at = names.iter().position(|name| *name == leaf.name)?;
    Some(10 - i32::try_from(at).unwrap_or_default())
}

/// The values that may be the word for what happened, the likeliest first.
pub(super) fn words<'l, 'j>(leaves: &'l [Leaf<'j>]) -> Vec<&'l Leaf<'j>> {
    const NAMES: [&str; 18] = [
        "eventtype",
        "event",
        "webhookevent",
        "eventname",
        "trigger",
        "topic",
        "action",
        "hookevent",
        "changetype",
        "type",
        "operation",
        "kind",
        "evt",
        "evttype",
        "eventkind",
        "change",
        "news",
        "what",
    ];
    let mut found = Vec::new();
    for leaf in leaves {
        let text = leaf.text();
        let is_word = !text.is_empty() && text.len() <= 64 && !text.contains('@') && days::form(text).is_none();
        let is_deep = leaf.path.len() > 4 || leaf.path.iter().any(|step| matches!(step, Step::Labelled(..)));
        let Some(at) = NAMES.iter().position(|name| *name == leaf.name).filter(|_| is_word && !is_deep) else {
            continue;
        };
        let tells = if kind(text).is_some() { 4 } else { 0 };
        let depth = i32::try_from(leaf.path.len()).unwrap_or_default();
        found.push((tells * 4 - i32::try_from(at).unwrap_or_default() - depth, leaf));
    }
    found.sort_by_key(|(score, _)| Reverse(*score));
    found.into_iter().map(|(_, leaf)| leaf).collect()
}

/// The kind of event that a word speaks of.
pub(super) fn kind(word: &str) -> Option<EventKind> {
    let word = word.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    if has(&["rescind", "withdraw", "unhire", "cancel"]) {
        return Some(EventKind::EmployeeRescinded);
    }
    if has(&["terminat", "delet", "offboard", "leave", "left", "deactivat", "remov", "exit", "resign"]) {
        return Some(EventKind::EmployeeTerminated);
    }
    if has(&["hire", "creat", "new", "onboard", "join", "added", "start"]) {
        return Some(EventKind::EmployeeHired);
    }
    has(&["updat", "chang", "modif", "edit"]).then_some(EventKind::EmployeeUpdated)
}
