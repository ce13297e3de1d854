//! What channels need beside the portal: `[smtp]` and `[receivers.NAME]`.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::secrets::{HOW, Secrets};
use super::settings::number;
use super::{Receiver, Smtp, SmtpTls};
use crate::auth::{Key, Scheme};
use crate::connector::Catalog;
use crate::document::{Entry, Section};

/// The connector whose scheme signs what receivers get.
const SIGNED_AS: &str = "standard-webhooks";

/// `[smtp]`.
pub(super) fn smtp(root: &Section<'_>, secrets: &Secrets<'_>) -> Option<Smtp> {
    let section = root.section("smtp")?;
    let host = section.require("host", "name the mail server").and_then(|entry| filled(&entry, "name the mail server"));
    let tls = section.get("tls").map_or(Some(SmtpTls::StartTls), |entry| tls(&entry));
    let usual_port = match tls {
        Some(SmtpTls::Tls) => 465,
        Some(SmtpTls::None) => 25,
        _ => 587,
    };
    let port = number(Some(&section), "port", usual_port, 1..=65535);
    let from = section.require("from", r#"write from = "Example Ltd <people@example.com>""#);
    let from = from.and_then(|entry| filled(&entry, "write who the mails come from"));
    let reply_to = section.get("reply_to").and_then(|entry| entry.text());
    let user = section.get("user").and_then(|entry| entry.text());
    let password = section.get("password");
    match (&user, &password) {
        (Some(_), None) => section.problem("password", format!("is missing beside user; {HOW}")),
        (None, Some(entry)) => entry.problem("stands here without a user; name the user as well"),
        _ => {}
    }
    let wanted = secrets.needs.portal();
    let password = password.and_then(|entry| secrets.read(&entry, wanted));
    let is_lacking = wanted && user.is_some() && password.is_none();
    section.finish("[smtp] has host, port, tls, user, password, from and reply_to");
    let login = user.zip(Some(password.unwrap_or_else(|| SecretString::from(String::new()))));
    (!is_lacking).then_some(Smtp { host: host?, port, tls: tls?, login, from: from?, reply_to })
}

fn tls(entry: &Entry<'_>) -> Option<SmtpTls> {
    match entry.text()?.as_str() {
        "starttls" => Some(SmtpTls::StartTls),
        "tls" => Some(SmtpTls::Tls),
        "none" => Some(SmtpTls::None),
        other => {
            entry.problem(format!(
                r#"'{other}' is not a way to secure the connection; write "starttls" (usually port 587), "tls" (usually port 465) or "none""#
            ));
            None
        }
    }
}

fn filled(entry: &Entry<'_>, how: &str) -> Option<String> {
    let text = entry.text()?;
    if text.trim().is_empty() {
        entry.problem(format!("is empty; {how}"));
        return None;
    }
    Some(text)
}

/// `[receivers.NAME]`.
pub(super) fn receivers(root: &Section<'_>, secrets: &Secrets<'_>) -> BTreeMap<String, Receiver> {
    let section = root.section("receivers");
    let entries = section.map(|section| section.entries()).unwrap_or_default();
    // The embedded one alone: a connector of this name in the configured directory is about what we receive.
    let catalog = if entries.is_empty() { None } else { Some(Catalog::embedded()) };
    let scheme = catalog.and_then(|catalog| Some(catalog.get(SIGNED_AS)?.scheme.clone()));
    let Some(scheme) = scheme else { return BTreeMap::new() };
    entries.into_iter().filter_map(|(name, entry)| Some((name, receiver(&entry, &scheme, secrets)?))).collect()
}

fn receiver(entry: &Entry<'_>, scheme: &Scheme, secrets: &Secrets<'_>) -> Option<Receiver> {
    let section = entry.section()?;
    let url = section.require("url", "write the address to post to").and_then(|entry| {
        let url = Url::parse(&entry.text()?).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        if url.is_none() {
            entry.problem(
                "is not an address to post to; write it as https://chat.example.com/hooks/usher, without a password",
            );
        }
        url
    });
    let key = section.require("secret", HOW).map(|entry| key(&entry, scheme, secrets));
    section.finish("a receiver has url and secret");
    Some(Receiver { url: url?, scheme: scheme.clone(), key: key? })
}

fn key(entry: &Entry<'_>, scheme: &Scheme, secrets: &Secrets<'_>) -> Option<Key> {
    let secret = secrets.read(entry, secrets.needs.portal())?;
    let key = scheme.key(secret.expose_secret());
    key.map_err(|problem| {
        entry.problem(format!("{problem}; a secret of Standard Webhooks is whsec_ and 24 to 64 bytes in base64"));
    })
    .ok()
}
