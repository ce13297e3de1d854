//! How much the durable intake costs: the whole public listener on a real SQLite file against a handler that only reads
//! the body, under the same load. `cargo bench --bench intake`; what is measured and how stands in `benches/README.md`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on shall stop; it prints")]

mod hires;
mod load;
mod memory;
mod report;
mod requests;
mod server;

use std::path::Path;
use std::time::Duration;

use load::{Load, Measured};
use report::Table;
use requests::Requests;
use server::{Server, Variant};

/// Connections of the generator, each with one request under way.
const CONNECTIONS: [usize; 3] = [32, 64, 256];
/// How often every pair is measured; medians are told.
const ROUNDS: usize = 3;
/// Signed requests made beforehand. A run ends early when it has sent them all.
const REQUESTS: usize = 150_000;
/// Not counted: connections open, statements and caches warm.
const WARM_UP: Duration = Duration::from_millis(300);
/// Counted.
const COUNTED: Duration = Duration::from_millis(1200);
/// Hires of the measure of time to the first call: few enough that the limit of calls a minute does not show.
const HIRES: usize = 40;

fn main() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    usher::telemetry::init(Some("info"), false).unwrap();
    let wanted = Wanted::from_arguments();
    let (rounds, seconds) = (wanted.number("rounds").unwrap_or(ROUNDS), wanted.number("seconds"));
    let counted = seconds.map_or(COUNTED, |seconds| Duration::from_secs(seconds as u64));
    let requests = Requests::signed(seconds.map_or(REQUESTS, |seconds| seconds * REQUESTS));
    println!("{} distinct signed requests of {} bytes on average", requests.len(), requests.mean_length());
    let mut table = Table::default();
    for round in 1..=rounds {
        for connections in CONNECTIONS.into_iter().filter(|count| wanted.has(&count.to_string())) {
            for variant in Variant::ALL.into_iter().filter(|variant| wanted.has(variant.word())) {
                let measured = run(dir.path(), variant, connections, counted, &requests);
                println!("round {round}: {connections:>3} connections, {:<18} {measured}", variant.name());
                table.add(connections, variant, measured);
            }
        }
    }
    println!("\n{table}");
    if wanted.has("hires") {
        println!("{}", hires::measure(dir.path(), HIRES));
    }
    if wanted.has("memory") {
        println!("{}", memory::measure(dir.path()));
    }
}

/// Arguments for looking at one part: parts left out, such as `no-256 no-whole no-hires`, and `rounds=1 seconds=8`.
struct Wanted(Vec<String>);

impl Wanted {
    fn from_arguments() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    fn number(&self, key: &str) -> Option<usize> {
        self.0.iter().find_map(|argument| argument.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
    }

    fn has(&self, part: &str) -> bool {
        !self.0.iter().any(|argument| argument.strip_prefix("no-") == Some(part))
    }
}

/// One server under load, alone and with a fresh store.
fn run(dir: &Path, variant: Variant, connections: usize, counted: Duration, requests: &Requests) -> Measured {
    let server = Server::start(variant, dir);
    let load = Load { address: server.address(), connections, warm_up: WARM_UP, counted };
    let measured = load.run(requests, server.log());
    let stored = server.stop();
    if let Some(stored) = stored {
        assert_eq!(stored.deliveries, measured.answered, "every 200 is a stored delivery");
        return Measured { processed: Some(stored.processed), ..measured };
    }
    measured
}
