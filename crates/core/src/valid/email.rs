//! Addresses of mail.

use std::net::Ipv4Addr;

use super::host::{is_domain, is_ipv6};

/// The longest address that mail servers take, and the longest part before its `@`.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// An address of mail, as forms take it: `ann@example.com`, `"a b"@example.com`, `ann@bücher.example`, `ann@[192.0.2.1]`,
/// `root@localhost`.
///
/// Whether mail arrives there is another question, which only a mail to it answers.
///
/// ```
/// use quintet_core::valid::is_email;
/// assert!(is_email("o'hara+films@example.co.uk") && is_email("ann@例え.テスト"));
/// assert!(!is_email("ann@example") && !is_email("ann example@x.com") && !is_email("ann@x.com\nBcc: all@x.com"));
/// ```
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    text.len() <= LONGEST && local.len() <= LONGEST_LOCAL && is_local(local) && is_host(host)
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => {
            inner.parse::<Ipv4Addr>().is_ok() || is_ipv6(inner.strip_prefix("IPv6:").unwrap_or(inner))
        }
        None => host == "localhost" || is_domain(host),
    }
}

/// Words of atoms with dots between, or a quoted text.
fn is_local(local: &str) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted),
        None => local.split('.').all(|word| !word.is_empty() && word.bytes().all(atom)),
    }
}

/// Printable characters and blanks of ASCII; a quote or backslash only behind a backslash.
fn is_quoted(inner: &str) -> bool {
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'\\' => bytes.next().is_some_and(|next| next == b'\t' || (b' '..=b'~').contains(&next)),
            b'"' => false,
            other => (b' '..=b'~').contains(&other),
        };
        if !fine {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_goes_to() {
        for good in [
            "a@b.co",
            "first.last+tag@sub.example.com",
            "x@[127.0.0.1]",
            "x@[2001:db8::1]",
            "x@[IPv6:::ffff:127.0.0.1]",
            "x@valid-----hyphens.com",
            "x@domain.with.idn.tld.उदाहरण.परीक्षा",
            "\"test@test\"@example.com",
            "\"\\\"\"@example.com",
            "root@localhost",
        ] {
            assert!(is_email(good), "{good}");
        }
        assert!(is_email(&format!("{}@x.com", "a".repeat(64))));
    }

    #[test]
    fn what_is_no_address() {
        for bad in [
            "",
            "abc",
            "abc@",
            "@x.com",
            "abc@bar",
            "a @x.cz",
            "a@b@c.com",
            "a@.com",
            ".a@x.com",
            "a..b@x.com",
            "x@127.0.0.1",
            "x@[127.0.0.256]",
            "x@[2001:db8::12345]",
            "x@inv-.alid-.com",
            "x@x.com.",
            "x@x.com\n",
            "x\n@x.com",
            "\"a\nb\"@x.com",
            "\"a\"b\"@x.com",
            "\"@x.com",
            "ü@x.com",
            "x@x.com\n\n<script src=\"x.js\">",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
        assert!(!is_email(&format!("{}@x.com", "a".repeat(65))));
        assert!(!is_email(&format!("a@{}com", "abc.".repeat(63))));
    }
}
