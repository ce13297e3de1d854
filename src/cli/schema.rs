//! `usher schema`: what editors know connector files and configurations by, while they are written.

use clap::ValueEnum;

use super::output::{Failure, Out};

const CONNECTOR: &str = include_str!("../schemas/connector.schema.json");
const CONFIG: &str = include_str!("../schemas/config.schema.json");

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of what.
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// Connector files.
    Connector,
    /// usher.toml.
    Config,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<(), Failure> {
    out.line(match args.of {
        Of::Connector => CONNECTOR.trim_end(),
        Of::Config => CONFIG.trim_end(),
    })
}
