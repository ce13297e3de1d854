//! `update`, `disable` and `enable` of a rule: what becomes of the accounts of those who move, leave and come back.

use super::account::{self, Type};
use super::feeds::Feeds;
use super::moment::{self, Side};
use super::rules::suits_moment;
use crate::document::Entry;
use crate::model::{Action, Disable, Enable, EventKind, Update, UserType};
use crate::rules::Ask;

/// `update = { groups, rooms, type, allow_paid }`.
pub(super) fn update(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds) -> Option<Ask> {
    let section = entry.section()?;
    let places = account::places(&section, on, feeds);
    let mut update = Update { user_type: None, groups: places.groups, rooms: places.rooms };
    let mut computed = places.computed;
    let kind = section.get("type");
    // Beside no type it is not wrong, and means nothing.
    section.get("allow_paid");
    match kind.as_ref().and_then(|entry| account::account_type(&section, entry, on, feeds)) {
        Some(Type::Fixed(UserType::Guest)) => {
            if let Some(entry) = &kind {
                entry.problem("'Guest' cannot be: DocSpace makes no guest of an account that is none; write User");
            }
        }
        Some(Type::Fixed(user_type)) => update.user_type = Some(user_type),
        Some(Type::Computed(one)) => computed.push(one),
        None => {}
    }
    if kind.is_none() && update.groups.is_none() && update.rooms.is_none() {
        entry.problem(r#"changes nothing; add groups = [{ expr = "event.department" }], rooms or type"#);
    }
    section.finish("update has groups, rooms, type and allow_paid");
    Some(Ask { action: Action::Update(update), computed })
}

/// `disable = { after_end, at, zone }`; an empty table is at once.
pub(super) fn disable(entry: &Entry<'_>, on: Option<EventKind>, feeds: &Feeds) -> Option<Ask> {
    let section = entry.section()?;
    if let Some(entry) = section.get("after_end") {
        suits_moment(&entry, on, "ends_on", feeds);
    }
    let after_end = moment::read(&section, "after_end", Side::After);
    section.finish("disable has after_end, at and zone");
    Some(Ask { action: Action::Disable(Disable { after_end }), computed: Vec::new() })
}

/// `enable = {}`.
pub(super) fn enable(entry: &Entry<'_>) -> Option<Ask> {
    let section = entry.section()?;
    section.finish("enable has no keys: write enable = {}");
    Some(Ask { action: Action::Enable(Enable {}), computed: Vec::new() })
}

/// Whether `update` can follow the event.
pub(super) fn suits_update(entry: &Entry<'_>, on: Option<EventKind>) {
    let suits = on.is_none_or(|on| matches!(on, EventKind::EmployeeUpdated | EventKind::EmployeeHired));
    if let (false, Some(on)) = (suits, on) {
        entry.problem(format!(
            "brings the account of somebody who stays to what HR says and cannot follow {on}; use it on employee.updated, or on employee.hired for whoever is back"
        ));
    }
}

/// Whether `disable` can follow the event.
pub(super) fn suits_disable(entry: &Entry<'_>, on: Option<EventKind>) {
    let suits = on.is_none_or(|on| matches!(on, EventKind::EmployeeTerminated | EventKind::EmployeeRescinded));
    if let (false, Some(on)) = (suits, on) {
        entry.problem(format!(
            "disables the account of somebody who leaves or does not come and cannot follow {on}; use it on employee.terminated or employee.rescinded"
        ));
    }
}

/// Whether `enable` can follow the event.
pub(super) fn suits_enable(entry: &Entry<'_>, on: Option<EventKind>) {
    if let Some(on) = on.filter(|on| *on != EventKind::EmployeeHired) {
        entry.problem(format!(
            "enables the account of somebody who was hired again and cannot follow {on}; use it on employee.hired"
        ));
    }
}
