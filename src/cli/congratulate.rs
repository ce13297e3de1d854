//! `usher people congratulate`: by hand, through the same ledger; and what it would say and do.

use std::path::Path;

use crate::actions::{Occasion, Prospect, preview};
use crate::config::Config;
use crate::docspace::Account;
use crate::model::{Action, Channel, Congratulate, Event, EventKind, Person};
use crate::store::JobFilter;

use super::by_hand::{PATIENCE, at, at_rest, client, live, load, named, open, order, reason, result_word};
use super::output::{Failure, Out};
use super::people;
use super::wait;

const NO_ACCOUNT: &str = "the portal has no account of this person";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// E-mail address, DocSpace user id, or whatever the ledger knows.
    who: String,
    /// Although the ledger says that it was done.
    #[arg(long, conflicts_with = "preview")]
    again: bool,
    /// Show what would be said, and by which channels; send and write nothing.
    #[arg(long)]
    preview: bool,
    /// Language of the text shown.
    #[arg(long, requires = "preview")]
    language: Option<String>,
    /// Name of the portal, where there are several.
    #[arg(long)]
    portal: Option<String>,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    if args.preview {
        return show(config, args, out).await;
    }
    let app = open(config).await?;
    let portal = named(&app.config, args.portal.as_deref())?.name.clone();
    let person = at(people::find(&app.store, &args.who).await?, &portal);
    let account = match app.portals.get(&portal) {
        Some(portal) => live(portal, &args.who, person.as_ref()).await?,
        None => None,
    };
    let account = account.ok_or_else(|| Failure::failed(NO_ACCOUNT))?;
    let event = activation(&account, person.as_ref());
    let key = order(&app, &portal, event, Action::Congratulate(configured(&app.config, &portal)), args.again).await?;
    let jobs = wait::or_work(&app, JobFilter { keys: vec![key], ..JobFilter::default() }, PATIENCE).await?;
    app.store.close().await;
    let job = jobs.first();
    let word = job.map_or("failed", result_word);
    let reason = reason(job);
    // Some reasons begin with the word.
    let told = if reason.starts_with(&format!("{word}: ")) { reason } else { format!("{word}: {reason}") };
    out.line(told)?;
    if matches!(word, "new" | "known") { Ok(()) } else { Err(Failure::Shown) }
}

fn activation(account: &Account, person: Option<&Person>) -> Event {
    let mut event = Event::new(EventKind::UserActivated);
    event.user_id = Some(account.id.clone());
    event.email = person.and_then(|person| person.email.clone()).or(Some(account.email.to_lowercase()));
    event
}

async fn show(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = load(config)?;
    let portal = named(&loaded.config, args.portal.as_deref())?;
    let person = at_rest(&loaded, &args.who, &portal.name).await?;
    let account = live(&client(&loaded, Some(&portal.name))?, &args.who, person.as_ref()).await?;
    let account = account.ok_or_else(|| Failure::failed(NO_ACCOUNT))?;
    let occasion = Occasion {
        config: &loaded.config,
        portal,
        params: &configured(&loaded.config, &portal.name),
        event: &activation(&account, person.as_ref()),
        person: person.as_ref(),
        account: &account,
    };
    tell(&occasion, args.language.as_deref(), out)
}

/// The parameters of the first rule that congratulates, else the published call.
fn configured(config: &Config, portal: &str) -> Congratulate {
    let rules = config.rules.iter().filter(|rule| rule.portal == portal);
    let mut of_rule = rules.flat_map(|rule| &rule.asks).filter_map(|ask| match &ask.action {
        Action::Congratulate(params) => Some(params.clone()),
        Action::Onboard(_) | Action::Update(_) | Action::Disable(_) | Action::Enable(_) => None,
    });
    let published = || Congratulate {
        key: Some("welcome_guest".to_owned()),
        ..Congratulate::new(vec![Channel::SendCongratulations])
    };
    of_rule.next().unwrap_or_else(published)
}

/// Show the text that `smtp` would send, in `language` if one is given, and the channels in their order.
fn tell(occasion: &Occasion<'_>, language: Option<&str>, out: &mut Out) -> Result<(), Failure> {
    let (written, channels) = preview(occasion, language);
    match &written {
        Err(why) => out.line(format!("no text: {why}"))?,
        Ok(written) => {
            let rendered = &written.rendered;
            out.line(format!("text: {} ({})", written.name, written.language))?;
            out.line(format!("subject: {}", rendered.subject))?;
            out.line("")?;
            out.line(rendered.text.trim_end())?;
            if let Some(html) = &rendered.html {
                out.line("")?;
                out.line("html:")?;
                out.line(html.trim_end())?;
            }
        }
    }
    out.line("")?;
    let account = occasion.account;
    if account.status == 2 {
        out.line("nothing would be sent: the account is disabled")?;
    } else if account.status != 1 || !account.is_activated() {
        out.line("the account is not activated yet: it is congratulated when it is, or now by hand")?;
    } else if occasion.person.is_some_and(|person| person.congratulated_at.is_some()) {
        out.line("nothing would be sent without --again: this person was congratulated before")?;
    }
    out.line("channels, until one accepts:")?;
    for (number, (channel, prospect)) in channels.iter().enumerate() {
        let outlook = match prospect {
            Prospect::Open => channel.guarantee().to_owned(),
            Prospect::Closed(why) => format!("skipped: {why}"),
            Prospect::Unavailable(why) => format!("cannot be used: {why}"),
        };
        out.line(format!("{}. {}: {outlook}", number + 1, channel.as_str()))?;
    }
    if written.is_ok() { Ok(()) } else { Err(Failure::Shown) }
}
