//! The mail server: whether it lets us in. No letter is sent.

use super::report::Report;
use crate::app;
use crate::config::Config;

pub(super) async fn check(report: &mut Report, config: &Config) {
    const WHAT: &str = "mail server";
    match app::mailer(config) {
        Ok(None) => {}
        Ok(Some(mailer)) => report.add(WHAT, mailer.check().await.map_err(|error| error.to_string())),
        Err(error) => report.bad(WHAT, error),
    }
}
