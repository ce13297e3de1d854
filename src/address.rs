//! Which hosts may be asked where an address is partly given from outside: those of the public internet, and those named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::Host;

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(first: u16, second: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), length)
}

/// What is not the public internet: the IANA registry of IPv4 special-purpose addresses, and multicast (RFC 5771).
const INSIDE_V4: [Ipv4Net; 16] = [
    // This network.
    v4(0, 0, 0, 0, 8),
    // Private.
    v4(10, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
    // Shared by customers of a carrier.
    v4(100, 64, 0, 0, 10),
    // This machine.
    v4(127, 0, 0, 0, 8),
    // Link-local; clouds tell a machine its credentials there.
    v4(169, 254, 0, 0, 16),
    // Protocol assignments.
    v4(192, 0, 0, 0, 24),
    // Relays of 6to4, given up.
    v4(192, 88, 99, 0, 24),
    // Documentation.
    v4(192, 0, 2, 0, 24),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Benchmarks.
    v4(198, 18, 0, 0, 15),
    // Multicast.
    v4(224, 0, 0, 0, 4),
    // Reserved, with the broadcast address.
    v4(240, 0, 0, 0, 4),
    v4(255, 255, 255, 255, 32),
];

/// Global unicast (IANA registry of IPv6 address space). Everything else is loopback, link-local, unique-local, multicast,
/// a form of an IPv4 address or reserved.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What is not public in there: the IANA registry of IPv6 special-purpose addresses.
const INSIDE_V6: [Ipv6Net; 4] = [
    // Protocol assignments, with Teredo and benchmarks.
    v6(0x2001, 0, 23),
    // Documentation.
    v6(0x2001, 0x0db8, 32),
    v6(0x3fff, 0, 20),
    // 6to4: an IPv4 address within.
    v6(0x2002, 0, 16),
];

/// Where a network that knows IPv6 alone shows the IPv4 internet (RFC 6052): the last 32 bits are the address meant.
const NAT64: Ipv6Net = v6(0x0064, 0xff9b, 96);

/// Whether an address is one of the public internet. One form of an address hidden in another is looked into.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !INSIDE_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => GLOBAL_V6.contains(&address) && !INSIDE_V6.iter().any(|net| net.contains(&address)),
    }
}

/// What may be private, because an administrator has named it.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    hosts: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Allowed {
    /// Names of hosts and addresses; `None` if one is neither.
    #[must_use]
    pub fn read<'a>(entries: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut allowed = Self::default();
        for entry in entries {
            if let Ok(address) = entry.parse::<IpAddr>() {
                allowed.addresses.push(address.to_canonical());
                continue;
            }
            match Host::parse(entry).ok()? {
                Host::Domain(name) => allowed.hosts.push(plain(&name).to_owned()),
                Host::Ipv4(address) => allowed.addresses.push(address.into()),
                Host::Ipv6(address) => allowed.addresses.push(IpAddr::V6(address).to_canonical()),
            }
        }
        Some(allowed)
    }

    /// Whether a host of an address is named.
    #[must_use]
    pub fn names(&self, host: &Host<&str>) -> bool {
        match host {
            Host::Domain(name) => self.names_host(name),
            Host::Ipv4(address) => self.has((*address).into()),
            Host::Ipv6(address) => self.has((*address).into()),
        }
    }

    /// Whether a host may be asked, as far as its name or literal address tells.
    #[must_use]
    pub fn permits(&self, host: &Host<&str>) -> bool {
        match host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => self.permits_address((*address).into()),
            Host::Ipv6(address) => self.permits_address((*address).into()),
        }
    }

    /// Whether the name of a host is named.
    #[must_use]
    pub fn names_host(&self, name: &str) -> bool {
        self.hosts.iter().any(|host| host.eq_ignore_ascii_case(plain(name)))
    }

    /// Whether an address is public or named.
    #[must_use]
    pub fn permits_address(&self, address: IpAddr) -> bool {
        is_public(address) || self.has(address)
    }

    fn has(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address.to_canonical())
    }
}

/// A name without the dot that says it is complete.
fn plain(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
