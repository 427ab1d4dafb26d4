use std::borrow::Cow;

use super::{Given, SettingValue, Wrong};

/// Reads a value as the key's type and shows it, or says what is wrong.
type Check = fn(&Given) -> Result<String, Wrong>;

/// One key of a section.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Key {
    /// Its name in the section.
    pub name: &'static str,
    /// Further variables that set it, besides `QUINTET_{SECTION}_{KEY}`.
    pub env: Vec<Cow<'static, str>>,
    /// The doc comment.
    pub help: &'static str,
    /// Is its value masked wherever settings are shown?
    pub secret: bool,
    /// Must it be given?
    pub required: bool,
    /// The declared default, as text.
    pub default: Option<String>,
    pub(super) check: Check,
    /// A default that was declared as text and does not fit: a programmer's error, told at start-up.
    pub(super) bad_default: Option<Wrong>,
}

impl Key {
    /// A key of type `T`, to be given unless `T` is an `Option` or a default follows.
    #[must_use]
    pub fn of<T: SettingValue>(name: &'static str) -> Self {
        Key {
            name,
            env: Vec::new(),
            help: "",
            secret: T::SECRET,
            required: T::absent().is_none(),
            default: None,
            check: |given| T::read(given).map(|value| value.show()),
            bad_default: None,
        }
    }

    /// Further variables that set it. In a section of [many names](Section::each) a `*` stands for the name:
    /// `DATABASE_*_URL`.
    #[must_use]
    pub fn env(mut self, names: &'static [&'static str]) -> Self {
        self.env = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        self
    }

    /// Has to be given, whatever its type's default.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self.default = None;
        self
    }

    /// What it is for.
    #[must_use]
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Masks its value wherever settings are shown; of an address only the password and the query.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// What holds if it is not given.
    #[must_use]
    pub fn default<T: SettingValue>(mut self, value: &T) -> Self {
        self.required = false;
        self.default = Some(value.show());
        self
    }

    /// What holds if it is not given, in the form of a variable: `"10 MB"`.
    #[must_use]
    pub fn default_text(mut self, text: &'static str) -> Self {
        self.required = false;
        match (self.check)(&Given::Variable(text.to_owned())) {
            Ok(shown) => self.default = Some(shown),
            Err(wrong) => self.bad_default = Some(wrong),
        }
        self
    }
}

/// A section that somebody reads; the empty name is the top of the file.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its name in `quintet.toml`: `server`, or `server.tls` for a section in a section.
    pub name: Cow<'static, str>,
    /// Its keys.
    pub keys: Vec<Key>,
    /// Is it every table below that name which has these keys?
    pub(super) each: bool,
}

impl Section {
    /// A section with these keys.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, keys: Vec<Key>) -> Self {
        Section { name: name.into(), keys, each: false }
    }

    /// Sections whose names the file gives: with `databases`, each of `[databases.archive]`, `[databases.logs]`, … has these
    /// keys. [`Settings::each`](super::Settings::each) reads them.
    #[must_use]
    pub fn each(name: impl Into<Cow<'static, str>>, keys: Vec<Key>) -> Self {
        Section { name: name.into(), keys, each: true }
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// The variable that sets `key` of `section`: `QUINTET_SERVER_PORT`.
pub(super) fn variable(section: &str, key: &str) -> String {
    let mut name = String::from("QUINTET_");
    for part in [section, key].into_iter().filter(|part| !part.is_empty()) {
        if name.len() > "QUINTET_".len() {
            name.push('_');
        }
        name.extend(
            part.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }),
        );
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_section_and_key() {
        assert_eq!(variable("", "debug"), "QUINTET_DEBUG");
        assert_eq!(variable("server.tls", "key-file"), "QUINTET_SERVER_TLS_KEY_FILE");
    }
}
