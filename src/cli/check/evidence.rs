//! How well the platforms are known: one line for each source of whose connector not all is the vendor's own word.

use super::report::Report;
use crate::config::Config;
use crate::connector::Proof;

pub(super) fn check(report: &mut Report, config: &Config) {
    for (name, source) in &config.sources {
        let evidence = &source.connector.evidence;
        let what = format!("evidence {name}");
        let parts: Vec<_> = evidence.parts().map(|(part, proof)| format!("{part}: {}", proof.as_str())).collect();
        let told = [parts.join(", "), evidence.note.clone()].join(". ");
        match evidence.weakest() {
            None | Some(Proof::Vendor) => {}
            Some(Proof::ThirdParty) => report.ok(&what, told.trim_end_matches(". ")),
            Some(Proof::Assumed) => report.warning(&what, told.trim_end_matches(". ")),
        }
    }
}
