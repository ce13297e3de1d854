//! The channels that rules congratulate by: which of them work here, and what each can promise.

use super::portal::Asked;
use super::report::Report;
use crate::app;
use crate::config::Config;
use crate::docspace::{Client, KeyInfo};
use crate::model::{Action, Channel};

/// The mail server: reach, TLS and login. Nothing is mailed.
pub(super) async fn mail_server(report: &mut Report, config: &Config) {
    const WHAT: &str = "smtp";
    match app::mailer(config) {
        Ok(None) => {}
        Ok(Some(mailer)) => report.add(WHAT, mailer.check().await.map_err(|error| error.to_string())),
        Err(error) => report.bad(WHAT, error),
    }
}

/// Each channel of the portal's rules, in their order.
pub(super) fn check(report: &mut Report, client: &Client, key: Option<&KeyInfo>, asked: &Asked) {
    let mut told: Vec<Channel> = Vec::new();
    for action in &asked.actions {
        let Action::Congratulate(wanted) = action else { continue };
        for channel in &wanted.via {
            if !told.contains(channel) {
                told.push(*channel);
                tell(report, client, key, *channel, wanted.via.len());
            }
        }
    }
}

fn tell(report: &mut Report, client: &Client, key: Option<&KeyInfo>, channel: Channel, of: usize) {
    let what = format!("channel {}", channel.as_str());
    let needed = match channel {
        Channel::Mention => Some("files:write"),
        Channel::Room => Some("rooms:write"),
        _ => None,
    };
    if let (Some(scope), Some(key)) = (needed, key)
        && !key.allows(scope)
    {
        return report.bad(&what, format!("does not work: the key lacks the scope {scope}"));
    }
    match channel {
        Channel::SendCongratulations if client.is_sandbox() => {
            report.ok(&what, "works at a sandbox that is not strict; a real portal refuses it with 403");
        }
        Channel::SendCongratulations if of > 1 => {
            report.warning(&what, "does not work: a real portal refuses it with 403, and the next channel is tried");
        }
        Channel::SendCongratulations => report.bad(
            &what,
            "does not work: a real portal refuses it with 403, and each congratulation is held; name another channel in via, such as letter or smtp",
        ),
        Channel::Letter => {
            report.ok(&what, format!("{} Accounts that an administrator makes get none.", channel.guarantee()));
        }
        _ => report.ok(&what, channel.guarantee()),
    }
}
