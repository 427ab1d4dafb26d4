//! A value as it was given, before its type is known, and what to say if it does not fit.

use std::{borrow::Cow, fmt};

use crate::near::did_you_mean;

/// What somebody wrote for a key.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Given {
    /// A text of `quintet.toml`.
    Text(String),
    /// A whole number of `quintet.toml`.
    Int(i128),
    /// A number of `quintet.toml`.
    Float(f64),
    /// `true` or `false` in `quintet.toml`.
    Bool(bool),
    /// A date or time of `quintet.toml`, as text.
    Date(String),
    /// An array.
    List(Vec<Given>),
    /// A table.
    Table(Vec<(String, Given)>),
    /// A variable's text: of any type that can be read from it.
    Variable(String),
}

impl Given {
    /// The text, where text was given.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Given::Text(text) | Given::Variable(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for "found …".
    pub(super) fn describe(&self) -> String {
        let short = |text: &str| match text.char_indices().nth(40) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        };
        match self {
            Given::Text(text) => format!("the text \"{}\"", short(text)),
            Given::Variable(text) => format!("`{}`", short(text)),
            Given::Int(number) => format!("the number {number}"),
            Given::Float(number) => format!("the number {number}"),
            Given::Bool(yes) => format!("{yes}"),
            Given::Date(date) => format!("the date {date}"),
            Given::List(_) => "a list".to_owned(),
            Given::Table(_) => "a table".to_owned(),
        }
    }
}

/// A value does not fit its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    expected: Cow<'static, str>,
    /// Kept apart, because a secret's must not be shown.
    found: String,
    why: Option<String>,
}

impl Wrong {
    /// `expected` as in "expected a whole number".
    pub fn new(expected: impl Into<Cow<'static, str>>, found: &Given) -> Self {
        Wrong { expected: expected.into(), found: found.describe(), why: None }
    }

    /// With the reason, which may quote the value.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The message without any part of the value.
    #[must_use]
    pub fn without_value(&self) -> String {
        format!("expected {} (the value is secret and not shown)", self.expected)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        match &self.why {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}

/// The place in `names` of the word that was given: how enums are read.
///
/// # Errors
/// With all the words and the nearest one.
pub fn choice(given: &Given, names: &[&str]) -> Result<usize, Wrong> {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let expected = match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => "nothing".to_owned(),
    };
    let Some(text) = given.text() else { return Err(Wrong::new(expected, given)) };
    let word = text.trim();
    names.iter().position(|name| name.eq_ignore_ascii_case(word)).ok_or_else(|| {
        let wrong = Wrong::new(expected, given);
        let hint = did_you_mean(word, names.iter().copied());
        if hint.is_empty() { wrong } else { wrong.because(hint.trim_start_matches("; ")) }
    })
}
