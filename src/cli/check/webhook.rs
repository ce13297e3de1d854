//! The portal's webhooks towards us.

use jiff::{SignedDuration, Timestamp};

use super::report::Report;
use crate::config::{Config, Portal};
use crate::docspace::{Client, Error, Webhook};
use crate::hooks::{self, Health};

const WHAT: &str = "webhook";

/// A webhook that is switched off so soon fails the check.
const URGENT: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn check(report: &mut Report, config: &Config, portal: &Portal, client: &Client) {
    let sources = hooks::sources(config, &portal.name);
    if sources.is_empty() {
        return report.warning(
            WHAT,
            "no source takes this portal's webhooks, so that nobody's activation is seen; add a source with connector = \"docspace\"",
        );
    }
    let all = match client.webhooks().await {
        Ok(all) => all,
        Err(Error::Scope { .. }) => {
            return report.warning(WHAT, "cannot be seen: the key lacks the scope *:read");
        }
        Err(error) => return report.warning(WHAT, error),
    };
    for source in sources {
        let address = hooks::address(config, &source.name);
        let Some(hook) = all.iter().find(|hook| hooks::is_ours(hook, address.as_ref(), &source.name)) else {
            report.warning(WHAT, format!("none posts to /hooks/{}; `usher hooks install` makes it", source.name));
            continue;
        };
        let name = format!("{} (number {})", hook.name, hook.id);
        match hooks::health(hook) {
            Health::Good => report.ok(WHAT, format!("{name} posts to /hooks/{}", source.name)),
            Health::Disabled => report.bad(
                WHAT,
                format!(
                    "{name} is switched off, so that nothing is sent; mend what failed, then run `usher hooks install`"
                ),
            ),
            Health::Deaf { .. } => {
                report.bad(WHAT, format!("{name} lacks triggers; `usher hooks install` adds them"));
            }
            Health::Narrow => {
                report.bad(WHAT, format!("{name} tells of one person only; `usher hooks install` mends it"));
            }
            Health::Failing { disabled_from } => {
                let left = disabled_from.duration_since(Timestamp::now());
                let told = failing(&name, hook, left);
                // Until the next success it cannot be seen whether a downtime is over.
                if left < URGENT { report.bad(WHAT, told) } else { report.warning(WHAT, told) }
            }
        }
    }
}

fn failing(name: &str, hook: &Webhook, left: SignedDuration) -> String {
    let hours = left.as_hours().max(0);
    let why = hook.last_failure.as_deref().filter(|why| !why.is_empty());
    let why = why.map_or_else(String::new, |why| format!(" ({})", why.chars().take(80).collect::<String>()));
    format!("{name} has been failing{why}; the portal switches it off in {hours} h. {}", hooks::advice(hook))
}
