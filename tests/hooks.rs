//! DocSpace's webhooks towards us: which are ours, how they have to be, and where a portal refuses to post to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use url::Url;
use usher::docspace::Webhook;
use usher::hooks::{self, Health, reach, secret};

const ADDRESS: &str = "https://usher.example.com/hooks/docspace";

fn hook(id: i64, uri: &str) -> Webhook {
    Webhook {
        id,
        name: "usher".to_owned(),
        uri: uri.to_owned(),
        enabled: true,
        ssl: true,
        triggers: hooks::TRIGGERS,
        target_id: None,
        created_by: None,
        created_at: Some("2026-08-01T00:00:00Z".parse().unwrap()),
        last_failure_at: None,
        last_failure: None,
        last_success_at: None,
    }
}

fn address() -> Url {
    Url::parse(ADDRESS).unwrap()
}

#[test]
fn addresses_of_the_portals_default_list_are_refused_and_no_others() {
    let refused = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "::",
        "::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
    ];
    let taken = [
        "1.0.0.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.0",
        "128.0.0.1",
        "169.253.0.1",
        "169.255.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "203.0.113.1",
        "2001:db8::1",
        "fe00::1",
        "fec0::1",
        "::ffff:203.0.113.1",
        "fbff::1",
    ];
    for (addresses, is_refused) in [(&refused[..], true), (&taken[..], false)] {
        for address in addresses {
            assert_eq!(reach::is_refused(address.parse::<IpAddr>().unwrap()), is_refused, "{address}");
        }
    }
}

#[test]
fn secrets_fit_the_strictest_rules_for_passwords_and_are_never_the_same() {
    let secrets: Vec<String> = (0..50).map(|_| secret::fresh().unwrap().expose_secret().to_owned()).collect();
    for (number, secret) in secrets.iter().enumerate() {
        assert_eq!(secret.len(), 30);
        assert!(secret.bytes().all(|byte| byte.is_ascii_graphic()), "{secret}");
        let kinds =
            [char::is_uppercase, char::is_lowercase, |c: char| c.is_ascii_digit(), |c: char| c.is_ascii_punctuation()];
        assert!(kinds.into_iter().all(|kind| secret.contains(kind)), "{secret}");
        assert!(!secrets[..number].contains(secret));
    }
}

#[test]
fn triggers_have_their_names_and_a_new_one_its_number() {
    let names = |flags| hooks::trigger_names(flags).join(" ");
    assert_eq!(names(hooks::TRIGGERS), "user.created user.invited user.updated user.deleted");
    assert_eq!(names(0), "*");
    assert_eq!(names(4_194_304 | 34_359_738_368), "room.created folder.downloaded");
    assert_eq!(names(1 << 40 | 128), format!("file.created {}", 1_i64 << 40));
}

#[test]
fn ours_is_known_by_its_address_or_by_its_number_and_its_source() {
    let moved = hook(5, "https://old.example.com/hooks/docspace");
    let all = [
        Webhook { enabled: false, ..hook(1, ADDRESS) },
        hook(2, "https://other.example.com/hooks/docspace"),
        hook(3, ADDRESS),
        hook(4, "https://usher.example.com/hooks/other"),
        moved,
        hook(6, "nonsense"),
    ];
    let ours = |address: Option<&Url>, known| -> Vec<i64> {
        hooks::ours(&all, address, "docspace", known).iter().map(|hook| hook.id).collect()
    };
    let address = address();
    assert_eq!(ours(Some(&address), None), [3, 1], "the one that is switched on comes first");
    assert_eq!(ours(Some(&address), Some(1)), [1, 3]);
    assert_eq!(ours(Some(&address), Some(5)), [5, 3, 1], "it posts to where we were");
    assert_eq!(ours(Some(&address), Some(4)), [3, 1], "the number has gone to another");
    assert_eq!(ours(Some(&address), Some(99)), [3, 1]);
    assert_eq!(ours(None, None), [2, 3, 5, 1], "without an address of ours, whatever ends like it");
}

#[test]
fn what_differs_is_told_and_the_name_is_free() {
    let wanted = hooks::wanted("docspace", &address(), true);
    assert_eq!((wanted.name.as_str(), wanted.ssl, wanted.triggers, wanted.enabled), ("usher", true, 15, true));
    let long = hooks::wanted(&"x".repeat(80), &Url::parse("http://127.0.0.1/hooks/x").unwrap(), false);
    assert_eq!((long.name.len(), long.ssl), (50, false));
    let other_name = Webhook { name: "by hand".to_owned(), ..hook(1, "https://USHER.example.com:443/hooks/docspace") };
    assert_eq!(hooks::differences(&other_name, &wanted), [""; 0]);
    let wrong = Webhook {
        triggers: 0,
        enabled: false,
        ssl: false,
        target_id: Some("5".to_owned()),
        ..hook(1, "https://old.example.com/hooks/docspace")
    };
    assert_eq!(hooks::differences(&wrong, &wanted).len(), 5);
}

#[test]
fn the_worst_is_told_of_ours_and_of_others_only_whether_they_deliver() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let failing = Webhook { last_failure_at: at("2026-08-02T00:00:00Z"), ..hook(1, ADDRESS) };
    let until = Health::Failing { disabled_from: at("2026-08-04T00:00:00Z").unwrap() };
    assert_eq!(hooks::health(&failing), until, "three days after it was made");
    let succeeded = Webhook { last_success_at: at("2026-08-01T12:00:00Z"), ..failing.clone() };
    assert_eq!(hooks::health(&succeeded), Health::Failing { disabled_from: at("2026-08-04T12:00:00Z").unwrap() });
    let again = Webhook { last_success_at: at("2026-08-02T00:00:01Z"), ..failing.clone() };
    assert_eq!(hooks::health(&again), Health::Good);
    let deaf = Webhook { triggers: 5, target_id: Some("5".to_owned()), ..failing };
    assert_eq!((hooks::health(&deaf), hooks::delivering(&deaf)), (Health::Deaf { missing: 10 }, until));
    let narrow = Webhook { triggers: 0, ..deaf };
    assert_eq!(hooks::health(&narrow), Health::Narrow);
    let off = Webhook { enabled: false, ..narrow };
    assert_eq!((hooks::health(&off), hooks::delivering(&off)), (Health::Disabled, Health::Disabled));
}

#[tokio::test]
async fn a_name_is_resolved_and_one_that_is_none_is_told() {
    let found = reach::resolve(&Url::parse("http://localhost/").unwrap()).await.unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    let found = reach::resolve(&Url::parse("http://[::1]:80/").unwrap()).await.unwrap();
    assert_eq!(found, ["::1".parse::<IpAddr>().unwrap()]);
    let missing = reach::resolve(&Url::parse("http://no-such-host.invalid/").unwrap()).await.unwrap_err();
    assert!(missing.contains("no-such-host.invalid"), "{missing}");
}
