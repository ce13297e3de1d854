//! `usher hooks install`: the webhook that each source needs, made or mended.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::cli::output::{Failure, Out, note};
use crate::cli::report::Report;
use crate::config::Source;
use crate::docspace::{Account, Client, Error, NewWebhook, Webhook};
use crate::hooks::{self, Health};

use super::place::Place;
use super::{Access, Desk, reach, standing};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only that of this source.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Replace the secret; the former one stays valid for what is on its way.
    #[arg(long)]
    rotate: bool,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    access: Access,
}

pub(super) async fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let desk = Desk::open(config, &args.access).await?;
    let portal = desk.portal(&args.access, args.source.as_deref())?;
    let mut works = Vec::new();
    for source in desk.sources(portal, args.source.as_deref())? {
        let Some(address) = hooks::address(&desk.loaded.config, &source.name) else {
            return Err(lacks_address(&desk.file, &source.name));
        };
        let place = Place::of(&desk.loaded, &source);
        works.push((source, address, place));
    }
    if works.is_empty() {
        return Err(lacks_source(&desk.file, &portal.name));
    }
    let client = desk.client(portal)?;
    let mut report = Report::default();
    let owner = standing::check(&mut report, &client).await;
    for (source, address, _) in &works {
        report.within((works.len() > 1).then_some(source.name.as_str()));
        reach::check(&mut report, address, client.is_sandbox()).await;
    }
    let is_bad = report.is_bad();
    out.table(["what", "state", "detail"], report.into_lines())?;
    if is_bad {
        return Err(Failure::Shown);
    }
    let all = client.webhooks().await.map_err(|error| Failure::failed(error.summary()))?;
    let is_only = hooks::sources(&desk.loaded.config, &portal.name).len() == 1;
    for (source, address, place) in &works {
        let known = desk.known(source).await?;
        let ours = hooks::ours(&all, Some(address), &source.name, known);
        let existing = ours.first().copied();
        let mut wanted = hooks::wanted(&source.name, address, is_only);
        if let Some(existing) = existing {
            wanted.name.clone_from(&existing.name);
        }
        let work = Work { client: &client, source, address, place, existing, wanted };
        let done = work.perform(args, out).await?;
        if !args.dry_run {
            desk.remember(source, done.number).await?;
        }
        if let (Some(what), Some(number)) = (done.what, done.number) {
            desk.record(what, number, Some(source)).await?;
        }
        work.warn(&all, &ours, owner.as_ref()).await;
    }
    desk.close().await;
    Ok(())
}

fn lacks_address(file: &str, source: &str) -> Failure {
    Failure::usage(format!(
        "{file}: server.public_url: is missing; write where the portal reaches this Usher, such as public_url = \
         \"https://usher.example.com\" under [server]: its webhook then posts to \
         https://usher.example.com/hooks/{source}. For the sandbox on this machine, write the address of [server] listen"
    ))
}

fn lacks_source(file: &str, portal: &str) -> Failure {
    Failure::usage(format!(
        "{file}: sources: none takes the webhooks of portal {portal}; add [sources.docspace] with connector = \"docspace\" \
         and secrets = [{{ file = \"secrets/docspace_webhook\" }}]"
    ))
}

/// What is to be done for one source.
struct Work<'a> {
    client: &'a Client,
    source: &'a Source,
    address: &'a Url,
    place: &'a Place,
    existing: Option<&'a Webhook>,
    wanted: NewWebhook,
}

/// What became of it.
struct Done {
    /// Number of the webhook, if there is one now.
    number: Option<i64>,
    /// What was done, for the audit.
    what: Option<&'static str>,
}

/// Why the portal has not done as asked, and whether it may have done so all the same.
struct Refusal {
    error: Error,
    is_open: bool,
}

