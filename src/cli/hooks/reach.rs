//! Whether the portal can post to us: what is looked at before it is asked.

use std::net::IpAddr;

use url::Url;

use crate::cli::report::Report;
use crate::docspace::is_loopback;
use crate::hooks::reach;

/// What to do about an address that portals refuse.
pub(super) const WAYS_OUT: &str = "either give [server] public_url a public address that a reverse proxy or tunnel leads \
                                   here from, or, where the portal is your own server, take the network off the list \
                                   `webhooks:blacklist` in its appsettings";
/// What to do where nothing of ours answers.
pub(super) const WHO_ANSWERS: &str =
    "is `usher serve` running, and does the reverse proxy pass /hooks/ on to [server] listen?";

/// The portal decides, and may stand elsewhere in the network: nothing here is more than a warning.
pub(super) async fn check(report: &mut Report, address: &Url, is_sandbox: bool) {
    tell_scheme(report, address);
    tell_network(report, address, is_sandbox).await;
    tell_probe(report, address).await;
}

fn tell_scheme(report: &mut Report, address: &Url) {
    if address.scheme() == "https" {
        report.ok("address", format!("{address}; the portal checks its certificate"));
    } else if is_loopback(address) {
        report.warning("address", format!("{address} is not https; fit for trying on this machine alone"));
    } else {
        report.warning(
            "address",
            format!(
                "{address} is not https: names and addresses of people travel unencrypted; put a reverse proxy with TLS in \
                 front and write https:// in [server] public_url"
            ),
        );
    }
}

async fn tell_network(report: &mut Report, address: &Url, is_sandbox: bool) {
    const WHAT: &str = "network";
    let found = match reach::resolve(address).await {
        Ok(found) => found,
        Err(sentence) => {
            return report
                .warning(WHAT, format!("{sentence}; the portal has to resolve it, else it switches the webhook off"));
        }
    };
    let refused: Vec<_> = found.iter().copied().filter(|address| reach::is_refused(*address)).collect();
    if refused.is_empty() {
        return report.ok(WHAT, format!("leads to {}", listed(&found)));
    }
    let what = format!("leads to {}, which is private", listed(&refused));
    if is_sandbox {
        return report.warning(WHAT, format!("{what}: this portal is a sandbox, and a real one refuses it"));
    }
    report.warning(WHAT, format!("{what}: portals refuse to post there; {WAYS_OUT}"));
}

fn listed(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

async fn tell_probe(report: &mut Report, address: &Url) {
    const WHAT: &str = "probe";
    let sentence = match reach::probe(address).await {
        Ok(status @ 200..=299) => return report.ok(WHAT, format!("HEAD is answered with {status}")),
        Ok(status @ 300..=399) => {
            format!(
                "HEAD is answered with {status}; the portal follows no redirect: write the address that it leads to"
            )
        }
        Ok(404) => format!(
            "HEAD is answered with 404: something else answers, or a `usher serve` that was started before this source was \
             in its configuration; {WHO_ANSWERS}"
        ),
        Ok(405) => format!("HEAD is answered with 405, so something else answers; {WHO_ANSWERS}"),
        Ok(status) => format!("HEAD is answered with {status} and not with 2xx; {WHO_ANSWERS}"),
        Err(why) => format!("HEAD gets no answer ({why}); {WHO_ANSWERS}"),
    };
    report.warning(WHAT, sentence);
}
