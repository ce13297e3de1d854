//! Names that lead to private addresses, and TLS.

use std::future::Future;
use std::process::Command;

use serde_json::json;
use usher::fetch::{Credentials, FetchError, Fetcher, Settings, SetupError};

use crate::platform::{Platform, answer};
use crate::{HandClock, asking, fetcher, secret, settings};

/// Run the test of this name in a process of its own that trusts the authorities of one file and no others.
fn trusting(file: &str, name: &str, run: impl Future<Output = ()>) {
    let file = format!("{}/tests/mail/certificates/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("SSL_CERT_FILE").as_deref() == Ok(file.as_str()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.unwrap().block_on(run);
    }
    let mut alone = Command::new(std::env::current_exe().unwrap());
    alone.args([&format!("tls::{name}"), "--exact", "--nocapture"]);
    let done = alone.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR").output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

const AUTHORITY: &str = "authority.pem";

/// The platform by its name, which leads to this machine.
fn by_name(platform: &Platform, allow: &[&str]) -> Settings {
    Settings {
        base: format!("https://localhost:{}/", platform.address.port()).parse().unwrap(),
        allow: allow.iter().map(ToString::to_string).collect(),
        ..settings(platform.address)
    }
}

#[test]
fn a_name_that_leads_to_a_private_address_is_not_asked() {
    trusting(AUTHORITY, "a_name_that_leads_to_a_private_address_is_not_asked", async {
        let platform = Platform::secured(|_, _| answer(200, "{}")).await;
        for allow in [&[][..], &["10.1.2.3"], &["localhost.example.com"]] {
            let fetcher = fetcher(by_name(&platform, allow));
            let error = asking(&fetcher).await.unwrap_err();
            assert!(matches!(&error, FetchError::Private { address, .. } if address.is_loopback()), "{error}");
            assert!(error.needs_somebody() && !error.is_outage(), "{error}");
            assert!(error.to_string().contains("sources.hr.fetch.allow"), "{error}");
            assert_eq!(fetcher.check().await.unwrap_err(), error);
        }
        assert!(platform.seen().is_empty());
    });
}

#[test]
fn a_name_that_is_allowed_is_asked_wherever_it_leads() {
    trusting(AUTHORITY, "a_name_that_is_allowed_is_asked_wherever_it_leads", async {
        let platform = Platform::secured(|_, _| answer(200, r#"{"name": "Ada"}"#)).await;
        // By name, or by what the name leads to.
        for allow in [&["localhost"][..], &["LOCALHOST."], &["127.0.0.1"]] {
            assert_eq!(asking(&fetcher(by_name(&platform, allow))).await.unwrap(), json!({"name": "Ada"}));
        }
        assert_eq!(platform.seen().len(), 3);
    });
}

#[test]
fn a_token_is_not_asked_for_at_a_name_that_leads_to_a_private_address() {
    trusting(AUTHORITY, "a_token_is_not_asked_for_at_a_name_that_leads_to_a_private_address", async {
        let login = Platform::secured(|_, _| answer(200, r#"{"access_token": "t"}"#)).await;
        let platform = Platform::saying(answer(200, "{}")).await;
        let credentials = Credentials::OAuth2 {
            token_url: format!("https://localhost:{}/token", login.address.port()).parse().unwrap(),
            client_id: "client".to_owned(),
            client_secret: secret("client-s3cret"),
            scope: None,
        };
        let base = format!("http://{}", platform.address).replace("127.0.0.1", "127.0.0.2").parse().unwrap();
        let allow = vec!["127.0.0.2".to_owned()];
        let fetcher = fetcher(Settings { credentials, base, allow, ..settings(platform.address) });
        let error = asking(&fetcher).await.unwrap_err();
        assert!(matches!(&error, FetchError::Private { at, .. } if at.host.starts_with("localhost:")), "{error}");
        assert!(login.seen().is_empty() && platform.seen().is_empty());
    });
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    trusting(AUTHORITY, "a_certificate_that_nobody_vouches_for_is_refused", async {
        let platform = Platform::secured(|_, _| answer(200, "{}")).await;
        // The certificate is one of localhost.
        let base = format!("https://{}/", platform.address).parse().unwrap();
        let error = asking(&fetcher(Settings { base, ..settings(platform.address) })).await.unwrap_err();
        assert!(matches!(&error, FetchError::Unreachable { cause, .. } if cause.contains("certificate")), "{error}");
        assert!(platform.seen().is_empty());
    });
}

#[test]
fn without_certificates_https_is_refused_with_what_to_do_and_http_works() {
    let mut alone = Command::new(std::env::current_exe().unwrap());
    const NAME: &str = "without_certificates_https_is_refused_with_what_to_do_and_http_works";
    if std::env::var("SSL_CERT_FILE").as_deref() != Ok("/nonexistent/alone") {
        alone.args([&format!("tls::{NAME}"), "--exact", "--nocapture"]);
        alone.env("SSL_CERT_FILE", "/nonexistent/alone").env("SSL_CERT_DIR", "/nonexistent");
        let done = alone.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        return;
    }
    let here = settings(([127, 0, 0, 1], 8080).into());
    assert!(Fetcher::new(here.clone(), HandClock::new()).is_ok());
    let base = "https://api.acme.example/".parse().unwrap();
    let error = Fetcher::new(Settings { base, ..here }, HandClock::new()).unwrap_err();
    assert!(matches!(error, SetupError::Tls { .. }) && error.to_string().contains("ca-certificates"), "{error}");
}

#[test]
fn a_proxy_of_the_environment_is_asked_wherever_it_is_but_not_for_hosts_that_are_named() {
    const NAME: &str = "a_proxy_of_the_environment_is_asked_wherever_it_is_but_not_for_hosts_that_are_named";
    const GUARD: &str = "USHER_TEST_BEHIND_PROXY";
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    if let Ok(port) = std::env::var(GUARD) {
        return runtime.block_on(async {
            let here = settings(([127, 0, 0, 1], port.parse().unwrap()).into());
            // The name is for the proxy to look up; this machine need not know it.
            let base = "https://api.acme.example/".parse().unwrap();
            let error = asking(&fetcher(Settings { base, ..here.clone() })).await.unwrap_err();
            assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
            let told = error.to_string();
            let named = format!("no connection to api.acme.example through the proxy localhost:{port} (");
            assert!(told.starts_with(&named) && told.contains("HTTPS_PROXY") && !told.contains("pr0xy"), "{told}");
            // Nobody is there, and nobody asks the proxy.
            let base = "https://localhost:1/".parse().unwrap();
            let allow = vec!["localhost".to_owned()];
            let error = asking(&fetcher(Settings { base, allow, ..here })).await.unwrap_err();
            assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
            assert!(!error.to_string().contains("proxy"), "{error}");
        });
    }
    let proxy = runtime.block_on(Platform::saying(answer(403, "")));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/certificates/authority.pem");
    let mut alone = Command::new(std::env::current_exe().unwrap());
    alone
        .args([&format!("tls::{NAME}"), "--exact", "--nocapture"])
        .env("SSL_CERT_FILE", file)
        .env_remove("SSL_CERT_DIR");
    alone
        .env("HTTPS_PROXY", format!("http://clerk:pr0xy@localhost:{}", proxy.address.port()))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    let done = alone.env(GUARD, proxy.address.port().to_string()).output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(proxy.only().line, "CONNECT api.acme.example:443 HTTP/1.1");
}
