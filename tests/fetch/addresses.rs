//! Which addresses may be asked.

use std::net::IpAddr;

use proptest::prelude::*;
use url::Host;
use usher::address::{Allowed, is_public};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn what_is_not_of_the_public_internet_is_told() {
    let inside = [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("169.254.0.0", "169.254.169.254"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "239.255.255.255"),
        ("240.0.0.0", "255.255.255.255"),
        ("::", "::1"),
        ("::7f00:1", "::8.8.8.8"),
        ("64:ff9b:1::", "64:ff9b:1:ffff::1"),
        ("100::", "100::1"),
        ("2001::", "2001:1ff:ffff::1"),
        ("2001:db8::", "2001:db8:ffff::1"),
        ("2002:7f00:1::", "2002:808:808::1"),
        ("3fff::", "3fff:fff::1"),
        ("5f00::", "5f00::1"),
        ("fc00::", "fdff::1"),
        ("fd00:ec2::254", "fe80::1"),
        ("fec0::1", "ff02::1"),
    ];
    for address in inside.iter().flat_map(|(first, last)| [first, last]) {
        assert!(!is_public(ip(address)), "{address}");
    }
    let outside = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0"];
    let outside =
        outside.iter().chain(&["198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1"]);
    for address in outside {
        assert!(is_public(ip(address)), "{address}");
    }
}

#[test]
fn an_address_within_another_is_looked_into() {
    for (form, is_open) in [
        ("::ffff:127.0.0.1", false),
        ("::ffff:10.1.2.3", false),
        ("::ffff:8.8.8.8", true),
        ("64:ff9b::7f00:1", false),
        ("64:ff9b::a9fe:a9fe", false),
        ("64:ff9b::808:808", true),
    ] {
        assert_eq!(is_public(ip(form)), is_open, "{form}");
    }
}

proptest! {
    /// The standard library knows the common ranges by itself.
    #[test]
    fn nothing_that_the_standard_library_calls_special_is_public(bits: u32, tail: u128) {
        let v4 = std::net::Ipv4Addr::from(bits);
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
            || v4.is_documentation() || v4.is_unspecified() || v4.is_broadcast();
        prop_assert!(!(special && is_public(v4.into())), "{v4}");
        prop_assert_eq!(is_public(v4.into()), is_public(v4.to_ipv6_mapped().into()));
        let v6 = std::net::Ipv6Addr::from(tail);
        let special = v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast();
        prop_assert!(!(special && is_public(v6.into())), "{v6}");
    }
}

#[test]
fn whoever_is_named_may_be_private() {
    let allowed = Allowed::read(["hr.Internal", "10.1.2.3", "::1", "[fd00::7]", "straße.example"]).unwrap();
    assert!(allowed.names_host("HR.internal") && allowed.names_host("hr.internal."));
    assert!(allowed.names_host("xn--strae-oqa.example"));
    for other in ["internal", "xhr.internal", "hr.internal.example.com", "10.1.2.3"] {
        assert!(!allowed.names_host(other), "{other}");
    }
    for named in ["10.1.2.3", "::ffff:10.1.2.3", "::1", "fd00::7", "9.9.9.9"] {
        assert!(allowed.permits_address(ip(named)), "{named}");
    }
    for other in ["10.1.2.4", "127.0.0.1", "fd00::8"] {
        assert!(!allowed.permits_address(ip(other)), "{other}");
    }
    assert!(allowed.names(&Host::Ipv4([10, 1, 2, 3].into())) && !allowed.names(&Host::Ipv4([9, 9, 9, 9].into())));
}

#[test]
fn what_is_no_host_cannot_be_named() {
    for entry in
        ["", "https://hr.internal", "hr.internal:8080", "10.0.0.0/8", "hr internal", "user@hr", "[::1", "10.1.2.300"]
    {
        assert!(Allowed::read([entry]).is_none(), "{entry}");
    }
}
