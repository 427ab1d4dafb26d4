//! The patterns of topics: `film:{id}`.

use std::{borrow::Cow, fmt};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use quintet_core::{Error, Result};

/// What stands in a topic as it is; everything else is percent-encoded, above all what patterns have between their parameters.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The longest name of a topic, in bytes.
pub(crate) const LONGEST: usize = 256;

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: &'static str,
    /// What stands before the first parameter.
    head: &'static str,
    /// The parameters, and what stands behind each.
    holes: Vec<(&'static str, &'static str)>,
}

impl Pattern {
    /// Reads it. The macro has looked at it already; by hand one may write others.
    pub(crate) fn parse(text: &'static str) -> Result<Self> {
        let wrong = |why: &str| Error::internal(format!("the topic `{text}` can't be: {why}"));
        let (head, mut rest) = match text.find('{') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let mut holes = Vec::new();
        while let Some(inside) = rest.strip_prefix('{') {
            let (name, behind) = inside.split_once('}').ok_or_else(|| wrong("`{` without `}`"))?;
            let (literal, next) = match behind.find('{') {
                Some(at) => behind.split_at(at),
                None => (behind, ""),
            };
            if !next.is_empty() && literal.is_empty() {
                return Err(wrong("two parameters need something between them, such as `:`"));
            }
            holes.push((name, literal));
            rest = next;
        }
        let literals = || std::iter::once(head).chain(holes.iter().map(|(_, literal)| *literal));
        if text.is_empty() || text.len() > LONGEST || literals().any(|literal| literal.contains(['{', '}'])) {
            return Err(wrong("write names and parameters, `film:{id}`"));
        }
        // A value can have any letter but those that are encoded: so nothing else can end it.
        if holes.iter().any(|(_, literal)| literal.starts_with(is_plain)) {
            return Err(wrong("a parameter ends with `:`, `/` or another sign, not with a letter"));
        }
        if !holes.is_empty() && head.ends_with(is_plain) {
            return Err(wrong("before a parameter stands `:`, `/` or another sign"));
        }
        Ok(Pattern { text, head, holes })
    }

    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// How much of it is said: the more, the earlier it is tried.
    pub(crate) fn said(&self) -> usize {
        self.head.len() + self.holes.iter().map(|(_, literal)| literal.len()).sum::<usize>()
    }

    /// Do both stand for the same topics?
    pub(crate) fn is_like(&self, other: &Pattern) -> bool {
        let literals =
            |pattern: &Pattern| pattern.holes.iter().map(|(_, literal)| *literal).collect::<Vec<_>>();
        self.head == other.head && literals(self) == literals(other)
    }

    /// The values of its parameters in a topic that it stands for.
    pub(crate) fn read<'t>(&self, topic: &'t str) -> Option<Params<'t>> {
        let mut rest = topic.strip_prefix(self.head)?;
        let mut values = Vec::with_capacity(self.holes.len());
        for (name, literal) in &self.holes {
            let end = rest.find(|c| !is_plain(c) && c != '%').unwrap_or(rest.len());
            let (value, behind) = rest.split_at(end);
            let value = percent_decode_str(value).decode_utf8().ok().filter(|value| !value.is_empty())?;
            rest = behind.strip_prefix(literal)?;
            values.push((*name, value));
        }
        rest.is_empty().then_some(Params(values))
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '~')
}

/// The values of a topic's parameters, by their names.
#[derive(Debug)]
pub struct Params<'t>(Vec<(&'static str, Cow<'t, str>)>);

impl Params<'_> {
    /// One of them, read as its type.
    ///
    /// # Errors
    /// 404 if it is none: there is no such topic.
    pub fn get<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        let value = self.0.iter().find(|(known, _)| *known == name);
        value
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(|| Error::not_found("There is no such topic."))
    }
}

/// A value as it stands in a topic.
pub fn encoded(value: &dyn fmt::Display) -> String {
    utf8_percent_encode(&value.to_string(), PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'t>(pattern: &'static str, topic: &'t str) -> Option<Vec<Cow<'t, str>>> {
        Some(Pattern::parse(pattern).unwrap().read(topic)?.0.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn topics_are_read_by_their_patterns() {
        assert_eq!(values("lobby", "lobby").unwrap(), Vec::<String>::new());
        assert_eq!(values("film:{id}", "film:7").unwrap(), ["7"]);
        assert_eq!(values("film:{id}/room:{name}", "film:7/room:a%3Ab").unwrap(), ["7", "a:b"]);
        assert_eq!(values("film:{id}!", "film:x.y~z-_!").unwrap(), ["x.y~z-_"]);
        for (pattern, topic) in [
            ("lobby", "lobby2"),
            ("lobby", "Lobby"),
            ("film:{id}", "film:"),
            ("film:{id}", "film:7:8"),
            ("film:{id}", "film:7 "),
            ("film:{id}", "film:%ff"),
            ("film:{id}", "xfilm:7"),
            ("film:{id}!", "film:7"),
        ] {
            assert_eq!(values(pattern, topic), None, "{pattern} {topic}");
        }
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        for value in ["7", "a:b", "ä/ö", "100%", "{x}", "a b", "\u{1f3ac}", "\u{0}"] {
            let topic = format!("film:{}", encoded(&value));
            assert_eq!(values("film:{id}", &topic).unwrap(), [value], "{topic}");
        }
    }

    #[test]
    fn patterns_that_could_not_be_read_back_are_refused() {
        for wrong in ["", "{a}{b}", "film{id}", "film:{id}x", "film:{id", "film:id}", "a:{b}-{c}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
