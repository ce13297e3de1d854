//! The credentials of a source: one of `bearer`, `basic` and `oauth2`.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Reader;
use crate::config::secrets::HOW;
use crate::connector::Credentials as Kind;
use crate::document::{Entry, Section};

/// How we show a platform who we are.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Not at all, or by headers of the platform's own.
    None,
    /// `Authorization: Bearer` with this token.
    Bearer(SecretString),
    /// `Authorization: Basic`. Some platforms take a key for the user, so that both are secrets.
    Basic {
        /// The user; without a colon.
        user: SecretString,
        /// The password; may be empty.
        password: SecretString,
    },
    /// Tokens by OAuth 2 client credentials (RFC 6749, section 4.4).
    OAuth2 {
        /// Where tokens are given.
        token_url: Url,
        /// Who asks for them.
        client_id: String,
        /// What that client proves itself with.
        client_secret: SecretString,
        /// What the token is to be good for; absent: what the platform gives.
        scope: Option<String>,
    },
}

/// How credentials of these kinds are written.
pub(super) fn forms(kinds: &[Kind]) -> String {
    let form = |kind: &Kind| match kind {
        Kind::Bearer => r#"bearer = { env = "NAME" }"#,
        Kind::Basic => r#"basic = { user = "...", password = { env = "NAME" } }"#,
        Kind::OAuth2 => r#"oauth2 = { client_id = "...", client_secret = { env = "NAME" } }"#,
    };
    kinds.iter().map(form).collect::<Vec<_>>().join(" or ")
}

impl Reader<'_> {
    /// The credentials; `None` where there is a problem, or where they are not wanted.
    pub(super) fn credentials(&self, section: &Section<'_>) -> Option<Credentials> {
        let written: Vec<_> =
            Kind::ALL.into_iter().filter_map(|kind| Some((kind, section.get(kind.as_str())?))).collect();
        let taken = &self.spec.auth;
        let Some((kind, entry)) = written.first() else {
            if !taken.is_empty() && self.is_wanted() {
                let told = format!("credentials are missing; write {}", forms(taken));
                section.problem("", told);
            }
            return taken.is_empty().then_some(Credentials::None);
        };
        for (_, other) in written.iter().skip(1) {
            other.problem(format!(
                "stands beside {}; a call shows one kind of credentials, so leave one out",
                kind.as_str()
            ));
        }
        if !taken.contains(kind) {
            let known = match taken.as_slice() {
                [] => "none of this kind; take it out".to_owned(),
                taken => format!("other credentials; write {}", forms(taken)),
            };
            entry.problem(format!("is not what {} takes: it wants {known}", self.connector));
        }
        let read = match kind {
            Kind::Bearer => self.bearer(entry),
            Kind::Basic => self.basic(entry.section()?),
            Kind::OAuth2 => self.oauth2(entry.section()?),
        };
        read.filter(|_| written.len() == 1 && taken.contains(kind))
    }

    fn bearer(&self, entry: &Entry<'_>) -> Option<Credentials> {
        let token = self.secrets.read(entry, self.is_wanted())?;
        let usable = token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
        if !usable {
            entry.problem(
                "this secret has blanks, line ends or letters that no token has; store the token alone, without the word Bearer",
            );
        }
        usable.then_some(Credentials::Bearer(token))
    }

    /// Where the user is a key, and so a secret, many platforms want any password or none: it may stand here.
    fn basic(&self, section: Section<'_>) -> Option<Credentials> {
        let user =
            section.require("user", r#"write user = "...", or { env = "NAME" } where the platform takes a key for it"#);
        let is_key = user.as_ref().is_some_and(|user| user.json().is_object());
        let password = section.get("password");
        let user = user.and_then(|entry| {
            let user =
                if is_key { self.secrets.read(&entry, self.is_wanted()) } else { entry.text().map(SecretString::from) };
            let user = user?;
            let text = user.expose_secret();
            let usable = !text.is_empty() && !text.contains(':') && !text.contains(char::is_control);
            if !usable {
                entry.problem("is no user for Basic: it is empty, or has a colon or a line end in it");
            }
            usable.then_some(user)
        });
        let password = match &password {
            Some(entry) if is_key && entry.json().is_string() => entry.text().map(SecretString::from),
            Some(entry) => self.secrets.read(entry, self.is_wanted()).filter(|password| {
                let usable = !password.expose_secret().contains(char::is_control);
                if !usable {
                    entry.problem("this secret has a line end in it; store the password alone");
                }
                usable
            }),
            None if is_key => Some(SecretString::from(String::new())),
            None => {
                section.problem("password", format!("is missing beside user; {HOW}"));
                None
            }
        };
        section.finish("basic has user and password");
        Some(Credentials::Basic { user: user?, password: password? })
    }

    fn oauth2(&self, section: Section<'_>) -> Option<Credentials> {
        let client_id = section.require("client_id", "write the id that the platform gave to this client");
        let client_id = client_id.and_then(|entry| {
            let id = entry.text()?;
            if id.trim().is_empty() {
                entry.problem("is empty; write the id that the platform gave to this client");
            }
            Some(id).filter(|id| !id.trim().is_empty())
        });
        let client_secret = section.require("client_secret", HOW);
        let client_secret = client_secret.and_then(|entry| self.secrets.read(&entry, self.is_wanted()));
        let token_url = match section.get("token_url") {
            Some(entry) => self.address(&entry),
            None => self.token_url(&section),
        };
        let scope = section.text("scope").or_else(|| self.spec.scope.clone());
        section.finish("oauth2 has client_id, client_secret, token_url and scope");
        Some(Credentials::OAuth2 { token_url: token_url?, client_id: client_id?, client_secret: client_secret?, scope })
    }

    /// The token address of the connector.
    fn token_url(&self, section: &Section<'_>) -> Option<Url> {
        let Some(url) = &self.spec.token_url else {
            if self.is_wanted() {
                section.problem(
                    "token_url",
                    format!("is missing: where {} gives tokens differs; write it", self.connector),
                );
            }
            return None;
        };
        let sound =
            self.judge(url).map_err(|what| section.problem("token_url", format!("the one of the connector {what}")));
        sound.ok().map(|()| url.clone())
    }
}
