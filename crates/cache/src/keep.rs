use std::time::Duration;

use quintet_core::{
    Error, Result,
    settings::{Given, SettingValue, Wrong, parse_duration},
};

/// For how long a value is kept: `"10m"`, a [`Duration`], for as long as the cache does by default, or for ever.
///
/// ```
/// use std::time::Duration;
/// use quintet_cache::Keep;
///
/// assert_eq!(Keep::from("1h 30m"), Keep::For(Duration::from_secs(5400)));
/// assert_eq!(Keep::from("forever"), Keep::Forever);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// `[cache] keep`.
    Default,
    /// For so long. What is kept for no time at all is not kept.
    For(Duration),
    /// Until it is forgotten, or the cache is full.
    Forever,
    /// A text that is no span of time; where it is used, that is an error.
    Wrong(String),
}

impl Keep {
    /// For how long in the end; `None` is for ever.
    pub(crate) fn span(&self, default: Option<Duration>) -> Result<Option<Duration>> {
        match self {
            Keep::Default => Ok(default),
            Keep::For(span) => Ok(Some(*span)),
            Keep::Forever => Ok(None),
            Keep::Wrong(why) => Err(Error::internal(format!("how long to keep a cached value: {why}"))),
        }
    }
}

impl From<&str> for Keep {
    fn from(text: &str) -> Self {
        if text.trim() == "forever" {
            return Keep::Forever;
        }
        match parse_duration(text) {
            Ok(span) => Keep::For(span),
            Err(why) => Keep::Wrong(format!("\"{text}\" {why}; write \"10m\", or \"forever\"")),
        }
    }
}

impl From<Duration> for Keep {
    fn from(span: Duration) -> Self {
        Keep::For(span)
    }
}

/// In the settings: `"5m"` or `"forever"`.
impl SettingValue for Keep {
    fn read(given: &Given) -> Result<Self, Wrong> {
        match given.text().map(Keep::from) {
            Some(keep @ (Keep::For(_) | Keep::Forever)) => Ok(keep),
            _ => Err(Wrong::new("a span of time such as \"5m\", or \"forever\"", given)),
        }
    }

    fn show(&self) -> String {
        match self {
            Keep::For(span) => span.show(),
            _ => "forever".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_time_is_told_where_it_is_used() {
        let wrong = Keep::from("10").span(None).unwrap_err().to_string();
        assert!(wrong.contains("\"10\"") && wrong.contains("unit"), "{wrong}");
        let minute = Some(Duration::from_secs(60));
        assert_eq!(Keep::Default.span(minute).unwrap(), minute);
        assert_eq!(Keep::Forever.span(minute).unwrap(), None);
        assert_eq!(Keep::from("0").span(minute).unwrap(), Some(Duration::ZERO));
    }
}
