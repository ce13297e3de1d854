//! `[sources.NAME.fetch]`: how a platform is asked for what its webhooks leave out.

mod credentials;
mod outline;
mod renewing;

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use credentials::Credentials;
pub use outline::FetchOutline;

use super::Needs;
use super::feeds::listed;
use super::secrets::{HOW, Secrets};
use crate::address::Allowed;
use crate::connector::{self, Connector, Fetch};
use crate::document::{Entry, Section};

/// `[sources.NAME.fetch]`, with what the connector says where the source says nothing.
#[derive(Debug, Clone)]
pub struct SourceFetch {
    /// Scheme, host and perhaps the beginning of a path; nothing else.
    pub base: Url,
    /// Hosts and addresses that may be private, and asked by plain http.
    pub allow: Vec<String>,
    /// How we show who we are.
    pub credentials: Credentials,
    /// The secrets that travel in headers of the platform's own.
    pub secret_headers: Vec<(HeaderName, SecretString)>,
    /// Most calls in any one minute, from 1 on.
    pub per_minute: u32,
    /// How long one answer may take.
    pub timeout: Duration,
}

/// What a source's table is read with.
struct Reader<'r> {
    /// Name of the connector.
    connector: &'r str,
    spec: &'r Fetch,
    secrets: &'r Secrets<'r>,
    allowed: Allowed,
}

/// How one source asks its platform. `None` where its connector asks for nothing, where no secrets are wanted, and where a
/// problem was recorded.
pub(super) fn fetch(source: &Section<'_>, connector: Option<&Connector>, secrets: &Secrets<'_>) -> Option<SourceFetch> {
    let entry = source.get("fetch");
    let connector = connector?;
    let Some(spec) = &connector.fetch else {
        if let Some(entry) = entry {
            entry.problem(format!(
                "stands here for nothing: the webhooks of {} say all that is needed; take it out",
                connector.name
            ));
        }
        return None;
    };
    let section = entry.as_ref().and_then(Entry::section);
    if entry.is_some() && section.is_none() {
        return None;
    }
    let allow = section.as_ref().and_then(|section| section.get("allow"));
    let read = allow.map_or(Some(Default::default()), |entry| read_allow(&entry));
    let is_sound = read.is_some();
    let (allow, allowed) = read.unwrap_or_default();
    let fetch = Reader { connector: &connector.name, spec, secrets, allowed }.read(source, section, allow);
    fetch.filter(|_| is_sound)
}

