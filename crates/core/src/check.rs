//! The checks framework: what is wrong with a site, found before it hurts.
//!
//! As in Django: each finding has an id that settings can silence (`[checks] silence = ["web.W002"]`), a level,
//! a message and a hint. Rooms report theirs through [`Room::checks`](crate::Room::checks).

use std::fmt;

/// How bad a finding is. `serve` refuses to start at `Error` and above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Probably wrong, or unsafe in production.
    Warning,
    /// Does not work.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        })
    }
}

/// A finding.
///
/// ```
/// use quintet_core::check::Check;
///
/// let check = Check::warning("web.W001", "DEBUG is on").hint("set `debug = false`").about("quintet.toml:1");
/// assert_eq!(check.to_string(), "warning web.W001: DEBUG is on (quintet.toml:1)\n    hint: set `debug = false`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `room.W001`: the room, a letter for the level, a number that is never used again.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// The model, route, file or setting that it is about.
    pub object: Option<String>,
}

impl Check {
    fn new(level: Level, id: &'static str, message: impl Into<String>) -> Self {
        Check { id, level, message: message.into(), hint: None, object: None }
    }

    /// Something that does not work.
    #[must_use]
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Error, id, message)
    }

    /// Something that is probably wrong.
    #[must_use]
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, id, message)
    }

    /// Something worth knowing.
    #[must_use]
    pub fn info(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Info, id, message)
    }

    /// How to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What it is about.
    #[must_use]
    pub fn about(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level, self.id, self.message)?;
        if let Some(object) = &self.object {
            write!(f, " ({object})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n    hint: {hint}")?;
        }
        Ok(())
    }
}
