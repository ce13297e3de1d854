//! Settings that cannot work are refused before anything is sent.

use secrecy::SecretString;
use usher::mail::{Login, Mailbox, Mailer, Settings, SetupError, TIMEOUT, Tls};

use crate::{settings, with_login};

#[test]
fn a_sender_is_one_mailbox() {
    for good in ["usher@hr.example", "Usher <usher@hr.example>", "\"Usher, HR\" <usher@hr.example>", " <a@hr.example> "]
    {
        assert!(good.parse::<Mailbox>().is_ok(), "{good}");
    }
    let bad = [
        "",
        "Usher",
        "usher@",
        "@hr.example",
        "a@hr.example, b@hr.example",
        "Usher <a@hr.example> <b@hr.example>",
        "Usher <a@hr.example> x",
        "Usher\r\nBcc: <a@hr.example>",
        "Usher <a@hr.example\r\nBcc:x>",
        "Usher <ü@hr.example>",
    ];
    for bad in bad {
        assert_eq!(bad.parse::<Mailbox>(), Err(SetupError::Mailbox), "{bad}");
    }
}

#[test]
fn a_host_is_a_name_or_an_address() {
    for good in ["localhost", "mail.hr.example", "192.0.2.1", "2001:db8::1"] {
        assert!(Mailer::new(Settings { host: good.to_owned(), ..settings(25) }).is_ok(), "{good}");
    }
    for bad in ["", "mail.hr.example:25", "smtp://mail.hr.example", "mail hr", "[::1]", "a@b"] {
        let refused = Mailer::new(Settings { host: bad.to_owned(), ..settings(25) }).map(drop);
        assert_eq!(refused, Err(SetupError::Host), "{bad}");
    }
}

#[test]
fn no_password_crosses_the_network_in_the_clear() {
    let host = |host: &str| Mailer::new(Settings { host: host.to_owned(), ..with_login(settings(25)) }).map(drop);
    assert_eq!(host("mail.hr.example"), Err(SetupError::OpenPassword("mail.hr.example".to_owned())));
    for loopback in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(host(loopback), Ok(()), "{loopback}");
    }
}

#[test]
fn an_empty_login_is_refused() {
    for (user, password) in [("", "x"), ("x", ""), ("x\0", "x"), ("x", "\0")] {
        let login = Some(Login { user: user.to_owned(), password: SecretString::from(password.to_owned()) });
        assert_eq!(Mailer::new(Settings { login, ..settings(25) }).map(drop), Err(SetupError::Login));
    }
}

#[test]
fn a_step_may_take_half_a_minute_when_nothing_else_is_said() {
    let settings = Settings::new("mail.hr.example", 587, Tls::StartTls, "a@hr.example".parse().unwrap());
    assert_eq!((settings.timeout, TIMEOUT.as_secs()), (TIMEOUT, 30));
}