impl Reader<'_> {
    /// Whether what is lacking is a problem. `explain` and `sign` ask nobody.
    fn is_wanted(&self) -> bool {
        self.secrets.needs == Needs::Everything
    }

    fn read(&self, source: &Section<'_>, section: Option<Section<'_>>, allow: Vec<String>) -> Option<SourceFetch> {
        let Some(section) = section else {
            return self.without(source, allow);
        };
        let base = self.base(&section);
        let credentials = self.credentials(&section);
        let secret_headers = self.headers(&section);
        let per_minute = section.get("per_minute").map(|entry| per_minute(&entry));
        section.finish("fetch has base, allow, bearer, basic, oauth2, headers and per_minute");
        if !self.is_wanted() {
            return None;
        }
        Some(SourceFetch {
            base: base?,
            allow,
            credentials: credentials?,
            secret_headers: secret_headers?,
            per_minute: per_minute.unwrap_or(Some(self.spec.per_minute))?,
            timeout: self.spec.timeout,
        })
    }

    /// A source without the table: right where the connector leaves nothing open.
    fn without(&self, source: &Section<'_>, allow: Vec<String>) -> Option<SourceFetch> {
        let Fetch { auth, secret_headers, per_minute, timeout, .. } = self.spec;
        let mut open: Vec<String> = Vec::new();
        if self.spec.base.is_none() {
            open.push(r#"base = "https://...""#.to_owned());
        }
        if !auth.is_empty() {
            open.push(credentials::forms(auth));
        }
        if !secret_headers.is_empty() {
            open.push(format!("headers with {}", listed(secret_headers.iter().map(HeaderName::as_str))));
        }
        if !self.is_wanted() {
            return None;
        }
        if !open.is_empty() {
            let open = listed(open.iter().map(String::as_str));
            let told =
                format!("is missing: {} is asked for what its webhooks leave out; add it with {open}", self.connector);
            source.problem("fetch", told);
            return None;
        }
        let base = self.spec.base.clone()?;
        let sound =
            self.judge(&base).map_err(|what| source.problem("fetch", format!("the base of the connector {what}")));
        sound.ok()?;
        let (per_minute, timeout) = (*per_minute, *timeout);
        Some(SourceFetch {
            base,
            allow,
            credentials: Credentials::None,
            secret_headers: Vec::new(),
            per_minute,
            timeout,
        })
    }

    fn base(&self, section: &Section<'_>) -> Option<Url> {
        if let Some(entry) = section.get("base") {
            return self.address(&entry);
        }
        let Some(base) = &self.spec.base else {
            if self.is_wanted() {
                let told =
                    format!(r#"is missing: where {} answers differs; write base = "https://...""#, self.connector);
                section.problem("base", told);
            }
            return None;
        };
        let sound =
            self.judge(base).map_err(|what| section.problem("base", format!("the one of the connector {what}")));
        sound.ok().map(|()| base.clone())
    }

    /// An address to send calls to.
    fn address(&self, entry: &Entry<'_>) -> Option<Url> {
        let told = connector::address(&entry.text()?).map_err(str::to_owned).and_then(|url| {
            self.judge(&url)?;
            Ok(url)
        });
        told.map_err(|what| entry.problem(what)).ok()
    }

    /// Whether an address may be asked, as far as its letters tell.
    fn judge(&self, url: &Url) -> Result<(), String> {
        let Some(host) = url.host() else { return Err("names no host".to_owned()) };
        if !self.allowed.permits(&host) {
            return Err(format!(
                r#"leads to {host}, which is no address of the public internet; if that is meant, write allow = ["{host}"]"#
            ));
        }
        if url.scheme() == "http" && !self.allowed.names(&host) {
            return Err(format!(
                r#"would be asked unencrypted; write https://, or allow = ["{host}"] if that is meant"#
            ));
        }
        Ok(())
    }

    /// The secret headers, all that the connector names.
    fn headers(&self, section: &Section<'_>) -> Option<Vec<(HeaderName, SecretString)>> {
        let names = &self.spec.secret_headers;
        let table = section.get("headers");
        let mut found = Vec::new();
        let mut is_whole = true;
        for (name, entry) in table.as_ref().and_then(|entry| Some(entry.section()?.entries())).unwrap_or_default() {
            let Some(header) = names.iter().find(|header| header.as_str().eq_ignore_ascii_case(&name)) else {
                let known = listed(names.iter().map(HeaderName::as_str));
                let known = if known.is_empty() { "none".to_owned() } else { known };
                entry.problem(format!("is no secret header of the connector {}; it has {known}", self.connector));
                continue;
            };
            let secret = self.secrets.read(&entry, self.is_wanted());
            match secret.filter(|secret| travels(&entry, secret)) {
                Some(secret) => found.push((header.clone(), secret)),
                None => is_whole = false,
            }
        }
        for header in names {
            let is_there = table.as_ref().and_then(Entry::section).is_some_and(|table| {
                table.entries().iter().any(|(name, _)| header.as_str().eq_ignore_ascii_case(name))
            });
            if !is_there && self.is_wanted() {
                let told = format!("is missing: each call needs it; {HOW}");
                section.problem(&format!("headers.{header}"), told);
                is_whole = false;
            }
        }
        is_whole.then_some(found)
    }
}

/// Whether a secret can stand in a header; a second line or a blank around it would fail each call much later.
fn travels(entry: &Entry<'_>, secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    let usable = HeaderValue::try_from(text).is_ok() && text.trim() == text;
    if !usable {
        entry.problem("this secret has line ends or blanks around it that no header has; store the value alone");
    }
    usable
}

fn read_allow(entry: &Entry<'_>) -> Option<(Vec<String>, Allowed)> {
    let items = entry.items()?;
    let mut all = Vec::new();
    for item in &items {
        let text = item.text()?;
        if Allowed::read([text.as_str()]).is_none() {
            item.problem(r#"is neither the name of a host nor an address; write "hr.internal" or "10.1.2.3", without https:// and port"#);
            return None;
        }
        all.push(text);
    }
    let allowed = Allowed::read(all.iter().map(String::as_str))?;
    Some((all, allowed))
}

fn per_minute(entry: &Entry<'_>) -> Option<u32> {
    let number = entry.integer()?;
    let number = u32::try_from(number).ok().filter(|number| (1..=6000).contains(number));
    if number.is_none() {
        entry.problem("must be a number of calls from 1 to 6000");
    }
    number
}
