//! Setting the client up: addresses, keys, sandbox, reserved addresses.

use usher::docspace::{Client, ClientError, Error, NewAccount, Settings, reserved_address};
use usher::model::UserType;

use crate::support::{HandClock, ID, StandIn, employee, success};

fn client(url: &str, key: &str) -> Result<Client, ClientError> {
    Client::new(Settings::new(url.parse().unwrap(), key.to_owned().into()), HandClock::new())
}

#[test]
fn a_loopback_address_is_a_sandbox() {
    for url in
        ["http://localhost:8090", "http://127.0.0.1:8090", "http://127.9.9.9", "http://[::1]:1", "http://a.localhost"]
    {
        assert!(client(url, "k").unwrap().is_sandbox(), "{url}");
    }
    for url in ["http://portal.example.com", "http://10.0.0.1", "http://localhost.example.com", "http://[2001:db8::1]"]
    {
        assert!(!client(url, "k").unwrap().is_sandbox(), "{url}");
    }
}

#[test]
fn the_host_is_named_with_a_port_of_its_own() {
    assert_eq!(client("http://127.0.0.1:8090/", "k").unwrap().host(), "127.0.0.1:8090");
    assert_eq!(client("http://portal.example.com/x?y=z", "k").unwrap().host(), "portal.example.com");
}

#[test]
fn a_portal_has_the_name_it_was_given() {
    assert_eq!(client("http://127.0.0.1:8090/", "k").unwrap().name(), "docspace");
    let mut settings = Settings::new("http://127.0.0.1:8090/".parse().unwrap(), "k".to_owned().into());
    settings.name = "berlin".into();
    let client = Client::new(settings, HandClock::new()).unwrap();
    assert_eq!(client.name(), "berlin");
    assert!(format!("{client:?}").contains("berlin"));
}

#[test]
fn unusable_settings_are_refused_without_repeating_them() {
    for url in ["ftp://portal.example.com", "mailto:a@example.com", "file:///tmp"] {
        assert!(matches!(client(url, "k"), Err(ClientError::Address)), "{url}");
    }
    let error = client("https://me:hidden@portal.example.com", "k").err().unwrap();
    assert!(matches!(error, ClientError::Credentials) && !error.to_string().contains("hidden"));
    for key in ["", "sk-1\n", "sk-1 2", "schlüssel"] {
        let error = client("http://127.0.0.1:1", key).unwrap_err();
        assert!(matches!(error, ClientError::Key), "{key:?}");
    }
}

#[tokio::test]
async fn a_path_in_front_of_the_api_is_kept() {
    let portal = StandIn::saying(success(employee())).await;
    let url = format!("http://{}/docspace/?x=y#z", portal.address);
    client(&url, "k").unwrap().invite("a@example.com", UserType::User, None).await.unwrap();
    assert_eq!(portal.only().target, "/docspace/api/2.0/people/invite");
    client(&format!("http://{}/docspace", portal.address), "k").unwrap().account(ID).await.unwrap();
    assert_eq!(portal.seen()[1].target, format!("/docspace/api/2.0/people/{ID}"));
}

/// Runs one test of this file again in another environment.
fn again(test: &str, environment: [(&str, &str); 2]) {
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--include-ignored"])
        .envs(environment)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && told.contains("1 passed"), "{told}");
}

const NO_CERTIFICATES: [(&str, &str); 2] = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];

#[test]
fn a_machine_without_certificates_can_talk_to_a_sandbox() {
    again("calls::an_account_is_found_by_its_address", NO_CERTIFICATES);
}

#[test]
fn a_machine_without_certificates_is_told_of_them_for_https() {
    again("setup::https_without_certificates", NO_CERTIFICATES);
}

#[test]
fn a_sandbox_is_never_called_through_a_proxy() {
    let dead = "http://127.0.0.1:1";
    again("calls::an_account_is_found_by_its_address", [("http_proxy", dead), ("all_proxy", dead)]);
}

#[test]
#[ignore = "only as a part of the test before it"]
fn https_without_certificates() {
    let error = client("https://portal.example.com", "k").unwrap_err();
    assert!(matches!(error, ClientError::Tls(_)), "{error}");
    assert!(error.to_string().contains("ca-certificates"), "{error}");
}

#[test]
fn addresses_under_reserved_domains_are_told() {
    for email in [
        "a@example.com",
        "a@example.org",
        "a@EXAMPLE.net.",
        "a@mail.example.com",
        "a@b.test",
        "a@test",
        "a@x.invalid",
        "a@localhost",
        "a@x.example",
        "\"a@real.com\"@example.com",
    ] {
        assert!(reserved_address(email), "{email}");
    }
    for email in
        ["a@onlyoffice.com", "a@myexample.com", "a@example.acme.com", "example.com@acme.com", "a@contest", "a", ""]
    {
        assert!(!reserved_address(email), "{email}");
    }
}

#[tokio::test]
async fn a_reserved_address_is_sent_to_no_portal_but_a_sandbox() {
    // TEST-NET-1 (RFC 5737): a call that went out would not come back.
    let portal = client("http://192.0.2.1", "k").unwrap();
    let new = NewAccount {
        email: "ada@corp.example".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: String::new(),
        user_type: UserType::User,
        culture: None,
    };
    let answers = [
        portal.find_by_email(&new.email).await.unwrap_err(),
        portal.create(&new).await.unwrap_err(),
        portal.invite(&new.email, UserType::User, None).await.unwrap_err(),
    ];
    for error in answers {
        assert!(matches!(error, Error::Reserved { .. }) && !error.is_outage(), "{error}");
        assert!(!error.summary().contains("ada"), "{error}");
    }
}
