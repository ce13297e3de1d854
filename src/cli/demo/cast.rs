//! Who is hired, and the webhooks that say so. The platforms are data: each fixture names the one it goes to.

use std::sync::Arc;

use http::StatusCode;

use crate::app::SystemClock;
use crate::auth;
use crate::config::Source;
use crate::docspace;
use crate::fixture::Fixture;
use crate::model::Clock;
use crate::sandbox::Fault;

use super::super::output::Failure;
use super::super::sign::Request;
use super::stage::Stage;

/// What happens to somebody's webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It comes once.
    Once,
    /// It comes a second time, byte for byte.
    Twice,
    /// It was not signed with the source's secret.
    Forged,
    /// It comes while the portal is in trouble.
    Troubled,
}

/// Somebody in a webhook.
#[derive(Debug)]
pub(super) struct Hire {
    pub(super) first_name: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) part: Part,
    fixture: &'static [u8],
}

macro_rules! hire {
    ($first:literal, $email:literal, $part:ident, $file:literal) => {
        Hire {
            first_name: $first,
            name: concat!($first, " Example"),
            email: $email,
            part: Part::$part,
            fixture: include_bytes!(concat!("../../../fixtures/demo/", $file)),
        }
    };
}

/// Everybody, in the order in which they appear.
pub(super) const CAST: &[Hire] = &[
    hire!("Ada", "ada@example.com", Once, "ada.http"),
    hire!("Ruth", "ruth@example.com", Twice, "ruth.http"),
    hire!("Eve", "eve@example.com", Forged, "eve.http"),
    hire!("Hedy", "hedy@example.com", Once, "hedy.http"),
    hire!("Emmy", "emmy@example.com", Once, "emmy.http"),
    hire!("Alan", "alan@example.com", Troubled, "alan.http"),
];

/// What the portal answers to the one in trouble, in this order.
const FAULTS: &str = include_str!("../../../fixtures/demo/faults.json");

/// The portal's trouble.
pub(super) fn faults() -> Result<Vec<Fault>, Failure> {
    Ok(serde_json::from_str(FAULTS)?)
}

/// The one of this address.
pub(super) fn by_email(email: &str) -> Option<&'static Hire> {
    CAST.iter().find(|hire| hire.email == email)
}

impl Hire {
    /// Whether the hire is true, so that an account is due.
    pub(super) fn is_real(&self) -> bool {
        self.part != Part::Forged
    }

    /// What the receiver has to answer, one status a request.
    pub(super) fn due_answers(&self) -> &'static [u16] {
        match self.part {
            Part::Once | Part::Troubled => &[200],
            Part::Twice => &[200, 200],
            Part::Forged => &[401],
        }
    }

    /// Name of the source: the last part of the fixture's target.
    pub(super) fn source(&self) -> Result<String, Failure> {
        let target = self.fixture()?.target.unwrap_or_default();
        Ok(target.rsplit('/').next().unwrap_or_default().to_owned())
    }

    fn fixture(&self) -> Result<Fixture, Failure> {
        Ok(Fixture::parse(self.fixture).map_err(anyhow::Error::from)?)
    }

    /// The webhook, signed now; a forged one with a secret of its own.
    pub(super) fn request(&self, stage: &Stage) -> Result<Signed, Failure> {
        let name = self.source()?;
        let source = stage.app.config.sources.get(&name).cloned();
        let source = source.ok_or_else(|| Failure::failed(format!("the demo has no source '{name}'")))?;
        let mut request = Request::of(&self.fixture()?)?;
        if self.is_real() {
            request.sign(&source)?;
        } else {
            forge(&mut request, &source)?;
        }
        Ok(Signed { source, request })
    }
}

fn forge(request: &mut Request, source: &Source) -> Result<(), Failure> {
    let key = source.scheme.key("not the secret of this source").map_err(anyhow::Error::msg)?;
    let now = SystemClock.now();
    auth::sign(&source.scheme, &key, &mut request.headers, &mut request.body, now).map_err(Failure::failed)
}

/// A webhook on its way.
pub(super) struct Signed {
    source: Arc<Source>,
    request: Request,
}

impl Signed {
    /// Post it to the receiver.
    pub(super) async fn post(&self, stage: &Stage) -> Result<StatusCode, Failure> {
        let url = stage.hook(&self.source.name)?;
        let client = docspace::http_client(&url)?;
        let request = client.post(url).headers(self.request.headers.clone()).body(self.request.body.clone());
        Ok(request.send().await.map_err(anyhow::Error::from)?.status())
    }
}
