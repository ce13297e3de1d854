//! `usher replay`: post fixtures, freshly signed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use http::StatusCode;

use crate::app::{self, Loaded};
use crate::config::{Config, Needs, Source};
use crate::docspace;
use crate::store::{DeliveryFilter, JobFilter, Store};

use super::jobs;
use super::output::{Failure, Out, note};
use super::sign::{self, Request};
use super::wait;

/// How long `--wait` waits for the work of one request.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Fixtures: HTTP requests, or bare JSON bodies.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The source to sign for and to post to.
    #[arg(long, value_name = "NAME")]
    source: String,
    /// Post to this URL instead of the configured listener.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Send the request as it stands in the file, without signing it.
    #[arg(long)]
    as_is: bool,
    /// Set a value in the body before signing: a dotted path or a JSON pointer.
    #[arg(long, value_name = "PATH=VALUE", conflicts_with = "as_is")]
    set: Vec<String>,
    /// Wait until the work is done, and show it.
    #[arg(long)]
    wait: bool,
    /// Go on although the configured portal is not a sandbox.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(config: &Path, args: Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::SourcesOnly)?;
    let source = sign::source(&loaded, &args.source)?;
    ask_about_portal(&loaded.config, args.yes)?;
    let url = args.to.clone().unwrap_or_else(|| hook_url(loaded.config.server.listen, &source.name));
    let mut failed = false;
    for file in &args.files {
        let (method, request) = request(file, &args, &source)?;
        let newest = if args.wait { newest_delivery(&loaded, &source).await? } else { 0 };
        let status = post(&url, &method, request).await?;
        out.line(format!("{} {status}", file.display()))?;
        failed |= !status.is_success();
        if args.wait && status.is_success() {
            show_work(&loaded, &source, newest, out).await?;
        }
    }
    if failed { Err(Failure::failed("not every request was accepted; the server's log says why")) } else { Ok(()) }
}

/// Replaying makes real accounts and mails where the portal is real.
fn ask_about_portal(config: &Config, yes: bool) -> Result<(), Failure> {
    let Some(portal) = &config.portal else { return Ok(()) };
    if yes || docspace::is_loopback(portal) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the configured portal {} is not a sandbox: replaying may make real accounts and mails there; add --yes if that is \
         what you want",
        portal
    )))
}

fn hook_url(listen: SocketAddr, source: &str) -> String {
    let host = if listen.ip().is_unspecified() { "127.0.0.1".to_owned() } else { listen.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("http://{host}:{}/hooks/{source}", listen.port())
}

fn request(file: &Path, args: &Args, source: &Source) -> Result<(String, Request), Failure> {
    let mut fixture = sign::read(file)?;
    for assignment in &args.set {
        let (path, value) = assignment
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--set {assignment}: write it as path=value")))?;
        fixture.set(path, value).map_err(|error| Failure::usage(format!("--set {assignment}: {error}")))?;
    }
    let mut request = Request::of(&fixture)?;
    if !args.as_is {
        request.sign(source)?;
    }
    Ok((fixture.method, request))
}

async fn post(url: &str, method: &str, request: Request) -> Result<StatusCode, Failure> {
    let target: url::Url = url.parse().with_context(|| format!("'{url}' is not a URL"))?;
    let method = method.parse().with_context(|| format!("'{method}' is not an HTTP method"))?;
    let client = docspace::http_client(&target)?;
    let sent = client.request(method, target).headers(request.headers).body(request.body).send().await;
    let answer = sent.with_context(|| format!("nothing answers at {url}; is `usher serve` running?"))?;
    Ok(answer.status())
}

async fn newest_delivery(loaded: &Loaded, source: &Source) -> Result<i64, Failure> {
    let store = Store::open(&loaded.store_path(), false).await?;
    let filter = DeliveryFilter { source: Some(source.name.clone()), ..DeliveryFilter::default() };
    Ok(store.deliveries(filter).await?.last().map_or(0, |delivery| delivery.id.0))
}

async fn show_work(loaded: &Loaded, source: &Source, newest: i64, out: &mut Out) -> Result<(), Failure> {
    let store = Store::open(&loaded.store_path(), false).await?;
    let filter = DeliveryFilter { source: Some(source.name.clone()), ..DeliveryFilter::default() };
    let Some(delivery) = store.deliveries(filter).await?.into_iter().find(|delivery| delivery.id.0 > newest) else {
        note("nothing new was stored: the same delivery was seen before");
        return Ok(());
    };
    let filter = JobFilter { delivery: Some(delivery.id), ..JobFilter::default() };
    jobs::table(out, &wait::for_jobs(&store, filter, PATIENCE).await?)
}
