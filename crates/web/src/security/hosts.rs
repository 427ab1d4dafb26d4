//! The hosts that a site answers for.
//!
//! Whoever sends a request writes its `Host` as he likes. What a page, a mail or a cache makes of it must not lead elsewhere, so
//! requests for hosts that nobody named are refused before anything of the site sees them.

use std::net::IpAddr;

use quintet_core::{
    Error, Result,
    settings::{SiteUrl, split_host},
};

use super::proxies::Network;

/// The host that in-process requests of tests are for.
const OF_TESTS: &str = "testserver";

/// Whom a site answers.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    any: bool,
    /// In small letters.
    exact: Vec<String>,
    /// `.example.com`, for that and all below it.
    below: Vec<String>,
    networks: Vec<Network>,
    /// `localhost`, what is below it, and this machine's own addresses.
    local: bool,
}

/// What a site says of its hosts.
pub(super) struct Said<'a> {
    pub(super) hosts: &'a [String],
    pub(super) url: Option<&'a SiteUrl>,
    pub(super) debug: bool,
    /// Where it listens, if that is one address.
    pub(super) bind: &'a str,
}

impl Hosts {
    /// # Errors
    /// If one is no host.
    pub(super) fn read(said: &Said<'_>) -> Result<Self> {
        let mut hosts = Hosts { local: said.debug || said.hosts.is_empty(), ..Hosts::default() };
        for text in said.hosts {
            hosts.add(text).ok_or_else(|| wrong(text))?;
        }
        if let Some(url) = said.url {
            hosts.exact.push(url.host().to_owned());
        }
        // Who has it listen on one address and names no host means that one.
        if said.hosts.is_empty()
            && let Some((host, _)) = split_host(said.bind)
            && ip(host).is_some_and(|ip| !ip.is_unspecified())
        {
            hosts.exact.push(host.to_ascii_lowercase());
        }
        Ok(hosts)
    }

    fn add(&mut self, text: &str) -> Option<()> {
        if text == "*" {
            self.any = true;
        } else if text.contains('/') {
            self.networks.push(Network::parse(text)?);
        } else if let Some(name) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
            self.below.push(plain(name)?.to_ascii_lowercase());
        } else {
            // Of an IPv6 address the brackets may be missing here.
            let bracketed = if text.contains("::") && !text.starts_with('[') {
                format!("[{text}]")
            } else {
                text.to_owned()
            };
            self.exact.push(plain(&bracketed)?.to_ascii_lowercase());
        }
        Some(())
    }

    /// Is this one of them? `authority` may have a port.
    pub(super) fn has(&self, authority: &str, in_process: bool) -> bool {
        let Some((host, _)) = split_host(authority) else { return false };
        self.any
            || self.exact.iter().any(|known| known.eq_ignore_ascii_case(host))
            || self.below.iter().any(|known| is_below(host, known))
            || ((self.local || in_process) && is_local(host))
            || (in_process && host == OF_TESTS)
            || (!self.networks.is_empty()
                && ip(host).is_some_and(|ip| self.networks.iter().any(|network| network.has(ip))))
    }
}

fn wrong(text: &str) -> Error {
    Error::settings(format!(
        "[security] hosts: `{text}` is no host: write \"example.com\", \".example.com\" for that and all below it, an address \
         (\"203.0.113.7\"), a network (\"10.0.0.0/8\") or \"*\", without scheme, port and path"
    ))
}

/// A host without a port.
fn plain(text: &str) -> Option<&str> {
    split_host(text).filter(|(_, port)| port.is_none() && !text.ends_with(':')).map(|(host, _)| host)
}

