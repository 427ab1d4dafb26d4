//! The sections that every site has.

use std::path::PathBuf;

use super::{
    Given, Key, Secret, Section, SettingValue, Settings, SettingsSection, SiteSettings, Wrong, choice,
};
use crate::error::Result;

/// The keys at the top of the file.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// Is this a development site?
    pub debug: bool,
    /// The key that signs cookies and tokens.
    pub secret_key: Option<Secret>,
    /// Where it is kept, if it is not set itself.
    pub secret_key_file: Option<PathBuf>,
    /// Former keys, whose signatures are still taken.
    pub secret_key_fallbacks: Vec<Secret>,
}

impl SettingsSection for Base {
    fn section() -> Section {
        Section::new(
            "",
            vec![
                Key::of::<bool>("debug").default(&false).help(
                    "A development site: errors are shown in full, files are read anew. Never in production.",
                ),
                Key::of::<Option<Secret>>("secret_key")
                    .help("Signs cookies and tokens: 32 or more random bytes."),
                Key::of::<Option<PathBuf>>("secret_key_file").help(
                    "Where `secret_key` is kept where it is not set; a file that is not there is made, with a key of its own.",
                ),
                Key::of::<Vec<Secret>>("secret_key_fallbacks")
                    .default(&Vec::<Secret>::new())
                    .help("Former keys: what they have signed is still taken."),
            ],
        )
    }

    fn read(settings: &Settings) -> Result<Self> {
        let reader = settings.reader::<Self>()?;
        Ok(Base {
            debug: reader.given("debug")?.unwrap_or(false),
            secret_key: reader.needed("secret_key")?,
            secret_key_file: reader.needed("secret_key_file")?,
            secret_key_fallbacks: reader.given("secret_key_fallbacks")?.unwrap_or_default(),
        })
    }
}

/// `[checks]`
#[derive(Debug, Clone, Default)]
pub struct Checks {
    /// Ids of findings that are not shown.
    pub silence: Vec<String>,
}

impl SettingsSection for Checks {
    fn section() -> Section {
        let silence = Key::of::<Vec<String>>("silence").default(&Vec::<String>::new());
        Section::new("checks", vec![silence.help("Ids of checks not to report: [\"web.W001\"].")])
    }

    fn read(settings: &Settings) -> Result<Self> {
        Ok(Checks { silence: settings.reader::<Self>()?.given("silence")?.unwrap_or_default() })
    }
}

/// `[log]`
#[derive(Debug, Clone)]
pub struct Log {
    /// What is logged.
    pub level: LogFilter,
    /// In which form.
    pub format: LogFormat,
}

impl SettingsSection for Log {
    fn section() -> Section {
        Section::new(
            "log",
            vec![
                Key::of::<LogFilter>("level").default_text(DEFAULT_LEVEL).help(
                    "off, error, warn, info, debug or trace; also by module: \"info,quintet_orm=debug\".",
                ),
                Key::of::<LogFormat>("format")
                    .default(&LogFormat::Auto)
                    .help("text, json, or auto: text on a terminal and JSON lines elsewhere."),
            ],
        )
    }

    fn read(settings: &Settings) -> Result<Self> {
        let reader = settings.reader::<Self>()?;
        Ok(Log {
            level: reader.or_text("level", DEFAULT_LEVEL)?,
            format: reader.given("format")?.unwrap_or(LogFormat::Auto),
        })
    }
}

const DEFAULT_LEVEL: &str = "info";

/// In which form logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Text on a terminal, JSON lines elsewhere.
    #[default]
    Auto,
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl SettingValue for LogFormat {
    fn read(given: &Given) -> Result<Self, Wrong> {
        Ok(match choice(given, &["auto", "text", "json"])? {
            1 => LogFormat::Text,
            2 => LogFormat::Json,
            _ => LogFormat::Auto,
        })
    }
    fn show(&self) -> String {
        match self {
            LogFormat::Auto => "auto",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
        .to_owned()
    }
}

/// Which events are logged: a level, and levels for modules: `info,quintet_orm=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The checked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SettingValue for LogFilter {
    fn read(given: &Given) -> Result<Self, Wrong> {
        let expected =
            "off, error, warn, info, debug, trace, or such levels by module (\"info,quintet_orm=debug\")";
        let text = given.text().ok_or_else(|| Wrong::new(expected, given))?;
        for part in text.split(',').map(str::trim) {
            let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
            choice(&Given::Variable(level.to_owned()), &["off", "error", "warn", "info", "debug", "trace"])?;
        }
        Ok(LogFilter(text.split(',').map(str::trim).collect::<Vec<_>>().join(",")))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// All of them.
pub(super) fn sections() -> Vec<Section> {
    vec![Base::section(), SiteSettings::section(), Checks::section(), Log::section()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_levels_are_checked_part_by_part() {
        let read = |text: &str| LogFilter::read(&Given::Text(text.to_owned()));
        assert_eq!(read("info, quintet_orm=debug").unwrap().as_str(), "info,quintet_orm=debug");
        let error = read("info,quintet_orm=loud").unwrap_err().to_string();
        assert!(error.contains("`loud`"), "{error}");
    }
}
