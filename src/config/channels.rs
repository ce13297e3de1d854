//! What channels need beside the portal: `[smtp]` and `[receivers.NAME]`.

use std::collections::BTreeMap;

use secrecy::SecretString;
use url::Url;

use super::secrets::{HOW, Secrets};
use super::settings::number;
use super::{Receiver, Smtp, SmtpTls};
use crate::document::{Entry, Section};

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
    entries.into_iter().filter_map(|(name, entry)| Some((name, receiver(&entry, secrets)?))).collect()
}

fn receiver(entry: &Entry<'_>, secrets: &Secrets<'_>) -> Option<Receiver> {
    let section = entry.section()?;
    let url = section.require("url", "write the address to post to").and_then(|entry| {
        let url = Url::parse(&entry.text()?).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        if url.is_none() {
            entry.problem("is not an address to post to; write it as https://chat.example.com/hooks/usher");
        }
        url
    });
    let secret = section.require("secret", HOW);
    let secret = secret.map(|entry| secrets.read(&entry, secrets.needs.portal()));
    section.finish("a receiver has url and secret");
    Some(Receiver { url: url?, secret: secret? })
}
