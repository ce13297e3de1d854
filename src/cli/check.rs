//! `usher check`: is the configuration right, does DocSpace answer, does it take the key.

use std::path::Path;
use std::sync::Arc;

use crate::app::{self, SystemClock};
use crate::config::{self, Needs};
use crate::docspace::{Client, Error};
use crate::model::Clock;
use crate::store::Store;
use crate::telemetry::Metrics;

use super::output::{Failure, Out};

/// One line of the result: what, state, what to do.
type Line = [String; 3];

/// The state of a line that makes the command fail.
const BAD: &str = "FAILED";

fn line(what: &str, result: Result<String, String>) -> Line {
    match result {
        Ok(detail) => [what.to_owned(), "ok".to_owned(), detail],
        Err(detail) => [what.to_owned(), BAD.to_owned(), detail],
    }
}

/// Something to think about that nothing fails for.
fn warning(what: &str, detail: impl ToString) -> Line {
    [what.to_owned(), "warning".to_owned(), detail.to_string()]
}

pub(super) async fn run(config: &Path, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::Everything)?;
    let refused = loaded.config.serve_problems();
    if !refused.is_empty() {
        return Err(refused.into());
    }
    let sources: Vec<_> = loaded.config.sources.keys().cloned().collect();
    let told = format!("{} source(s): {}; {} rule(s)", sources.len(), sources.join(", "), loaded.config.rules.len());
    let mut lines = vec![line("configuration", Ok(told))];
    lines.extend(loaded.config.warnings.iter().map(|told| warning("configuration", told)));
    lines.push(line("store", store(&loaded.store_path()).await));
    if loaded.config.portals.is_empty() {
        lines.push(warning("portal", "no [docspace]: webhooks are stored, and nothing is done at a portal"));
    }
    for portal in &loaded.config.portals {
        lines.extend(self::portal(portal).await);
    }
    let bad = lines.iter().any(|[_, state, _]| state == BAD);
    out.table(["what", "state", "detail"], lines)?;
    if bad { Err(Failure::Shown) } else { Ok(()) }
}

async fn store(path: &Path) -> Result<String, String> {
    if !path.exists() {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !directory.is_dir() {
            return Err(format!(
                "the directory of the store {} does not exist; make it, or change `url` under [store]",
                path.display()
            ));
        }
        return Ok(format!("{} does not exist yet; `usher serve` makes it", path.display()));
    }
    let store = Store::open(path, false).await.map_err(|error| error.to_string())?;
    let writable = store.check_writable().await.map_err(|error| format!("{}: {error}", path.display()));
    store.close().await;
    writable?;
    Ok(format!("{} is writable", path.display()))
}

async fn portal(portal: &config::Portal) -> Vec<Line> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let client = match app::client(portal, &Metrics::new(), &clock) {
        Ok(client) => client,
        Err(error) => return vec![line("portal", Err(error.to_string()))],
    };
    let reached = match client.version().await {
        Ok(Some(version)) => Ok(format!("{} answers, DocSpace {version}", client.host())),
        Ok(None) => Ok(format!("{} answers", client.host())),
        Err(error) => Err(format!("{error}; is the url right and the portal up?")),
    };
    let reachable = reached.is_ok();
    let mut lines = vec![line("portal", reached)];
    if reachable {
        lines.push(line("api key", key(&client).await));
        lines.push(scopes(&client).await);
        lines.push(look_up(&client).await);
    }
    lines
}

async fn key(client: &Client) -> Result<String, String> {
    match client.owner().await {
        Ok(owner) => Ok(format!("accepted; acts as a {}", owner.user_type)),
        Err(Error::Scope { .. }) => Ok("accepted; it may not read its own profile (accounts.self:read)".to_owned()),
        Err(error @ Error::Paused { .. }) => Err(format!(
            "{error}; make a key in DocSpace under Developer Tools, API keys, and put it where [docspace] api_key points"
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// What the calls of Usher need; a key without scopes may do everything.
async fn scopes(client: &Client) -> Line {
    const NEEDED: [&str; 2] = ["accounts:write", "accounts.self:read"];
    let key = match client.key_info().await {
        Ok(key) => key,
        // Servers before 3.2 do not tell; each call will.
        Err(error) => return warning("scopes", format!("the portal does not tell them: {error}")),
    };
    let lacking: Vec<_> = NEEDED.into_iter().filter(|scope| !key.allows(scope)).collect();
    if !lacking.is_empty() {
        return line(
            "scopes",
            Err(format!("the key lacks {}; add it in DocSpace under Developer Tools, API keys", lacking.join(" and "))),
        );
    }
    let all = if key.permissions.is_empty() { "all".to_owned() } else { key.permissions.join(", ") };
    line("scopes", Ok(all))
}

/// The call every onboarding begins with, for the one person that is there for sure: the owner of the key. No made-up
/// address is sent to a portal.
async fn look_up(client: &Client) -> Line {
    const WHAT: &str = "look-up";
    let email = match client.owner().await {
        Ok(owner) if !owner.email.is_empty() => owner.email.clone(),
        _ => return warning(WHAT, "not tried: the portal does not tell the address of the key's owner"),
    };
    match client.find_by_email(&email).await {
        Ok(Some(_)) => line(WHAT, Ok("people can be looked up by address".to_owned())),
        Ok(None) => line(WHAT, Err("the portal does not find the key's owner by the address it tells".to_owned())),
        Err(error) => line(WHAT, Err(error.to_string())),
    }
}
