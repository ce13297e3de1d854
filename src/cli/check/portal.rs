//! One portal: reach, version, clock, and what it lets us do.

use std::sync::Arc;

use jiff::SignedDuration;

use super::report::Report;
use super::{channels, key, webhook};
use crate::app::{self, SystemClock};
use crate::config::{Config, Portal};
use crate::docspace::{Client, Error, is_loopback};
use crate::model::{Action, Clock, UserType};
use crate::telemetry::Metrics;

/// The oldest server with API keys and with triggers to choose.
const OLDEST: (u32, u32) = (3, 1);
/// From here on a difference of the clocks is told, and from there on it matters: whether an account found was made
/// by us is judged with five minutes to spare.
const SKEW_TOLD: SignedDuration = SignedDuration::from_mins(1);
const SKEW_TOO_LARGE: SignedDuration = SignedDuration::from_mins(5);

pub(super) async fn check(report: &mut Report, config: &Config, portal: &Portal) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let client = match app::client(portal, &Metrics::new(), &clock) {
        Ok(client) => client,
        Err(error) => return report.bad("portal", error),
    };
    match client.version().await {
        Ok(version) => tell_version(report, &client, version.as_deref()),
        Err(error) => return report.bad("portal", error),
    }
    tell_tls(report, portal);
    tell_clock(report, client.clock_skew());
    let asked = Asked::of(config, &portal.name);
    if let Some(key) = key::check(report, config, portal, &client, &asked).await {
        tell_inviting(report, &client, &asked).await;
        tell_limits(report, &client).await;
        webhook::check(report, config, portal, &client).await;
        channels::check(report, &client, key.as_ref(), &asked);
    }
}

/// What the rules of a portal ask of it.
pub(super) struct Asked {
    /// The types of the accounts that rules make.
    pub(super) types: Vec<UserType>,
    /// The types that rules give to accounts that are there.
    pub(super) new_types: Vec<UserType>,
    /// The actions, with what is fixed of their parameters.
    pub(super) actions: Vec<Action>,
}

impl Asked {
    fn of(config: &Config, portal: &str) -> Self {
        let rules = config.rules.iter().filter(|rule| rule.portal == portal);
        let actions: Vec<_> = rules.flat_map(|rule| &rule.asks).map(|ask| ask.action.clone()).collect();
        let types = actions.iter().filter_map(|action| match action {
            Action::Onboard(onboard) => Some(onboard.user_type),
            Action::Congratulate(_) | Action::Update(_) | Action::Disable(_) | Action::Enable(_) => None,
        });
        let new_types = actions.iter().filter_map(|action| match action {
            Action::Update(update) => update.user_type,
            Action::Onboard(_) | Action::Congratulate(_) | Action::Disable(_) | Action::Enable(_) => None,
        });
        Self { types: types.collect(), new_types: new_types.collect(), actions }
    }
}

fn tell_version(report: &mut Report, client: &Client, version: Option<&str>) {
    let host = client.host();
    let Some(version) = version else {
        return report.warning(
            "portal",
            format!("{host} answers, and does not tell its version; DocSpace 3.1 or later is needed"),
        );
    };
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) < OLDEST => report.bad(
            "portal",
            format!(
                "{host} answers, DocSpace {version}: API keys and webhooks for people came with 3.1; update the portal"
            ),
        ),
        _ => report.ok("portal", format!("{host} answers, DocSpace {version}")),
    }
}

fn tell_tls(report: &mut Report, portal: &Portal) {
    if portal.url.scheme() == "https" {
        report.ok("tls", "the certificate is accepted");
    } else if is_loopback(&portal.url) {
        report.ok("tls", "none, and none is needed: the portal is on this machine");
    } else {
        report.warning("tls", "none: the API key travels unencrypted; use https://");
    }
}

fn tell_clock(report: &mut Report, skew: Option<SignedDuration>) {
    let Some(skew) = skew else { return };
    let seconds = skew.as_secs();
    let detail = format!("the portal's clock differs from this machine's by {seconds} s; set both by NTP");
    match skew.abs() {
        large if large >= SKEW_TOO_LARGE => report.bad("clock", detail),
        some if some >= SKEW_TOLD => report.warning("clock", detail),
        _ => report.ok("clock", "agrees with the portal's"),
    }
}

async fn tell_inviting(report: &mut Report, client: &Client, asked: &Asked) {
    const WHAT: &str = "inviting";
    let settings = match client.invitation_settings().await {
        Ok(settings) => settings,
        Err(Error::Scope { .. }) => {
            return report.warning(WHAT, "cannot be seen: the key lacks the scope *:read");
        }
        Err(error) => return report.warning(WHAT, error),
    };
    let wants = |guest: bool| asked.types.iter().any(|kind| (*kind == UserType::Guest) == guest);
    let whom = match (settings.members || !wants(false), settings.guests || !wants(true)) {
        (true, true) => return report.ok(WHAT, "is allowed by the portal's settings"),
        (false, _) => "members",
        (true, false) => "guests",
    };
    report.bad(
        WHAT,
        format!("the portal does not let {whom} be invited; switch it on in its settings under Security, Invitation settings"),
    );
}

async fn tell_limits(report: &mut Report, client: &Client) {
    const WHAT: &str = "mail limit";
    match client.settings().await.map(|settings| settings.invitation_limit) {
        Ok(Some(left)) if left <= 0 => {
            report.warning(WHAT, "no invitation is left for today; what is due waits and goes on by itself");
        }
        Ok(Some(left)) if left < i64::from(i32::MAX) => {
            report.ok(WHAT, format!("{left} invitations are left for today"))
        }
        Ok(_) => report.ok(WHAT, "the portal names none; how many seats are free it does not tell either"),
        Err(error) => report.warning(WHAT, error),
    }
}
