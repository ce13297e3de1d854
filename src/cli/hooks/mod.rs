//! `usher hooks`: DocSpace's own webhook towards us.

mod install;
mod list;
mod place;
mod reach;
mod remove;
mod standing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::app::{self, Loaded, SystemClock};
use crate::config::{Needs, Portal, Source, secret_of_file};
use crate::docspace::Client;
use crate::hooks;
use crate::ledger::Keys;
use crate::model::{Act, Clock};
use crate::store::{Change, Store};
use crate::telemetry::Metrics;

pub(super) use place::write as write_secret;

use super::by_hand;
use super::output::{Failure, Out};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make the webhook that posts to us, or mend it.
    Install(install::Args),
    /// All webhooks of the portals, as the key sees them.
    List(list::Args),
    /// Remove our webhook, or one by its number.
    Remove(remove::Args),
}

/// How the portal is asked.
#[derive(Debug, clap::Args)]
struct Access {
    /// Name of the portal, where there are several.
    #[arg(long, value_name = "NAME")]
    portal: Option<String>,
    /// A file with another API key, for the calls of this command alone; it is not kept.
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    match args.command {
        Command::Install(args) => install::run(config, &args, out).await,
        Command::List(args) => list::run(config, &args, out).await,
        Command::Remove(args) => remove::run(config, &args, out).await,
    }
}

/// What these commands work with.
struct Desk {
    /// Name of the configuration file.
    file: String,
    loaded: Loaded,
    /// The key of `--api-key-file`.
    key: Option<SecretString>,
    /// The store, if it is there: no command of these makes one.
    store: Option<Store>,
}

impl Desk {
    async fn open(config: &Path, access: &Access) -> Result<Self, Failure> {
        let key = access.api_key_file.as_deref().map(key).transpose()?;
        let needs = if key.is_some() { Needs::StoreOnly } else { Needs::PortalOnly };
        let loaded = by_hand::load_for(config, needs)?;
        let path = loaded.store_path();
        let store = if path.exists() { Some(Store::open(&path, false).await?) } else { None };
        Ok(Self { file: config.display().to_string(), loaded, key, store })
    }

    /// The portal that is named, or that `source` tells of, or the only one.
    fn portal(&self, access: &Access, source: Option<&str>) -> Result<&Portal, Failure> {
        let config = &self.loaded.config;
        let Some(source) = source else { return by_hand::named(config, access.portal.as_deref()) };
        let portal = match config.sources.get(source) {
            Some(source) => &source.portal,
            None => return Err(Failure::usage(format!("--source {source}: there is no such source"))),
        };
        if access.portal.as_ref().is_some_and(|named| named != portal) {
            return Err(Failure::usage(format!("--source {source}: it is about the portal {portal}")));
        }
        by_hand::named(config, Some(portal))
    }

    /// The sources that take the portal's webhooks: all there are, or the one named.
    fn sources(&self, portal: &Portal, named: Option<&str>) -> Result<Vec<Arc<Source>>, Failure> {
        let all = hooks::sources(&self.loaded.config, &portal.name);
        if let Some(named) = named {
            let found = all.into_iter().find(|source| source.name == named).cloned();
            return found.map(|source| vec![source]).ok_or_else(|| {
                Failure::usage(format!("--source {named}: its platform is not DocSpace, whose webhooks this is about"))
            });
        }
        Ok(all.into_iter().cloned().collect())
    }

    fn client(&self, portal: &Portal) -> Result<Client, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut portal = portal.clone();
        portal.api_key = self.key.clone().or(portal.api_key);
        Ok(app::client(&portal, &Metrics::new(), &clock)?)
    }

    /// The number of the webhook that was made for `source`.
    async fn known(&self, source: &Source) -> Result<Option<i64>, Failure> {
        match &self.store {
            Some(store) => Ok(store.recall::<Option<i64>>(&hooks::store_name(source)).await?.flatten()),
            None => Ok(None),
        }
    }

    async fn remember(&self, source: &Source, number: Option<i64>) -> Result<(), Failure> {
        let remember = vec![(hooks::store_name(source), serde_json::json!(number))];
        self.write(Change { remember, ..Change::default() }).await
    }

    /// Note in the audit what was done to a webhook.
    async fn record(&self, what: &'static str, number: i64, source: Option<&Source>) -> Result<(), Failure> {
        let detail = source.map(|source| format!("source {}", source.name));
        let act = Act { who: app::operator(), what, subject: format!("webhook {number}"), detail };
        self.write(Change { acts: vec![act], ..Change::default() }).await
    }

    async fn write(&self, change: Change) -> Result<(), Failure> {
        let Some(store) = &self.store else { return Ok(()) };
        Ok(store.write(Keys::default(), true, SystemClock.now(), move |_| (change, ())).await?)
    }

    async fn close(self) {
        if let Some(store) = self.store {
            store.close().await;
        }
    }
}

/// A key that travels in a header.
fn key(path: &Path) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("--api-key-file {}: cannot be read: {error}", path.display())))?;
    let key = secret_of_file(text).filter(|key| key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()));
    key.ok_or_else(|| {
        Failure::usage(format!("--api-key-file {}: holds no API key; it has to hold the key alone", path.display()))
    })
}
