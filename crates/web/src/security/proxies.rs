//! Whose word about a request is taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use quintet_core::{Error, Result};

/// The networks of `trusted_proxies`.
#[derive(Debug)]
pub(super) struct Proxies(Vec<Network>);

/// An address, and how many of its bits count; IPv4 as the part of IPv6 that stands for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    bits: u128,
    length: u32,
}

/// What the internet does not lead to: this machine, and the networks behind a router.
const PRIVATE: [&str; 8] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1",
    "fc00::/7",
    "fe80::/10",
];

impl Proxies {
    pub(super) fn read(given: &[String]) -> Result<Self> {
        let mut networks = Vec::new();
        for text in given {
            let all = if text == "private" { PRIVATE.as_slice() } else { &[text.as_str()] };
            for one in all {
                networks.push(Network::parse(one).ok_or_else(|| {
                    Error::settings(format!(
                        "[security] trusted_proxies: `{text}` is no address: write \"10.1.2.3\", \"10.0.0.0/8\" or \"private\""
                    ))
                })?);
            }
        }
        Ok(Proxies(networks))
    }

    /// Who has no address is in this process: a test.
    pub(super) fn believes(&self, peer: Option<SocketAddr>) -> bool {
        peer.is_none_or(|peer| self.0.iter().any(|network| network.has(peer.ip())))
    }
}

fn bits(address: IpAddr) -> u128 {
    let whole: Ipv6Addr = match address {
        IpAddr::V4(four) => Ipv4Addr::to_ipv6_mapped(&four),
        IpAddr::V6(six) => six,
    };
    u128::from(whole)
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let (before, most) = if address.is_ipv4() { (96, 32) } else { (0, 128) };
        let length = length.unwrap_or(most);
        (length <= most).then(|| Network { bits: bits(address), length: before + length })
    }

    pub(super) fn has(&self, address: IpAddr) -> bool {
        let apart = self.bits ^ bits(address);
        // Nothing is shifted by all bits.
        self.length == 0 || apart >> (128 - self.length) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let believes = |given: &[&str], peer: &str| {
            let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
            Proxies::read(&given).unwrap().believes(Some(SocketAddr::new(peer.parse().unwrap(), 1)))
        };
        for (given, peer, yes) in [
            (&["private"][..], "127.0.0.1", true),
            (&["private"], "::1", true),
            (&["private"], "172.31.255.255", true),
            (&["private"], "::ffff:10.0.0.1", true),
            (&["private"], "172.32.0.0", false),
            (&["private"], "8.8.8.8", false),
            (&["8.8.8.8"], "8.8.8.8", true),
            (&["8.8.8.8"], "8.8.8.9", false),
            (&["2001:db8::/32"], "2001:db8:1::", true),
            (&["2001:db8::/32"], "2001:db9::", false),
            (&["0.0.0.0/0"], "8.8.8.8", true),
            (&["0.0.0.0/0"], "2001:db8::", false),
            (&["::/0"], "2001:db8::", true),
            (&[], "127.0.0.1", false),
        ] {
            assert_eq!(believes(given, peer), yes, "{given:?} {peer}");
        }
        assert!(Proxies(Vec::new()).believes(None));
        for wrong in ["proxy.example", "10.0.0.0/33", "10.0.0.0/x"] {
            let error = Proxies::read(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("trusted_proxies"), "{error}");
        }
    }
}
