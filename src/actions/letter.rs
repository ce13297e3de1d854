//! Letters of our own: a named text with what is known of the person in it, as a mail or a short message.

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::config::{self, Config, DEFAULT_PORTAL};
use crate::docspace::{Account, SharedLink, reserved_address};
use crate::expr::Scope;
use crate::mail::Letter;
use crate::model::{Event, Person};
use crate::texts::Rendered;

use super::sending::Sending;
use super::{Run, Stop};

/// What a letter can tell of.
pub(super) struct Facts<'a> {
    pub(super) portal: &'a config::Portal,
    pub(super) event: &'a Event,
    pub(super) person: Option<&'a Person>,
    pub(super) account: Option<&'a Account>,
    pub(super) link: Option<&'a SharedLink>,
}

/// A text with the values of one person in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Name of the text.
    pub name: String,
    /// The language it was found in.
    pub language: String,
    /// What it says.
    pub rendered: Rendered,
}

impl Facts<'_> {
    /// The address, as the account has it, else as it was told.
    pub(super) fn address(&self) -> Option<&str> {
        let told = || self.person.and_then(|person| person.email.as_deref()).or(self.event.email.as_deref());
        self.account.map(|account| account.email.as_str()).filter(|email| !email.is_empty()).or_else(told)
    }

    /// A name, as the account has it, else as it was told.
    fn name(
        &self,
        account: fn(&Account) -> &String,
        event: &Option<String>,
        person: fn(&Person) -> &Option<String>,
    ) -> Option<String> {
        let live = self.account.map(account).filter(|name| !name.is_empty()).cloned();
        live.or_else(|| event.clone()).or_else(|| self.person.and_then(|known| person(known).clone()))
    }

    fn first_name(&self) -> Option<String> {
        self.name(|account| &account.first_name, &self.event.first_name, |person| &person.first_name)
    }

    fn last_name(&self) -> Option<String> {
        self.name(|account| &account.last_name, &self.event.last_name, |person| &person.last_name)
    }

    /// The fields of the event, with names and address as they are known best.
    pub(super) fn about_person(&self) -> Json {
        let mut fields = match json!(self.event) {
            Json::Object(fields) => fields,
            _ => Map::new(),
        };
        fields.remove("kind");
        let email = self.address().map(str::to_owned);
        for (key, value) in [("first_name", self.first_name()), ("last_name", self.last_name()), ("email", email)] {
            fields.extend(value.map(|value| (key.to_owned(), Json::from(value))));
        }
        Json::Object(fields)
    }

    /// Name and address of the portal. The only portal has no name of its own but that of its host.
    pub(super) fn about_portal(&self) -> Json {
        let portal = self.portal;
        let name = if portal.name == DEFAULT_PORTAL { self.host() } else { portal.name.as_str() };
        json!({"name": name, "url": portal.url.as_str().trim_end_matches('/')})
    }

    fn host(&self) -> &str {
        self.portal.url.host_str().unwrap_or_default()
    }

    /// The text of this name: in `language`, else in that of the account, else in the text's default.
    ///
    /// # Errors
    /// A sentence, without values: there is no such text, or something that it shows is not known.
    pub(super) fn write(&self, config: &Config, name: &str, language: Option<&str>) -> Result<Written, String> {
        let texts = config.texts.get(name).ok_or_else(|| format!("the configuration has no text '{name}' any more"))?;
        let language = language.or_else(|| self.account?.culture.as_deref());
        let (language, text) = texts.choose(language);
        let company = json!({"name": self.portal.company.as_deref().unwrap_or(self.host())});
        let link = self.link.map_or_else(|| json!({}), |link| json!({"url": link.url, "valid_until": link.expires_at}));
        let (person, portal) = (self.about_person(), self.about_portal());
        let scope = Scope::new([("person", &person), ("company", &company), ("portal", &portal), ("link", &link)]);
        let rendered = text.render(&scope);
        let rendered = rendered.map_err(|why| format!("the text {name} in {language} cannot be written: {why}"))?;
        Ok(Written { name: name.to_owned(), language: language.to_owned(), rendered })
    }
}

impl Run<'_> {
    /// The portal's part of the configuration.
    pub(super) fn settings(&self) -> Result<&config::Portal, Stop> {
        let name = &self.person.portal;
        self.app.config.portal(name).ok_or_else(|| Stop::held(format!("the configuration has no portal '{name}'")))
    }

    /// What is known of the person.
    pub(super) fn facts<'a>(&'a self, link: Option<&'a SharedLink>) -> Result<Facts<'a>, Stop> {
        let (event, person) = (&self.event, Some(&self.person));
        Ok(Facts { portal: self.settings()?, event, person, account: self.account.as_ref(), link })
    }

    /// Always the same for what this job sends to this person, so that something sent twice can be known as such.
    pub(super) fn message_id(&self) -> String {
        let portal = self.portal.host();
        let about = [portal, &self.job.key, &self.job.created_at.to_string()].join("\n");
        let hash = hex::encode(Sha256::digest(about));
        format!("usher.{}.{}.{}", self.job.id, self.person.id, hash.get(..16).unwrap_or_default())
    }
}

/// A letter to the person of `run`: the text `text_name`, else the built-in one, in `language`, else in that of the
/// account, else in the text's default. `link` is what the text sees as `link`.
///
/// Held when the text cannot be written, dead without an address.
pub(super) async fn compose(
    run: &mut Run<'_>,
    text_name: Option<&str>,
    built_in: &str,
    language: Option<&str>,
    link: Option<&SharedLink>,
) -> Result<Letter, Stop> {
    let facts = run.facts(link)?;
    let written = facts.write(&run.app.config, text_name.unwrap_or(built_in), language).map_err(Stop::held)?;
    let to = facts.address().ok_or_else(|| Stop::dead("no e-mail address of the person is known"))?.to_owned();
    let names: Vec<_> = [facts.first_name(), facts.last_name()].into_iter().flatten().collect();
    let domain = run.app.config.smtp.as_ref().and_then(|smtp| smtp.from.rsplit_once('@'));
    let domain = domain.map_or("localhost", |(_, domain)| domain.trim_matches(['>', ' ']));
    let Rendered { subject, text, html } = written.rendered;
    let letter = Letter {
        to,
        to_name: Some(names.join(" ")),
        subject,
        text,
        html,
        message_id: format!("{}@{domain}", run.message_id()),
        language: Some(written.language.clone()),
        date: run.app.clock.now(),
    };
    run.tell_once("composed", format!("the text {} in {}", written.name, written.language)).await?;
    Ok(letter)
}

/// Mail a letter. Addresses reserved for examples and tests get none, unless the mail server is on this machine.
pub(super) async fn send(run: &Run<'_>, letter: &Letter) -> Sending {
    let Some(mailer) = &run.app.mailer else { return Sending::Unavailable(NO_MAILER.to_owned()) };
    if is_kept_back(&run.app.config, &letter.to) {
        return Sending::declined(RESERVED);
    }
    Sending::of_mail(mailer.send(letter).await)
}

/// What is said without a mailer.
pub(super) const NO_MAILER: &str = "the configuration has no mail server; add [smtp] with host and from";
/// What is said of an address that nobody can have.
pub(super) const RESERVED: &str =
    "the address lies in a domain reserved for examples and tests, and the mail server is not on this machine";

/// Whether nothing is to be mailed to this address.
pub(super) fn is_kept_back(config: &Config, address: &str) -> bool {
    reserved_address(address) && !config.smtp.as_ref().is_some_and(config::Smtp::is_loopback)
}
