//! Single values that are refused, each with its reason.

use super::{SOUND, parse, refused, told};
use usher::config::Needs;

#[test]
fn an_address_of_a_portal_is_its_root() {
    for (url, what) in [
        ("portal.example.com", "is not the address of a portal"),
        ("https://", "is not the address of a portal"),
        ("localhost:8090", "must begin with https:// or http://"),
        ("ftp://portal.example.com", "must begin with https:// or http://"),
        ("https://me@portal.example.com", "has a user name or password in it; the api_key is all that is needed"),
        ("https://portal.example.com/api/2.0", "has a path; DocSpace answers at the root of its host"),
        ("https://portal.example.com/?a=b", "has a query or fragment"),
        ("https://portal.example.com/#a", "has a query or fragment"),
    ] {
        let text = SOUND.replace("https://portal.example.com", url);
        let expected = format!("usher.toml:3:7: docspace.url: {what}; write it as https://portal.example.com\n");
        assert_eq!(refused(&text), expected, "{url}");
    }
}

#[test]
fn a_store_is_an_sqlite_file() {
    for (url, what) in [
        ("usher.db", "is not a store; write sqlite:// and a path, such as sqlite://usher.db"),
        ("sqlite://", "has no path; write sqlite:// and a path, such as sqlite://usher.db"),
        ("sqlite://:memory:", "would lose everything at a restart; write sqlite:// and the path of a file"),
        ("sqlite://usher.db?mode=rwc", "takes no parameters; leave out the '?' and what follows"),
        ("postgresql://u:s3cret@h/d", "PostgreSQL is not in this version; write sqlite://usher.db"),
    ] {
        let text = format!("{SOUND}[store]\nurl = '{url}'\n");
        assert_eq!(refused(&text), format!("usher.toml:9:7: store.url: {what}\n"), "{url}");
    }
}

#[test]
fn listeners_that_would_take_each_others_port_are_refused() {
    let told = |server: &str, admin: &str| {
        let text = format!("{SOUND}[server]\nlisten = '{server}'\n[admin]\nlisten = '{admin}'\n");
        parse(&text, Needs::Everything).map_or_else(|problems| told(&problems), |_| String::new())
    };
    let shared = "usher.toml:11:10: admin.listen: the public and the admin listener share this address; give each a port of its own\n";
    assert_eq!(told("127.0.0.1:80", "127.0.0.1:80"), shared);
    assert_eq!(told("0.0.0.0:80", "127.0.0.1:80"), shared);
    assert_eq!(told("10.0.0.1:80", "[::]:80"), shared);
    assert_eq!(told("10.0.0.1:80", "127.0.0.1:80"), "");
    assert_eq!(told("127.0.0.1:0", "127.0.0.1:0"), "");
    let text = format!("{SOUND}[server]\nlisten = '127.0.0.1:8081'\n");
    assert!(refused(&text).contains("usher.toml:9:10: server.listen: the public and the admin listener share"));
}

#[test]
fn problems_of_the_scheme_and_the_expression_are_told_where_they_stand() {
    let text = format!(
        "{SOUND}auth = {{ encoding = 'rot13' }}\n[[rules]]\non = 'employee.hired'\nwhen = 'evnt.email == 1'\nonboard = {{ type = 'User' }}\n"
    );
    let told = refused(&text);
    assert!(told.contains("usher.toml:8:21: sources.acme.auth.encoding: "), "{told}");
    assert!(told.contains("usher.toml:11:9: rules[0].when: "), "{told}");
    assert!(told.contains("evnt"), "{told}");
    assert_eq!(told.lines().count(), 2, "{told}");
    let told = refused(&text.replace("evnt.email", "event.titel"));
    assert!(told.contains("usher.toml:11:15: rules[0].when: "), "{told}");
    assert!(told.contains("titel"), "{told}");
}

#[test]
fn a_secret_that_the_scheme_cannot_decode_is_told_at_its_reference() {
    let text = SOUND.replace("ACME", "TWO_LINES");
    let text = format!("{text}auth = {{ secret = {{ decode = 'base64' }} }}\n");
    let told = refused(&text);
    assert!(told.starts_with("usher.toml:7:12: sources.acme.secrets[0]: "), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}
