//! `usher check`: is the configuration right, does DocSpace answer, does it take the key.

use std::path::Path;
use std::sync::Arc;

use crate::app::{self, SystemClock};
use crate::config::{self, Needs};
use crate::docspace::{Client, Error, Settings};
use crate::store::Store;

use super::output::{Failure, Out};

/// One line of the result: what, state, what to do.
struct Line {
    what: &'static str,
    good: bool,
    state: String,
}

fn line(what: &'static str, result: Result<String, String>) -> Line {
    let good = result.is_ok();
    Line { what, good, state: result.unwrap_or_else(|state| state) }
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
    lines.extend(loaded.config.warnings.iter().map(|warning| line("warning", Ok(warning.to_string()))));
    lines.push(line("store", store(&loaded.store_path()).await));
    match &loaded.config.docspace {
        None => lines.push(line("portal", Ok("no [docspace]: webhooks are stored, actions are held".to_owned()))),
        Some(portal) => lines.extend(self::portal(portal).await),
    }
    let bad = lines.iter().any(|line| !line.good);
    let row = |line: Line| [line.what.to_owned(), if line.good { "ok" } else { "FAILED" }.to_owned(), line.state];
    out.table(["what", "state", "detail"], lines.into_iter().map(row).collect())?;
    if bad { Err(Failure::Shown) } else { Ok(()) }
}

async fn store(path: &Path) -> Result<String, String> {
    if !path.exists() {
        return Ok(format!("{} does not exist yet; `usher serve` makes it", path.display()));
    }
    let store = Store::open(path, false).await.map_err(|error| error.to_string())?;
    store.check_writable().await.map_err(|error| error.to_string())?;
    Ok(format!("{} is writable", path.display()))
}

async fn portal(portal: &config::Docspace) -> Vec<Line> {
    let settings = Settings::new(portal.url.clone(), portal.api_key.clone());
    let client = match Client::new(settings, Arc::new(SystemClock)) {
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
        lines.push(line("look-up", look_up(&client).await));
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

/// The call every onboarding begins with, for an address that no portal has.
async fn look_up(client: &Client) -> Result<String, String> {
    match client.find_by_email("usher-check@usher.invalid").await {
        Ok(_) => Ok("people can be looked up by address".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
