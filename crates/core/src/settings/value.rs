//! The types that a setting can have.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{ByteSize, Given, Secret, Wrong, parse_duration, units::show_duration};

/// A type that a setting can have: `bool`, numbers, `String`, `PathBuf`, [`Duration`] (`"1h30m"`),
/// [`ByteSize`] (`"10 MB"`), [`Secret`], addresses, `Option<_>`, `Vec<_>`, `BTreeMap<String, _>`, and enums
/// with `#[derive(Settings)]`.
#[diagnostic::on_unimplemented(
    message = "a setting can't be a `{Self}`",
    label = "use bool, a number, String, PathBuf, std::time::Duration, ByteSize, Secret, an enum with #[derive(Settings)], or Option<_>, Vec<_>, BTreeMap<String, _> of them"
)]
pub trait SettingValue: Sized + Clone + Send + Sync + 'static {
    /// Is it always masked?
    const SECRET: bool = false;

    /// Reads what was given. Variables hold text; a file holds typed values.
    ///
    /// # Errors
    /// With what was expected and what was found.
    fn read(given: &Given) -> Result<Self, Wrong>;

    /// As a person would write it, for the list of settings.
    fn show(&self) -> String;

    /// The value where nothing was given and no default is declared; `None` if there must be one.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

impl SettingValue for bool {
    fn read(given: &Given) -> Result<Self, Wrong> {
        match given {
            Given::Bool(yes) => return Ok(*yes),
            Given::Variable(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" | "1" => return Ok(true),
                "false" | "off" | "no" | "0" => return Ok(false),
                _ => {}
            },
            _ => {}
        }
        Err(Wrong::new("true or false", given))
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl SettingValue for $t {
            fn read(given: &Given) -> Result<Self, Wrong> {
                let read = match given {
                    Given::Int(number) => <$t>::try_from(*number).ok(),
                    Given::Variable(text) => text.trim().parse().ok(),
                    _ => None,
                };
                read.ok_or_else(|| Wrong::new(
                    if <$t>::MAX as u128 > u128::from(u32::MAX) && <$t>::MIN == 0 {
                        "a whole number, 0 or more".to_owned()
                    } else {
                        format!("a whole number from {} to {}", <$t>::MIN, <$t>::MAX)
                    },
                    given,
                ))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);

macro_rules! floats {
    ($($t:ty),*) => {$(
        impl SettingValue for $t {
            fn read(given: &Given) -> Result<Self, Wrong> {
                // By way of text: the shortest that reads back, so 0.1 is 0.1 in either width.
                let read: Option<$t> = match given {
                    Given::Float(number) => number.to_string().parse().ok(),
                    Given::Int(number) => number.to_string().parse().ok(),
                    Given::Variable(text) => text.trim().parse().ok(),
                    _ => None,
                };
                read.filter(|n| n.is_finite()).ok_or_else(|| Wrong::new("a number", given))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
floats!(f32, f64);

impl SettingValue for String {
    fn read(given: &Given) -> Result<Self, Wrong> {
        given.text().map(str::to_owned).ok_or_else(|| Wrong::new("text", given))
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl SettingValue for PathBuf {
    fn read(given: &Given) -> Result<Self, Wrong> {
        given.text().map(PathBuf::from).ok_or_else(|| Wrong::new("a path", given))
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl SettingValue for Secret {
    const SECRET: bool = true;
    fn read(given: &Given) -> Result<Self, Wrong> {
        given.text().map(Secret::new).ok_or_else(|| Wrong::new("text", given))
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for Duration {
    fn read(given: &Given) -> Result<Self, Wrong> {
        let wrong = || Wrong::new("a duration such as \"30s\", \"10m\" or \"1h30m\"", given);
        match given {
            Given::Int(0) => Ok(Duration::ZERO),
            _ => parse_duration(given.text().ok_or_else(wrong)?).map_err(|why| wrong().because(why)),
        }
    }
    fn show(&self) -> String {
        show_duration(*self)
    }
}

impl SettingValue for ByteSize {
    fn read(given: &Given) -> Result<Self, Wrong> {
        let wrong = || Wrong::new("a size such as \"10 MB\" or \"512 KiB\"", given);
        match given {
            Given::Int(bytes) => u64::try_from(*bytes).map(ByteSize::new).map_err(|_| wrong()),
            _ => given.text().ok_or_else(wrong)?.parse().map_err(|why: String| wrong().because(why)),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! from_text {
    ($($t:ty, $expected:literal;)*) => {$(
        impl SettingValue for $t {
            fn read(given: &Given) -> Result<Self, Wrong> {
                given.text().and_then(|text| text.trim().parse().ok()).ok_or_else(|| Wrong::new($expected, given))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
from_text! {
    SocketAddr, "an address with a port such as \"127.0.0.1:8000\"";
    IpAddr, "an IP address such as \"127.0.0.1\"";
}

impl<T: SettingValue> SettingValue for Option<T> {
    const SECRET: bool = T::SECRET;
    fn read(given: &Given) -> Result<Self, Wrong> {
        T::read(given).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// An array of the file; in a variable a list with commas.
impl<T: SettingValue> SettingValue for Vec<T> {
    const SECRET: bool = T::SECRET;
    fn read(given: &Given) -> Result<Self, Wrong> {
        let items: Vec<Given> = match given {
            Given::List(items) => items.clone(),
            Given::Variable(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| Given::Variable(part.to_owned())).collect()
            }
            _ => return Err(Wrong::new("a list such as [\"a\", \"b\"]", given)),
        };
        let read =
            |(i, item): (usize, &Given)| T::read(item).map_err(|w| w.because(format!("item {}", i + 1)));
        items.iter().enumerate().map(read).collect()
    }
    fn show(&self) -> String {
        self.iter().map(T::show).collect::<Vec<_>>().join(", ")
    }
}

/// A table of the file; in a variable `name=value, name=value`.
impl<T: SettingValue> SettingValue for BTreeMap<String, T> {
    const SECRET: bool = T::SECRET;
    fn read(given: &Given) -> Result<Self, Wrong> {
        let wrong = || Wrong::new("a table of names and values", given);
        match given {
            Given::Table(rows) => {
                let row = |(name, value): &(String, Given)| match T::read(value) {
                    Ok(value) => Ok((name.clone(), value)),
                    Err(w) => Err(w.because(format!("at `{name}`"))),
                };
                rows.iter().map(row).collect()
            }
            Given::Variable(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let row = |part: &str| {
                    let (name, value) =
                        part.split_once('=').ok_or_else(|| wrong().because("write name=value, …"))?;
                    Ok((name.trim().to_owned(), T::read(&Given::Variable(value.trim().to_owned()))?))
                };
                parts.map(row).collect()
            }
            _ => Err(wrong()),
        }
    }
    fn show(&self) -> String {
        self.iter().map(|(name, value)| format!("{name}={}", value.show())).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }
    fn variable(text: &str) -> Given {
        Given::Variable(text.to_owned())
    }

    #[test]
    fn a_variable_is_read_as_what_the_key_needs() {
        assert!(bool::read(&variable("Yes")).unwrap());
        assert_eq!(u16::read(&variable(" 80 ")).unwrap(), 80);
        assert_eq!(f64::read(&variable("0.5")).unwrap(), 0.5);
        assert_eq!(Vec::<u8>::read(&variable("1, 2,3,")).unwrap(), [1, 2, 3]);
        assert_eq!(Option::<u8>::read(&variable("1")).unwrap(), Some(1));
        let map = BTreeMap::<String, u8>::read(&variable("a=1, b=2")).unwrap();
        assert_eq!(map.show(), "a=1, b=2");
        assert_eq!(Duration::read(&variable("5s")).unwrap(), Duration::from_secs(5));
    }

    #[test]
    fn a_file_is_taken_at_its_word() {
        assert_eq!(f64::read(&Given::Int(2)).unwrap(), 2.0);
        assert_eq!(f32::read(&Given::Float(0.1)).unwrap(), 0.1);
        assert!(bool::read(&text("true")).is_err());
        assert!(u16::read(&text("80")).is_err());
        assert!(String::read(&Given::Int(1)).is_err());
        assert_eq!(ByteSize::read(&Given::Int(7)).unwrap().bytes(), 7);
    }

    #[test]
    fn what_does_not_fit_says_what_was_expected_and_found() {
        let said = |w: Result<(), Wrong>| w.unwrap_err().to_string();
        assert_eq!(
            said(u16::read(&Given::Int(70_000)).map(drop)),
            "expected a whole number from 0 to 65535, found the number 70000"
        );
        assert_eq!(
            said(u64::read(&variable("-1")).map(drop)),
            "expected a whole number, 0 or more, found `-1`"
        );
        assert_eq!(
            said(Duration::read(&Given::Int(5)).map(drop)),
            "expected a duration such as \"30s\", \"10m\" or \"1h30m\", found the number 5"
        );
        assert_eq!(
            said(Vec::<u8>::read(&Given::List(vec![Given::Int(1), text("x")])).map(drop)),
            "expected a whole number from 0 to 255, found the text \"x\": item 2"
        );
        assert_eq!(
            said(super::super::choice(&variable("jsn"), &["auto", "json"]).map(drop)),
            "expected \"auto\" or \"json\", found `jsn`: did you mean `json`?"
        );
    }
}
