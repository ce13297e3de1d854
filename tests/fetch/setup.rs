//! Settings that no calls can be made with.

use http::HeaderName;
use secrecy::SecretString;
use usher::config::{Credentials, SourceFetch};
use usher::fetch::{Fetcher, SetupError};

use crate::{HandClock, assert_discreet, secret, settings};

fn refused(adjust: impl FnOnce(&mut SourceFetch)) -> SetupError {
    let mut settings = settings(([127, 0, 0, 1], 8080).into());
    adjust(&mut settings);
    let error = Fetcher::new("hr", settings, HandClock::new()).err().unwrap();
    assert_discreet(&error);
    assert!(error.to_string().starts_with("sources.hr.fetch"), "{error}");
    error
}

#[test]
fn private_addresses_are_refused_in_every_way_of_writing() {
    let written = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[64:ff9b::10.0.0.1]",
        "１２７.0.0.1",
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
    ];
    for host in written {
        let error = refused(|settings| {
            settings.base = format!("https://{host}:8443/").parse().unwrap();
            settings.allow = vec!["10.9.9.9".to_owned()];
        });
        assert!(matches!(error, SetupError::Private { key: "base", .. }), "{host}: {error}");
    }
}

#[test]
fn a_token_address_is_guarded_alike() {
    let oauth2 = |token_url: &str| Credentials::OAuth2 {
        token_url: token_url.parse().unwrap(),
        client_id: "client".to_owned(),
        client_secret: secret("client-s3cret"),
        scope: None,
    };
    let error = refused(|settings| settings.credentials = oauth2("https://10.1.2.3/token"));
    assert!(matches!(error, SetupError::Private { key: "oauth2.token_url", .. }), "{error}");
    let error = refused(|settings| settings.credentials = oauth2("http://login.acme.example/token"));
    assert!(matches!(error, SetupError::Plain { key: "oauth2.token_url", .. }), "{error}");
}

#[test]
fn plain_http_is_for_hosts_that_are_named() {
    for base in ["http://hr.internal/", "http://1.1.1.1/", "http://hr.internal.:80/"] {
        let error = refused(|settings| settings.base = base.parse().unwrap());
        assert!(matches!(error, SetupError::Plain { .. }), "{base}: {error}");
    }
    let mut named = settings(([127, 0, 0, 1], 8080).into());
    named.base = "http://HR.internal./".parse().unwrap();
    named.allow = vec!["hr.internal".to_owned()];
    assert!(Fetcher::new("hr", named, HandClock::new()).is_ok());
}

#[test]
fn what_is_no_address_to_ask_is_refused() {
    for base in ["ftp://127.0.0.1/", "data:x", "http://me:s3cret@127.0.0.1/", "http://s3cret@127.0.0.1/"] {
        let error = refused(|settings| settings.base = base.parse().unwrap());
        assert!(matches!(error, SetupError::Address { key: "base", .. }), "{base}: {error}");
    }
    let error = refused(|settings| settings.allow.push("https://hr.internal".to_owned()));
    assert!(matches!(error, SetupError::Allow { .. }), "{error}");
}

#[test]
fn credentials_that_no_header_can_carry_are_refused() {
    let text = |text: &str| SecretString::from(text);
    for odd in ["", "token s3cret", "s3cret\nmore", "s3cret\u{e9}"] {
        let error = refused(|settings| settings.credentials = Credentials::Bearer(text(odd)));
        assert!(matches!(&error, SetupError::Credential { key, .. } if key == "bearer"), "{odd}: {error}");
    }
    for (user, password) in [("", "s3cret"), ("a:b", "s3cret"), ("user", "s3cret\r\n")] {
        let credentials = Credentials::Basic { user: text(user), password: text(password) };
        let error = refused(|settings| settings.credentials = credentials);
        assert!(matches!(&error, SetupError::Credential { key, .. } if key == "basic"), "{user}: {error}");
    }
    for odd in ["", " ", "s3cret\nmore", "s3cret\0"] {
        let header = (HeaderName::from_static("x-key"), text(odd));
        let error = refused(|settings| settings.secret_headers.push(header));
        assert!(matches!(&error, SetupError::Credential { key, .. } if key == "headers.x-key"), "{odd}: {error}");
    }
}

#[test]
fn what_asks_shows_no_secret() {
    let mut settings = settings(([127, 0, 0, 1], 8080).into());
    settings.secret_headers.push((HeaderName::from_static("x-key"), secret("key-s3cret")));
    for credentials in [
        Credentials::Bearer(secret("token-s3cret")),
        Credentials::Basic { user: secret("user-s3cret"), password: secret("password-s3cret") },
        Credentials::OAuth2 {
            token_url: "http://127.0.0.1/token".parse().unwrap(),
            client_id: "client".to_owned(),
            client_secret: secret("client-s3cret"),
            scope: None,
        },
    ] {
        settings.credentials = credentials;
        let shown = format!("{settings:?}{:?}", Fetcher::new("hr", settings.clone(), HandClock::new()).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("127.0.0.1:8080"), "{shown}");
    }
}
