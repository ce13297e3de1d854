//! Who works with the program by hand.

/// Environment variable in which `sudo` says who called it.
const SUDO_USER: &str = "SUDO_USER";

/// The operating system's user, for the audit; with who called `sudo`, if that is known.
#[must_use]
pub fn operator() -> String {
    let user = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
    match std::env::var(SUDO_USER) {
        Ok(caller) if !caller.is_empty() && caller != user => format!("{user} (sudo by {caller})"),
        _ => user,
    }
}
