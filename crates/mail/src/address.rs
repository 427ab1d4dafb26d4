//! Addresses, as people write them and as servers take them.

use std::{fmt, str::FromStr};

use quintet_core::{Error, valid::is_email};

use crate::header::value_problem;

/// Somebody's address, with their name if that is known.
///
/// ```
/// use quintet_mail::Address;
///
/// let ann: Address = "Ann Ü. Lee <ann@bücher.example>".parse()?;
/// assert_eq!((ann.name(), ann.email()), (Some("Ann Ü. Lee"), "ann@bücher.example"));
/// assert_eq!(ann.ascii(), "ann@xn--bcher-kva.example");
/// assert!("ann@example.com\nBcc: all@example.com".parse::<Address>().is_err());
/// assert!("ann@example.com, bob@example.com".parse::<Address>().is_err());
/// # Ok::<(), quintet_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    name: Option<String>,
    email: String,
    /// The same with its domain as servers know it.
    ascii: String,
}

impl Address {
    /// An address without a name.
    ///
    /// # Errors
    /// If it is none.
    pub fn new(email: &str) -> Result<Self, Error> {
        Address::of(None, email).map_err(Error::internal)
    }

    /// An address with the name of whose it is.
    ///
    /// # Errors
    /// If it is none, or the name has a line break or another control character.
    pub fn named(name: &str, email: &str) -> Result<Self, Error> {
        Address::of(Some(name), email).map_err(Error::internal)
    }

    fn of(name: Option<&str>, email: &str) -> Result<Self, String> {
        let email = email.trim_matches(' ');
        if !is_email(email) {
            return Err(format!("{email:?} is no mail address"));
        }
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        if let Some(why) = name.and_then(value_problem) {
            return Err(format!("the name of <{email}>: {why}"));
        }
        let ascii = ascii(email).ok_or_else(|| format!("{email:?} has a domain that no server can have"))?;
        Ok(Address { name: name.map(str::to_owned), email: email.to_owned(), ascii })
    }

    fn read(text: &str) -> Result<Self, String> {
        if let Some(why) = value_problem(text) {
            return Err(why);
        }
        let text = text.trim();
        let Some(inner) = text.strip_suffix('>') else { return Address::of(None, text) };
        let Some((name, email)) = inner.rsplit_once('<') else {
            return Err(format!("{text:?} is no mail address"));
        };
        let name = name.trim();
        match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => Address::of(Some(&unquoted(quoted)), email),
            None if name.contains(['"', '<', '>', '@', ',', ';']) => {
                Err(format!("{text:?} is no mail address: a name with such signs stands between quotes"))
            }
            None => Address::of(Some(name), email),
        }
    }

    /// The name, if there is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address, as it was given.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The address, its domain in the letters that servers know: `bücher.example` is `xn--bcher-kva.example`.
    #[must_use]
    pub fn ascii(&self) -> &str {
        &self.ascii
    }

    /// The domain, as servers know it.
    pub(crate) fn domain(&self) -> &str {
        self.ascii.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

fn ascii(email: &str) -> Option<String> {
    if email.is_ascii() {
        return Some(email.to_owned());
    }
    let (local, domain) = email.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let whole = format!("{local}@{domain}");
    is_email(&whole).then_some(whole)
}

/// As people read it: `Ann <ann@example.com>`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if name.contains(['"', '\\', '<', '>', '@', ',', ';', '(', ')']) => {
                write!(f, "\"{}\" <{}>", name.replace('\\', "\\\\").replace('"', "\\\""), self.email)
            }
            Some(name) => write!(f, "{name} <{}>", self.email),
            None => f.write_str(&self.email),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// `ann@example.com`, `Ann <ann@example.com>` or `"Lee, Ann" <ann@example.com>`: one address, never several.
impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Address::read(text).map_err(Error::internal)
    }
}

impl PartialEq<str> for Address {
    fn eq(&self, other: &str) -> bool {
        self.email == other
    }
}

impl PartialEq<&str> for Address {
    fn eq(&self, other: &&str) -> bool {
        self.email == *other
    }
}

/// What [`Mail::to`](crate::Mail::to) and the like take: an address as text or as [`Address`], a pair of name and address, or several of
/// them in a list.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no mail address",
    label = "expected text, an `Address`, a pair `(name, address)`, or a list of them"
)]
pub trait ToAddresses {
    /// The addresses; or what is wrong with one.
    ///
    /// # Errors
    /// A text for the developer.
    fn addresses(&self) -> Result<Vec<Address>, String>;
}

impl ToAddresses for str {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        Address::read(self).map(|address| vec![address])
    }
}

impl ToAddresses for String {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        self.as_str().addresses()
    }
}

impl ToAddresses for Address {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        Ok(vec![self.clone()])
    }
}

impl<N: AsRef<str>, E: AsRef<str>> ToAddresses for (N, E) {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        Address::of(Some(self.0.as_ref()), self.1.as_ref()).map(|address| vec![address])
    }
}

impl<T: ToAddresses> ToAddresses for [T] {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        let each: Vec<Vec<Address>> = self.iter().map(T::addresses).collect::<Result<_, _>>()?;
        Ok(each.into_iter().flatten().collect())
    }
}

impl<T: ToAddresses, const N: usize> ToAddresses for [T; N] {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        self.as_slice().addresses()
    }
}

impl<T: ToAddresses> ToAddresses for Vec<T> {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        self.as_slice().addresses()
    }
}

/// Nobody, or somebody.
impl<T: ToAddresses> ToAddresses for Option<T> {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        self.as_ref().map_or(Ok(Vec::new()), T::addresses)
    }
}

impl<T: ToAddresses + ?Sized> ToAddresses for &T {
    fn addresses(&self) -> Result<Vec<Address>, String> {
        T::addresses(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, name, email) in [
            ("ann@example.com", None, "ann@example.com"),
            (" Ann Lee  <ann@example.com>", Some("Ann Lee"), "ann@example.com"),
            ("\"Lee, \\\"A\\\"\" <ann@example.com>", Some("Lee, \"A\""), "ann@example.com"),
            ("<ann@example.com>", None, "ann@example.com"),
            ("ann@[192.0.2.1]", None, "ann@[192.0.2.1]"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.name(), address.email()), (name, email), "{text}");
            assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }
    }

    #[test]
    fn what_could_be_more_than_one_address_is_none() {
        for bad in [
            "",
            "ann",
            "ann@example.com,bob@example.com",
            "ann@example.com;bob@example.com",
            "bob@example.com <ann@example.com>",
            "a@example.com> <b@example.com>",
            "Ann\r\nBcc: b@example.com <ann@example.com>",
            "Ann <ann@example.com>\n",
            "ann@exa mple.com",
            "ü@example.com",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad:?}");
        }
        assert!(Address::named("Ann\nBcc: b@example.com", "ann@example.com").is_err());
        assert!(Address::named("Ann", "ann@example.com\nDATA").is_err());
    }

    #[test]
    fn lists_and_pairs_are_addresses() {
        let of = |all: Result<Vec<Address>, String>| {
            all.unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            of([("Ann", "a@x.com"), ("Bob, B.", "b@x.com")].addresses()),
            "Ann <a@x.com>; \"Bob, B.\" <b@x.com>"
        );
        assert_eq!(of(vec!["a@x.com".to_owned()].addresses()), "a@x.com");
        assert_eq!(of(None::<&str>.addresses()), "");
        assert!(["a@x.com", "b"].addresses().unwrap_err().contains("\"b\""));
    }
}
