//! `usher hooks remove`: our webhook, or one by its number.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Portal, Source};
use crate::docspace::{Client, Error, Webhook};
use crate::hooks;

use super::super::output::{Failure, Out};
use super::{Access, Desk};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Number of one webhook, as `usher hooks list` shows it.
    #[arg(value_name = "ID", conflicts_with = "source")]
    id: Option<i64>,
    /// Only that of this source.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Although it is not ours.
    #[arg(long, requires = "id")]
    yes: bool,
    #[command(flatten)]
    access: Access,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let desk = Desk::open(config, &args.access).await?;
    let portal = desk.portal(&args.access, args.source.as_deref())?;
    let client = desk.client(portal)?;
    let all = client.webhooks().await.map_err(refusal)?;
    let ours = ours(&desk, portal, &all, args.source.as_deref()).await?;
    match args.id {
        Some(id) => {
            let hook = all.iter().find(|hook| hook.id == id).ok_or_else(|| {
                Failure::failed(format!("the portal has no webhook {id}, or shows it to its owner alone"))
            })?;
            let source = ours.iter().find(|(_, hook)| hook.id == id).map(|(source, _)| source);
            if source.is_none() && !args.yes {
                return Err(Failure::failed(format!(
                    "webhook {id} ({}) posts to {} and is not ours; say --yes to remove it all the same",
                    hook.name, hook.uri
                )));
            }
            remove(&desk, &client, source, hook, out).await?;
        }
        None if ours.is_empty() => out.line("nothing to do: no webhook of the portal posts to us")?,
        None => {
            for (source, hook) in &ours {
                remove(&desk, &client, Some(source), hook, out).await?;
            }
        }
    }
    desk.close().await;
    Ok(())
}

/// Those that are ours for sure: without `[server] public_url` only those that we made.
async fn ours<'h>(
    desk: &Desk,
    portal: &Portal,
    all: &'h [Webhook],
    named: Option<&str>,
) -> Result<Vec<(Arc<Source>, &'h Webhook)>, Failure> {
    let mut found = Vec::new();
    for source in desk.sources(portal, named)? {
        let address = hooks::address(&desk.loaded.config, &source.name);
        let known = desk.known(&source).await?;
        let ours = hooks::ours(all, address.as_ref(), &source.name, known);
        let ours = ours.into_iter().filter(|hook| address.is_some() || known == Some(hook.id));
        found.extend(ours.map(|hook| (Arc::clone(&source), hook)));
    }
    Ok(found)
}

async fn remove(
    desk: &Desk,
    client: &Client,
    source: Option<&Arc<Source>>,
    hook: &Webhook,
    out: &mut Out,
) -> Result<(), Failure> {
    let is_removed = client.remove_webhook(hook.id).await.map_err(refusal)?;
    if let Some(source) = source {
        desk.remember(source, None).await?;
    }
    if is_removed {
        desk.record("hooks remove", hook.id, source.map(|source| &**source)).await?;
    }
    let what = if is_removed { "removed" } else { "was gone already:" };
    out.line(format!("{what} webhook {} ({}) to {}", hook.id, hook.name, hook.uri))
}

fn refusal(error: Error) -> Failure {
    match error {
        Error::Scope { needed, .. } => Failure::failed(format!(
            "the key lacks the scope {needed}, without which the portal lets nobody at webhooks; make one with it in \
             DocSpace under Developer Tools, API keys, or name the file of another key with --api-key-file"
        )),
        error => Failure::failed(error.summary()),
    }
}
