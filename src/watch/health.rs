//! How the portal's webhooks towards us fare: said once when it changes, and told in metrics.

use tracing::{info, warn};

use crate::app::{App, WebhookState};
use crate::catch_up::Trouble;
use crate::docspace::Client;
use crate::hooks::{self, Health};

/// Look at the webhooks of `portal`, one for each source that takes them.
pub(super) async fn look(app: &App, portal: &str, client: &Client) -> Result<(), Trouble> {
    let sources = hooks::sources(&app.config, portal);
    if sources.is_empty() {
        return Ok(());
    }
    let all = client.webhooks().await?;
    for source in sources {
        let address = hooks::address(&app.config, &source.name);
        let ours = hooks::ours(&all, address.as_ref(), &source.name, None);
        let found: Vec<_> = ours.into_iter().map(hooks::health).collect();
        // One that works is enough.
        let health = found.iter().find(|health| **health == Health::Good).or(found.first());
        let state = WebhookState {
            is_healthy: health == Some(&Health::Good),
            word: health.map_or("missing", Health::as_str),
            disabled_from: match health {
                Some(Health::Failing { disabled_from }) => Some(*disabled_from),
                _ => None,
            },
        };
        if app.webhooks.set(portal, &source.name, state) != Some(state) {
            tell(portal, &source.name, health);
        }
    }
    Ok(())
}

/// Whether a webhook of `portal` was not as it has to be when it was looked at.
pub(super) fn is_unwell(app: &App, portal: &str) -> bool {
    app.webhooks.all().iter().any(|((of, _), state)| of == portal && !state.is_healthy)
}

fn tell(portal: &str, source: &str, health: Option<&Health>) {
    match health {
        None => warn!(portal, source, "no webhook of the portal posts to this source; `usher hooks install` makes it"),
        Some(Health::Good) => info!(portal, source, "the portal's webhook is as it has to be"),
        Some(Health::Failing { disabled_from }) => warn!(
            portal,
            source,
            %disabled_from,
            "the portal's webhook fails, and the portal switches it off by itself; does [server] public_url lead here, and is its secret ours? \
             `usher check` says more"
        ),
        Some(Health::Disabled) => warn!(
            portal,
            source, "the portal's webhook is switched off: nothing is sent; `usher hooks install` switches it on"
        ),
        Some(Health::Deaf { missing }) => warn!(
            portal,
            source,
            missing = hooks::trigger_names(*missing).join(", "),
            "the portal's webhook lacks triggers; `usher hooks install` adds them"
        ),
        Some(Health::Narrow) => {
            warn!(portal, source, "the portal's webhook tells of one person only; `usher hooks install` mends it")
        }
    }
}
