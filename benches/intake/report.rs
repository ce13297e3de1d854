//! Medians over the rounds, and how the variants compare.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::load::{Measured, millis};
use super::server::Variant;

/// All rounds.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<usize, BTreeMap<Variant, Vec<Measured>>>);

impl Table {
    pub(crate) fn add(&mut self, connections: usize, variant: Variant, measured: Measured) {
        self.0.entry(connections).or_default().entry(variant).or_default().push(measured);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Medians over the rounds; each ratio is taken within a round, then the median of those.")?;
        writeln!(f, "| connections | server | requests/s | of bare | p50 ms | p99 ms | cpu us | greatest log MiB |")?;
        writeln!(f, "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        for (connections, variants) in &self.0 {
            let bare = variants.get(&Variant::Bare).map(Vec::as_slice).unwrap_or_default();
            for (variant, rounds) in variants {
                let ratios = rounds.iter().zip(bare).map(|(one, bare)| one.per_second / bare.per_second);
                let rate = median(rounds.iter().map(|one| one.per_second));
                let [p50, p99] = [|one: &Measured| one.p50, |one: &Measured| one.p99]
                    .map(|pick: fn(&Measured) -> Duration| median(rounds.iter().map(|one| millis(pick(one)))));
                let cost = median(rounds.iter().map(|one| one.cost.as_secs_f64() * 1e6));
                let log = rounds.iter().map(|one| one.log).max().unwrap_or_default() as f64 / 1024.0 / 1024.0;
                writeln!(
                    f,
                    "| {connections} | {} | {rate:.0} | {:.2} | {p50:.2} | {p99:.2} | {cost:.0} | {log:.1} |",
                    variant.name(),
                    median(ratios)
                )?;
            }
        }
        Ok(())
    }
}

/// The middle one; of an even number the greater of the two.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