impl Work<'_> {
    /// Make or mend the webhook.
    async fn perform(&self, args: &Args, out: &mut Out) -> Result<Done, Failure> {
        let nothing = |number| Ok(Done { number, what: None });
        let differences = self.existing.map(|hook| hooks::differences(hook, &self.wanted)).unwrap_or_default();
        let is_fresh = self.existing.is_none() || args.rotate || self.place.is_in_doubt();
        let mut what = differences;
        if is_fresh {
            self.place.check()?;
            what.push("new secret");
        }
        let what = what.join(", ");
        match self.existing {
            Some(hook) if what.is_empty() => {
                out.line(format!("nothing to do: {} is as it has to be", self.named(hook)))?;
                if matches!(hooks::health(hook), Health::Failing { .. }) {
                    note(&format!("but it has been failing. {}", hooks::advice(hook)));
                }
                return nothing(Some(hook.id));
            }
            Some(hook) if args.dry_run => {
                out.line(format!("would change {}: {what}", self.named(hook)))?;
                return nothing(Some(hook.id));
            }
            None if args.dry_run => {
                out.line(format!("would make a webhook ({}) to {}", self.wanted.name, self.address))?;
                return nothing(None);
            }
            Some(_) | None => {}
        }
        let secret = if is_fresh { Some(hooks::secret::fresh()?) } else { None };
        let hook = self.change(secret.as_ref(), args.rotate).await?;
        match self.existing {
            Some(_) => out.line(format!("changed {}: {what}", self.named(&hook)))?,
            None => out.line(format!("made {}, for {}", self.named(&hook), triggers()))?,
        }
        if let Some(secret) = &secret {
            self.tell_secret(secret, out)?;
        }
        let is_rotated = args.rotate && self.existing.is_some();
        Ok(Done { number: Some(hook.id), what: Some(if is_rotated { "hooks rotate" } else { "hooks install" }) })
    }

    fn named(&self, hook: &Webhook) -> String {
        format!("webhook {} ({}) to {}", hook.id, hook.name, self.address)
    }

    /// The secret is in its place before the portal knows it, and the former one is back where the portal refuses.
    async fn change(&self, secret: Option<&SecretString>, rotate: bool) -> Result<Webhook, Failure> {
        let put = match secret {
            Some(secret) => Some(self.place.put(secret, rotate && self.existing.is_some())?),
            None => None,
        };
        let wanted = NewWebhook { secret: secret.cloned(), ..self.wanted.clone() };
        match (self.ask(&wanted).await, put) {
            (Ok(hook), None) => Ok(hook),
            (Ok(hook), Some(put)) => put.keep().map(|()| hook),
            (Err(Refusal { error, is_open: false }), put) => {
                put.map_or(Ok(()), super::place::Put::undo)?;
                Err(Failure::failed(format!("{}. Nothing was changed", self.reason(&error))))
            }
            (Err(Refusal { error, is_open: true }), put) => {
                put.into_iter().for_each(super::place::Put::leave);
                Err(Failure::failed(format!(
                    "{}. Nobody knows whether the portal has done it: run `usher hooks install` again, which makes sure, \
                     with another secret if need be",
                    self.reason(&error)
                )))
            }
        }
    }

    async fn ask(&self, wanted: &NewWebhook) -> Result<Webhook, Refusal> {
        let Some(existing) = self.existing else {
            let error = match self.client.create_webhook(wanted).await {
                Err(error) if is_open(&error) => error,
                ended => return ended.map_err(|error| Refusal { error, is_open: false }),
            };
            // It would be there, under this address.
            return match self.client.webhooks().await {
                Ok(all) => {
                    let made = all.into_iter().find(|hook| hooks::is_ours(hook, Some(self.address), &self.source.name));
                    made.ok_or(Refusal { error, is_open: false })
                }
                Err(_) => Err(Refusal { error, is_open: true }),
            };
        };
        match self.client.update_webhook(existing.id, wanted).await {
            // To change it again is the same change.
            Err(error) if is_open(&error) => self
                .client
                .update_webhook(existing.id, wanted)
                .await
                .map_err(|again| Refusal { is_open: true, error: if is_open(&again) { error } else { again } }),
            ended => ended.map_err(|error| Refusal { error, is_open: false }),
        }
    }

    /// What the portal's refusal means.
    fn reason(&self, error: &Error) -> String {
        let address = self.address;
        match error {
            Error::Refused { status: 400, .. } => format!(
                "{}. A portal takes the webhook if {address} answers its HEAD with 2xx ({}), and does not lead into a private \
                 network (else {}), and if the secret fits its rules for passwords (ours has 30 characters of every kind)",
                error.summary(),
                reach::WHO_ANSWERS,
                reach::WAYS_OUT
            ),
            Error::Uncertain(trouble) if trouble.status == Some(500) => format!(
                "the portal failed with status 500, as it does when nothing answers its HEAD to {address}: {} The portal's \
                 server has to reach it, through its own DNS and firewall",
                reach::WHO_ANSWERS
            ),
            error => error.summary(),
        }
    }

    fn tell_secret(&self, secret: &SecretString, out: &mut Out) -> Result<(), Failure> {
        let is_change = self.existing.is_some();
        if let Some(first) = self.place.first() {
            out.line(format!("its secret is in {}; a running `usher serve` takes it from there", first.display()))?;
            return match self.place.second() {
                Some(second) if is_change => out
                    .line(format!("the former one is in {} and stays valid as long as it is there", second.display())),
                _ if is_change => out.line("the former one stays valid in a running `usher serve` for 15 minutes"),
                _ => Ok(()),
            };
        }
        out.line(format!("secret: {}", secret.expose_secret()))?;
        let mut names = self.place.variables.iter();
        let name = names.next().map_or("the variable", String::as_str);
        out.line(format!("it is shown this once: set {name} to it and start `usher serve` anew; what is refused until then `usher catch-up` takes in"))?;
        match names.next() {
            Some(second) if is_change => {
                out.line(format!("set {second} to what {name} held, so that both are valid for a while"))
            }
            _ => Ok(()),
        }
    }

    /// What is not as it should be, and is left alone.
    async fn warn(&self, all: &[Webhook], ours: &[&Webhook], owner: Option<&Account>) {
        let Self { source, .. } = self;
        for double in ours.iter().skip(1) {
            note(&format!(
                "webhook {} ({}) posts to us too, so that everything comes twice; remove it with `usher hooks remove {}`",
                double.id, double.name, double.id
            ));
        }
        let is_listed = |hook: &Webhook| ours.iter().any(|ours| ours.id == hook.id);
        for other in all.iter().filter(|hook| !is_listed(hook) && hooks::is_ours(hook, None, &source.name)) {
            note(&format!(
                "webhook {} ({}) posts to {}; if that is a former address of ours, remove it with `usher hooks remove {} \
                 --yes`",
                other.id, other.name, other.uri, other.id
            ));
        }
        let Some(existing) = self.existing else { return };
        if existing.created_by.as_deref() == owner.map(|owner| owner.id.as_str()) {
            return;
        }
        if let Some(trouble) = standing::owner_trouble(self.client, existing.created_by.as_deref()).await {
            note(&format!("webhook {}: {trouble}", existing.id));
        }
    }
}

/// Whether the call may have taken effect. A 500 is the portal's own: it saves nothing before its probe.
fn is_open(error: &Error) -> bool {
    matches!(error, Error::Uncertain(trouble) if trouble.status != Some(500))
}

fn triggers() -> String {
    hooks::trigger_names(hooks::TRIGGERS).join(", ")
}
