//! Which addresses may be contacted: none that is not public, unless the configuration names it.
//!
//! Feeds come from strangers, and a feed address or a redirect that points into the machine's own
//! network would make feedfold its scout (server-side request forgery). Resolved addresses are
//! judged at the moment of connecting, on every hop, so a name that changes its address between
//! two look-ups gains nothing. Literal hosts never reach a resolver and are judged by themselves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// Why an address is not public, as a noun phrase; `None` for public ones.
///
/// IPv4 addresses inside IPv6 ones (mapped, compatible, NAT64, 6to4) are judged by what they
/// carry. Of IPv6, only global unicast space (`2000::/3`, RFC 4291) can be public at all.
#[must_use]
pub fn why_not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => why_not_public_v4(address),
        IpAddr::V6(address) => why_not_public_v6(address),
    }
}

/// The IANA special-purpose registry (RFC 6890), as far as it is not globally reachable.
fn why_not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("an address of this machine"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private network"),
        [100, 64..=127, ..] => Some("a carrier's private network"),
        [127, ..] => Some("this machine"),
        [169, 254, ..] => Some("a link-local or cloud metadata address"),
        [192, 0, 0, _] => Some("a protocol's own address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("a documentation address"),
        [192, 88, 99, _] => Some("a retired relay address"),
        [198, 18..=19, ..] => Some("a benchmarking network"),
        [224..=239, ..] => Some("a multicast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn why_not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_unspecified() {
        return Some("an address of this machine");
    }
    if address.is_loopback() {
        return Some("this machine");
    }
    if let Some(inner) = carried_v4(address) {
        return why_not_public_v4(inner);
    }
    match address.segments() {
        [0xfc00..=0xfdff, ..] => Some("a private network"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfec0..=0xfeff, ..] => Some("a private network"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("a documentation address"),
        // Teredo carries an obscured IPv4 address; benchmarking and overlay identifiers are not routed.
        [0x2001, 0x0000, ..] => Some("a retired tunnel address"),
        [0x2001, 0x0002, 0, ..] => Some("a benchmarking network"),
        [0x2001, 0x0010..=0x003f, ..] => Some("an overlay identifier"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

/// The IPv4 address inside an IPv6 one that a router, a translator or the kernel would contact.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // Mapped `::ffff:0:0/96` and compatible `::/96` (RFC 4291 section 2.5.5).
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => Some(joined(high, low)),
        // Translated `::ffff:0:0:0/96` (RFC 2765) and NAT64 `64:ff9b::/96` (RFC 6052).
        [0, 0, 0, 0, 0xffff, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(joined(high, low))
        }
        // 6to4 `2002::/16` (RFC 3056).
        [0x2002, high, low, ..] => Some(joined(high, low)),
        _ => None,
    }
}

/// A block of addresses, `10.0.3.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = base.trim_matches(['[', ']']).parse().ok()?;
        let widest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) => digits.parse().ok().filter(|prefix| *prefix <= widest)?,
            None => widest,
        };
        Some(Self { base, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        let differing = match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros()
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        differing >= u32::from(self.prefix)
    }
}

/// A refusal: which host, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} is {why}")]
pub struct Refusal {
    /// The host as it was asked for.
    pub host: String,
    /// The address that it has, where that says more than the host.
    pub address: Option<IpAddr>,
    /// What the address is, as a noun phrase.
    pub why: &'static str,
}

/// What may be contacted, from the `[fetch]` section.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    everything: bool,
    networks: Vec<Network>,
    hosts: Vec<String>,
}

impl Guard {
    /// A guard that lets everything through, or only public addresses and `exceptions`: networks
    /// (`10.0.3.0/24`, `fd00::/8`), single addresses, and host names (`nas.example.lan`,
    /// `*.example.lan` for all below it).
    #[must_use]
    pub fn new(everything: bool, exceptions: &[String]) -> Self {
        let mut guard = Self {
            everything,
            ..Self::default()
        };
        for exception in exceptions {
            let exception = exception.trim();
            match Network::parse(exception) {
                Some(network) => guard.networks.push(network),
                None => guard.hosts.push(plain_name(exception)),
            }
        }
        guard
    }

    /// Whether a name is allowed whatever address it has.
    #[must_use]
    pub fn allows_name(&self, name: &str) -> bool {
        let name = plain_name(name);
        self.everything
            || self.hosts.iter().any(|host| match host.strip_prefix('*') {
                Some(suffix) => name.len() > suffix.len() && name.ends_with(suffix),
                None => *host == name,
            })
    }

    /// Judges one address of `host`.
    pub fn judge(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        let known = self
            .networks
            .iter()
            .any(|network| network.contains(address.to_canonical()) || network.contains(address));
        match why_not_public(address) {
            Some(why) if !self.everything && !known => Err(Refusal {
                host: host.to_owned(),
                address: Some(address),
                why,
            }),
            _ => Ok(()),
        }
    }

