//! Moments counted from a day: calendars, clocks that are put forward and back, and machines without time zones.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::Timestamp;
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZoneDatabase;
use usher::model::{Event, EventKind, Moment};
use usher::schedule::{Undue, due, odd_days, zone};

const TODAY: Date = date(2026, 8, 3);

fn moment(days: i32, at: &str, zone: &str) -> Moment {
    Moment { days, at: at.parse::<Time>().unwrap(), zone: zone.to_owned() }
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn days_are_days_of_the_calendar_there() {
    for (days, at, zone, day, told) in [
        (-3, "08:00", "UTC", "2026-12-31", "2026-12-28T08:00:00Z"),
        (-3, "08:00", "Europe/Berlin", "2026-12-31", "2026-12-28T07:00:00Z"),
        (0, "00:00", "Asia/Tokyo", "2026-12-31", "2026-12-30T15:00:00Z"),
        (-3, "23:30", "America/Los_Angeles", "2027-01-02", "2026-12-31T07:30:00Z"),
        (-14, "08:00", "UTC", "2028-03-10", "2028-02-25T08:00:00Z"),
        (1, "08:00", "UTC", "2027-02-28", "2027-03-01T08:00:00Z"),
    ] {
        assert_eq!(due(&moment(days, at, zone), day, TODAY), Ok(utc(told)), "{days} {at} {zone} {day}");
    }
}

#[test]
fn the_time_of_the_day_stays_the_same_when_the_clock_is_changed_in_between() {
    let eight = moment(-3, "08:00", "Europe/Berlin");
    assert_eq!(due(&eight, "2026-10-23", TODAY), Ok(utc("2026-10-20T06:00:00Z")), "summer time");
    assert_eq!(due(&eight, "2026-10-27", TODAY), Ok(utc("2026-10-24T06:00:00Z")), "the day before the change");
    assert_eq!(due(&eight, "2026-10-28", TODAY), Ok(utc("2026-10-25T07:00:00Z")), "the day of the change");
}

#[test]
fn a_time_that_the_clock_leaves_out_in_spring_is_an_hour_later() {
    let half_past_two = |days| moment(days, "02:30", "Europe/Berlin");
    // 02:00 is 03:00 on that night: 02:30 never comes, 03:30 is 01:30 UTC.
    assert_eq!(due(&half_past_two(0), "2027-03-28", TODAY), Ok(utc("2027-03-28T01:30:00Z")));
    assert_eq!(due(&half_past_two(-3), "2027-03-31", TODAY), Ok(utc("2027-03-28T01:30:00Z")));
    // Lord Howe leaves out half an hour only.
    let howe = moment(0, "02:15", "Australia/Lord_Howe");
    assert_eq!(due(&howe, "2026-10-04", TODAY), Ok(utc("2026-10-03T15:45:00Z")));
}

#[test]
fn of_a_time_that_comes_twice_in_autumn_it_is_the_first() {
    let moment = moment(0, "02:30", "Europe/Berlin");
    assert_eq!(due(&moment, "2026-10-25", TODAY), Ok(utc("2026-10-25T00:30:00Z")), "01:30 UTC would be the second");
}

#[test]
fn the_day_is_the_one_its_sender_wrote() {
    let moment = moment(0, "08:00", "Europe/Berlin");
    for day in
        ["2026-12-31", " 2026-12-31 ", "2026-12-31T23:59:59-11:00", "2026-12-31T00:00:00Z", "2026-12-31T00:00:00+14:00"]
    {
        assert_eq!(due(&moment, day, TODAY), Ok(utc("2026-12-31T07:00:00Z")), "{day}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    let moment = moment(-3, "08:00", "UTC");
    for day in ["", "soon", "31/12/2026", "12-31-2026", "2026-02-30", "2026-13-01", "1798675200", "2026"] {
        assert_eq!(due(&moment, day, TODAY), Err(Undue::Date), "{day}");
    }
}

#[test]
fn a_date_that_stands_for_none_is_no_day_to_count_from() {
    let moment = moment(-3, "08:00", "UTC");
    for day in ["0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31"] {
        assert_eq!(due(&moment, day, TODAY), Err(Undue::Placeholder), "{day}");
    }
    for day in ["1990-01-01", "2026-08-02", "2034-01-01"] {
        assert!(due(&moment, day, TODAY).is_ok(), "{day}");
    }
}

#[test]
fn a_zone_that_is_none_is_told() {
    let moment = moment(0, "08:00", "Europe/Atlantis");
    assert_eq!(due(&moment, "2026-12-31", TODAY), Err(Undue::Zone("Europe/Atlantis".to_owned())));
    assert!(zone("Europe/Atlantis").is_none() && zone("").is_none());
    assert!(zone("Europe/Berlin").is_some() && zone("UTC").is_some());
}

#[test]
fn the_program_brings_the_time_zones_of_the_world_along() {
    let berlin = TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
    let at = date(2026, 12, 28).at(8, 0, 0, 0).to_zoned(berlin).unwrap();
    assert_eq!(at.timestamp(), utc("2026-12-28T07:00:00Z"));
    assert!(TimeZoneDatabase::bundled().available().count() > 400);
}

#[test]
fn a_day_that_is_no_date_is_told_by_its_field_and_never_by_its_value() {
    let event = |starts_on: Option<&str>, ends_on: Option<&str>| {
        let (starts_on, ends_on) = (starts_on.map(str::to_owned), ends_on.map(str::to_owned));
        Event { starts_on, ends_on, ..Event::new(EventKind::EmployeeHired) }
    };
    for text in ["01-12-2026", "26-12-1", "1.12.26", "05/06/2026", "soon", "2026-13-01"] {
        let told = odd_days(&event(Some(text), Some("2026-12-31")));
        assert!(told.len() == 1 && told[0].starts_with("starts_on is no date"), "{text}: {told:?}");
        assert!(!told[0].contains(text), "{told:?}");
        assert_eq!(odd_days(&event(Some(text), Some(text))).len(), 2);
    }
    let later = |text: &str| Event { occurred_at: Some(text.to_owned()), ..event(None, None) };
    assert_eq!(
        odd_days(&later("1790000000")),
        ["occurred_at is no date: the connector has to yield RFC 3339, as 2026-12-01T08:00:00Z"]
    );
    assert!(odd_days(&later("2026-09-01T08:00:00.123456")).is_empty());
    assert!(odd_days(&event(None, None)).is_empty());
    assert!(odd_days(&event(Some("2026-12-01T23:30:00-08:00"), Some(" 2026-12-31 "))).is_empty());
}

#[test]
fn what_is_held_for_a_day_that_is_no_date_names_the_connector_as_a_cause() {
    let problem = due(&moment(-3, "08:00", "UTC"), "01.12.2026", TODAY).unwrap_err();
    assert_eq!(problem, Undue::Date);
    let told = problem.to_string();
    assert!(told.contains("it is the connector that reads it wrongly") && !told.contains("01.12.2026"), "{told}");
}
