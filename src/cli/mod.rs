//! The command line. One file a command; results go to standard output through `output::Out`, everything else to
//! standard error.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.

mod audit;
mod by_hand;
mod catch_up;
mod check;
mod congratulate;
mod connectors;
mod deliveries;
mod demo;
mod explain;
mod forget;
mod hooks;
mod init;
mod invite;
mod jobs;
mod listing;
mod output;
mod pause;
mod people;
mod people_merge;
mod people_plans;
mod people_split;
mod remind;
mod replay;
mod report;
mod sandbox;
mod schema;
mod serve;
mod sheet;
mod sign;
mod simulate;
mod sources;
mod sources_lacking;
mod sources_secret;
mod wait;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{Failure, Out};

/// Signed HR webhooks in, ONLYOFFICE DocSpace users, invitations and congratulations out.
#[derive(Debug, Parser)]
#[command(name = "usher", version, propagate_version = true)]
struct Cli {
    /// The configuration file.
    #[arg(long, global = true, env = "USHER_CONFIG", value_name = "FILE", default_value = DEFAULT_CONFIG)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

/// Where the configuration is looked for without `--config`.
const DEFAULT_CONFIG: &str = "usher.toml";

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive webhooks and do the work.
    Serve,
    /// Show the whole story on this machine in seconds; no configuration needed.
    Demo,
    /// Write a commented usher.toml and secrets/, pointing at the sandbox; never overwrites.
    Init,
    /// Check the configuration, then whether DocSpace answers and takes the key.
    Check,
    /// Run a stand-in DocSpace.
    Sandbox(sandbox::Args),
    /// Sign fixtures freshly and post them.
    Replay(replay::Args),
    /// Verify, map and plan a fixture without side effects.
    Explain(explain::Args),
    /// Say what would become of people: fixtures, a list of the staff, or stored deliveries. Nothing is written anywhere.
    Simulate(simulate::Args),
    /// Print the headers that a sender of this source would add.
    Sign(sign::Args),
    /// The catalogue of platforms.
    Connectors(connectors::Args),
    /// The endpoints, and the secrets that platforms have told them.
    Sources(sources::Args),
    /// The JSON Schema of connector files or of usher.toml, for editors.
    Schema(schema::Args),
    /// Webhooks that were accepted.
    Deliveries(deliveries::Args),
    /// Queued and finished work.
    Jobs(jobs::Args),
    /// The people in the ledger; invite, ask about and congratulate them by hand.
    People(people::Args),
    /// What people did by hand: who, when and what.
    Audit(audit::Args),
    /// The emergency stop: webhooks are still stored, and nothing is done at a portal until it is resumed.
    Pause(pause::Args),
    /// End a pause.
    Resume(pause::Args),
    /// DocSpace's own webhook towards us.
    Hooks(hooks::Args),
    /// Take in what DocSpace's webhook missed, from its delivery log.
    CatchUp(catch_up::Args),
    /// Print an invitation link that anybody may use to register.
    Link(by_hand::LinkArgs),
}

impl Command {
    /// The log filter of a command that wants another one than usual.
    fn log_filter(&self) -> Option<&'static str> {
        // What the log would say of the portal is what these tell themselves.
        match self {
            Self::Demo | Self::Check | Self::Hooks(_) => Some("error"),
            Self::CatchUp(_) => Some("warn"),
            _ => None,
        }
    }
}

/// Parse the command line, run the command, say how it ended.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let filter = std::env::var(crate::telemetry::LOG_VARIABLE).ok().filter(|filter| !filter.trim().is_empty());
    let filter = filter.or_else(|| cli.command.log_filter().map(str::to_owned));
    if let Err(error) = crate::telemetry::init(filter.as_deref(), std::io::stderr().is_terminal()) {
        return Failure::usage(error.to_string()).report();
    }
    // The one crypto provider of the process; a second call would only find it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(error).report(),
    };
    let ended = runtime.block_on(dispatch(cli));
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let out = &mut Out::new();
    let config = cli.config.as_path();
    match cli.command {
        Command::Serve => serve::run(config).await,
        Command::Demo => demo::run(out).await,
        Command::Init => init::run(config, out),
        Command::Check => check::run(config, out).await,
        Command::Sandbox(args) => sandbox::run(args, out).await,
        Command::Replay(args) => replay::run(config, args, out).await,
        Command::Explain(args) => explain::run(config, &args, out),
        Command::Simulate(args) => simulate::run(config, args, out).await,
        Command::Sign(args) => sign::run(config, &args, out),
        Command::Connectors(args) => connectors::run(config, &args, out),
        Command::Sources(args) => sources::run(config, args, out).await,
        Command::Schema(args) => schema::run(&args, out),
        Command::Deliveries(args) => deliveries::run(config, args, out).await,
        Command::Jobs(args) => jobs::run(config, args, out).await,
        Command::People(args) => people::run(config, args, out).await,
        Command::Audit(args) => audit::run(config, &args, out).await,
        Command::Pause(args) => pause::pause(config, &args, out).await,
        Command::Resume(args) => pause::resume(config, &args, out).await,
        Command::Hooks(args) => hooks::run(config, args, out).await,
        Command::CatchUp(args) => catch_up::run(config, &args, out).await,
        Command::Link(args) => by_hand::link(config, &args, out).await,
    }
}
