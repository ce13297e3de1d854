//! `usher sandbox`: a stand-in DocSpace.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::app::SystemClock;
use crate::sandbox::{DEFAULT_ADDRESS, DEFAULT_API_KEY, Error, Sandbox, Settings, WebhookTarget};

use super::output::{Failure, Out};
use super::wait::Signals;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_ADDRESS)]
    listen: SocketAddr,
    /// The API key that is accepted.
    #[arg(long, value_name = "KEY", default_value = DEFAULT_API_KEY, hide_default_value = true)]
    api_key: String,
    /// Post webhooks to this URL.
    #[arg(long, value_name = "URL", requires = "webhook_secret")]
    webhook_url: Option<String>,
    /// Sign webhooks with this secret.
    #[arg(long, value_name = "SECRET", requires = "webhook_url")]
    webhook_secret: Option<String>,
    /// Refuse every congratulation key, as the real server does.
    #[arg(long)]
    strict: bool,
    /// Catch mail here, by SMTP without TLS; what was caught is in the state.
    #[arg(long, value_name = "ADDR")]
    smtp: Option<SocketAddr>,
}

pub(super) async fn run(args: Args, out: &mut Out) -> Result<(), Failure> {
    let webhook = args.webhook_url.zip(args.webhook_secret).map(|(url, secret)| WebhookTarget { url, secret });
    let settings =
        Settings { api_key: args.api_key, strict: args.strict, webhook, ..Settings::new(Arc::new(SystemClock)) };
    let mut signals = Signals::new()?;
    let stop = CancellationToken::new();
    let running = match Sandbox::start(settings, args.listen, stop.clone()).await {
        Ok(running) => running,
        Err(Error::WebhookUrl) => {
            return Err(Failure::usage(
                "--webhook-url must be an absolute http or https URL, such as http://127.0.0.1:8080/hooks/docspace",
            ));
        }
        Err(error @ Error::Listen { .. }) => {
            return Err(anyhow::Error::from(error)
                .context("the sandbox does not start; is the port taken? Give another one with --listen")
                .into());
        }
        Err(error) => return Err(anyhow::Error::from(error).context("the sandbox does not start").into()),
    };
    let postbox = match args.smtp {
        None => None,
        Some(address) => match running.sandbox.start_postbox(address, stop.clone()).await {
            Ok(postbox) => Some(postbox),
            Err(error) => {
                stop.cancel();
                running.stopped().await;
                return Err(anyhow::Error::from(error)
                    .context("the mail catcher does not start; is the port taken? Give another one with --smtp")
                    .into());
            }
        },
    };
    out.line(running.url())?;
    if let Some(postbox) = &postbox {
        out.line(postbox.url())?;
    }
    signals.received().await;
    stop.cancel();
    running.stopped().await;
    if let Some(postbox) = postbox {
        postbox.stopped().await;
    }
    Ok(())
}