    /// Judges a host as it stands in an address, before anything is resolved: literal addresses
    /// (the URL parser has turned decimal, octal, hexadecimal and short forms into plain ones) and
    /// the names that always mean this machine (RFC 6761 section 6.3).
    pub fn judge_host(&self, host: Option<Host<&str>>) -> Result<(), Refusal> {
        match host {
            Some(Host::Ipv4(address)) => self.judge(&address.to_string(), address.into()),
            Some(Host::Ipv6(address)) => self.judge(&format!("[{address}]"), address.into()),
            Some(Host::Domain(name)) => {
                let plain = plain_name(name);
                let local = plain == "localhost" || plain.ends_with(".localhost");
                if local && !self.allows_name(name) && !self.allows_loopback() {
                    return Err(Refusal {
                        host: name.to_owned(),
                        address: None,
                        why: "this machine",
                    });
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn allows_loopback(&self) -> bool {
        [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            .into_iter()
            .any(|address: IpAddr| self.networks.iter().any(|n| n.contains(address)))
    }
}

/// Lower case, without the dot of the root.
fn plain_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn public(text: &str) -> bool {
        why_not_public(text.parse().unwrap()).is_none()
    }

    #[test]
    fn rule_52_every_special_range_is_refused_from_first_to_last_address() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("224.0.0.0", "255.255.255.255"),
            ("::", "::1"),
            ("fc00::", "fdff:ffff::"),
            ("fe80::", "febf:ffff::"),
            ("fec0::", "feff:ffff::"),
            ("ff00::", "ffff:ffff::"),
            ("2001:db8::", "2001:db8:ffff::"),
            ("100::", "1fff:ffff::"),
        ] {
            assert!(!public(first), "{first}");
            assert!(!public(last), "{last}");
        }
    }

    #[test]
    fn rule_52_neighbours_of_special_ranges_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn rule_52_addresses_inside_addresses_are_unwrapped() {
        for wrap in ["::ffff:", "::", "64:ff9b::", "::ffff:0:"] {
            assert!(!public(&format!("{wrap}127.0.0.1")), "{wrap}");
            assert!(!public(&format!("{wrap}169.254.169.254")), "{wrap}");
            assert!(public(&format!("{wrap}9.9.9.9")), "{wrap}");
        }
        assert!(!public("2002:7f00:1::"));
        assert!(!public("2002:a00:1::5"));
        assert!(public("2002:909:909::1"));
        assert!(!public("64:ff9b:1::9.9.9.9"), "a local translator's prefix");
    }

    #[test]
    fn exceptions_are_networks_addresses_and_names() {
        let guard = Guard::new(
            false,
            &[
                "10.0.3.0/24".into(),
                "fd00::/8".into(),
                "192.168.7.9".into(),
                "NAS.example.lan.".into(),
                "*.home.example".into(),
            ],
        );
        let lets = |address: &str| guard.judge("x.example", address.parse().unwrap()).is_ok();
        assert!(lets("10.0.3.200") && lets("::ffff:10.0.3.200") && lets("fd12::1"));
        assert!(lets("192.168.7.9"));
        assert!(!lets("10.0.4.1") && !lets("192.168.7.8") && !lets("127.0.0.1"));
        assert!(guard.allows_name("nas.example.lan") && guard.allows_name("a.home.example"));
        assert!(!guard.allows_name("home.example") && !guard.allows_name("xhome.example"));
        assert!(!guard.allows_name("other.example.lan"));
    }

    #[test]
    fn rule_53_every_notation_of_loopback_is_refused_before_resolving() {
        let guard = Guard::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://0/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://127。0。0。1/",
            "http://%31%32%37.0.0.1/",
        ] {
            let url = url::Url::parse(url).unwrap();
            assert!(guard.judge_host(url.host()).is_err(), "{url}");
            let open = Guard::new(true, &[]);
            assert!(open.judge_host(url.host()).is_ok(), "{url}");
        }
        let url = url::Url::parse("http://example.com/").unwrap();
        assert!(guard.judge_host(url.host()).is_ok());
    }

    proptest! {
        #[test]
        fn wrapping_never_makes_an_address_public(bits: u32) {
            let inner = Ipv4Addr::from_bits(bits);
            let verdict = why_not_public(inner.into()).is_some();
            let [a, b, c, d] = inner.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            for wrapped in [
                inner.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert_eq!(why_not_public(wrapped.into()).is_some(), verdict);
            }
        }

        #[test]
        fn only_global_unicast_can_be_public(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            if why_not_public(address.into()).is_none() && carried_v4(address).is_none() {
                prop_assert_eq!(bits >> 125, 1);
            }
        }

        #[test]
        fn a_network_contains_its_base_and_no_address_that_differs_in_the_prefix(
            base: u32, prefix in 0u8..=32, flip in 0u32..32,
        ) {
            let network = Network::parse(&format!("{}/{prefix}", Ipv4Addr::from_bits(base))).unwrap();
            let other = Ipv4Addr::from_bits(base ^ (1 << (31 - flip)));
            prop_assert!(network.contains(Ipv4Addr::from_bits(base).into()));
            prop_assert_eq!(network.contains(other.into()), flip >= u32::from(prefix));
        }
    }
}