fn ip(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// Is it `known`, or does it end with a dot and that?
fn is_below(host: &str, known: &str) -> bool {
    let Some(before) = host.len().checked_sub(known.len()) else { return false };
    host.get(before..).is_some_and(|end| end.eq_ignore_ascii_case(known))
        && (before == 0 || host.get(..before).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')))
}

/// A name or an address that means this machine wherever it is asked for.
fn is_local(host: &str) -> bool {
    is_below(host, "localhost") || ip(host).is_some_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(given: &[&str], url: Option<&str>, debug: bool, bind: &str) -> Result<Hosts> {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        let url = url.map(|url| SiteUrl::parse(url).unwrap());
        Hosts::read(&Said { hosts: &given, url: url.as_ref(), debug, bind })
    }

    #[test]
    fn only_those_that_are_named_are_answered() {
        let known = hosts(
            &["example.com", ".example.org", "203.0.113.7", "2001:db8::1", "10.0.0.0/8"],
            None,
            false,
            "",
        )
        .unwrap();
        for yes in [
            "example.com",
            "EXAMPLE.com:8443",
            "example.com.",
            "example.com.:80",
            "example.org",
            "a.b.Example.org",
            "203.0.113.7:80",
            "[2001:db8::1]",
            "[2001:DB8::1]:8000",
            "10.1.2.3:8000",
        ] {
            assert!(known.has(yes, false), "{yes}");
        }
        for no in [
            "www.example.com",
            "example.com.evil.example",
            "evilexample.org",
            ".example.org",
            "example.com@evil.example",
            "evil.example@example.com",
            "example.com/evil.example",
            "example.com#",
            "example.com,evil.example",
            "example.com evil.example",
            "example.com:80:80",
            "example.com:evil",
            "example.com\\.evil.example",
            "",
            ":80",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "11.0.0.1",
            "testserver",
        ] {
            assert!(!known.has(no, false), "{no}");
        }
        assert!(
            known.has("testserver", true) && known.has("localhost", true) && !known.has("evil.example", true)
        );
    }

    #[test]
    fn without_a_word_it_is_this_machine_and_the_sites_own_address() {
        let local = [
            "localhost",
            "localhost.:8000",
            "shop.localhost:8000",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]:8000",
        ];
        for (given, url, debug, bind) in [
            (&[][..], None, false, "127.0.0.1:8000"),
            (&[], Some("https://example.com"), true, ""),
            (&["a.example"], None, true, ""),
        ] {
            let known = hosts(given, url, debug, bind).unwrap();
            for host in local {
                assert!(known.has(host, false), "{given:?} {host}");
            }
            for no in ["evil.example", "localhost.evil.example", "notlocalhost", "0.0.0.0", "192.168.1.5"] {
                assert!(!known.has(no, false), "{given:?} {no}");
            }
        }
        let of_url = hosts(&["a.example"], Some("https://example.com:8443"), false, "").unwrap();
        assert!(of_url.has("example.com", false) && !of_url.has("localhost", false));
        let bound = hosts(&[], None, false, "192.168.1.5:8000").unwrap();
        assert!(bound.has("192.168.1.5:8000", false) && !bound.has("192.168.1.6", false));
        assert!(!hosts(&[], None, false, "0.0.0.0:8000").unwrap().has("0.0.0.0:8000", false));
        assert!(!hosts(&["a.example"], None, false, "192.168.1.5:8000").unwrap().has("192.168.1.5", false));
    }

    #[test]
    fn a_star_is_any_host_but_no_nonsense() {
        let any = hosts(&["*"], None, false, "").unwrap();
        assert!(any.has("whatever.example:1", false));
        assert!(!any.has("a@b", false) && !any.has("", false) && !any.has("a/b", false));
    }

    #[test]
    fn what_is_no_host_is_told() {
        for wrong in [
            "https://example.com",
            "example.com:80",
            "a b",
            "",
            "10.0.0.0/99",
            "*.",
            "a.*.b",
            "example.com/x",
            "**",
        ] {
            let error = hosts(&[wrong], None, false, "").unwrap_err().to_string();
            assert!(error.contains(&format!("`{wrong}`")) && error.contains("[security] hosts"), "{error}");
        }
    }
}
