//! `POST /files/file/{id}/sendeditornotify`: a mention in a document, with a message.

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;

use super::Sandbox;
use super::portal::MailKind;
use super::request::Body;
use super::wire::Reply;

/// Longest message taken.
const TAKEN: usize = 255;

/// Signs of a message that are mailed (`FileStorageService.cs`, SendEditorNotifyAsync).
const MAILED: usize = 200;

/// What the call takes; `actionLink` does nothing here.
#[derive(Deserialize)]
pub(super) struct Mention {
    emails: Option<Vec<String>>,
    #[serde(default)]
    message: String,
}

/// Mail the message to those of the addresses that may read the document. Nothing tells who they were.
///
/// Where an address has no account, the answer lists who may read the document, so that the editor can offer to share
/// it.
pub(super) async fn notify(
    State(sandbox): State<Sandbox>,
    Path(file): Path<String>,
    Body(body): Body<Mention>,
) -> Result<Reply, Reply> {
    let emails = body.emails.ok_or_else(|| Reply::required("Emails"))?;
    if body.message.chars().count() > TAKEN {
        return Err(Reply::invalid(
            "Message",
            format!("The field Message must be a string with a maximum length of {TAKEN}."),
        ));
    }
    let text = mailed(&body.message);
    sandbox.change(|portal, now| {
        let found = file.parse().ok().and_then(|file| portal.rooms.with_file(file));
        let room = found.ok_or_else(|| Reply::missing("The required file was not found"))?.clone();
        let mut has_stranger = false;
        for email in &emails {
            let Some(account) = portal.directory.by_email(email) else {
                has_stranger = true;
                continue;
            };
            if room.is_readable_by(&portal.directory, account.id) {
                let to = account.email.clone();
                portal.mail_text(&to, MailKind::Mention, text.clone(), now);
            }
        }
        if !has_stranger {
            return Ok(Reply::Done);
        }
        let readers = room.members.iter().filter_map(|(id, _)| portal.directory.get(*id));
        Ok(Reply::List(readers.map(|reader| json!({ "user": reader.display_name(), "isLink": false })).collect()))
    })
}

/// The message as it is mailed: trimmed, cut, without marks of HTML.
fn mailed(message: &str) -> String {
    let message = message.trim();
    let mut cut: String = message.chars().take(MAILED).collect();
    if cut.len() < message.len() {
        cut.push_str("...");
    }
    let mut is_in_tag = false;
    cut.retain(|sign| {
        let stays = !is_in_tag && sign != '<';
        is_in_tag = sign != '>' && (is_in_tag || sign == '<');
        stays
    });
    cut
}
