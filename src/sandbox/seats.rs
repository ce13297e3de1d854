//! Seats of the tariff plan: paid ones, and how many users there may be.

use super::Settings;
use super::employee::EmployeeType;
use super::portal::Portal;
use super::wire::Reply;

/// What is answered where no paid seat is free.
pub(super) fn no_seat() -> Reply {
    Reply::quota("The number of paid accounts exceeds the limit of the tariff plan")
}

/// A free seat for one more paid account.
///
/// # Errors
/// 402.
pub(super) fn check_paid(portal: &Portal, settings: &Settings) -> Result<(), Reply> {
    if portal.directory.paid_seats() < settings.paid_seats { Ok(()) } else { Err(no_seat()) }
}

/// Room for one more `User`.
///
/// # Errors
/// 402.
pub(super) fn check_users(portal: &Portal, settings: &Settings) -> Result<(), Reply> {
    // The count walks all accounts, so it is left out where there is no limit.
    if settings.user_limit == usize::MAX || portal.directory.users() < settings.user_limit {
        Ok(())
    } else {
        Err(Reply::quota("The number of users exceeds the limit of the tariff plan"))
    }
}

/// Room for one more account of this type. Guests need none.
///
/// # Errors
/// 402.
pub(super) fn check(portal: &Portal, settings: &Settings, kind: EmployeeType) -> Result<(), Reply> {
    match kind {
        EmployeeType::Guest => Ok(()),
        EmployeeType::User => check_users(portal, settings),
        _ => check_paid(portal, settings),
    }
}

/// The type a new account really gets: a paid one without a free seat silently becomes `User`, if users have room.
///
/// # Errors
/// 402.
pub(super) fn seated(portal: &Portal, settings: &Settings, wanted: EmployeeType) -> Result<EmployeeType, Reply> {
    if check(portal, settings, wanted).is_ok() {
        return Ok(wanted);
    }
    check_users(portal, settings).map(|()| EmployeeType::User)
}
