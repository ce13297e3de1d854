//! The arguments of `list` and `show`, whatever is listed.

#[derive(Debug, clap::Args)]
pub(super) struct List<F: clap::Args> {
    #[command(flatten)]
    pub(super) filter: F,
    /// As one JSON array.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The numbers that the list shows.
    #[arg(required = true)]
    pub(super) ids: Vec<i64>,
    /// As one JSON array.
    #[arg(long)]
    pub(super) json: bool,
}
