//! Messages for the next page: "Thank you!" behind a form.
//!
//! A handler gives them to its page or redirect ([`Page::flash`](crate::Page::flash)) or adds them by [`Messages`](crate::Messages); a template shows them
//! with `messages()`, and then they are gone. What no page has shown travels in a signed cookie (`cookie`) from one request to the next;
//! what became of them in this one is in `notes`.
mod cookie;
mod notes;

use std::fmt;

use quintet_core::{TemplateValue, Value};

pub(crate) use notes::{Flashed, Notes, signer};

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// For developers: kept while `debug` is on, dropped elsewhere.
    Debug,
    /// A piece of news.
    #[default]
    Info,
    /// Something was done.
    Success,
    /// Something may go wrong.
    Warning,
    /// Something was not done.
    Error,
}

impl Level {
    const ALL: [Level; 5] = [Level::Debug, Level::Info, Level::Success, Level::Warning, Level::Error];

    /// The word, as templates see it: `debug`, `info`, `success`, `warning`, `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Success => "success",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    fn number(self) -> u8 {
        Level::ALL.iter().position(|level| *level == self).and_then(|at| u8::try_from(at).ok()).unwrap_or(1)
    }

    fn of_number(number: u8) -> Self {
        Level::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text for the next page that shows messages.
///
/// ```
/// use quintet_web::messages::{Level, Message};
///
/// let message = Message::warning("The film starts in 5 minutes.").tags("sticky");
/// assert_eq!((message.level(), message.text()), (Level::Warning, "The film starts in 5 minutes."));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    level: Level,
    text: String,
    tags: String,
}

impl Message {
    /// A message of this level. It is text: what it holds is escaped where it is shown.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Message { level, text: text.into(), tags: String::new() }
    }

    /// For developers.
    pub fn debug(text: impl Into<String>) -> Self {
        Message::new(Level::Debug, text)
    }

    /// A piece of news.
    pub fn info(text: impl Into<String>) -> Self {
        Message::new(Level::Info, text)
    }

    /// Something was done.
    pub fn success(text: impl Into<String>) -> Self {
        Message::new(Level::Success, text)
    }

    /// Something may go wrong.
    pub fn warning(text: impl Into<String>) -> Self {
        Message::new(Level::Warning, text)
    }

    /// Something was not done.
    pub fn error(text: impl Into<String>) -> Self {
        Message::new(Level::Error, text)
    }

    /// With words for the template, such as classes of CSS: `message.tags`.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<String>) -> Self {
        self.tags = tags.into();
        self
    }

    /// How it is meant.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A piece of news.
impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Message::info(text)
    }
}

/// A piece of news.
impl From<String> for Message {
    fn from(text: String) -> Self {
        Message::info(text)
    }
}

impl TemplateValue for Message {
    fn to_value(&self) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        Value::Map(vec![
            ("text".into(), text(&self.text)),
            ("level".into(), text(self.level.as_str())),
            ("tags".into(), text(&self.tags)),
        ])
    }
}
