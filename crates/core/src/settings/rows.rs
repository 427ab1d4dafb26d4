use std::borrow::Cow;

use super::{Given, Key, Origin, Section, Settings, secret::masked};

/// One line of the list of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The section; empty at the top.
    pub section: Cow<'static, str>,
    /// The key.
    pub key: &'static str,
    /// The value as text, masked if it is secret; empty if there is none.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Is it secret?
    pub secret: bool,
    /// What it is for.
    pub help: &'static str,
}

impl Settings {
    /// Every declared key with the value that holds, for people: secrets are masked.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let keys = self.0.sections.iter().flat_map(|s| s.keys.iter().map(move |key| (s, key)));
        keys.map(|(section, key)| self.row(section, key)).collect()
    }

    fn row(&self, section: &Section, key: &Key) -> Row {
        let made = section.name.is_empty() && key.name == "secret_key" && self.0.made_key.is_some();
        // Checked when the settings were loaded: what can't be read now was never given.
        let (value, origin) = match self.0.layers.find(&section.name, key) {
            Ok(Some((given, origin))) => (shown(key, &given), origin),
            _ if made => ("***".to_owned(), Origin::Program),
            _ => (default(key), Origin::Default),
        };
        let (section, key, secret, help) = (section.name.clone(), key.name, key.secret, key.help);
        Row { section, key, value, origin, secret, help }
    }
}

fn shown(key: &Key, given: &Given) -> String {
    match (key.secret, given.text()) {
        (true, Some(text)) => masked_all(text),
        (true, None) => match given {
            Given::List(items) => items.iter().map(|item| shown(key, item)).collect::<Vec<_>>().join(", "),
            _ => "***".to_owned(),
        },
        (false, _) => (key.check)(given).unwrap_or_default(),
    }
}

/// Several addresses may stand in one variable, with commas; a comma may as well be part of a password.
fn masked_all(text: &str) -> String {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let whole = |part: &&str| {
        part.split_once("://").is_some_and(|(_, rest)| rest.contains('@') || !rest.contains(':'))
    };
    if parts.iter().all(whole) {
        return parts.into_iter().map(masked).collect::<Vec<_>>().join(", ");
    }
    masked(text)
}

fn default(key: &Key) -> String {
    match &key.default {
        Some(text) if key.secret && !text.is_empty() => masked(text),
        Some(text) => text.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_addresses_each_is_masked_and_a_password_with_a_comma_is_one() {
        for (text, expected) in [
            ("x://a:b@c, x://d:e@f/g", "x://a:***@c, x://d:***@f/g"),
            ("x://ann:hun,ter@db", "x://ann:***@db"),
            ("hun,ter", "***"),
            ("sqlite://a.db,sqlite://b.db", "sqlite://a.db, sqlite://b.db"),
        ] {
            assert_eq!(masked_all(text), expected);
        }
    }
}
