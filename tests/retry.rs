//! When failed work is tried again.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use usher::retry::{AFTER_LIMIT, CAP, Failure, MAX_ATTEMPTS, Next, next, step};

const DAY: i64 = 24 * 60 * 60;

fn now() -> Timestamp {
    "2026-08-01T10:00:00Z".parse().unwrap()
}

fn failure(attempts: u32) -> Failure {
    Failure { attempts, tries: attempts, after: None, outage: false, outage_since: None }
}

fn outage(tries: u32, since: Option<Timestamp>) -> Failure {
    Failure { attempts: 0, tries, after: None, outage: true, outage_since: since }
}

fn due_in(failure: &Failure, jitter: f64) -> SignedDuration {
    match next(failure, now(), jitter) {
        Next::Due(at) => at.duration_since(now()),
        Next::GiveUp { reason } => panic!("gave up: {reason}"),
    }
}

#[test]
fn the_pause_doubles_from_two_seconds_to_fifteen_minutes() {
    let steps: Vec<u64> = (1..=12).map(|tries| step(tries).as_secs()).collect();
    assert_eq!(steps, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    assert_eq!(step(0), Duration::from_secs(2));
    assert_eq!(step(u32::MAX), CAP);
}

#[test]
fn the_jitter_spans_the_whole_step() {
    assert_eq!(due_in(&failure(3), 0.0), SignedDuration::ZERO);
    assert_eq!(due_in(&failure(3), 0.5), SignedDuration::from_secs(4));
    assert_eq!(due_in(&failure(3), 1.0), SignedDuration::from_secs(8));
}

#[test]
fn the_tenth_attempt_is_the_last() {
    assert!(matches!(next(&failure(MAX_ATTEMPTS - 1), now(), 0.5), Next::Due(_)));
    let Next::GiveUp { reason } = next(&failure(MAX_ATTEMPTS), now(), 0.5) else { panic!("went on") };
    assert!(reason.contains("10 attempts"), "{reason}");
}

#[test]
fn an_outage_uses_up_no_attempt() {
    let failure = Failure { attempts: MAX_ATTEMPTS, ..outage(500, Some(now())) };
    assert_eq!(due_in(&failure, 1.0), SignedDuration::from_secs(900));
}

#[test]
fn an_outage_is_waited_out_for_seven_days() {
    let since = |seconds: i64| Some(now() - SignedDuration::from_secs(seconds));
    assert!(matches!(next(&outage(9, None), now(), 0.5), Next::Due(_)));
    assert!(matches!(next(&outage(9, since(7 * DAY - 1)), now(), 0.5), Next::Due(_)));
    let Next::GiveUp { reason } = next(&outage(9, since(7 * DAY)), now(), 0.5) else { panic!("went on") };
    assert!(reason.contains("7 days"), "{reason}");
}

#[test]
fn a_long_past_outage_does_not_end_another_failure() {
    let failure = Failure { outage_since: Some(now() - SignedDuration::from_secs(30 * DAY)), ..failure(2) };
    assert!(matches!(next(&failure, now(), 0.5), Next::Due(_)));
}

#[test]
fn a_wait_that_was_asked_for_is_kept_and_spread() {
    let failure = Failure { after: Some(Duration::from_secs(60)), ..failure(1) };
    assert_eq!(due_in(&failure, 0.0), SignedDuration::from_secs(60));
    assert_eq!(due_in(&failure, 1.0), SignedDuration::from_secs(61));
    let later = Failure { tries: 9, ..failure };
    assert_eq!(due_in(&later, 1.0), SignedDuration::from_secs(61), "the ladder adds nothing to what was asked for");
}

#[test]
fn who_asks_for_no_wait_is_not_asked_again_and_again() {
    let failure = Failure { after: Some(Duration::ZERO), ..outage(9, None) };
    assert_eq!(due_in(&failure, 1.0), SignedDuration::from_secs(512));
}

#[test]
fn nobody_can_impose_more_than_a_day() {
    let failure = Failure { after: Some(Duration::MAX), ..failure(1) };
    assert_eq!(due_in(&failure, 0.0), SignedDuration::from_secs(DAY));
}

#[test]
fn the_end_of_time_is_no_trouble() {
    assert_eq!(next(&failure(9), Timestamp::MAX, 1.0), Next::Due(Timestamp::MAX));
}

proptest! {
    #[test]
    fn work_is_never_due_early_nor_late_beyond_the_limits(
        attempts in 0..MAX_ATTEMPTS,
        tries in any::<u32>(),
        after in proptest::option::of(any::<u64>().prop_map(Duration::from_secs)),
        outage in any::<bool>(),
        jitter in any::<f64>(),
    ) {
        let failure = Failure { attempts, tries, after, outage, outage_since: None };
        let wait = Duration::try_from(due_in(&failure, jitter)).unwrap();
        let asked = after.unwrap_or_default().min(AFTER_LIMIT);
        prop_assert!(wait >= asked);
        prop_assert!(wait <= asked + step(tries) && step(tries) <= CAP);
    }

    #[test]
    fn an_outage_ends_by_its_age_alone(age in 0..30 * DAY, tries in any::<u32>(), attempts in any::<u32>()) {
        let failure = Failure { attempts, ..outage(tries, Some(now() - SignedDuration::from_secs(age))) };
        let gave_up = matches!(next(&failure, now(), 0.5), Next::GiveUp { .. });
        prop_assert_eq!(gave_up, age >= 7 * DAY);
    }
}
