//! `usher replay`: post fixtures, freshly signed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use http::{Method, StatusCode};
use url::Url;

use crate::app;
use crate::config::{Config, Needs, Source};
use crate::docspace;
use crate::model::JobId;
use crate::store::{JobFilter, Store};

use super::jobs;
use super::output::{Failure, Out, note};
use super::people_plans;
use super::sign::{self, Request};
use super::wait;

/// How long `--wait` waits without any job of a request ending.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Fixtures: HTTP requests, or bare JSON bodies.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The source to sign for and to post to.
    #[arg(long, value_name = "NAME")]
    source: String,
    /// Post to this URL instead of the configured listener; without a path, to /hooks/NAME there.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Send the signature that stands in the file instead of a fresh one.
    #[arg(long)]
    as_is: bool,
    /// Set a value in the body, before it is signed: a dotted path or a JSON pointer.
    #[arg(long, value_name = "PATH=VALUE")]
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
    let url = target(&args, loaded.config.server.listen)?;
    // All files are read before the first is sent.
    let requests: Vec<_> = args.files.iter().map(|file| request(file, &args, &source)).collect::<Result<_, _>>()?;
    let store = if args.wait { Some(Store::open(&loaded.store_path(), false).await?) } else { None };
    let (mut refused, mut unfinished) = (false, false);
    for (file, (method, request)) in args.files.iter().zip(requests) {
        let newest = match &store {
            Some(store) => newest_job(store, &source).await?,
            None => None,
        };
        let status = post(&url, method, request).await?;
        out.line(format!("{} {status}", file.display()))?;
        refused |= !status.is_success();
        if let Some(store) = store.as_ref().filter(|_| status.is_success()) {
            unfinished |= !show_work(&loaded.config, store, &source, newest, out).await?;
        }
    }
    match (refused, unfinished) {
        (true, _) => Err(Failure::failed("not every request was accepted; the server's log says why")),
        (_, true) => {
            Err(Failure::failed("not all of the work has come to an end; `usher jobs list` shows how it goes on"))
        }
        _ => Ok(()),
    }
}

/// Replaying makes real accounts and mails where the portal is real.
fn ask_about_portal(config: &Config, yes: bool) -> Result<(), Failure> {
    let Some(portal) = config.portals.iter().find(|portal| !docspace::is_loopback(&portal.url)) else { return Ok(()) };
    if yes {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the configured portal {} is not a sandbox: replaying may make real accounts and mails there; add --yes if that is \
         what you want",
        portal.url
    )))
}

/// Where to post: the given URL, with the path of the source where it has none; else the configured listener.
fn target(args: &Args, listen: SocketAddr) -> Result<Url, Failure> {
    let path = format!("/hooks/{}", args.source);
    let Some(to) = &args.to else {
        if listen.port() == 0 {
            return Err(Failure::usage(
                "[server] listen leaves the port to the system; say where the server is with --to",
            ));
        }
        let host = match listen.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        return parse(&format!("http://{}{path}", SocketAddr::new(host, listen.port())));
    };
    let mut url = parse(to)?;
    if url.path() == "/" {
        url.set_path(&path);
    }
    Ok(url)
}

fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        Failure::usage(format!("--to {text}: is not an http or https URL, such as http://127.0.0.1:8080/hooks/NAME"))
    })
}

fn request(file: &Path, args: &Args, source: &Source) -> Result<(Method, Request), Failure> {
    let mut fixture = sign::read(file)?;
    for assignment in &args.set {
        let (path, value) = assignment
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--set {assignment}: write it as path=value")))?;
        let wrong = |error| Failure::usage(format!("{}: --set {assignment}: {error}", file.display()));
        fixture.set(path, value).map_err(wrong)?;
    }
    let method = fixture.method.parse();
    let method =
        method.map_err(|_| Failure::usage(format!("{}: {} is not an HTTP method", file.display(), fixture.method)))?;
    let mut request = Request::of(&fixture)?;
    if !args.as_is {
        request.sign(source)?;
    }
    Ok((method, request))
}

async fn post(url: &Url, method: Method, request: Request) -> Result<StatusCode, Failure> {
    let client = docspace::http_client(url)?;
    let mut to = url.clone();
    if !request.query.is_empty() {
        to.set_query(Some(&request.query));
    }
    let sent = client.request(method, to).headers(request.headers).body(request.body).send().await;
    let answer = sent.with_context(|| format!("nothing answers at {url}; is `usher serve` running?"))?;
    Ok(answer.status())
}

fn of_source(source: &Source) -> JobFilter {
    JobFilter { source: Some(source.name.clone()), ..JobFilter::default() }
}

async fn newest_job(store: &Store, source: &Source) -> Result<Option<JobId>, Failure> {
    Ok(store.jobs(of_source(source)).await?.iter().map(|job| job.id).max())
}

/// Wait for what follows from the request just accepted, and show it; whether all of it came to an end.
async fn show_work(
    config: &Config,
    store: &Store,
    source: &Source,
    newest: Option<JobId>,
    out: &mut Out,
) -> Result<bool, Failure> {
    let jobs = store.jobs(of_source(source)).await?;
    // Deliveries of a source are processed in order, so the first new one is ours or came right before ours.
    let Some(delivery) = jobs.iter().filter(|job| Some(job.id) > newest).find_map(|job| job.delivery) else {
        note("nothing new was stored: the same delivery was seen before");
        return Ok(true);
    };
    let filter = JobFilter { delivery: Some(delivery), ..JobFilter::default() };
    let jobs = wait::for_jobs(store, filter, PATIENCE).await?;
    jobs::table(config, store, &jobs, out).await?;
    people_plans::of_delivery(store, delivery, out).await?;
    Ok(!jobs.iter().any(wait::is_open))
}
