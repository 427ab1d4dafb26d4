use super::{Given, Key, Origin, Settings, secret::masked};

/// One line of the list of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The section; empty at the top.
    pub section: &'static str,
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
        let keys = self.0.sections.iter().flat_map(|s| s.keys.iter().map(move |key| (s.name, key)));
        keys.map(|(section, key)| self.row(section, key)).collect()
    }

    fn row(&self, section: &'static str, key: &Key) -> Row {
        let made = section.is_empty() && key.name == "secret_key" && self.0.made_key.is_some();
        // Checked when the settings were loaded: what can't be read now was never given.
        let (value, origin) = match self.0.layers.find(section, key) {
            Ok(Some((given, origin))) => (shown(key, &given), origin),
            _ if made => ("***".to_owned(), Origin::Program),
            _ => (default(key), Origin::Default),
        };
        Row { section, key: key.name, value, origin, secret: key.secret, help: key.help }
    }
}

fn shown(key: &Key, given: &Given) -> String {
    match (key.secret, given.text()) {
        (true, Some(text)) => masked(text),
        (true, None) => "***".to_owned(),
        (false, _) => (key.check)(given).unwrap_or_default(),
    }
}

fn default(key: &Key) -> String {
    match &key.default {
        Some(text) if key.secret && !text.is_empty() => masked(text),
        Some(text) => text.clone(),
        None => String::new(),
    }
}
